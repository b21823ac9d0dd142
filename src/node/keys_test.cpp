// Goal: the key of an effect says what caused it: leaving out one effect leaves the keys of all
// others as they were, and a datagram is the cause of what its receiver does next.
// Method: the same task with and without one of its effects; the sets of keys are compared.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/fake_driver_test.h"

namespace storm::node {
namespace {

struct Vote {
    std::uint64_t term = 0;
    STORM_MESSAGE(Vote, 1, term)
};

/// One effect of a task, chosen by number.
Task<> effect(Io& io, int which) {
    switch (which % 6) {
        case 0:
            io.send(n2, Ping{1});
            break;
        case 1:
            io.send(n3, Ping{1});
            break;
        case 2:
            io.send(n2, Vote{1});
            break;
        case 3:
            co_await io.sleep(1_ms);
            break;
        case 4:
            io.publish("dice", static_cast<std::int64_t>(io.dice().bits()));
            break;
        default:
            static_cast<void>(co_await io.call<Pong>(n2, Ping{1}, 1_ms));
            break;
    }
}
Task<> effects(Io& io, std::vector<int> which) {
    for (const int each : which) co_await effect(io, each);
}

struct Keys {
    std::vector<core::Key> sent;
    std::vector<core::Key> armed;
};

Keys keys_of(const std::vector<int>& which, core::Key root = 5) {
    Life life;
    life.start(effects(life.io, which), root);
    life.driver.pass(1_s);
    Keys keys;
    for (const Packet& packet : life.driver.sent) keys.sent.push_back(packet.key);
    keys.armed = life.driver.armed_keys;
    return keys;
}

RC_GTEST_PROP(Key, of_an_effect_does_not_change_when_one_of_another_kind_is_left_out, ()) {
    const auto which =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6)));
    const int gone = *rc::gen::elementOf(which);
    std::vector<int> rest;
    std::ranges::copy_if(which, std::back_inserter(rest), [&](int w) { return w != gone; });
    const Keys all = keys_of(which);
    const Keys some = keys_of(rest);
    // A call is a send of the same message to the same node, so these two share ordinals.
    if (gone == 0 || gone == 5) return;
    for (const auto key : some.sent) RC_ASSERT(std::ranges::count(all.sent, key) == 1);
    for (const auto key : some.armed) RC_ASSERT(std::ranges::count(all.armed, key) == 1);
}

RC_GTEST_PROP(Key, of_the_last_of_its_kind_is_all_that_leaving_one_out_removes,
              (std::uint8_t times)) {
    const std::vector<int> more(static_cast<std::size_t>(times) + 1, 0);
    const std::vector<int> fewer(times, 0);
    const auto all = keys_of(more).sent;
    const auto some = keys_of(fewer).sent;
    RC_ASSERT(std::ranges::equal(some, std::span(all).first(times)));
}

RC_GTEST_PROP(Key, is_never_given_twice, ()) {
    const auto which = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    for (const auto& keys : {keys_of(which).sent, keys_of(which).armed}) {
        RC_ASSERT(std::set(keys.begin(), keys.end()).size() == keys.size());
    }
}

TEST(Key, differs_between_roots_and_is_the_same_in_every_run) {
    const auto a = keys_of({0, 1, 2, 3, 4, 5}, 5);
    EXPECT_EQ(a.sent, keys_of({0, 1, 2, 3, 4, 5}, 5).sent);
    for (const auto key : keys_of({0, 1, 2, 3, 4, 5}, 6).sent) {
        EXPECT_EQ(std::ranges::count(a.sent, key), 0);
    }
}

Task<> sends_to_ten(Io& io) {
    for (std::uint32_t round = 0; round < 2; ++round) {
        for (std::uint32_t to = 0; to < 10; ++to) io.send(Id::node(to), Ping{to});
    }
    co_return;
}

TEST(Key, stays_apart_for_more_destinations_than_a_root_counts_inline) {
    Life life;
    life.start(sends_to_ten(life.io));
    std::set<core::Key> keys;
    for (const Packet& packet : life.driver.sent) keys.insert(packet.key);
    EXPECT_EQ(keys.size(), 20U);
}

// ---- Causes -------------------------------------------------------------------------------------

Task<> answers(Io& io) {
    for (;;) {
        const Incoming in = co_await io.receive();
        io.send(in.from(), Pong{1});
        co_await io.sleep(1_ms);
        io.send(in.from(), Vote{1});
    }
}

std::map<core::Key, int> sent_after(const std::vector<core::Key>& causes) {
    Life life;
    life.start(answers(life.io));
    for (const auto cause : causes) {
        life.io.deliver(packet_of(n2, Ping{1}, cause));
        life.driver.pass(1_ms);
    }
    std::map<core::Key, int> keys;
    for (const Packet& packet : life.driver.sent) ++keys[packet.key];
    return keys;
}

TEST(Receive, makes_the_datagram_the_cause_of_what_follows) {
    const auto both = sent_after({101, 102});
    const auto second = sent_after({102});
    EXPECT_EQ(both.size(), 4U);
    for (const auto& [key, count] : second) {
        EXPECT_TRUE(both.contains(key)) << "depends on an earlier datagram";
    }
    // The same cause twice (a duplicate) counts its effects anew, as it is the same cause.
    EXPECT_EQ(sent_after({102, 102}).size(), 2U);
}

Task<> receives_with_limit(Io& io) {
    for (;;) {
        const auto in = co_await io.receive_for(10_ms);
        if (in) io.send(n2, Pong{1});
    }
}

TEST(Receive, with_a_limit_re_roots_too) {
    Life life;
    life.start(receives_with_limit(life.io));
    life.io.deliver(packet_of(n2, Ping{1}, 101));
    Life other;
    other.start(answers(other.io));
    other.io.deliver(packet_of(n3, Ping{1}, 101));
    ASSERT_EQ(life.driver.sent.size(), 1U);
    other.io.deliver(packet_of(n3, Ping{1}, 101));
    EXPECT_NE(life.driver.sent[0].key, other.driver.sent[0].key);  // Another destination.
}

Task<> call_then_send(Io& io) {
    static_cast<void>(co_await io.call<Pong>(n2, Ping{1}, 10_ms));
    io.send(n3, Vote{1});
    co_await io.sleep(1_ms);
    io.send(n3, Vote{1});
}

TEST(Call, completion_leaves_the_cause_unchanged_whether_answered_or_not) {
    const auto run = [](bool answered) {
        Life life;
        life.start(call_then_send(life.io));
        if (answered) life.io.deliver(reply_to(life.driver.sent[0], Pong{1}));
        life.driver.pass(20_ms);
        std::vector<core::Key> keys;
        for (const Packet& packet : life.driver.sent) keys.push_back(packet.key);
        return keys;
    };
    EXPECT_EQ(run(true), run(false));
    EXPECT_EQ(run(true).size(), 3U);
}

Task<> child(Io& io) {
    io.send(n2, Ping{1});
    co_return;
}
Task<> parent(Io& io, bool first_too) {
    if (first_too) io.spawn("first", child(io));
    io.spawn("second", child(io));
    co_return;
}

TEST(Spawn, gives_each_task_a_key_by_its_name) {
    const auto run = [](bool first_too) {
        Life life;
        life.start(parent(life.io, first_too));
        return life.driver.sent.back().key;
    };
    EXPECT_EQ(run(true), run(false));
}

Task<> writes_two_files(Io& io, bool also_the_other) {
    auto log = co_await io.open("log");
    auto other = co_await io.open("other");
    if (also_the_other) co_await other->append(std::vector(1, std::byte{}));
    co_await log->append(std::vector(1, std::byte{}));
}

TEST(File, operations_are_keyed_by_the_file_they_touch) {
    const auto run = [](bool also_the_other) {
        Life life;
        life.start(writes_two_files(life.io, also_the_other));
        std::map<std::pair<FileOp, std::uint32_t>, core::Key> keys;
        std::uint32_t handle = 0;
        while (!life.driver.files.empty()) {
            const auto& request = life.driver.files.front();
            keys[{request.op, request.handle}] = request.key;
            life.driver.answer(life.io, {.handle = ++handle});
        }
        return keys;
    };
    const auto both = run(true);
    const auto one = run(false);
    EXPECT_EQ(both.at({FileOp::append, 1}), one.at({FileOp::append, 1}));
    EXPECT_NE(both.at({FileOp::append, 1}), both.at({FileOp::append, 2}));
}

TEST(Dice, are_fresh_for_each_decision_and_the_same_in_every_run) {
    const auto roll = [](core::Key root) {
        Life life;
        std::vector<std::uint64_t> shown;
        struct Rolls {
            static Task<> run(Io& io, std::vector<std::uint64_t>& to) {
                for (int i = 0; i < 3; ++i) to.push_back(io.dice().bits());
                co_return;
            }
        };
        life.start(Rolls::run(life.io, shown), root);
        return shown;
    };
    EXPECT_EQ(roll(1), roll(1));
    EXPECT_NE(roll(1), roll(2));
    const auto shown = roll(1);
    EXPECT_EQ(std::set(shown.begin(), shown.end()).size(), 3U);
}

TEST(Key, never_changes_its_golden_vectors) {
    Root root;
    root.root_at(core::key_of("n1"));
    const auto next = [&](EffectKind kind, std::uint32_t name, std::uint32_t to) {
        return root.next_key(kind, name, to);
    };
    const std::vector<core::Key> keys = {
        next(EffectKind::send, type_of<Ping>, n2.value),
        next(EffectKind::send, type_of<Ping>, n2.value),
        next(EffectKind::send, type_of<Ping>, n3.value),
        next(EffectKind::reply, type_of<Pong>, n2.value),
        next(EffectKind::arm, 0, 0),
        next(EffectKind::dice, 0, 0),
        next(EffectKind::spawn, name_tag("beat"), 0),
        next(EffectKind::file, name_tag("log"), static_cast<std::uint32_t>(FileOp::sync)),
        next(EffectKind::maybe, 7, 0),
        next(EffectKind::maybe, 7, 0),
    };
    root.root_at(0);
    EXPECT_EQ(keys, (std::vector<core::Key>{4337830205738318158ULL, 8715557798286712114ULL,
                                            10948446150598063244ULL, 5768610841683881358ULL,
                                            5556642296740947092ULL, 585009652474214967ULL,
                                            17834263509417862111ULL, 10200798788951515555ULL,
                                            386287903065343104ULL, 1670372492488017461ULL}));
    EXPECT_EQ(root.next_key(EffectKind::send, 0, 0), 6876089402563983441ULL);
}

}  // namespace
}  // namespace storm::node
