// Goal: a machine keeps the contract of a node: every event comes to it once, its effects go
// out in order and under the key of the event they answer, a deadline is one timer that only a
// change of it moves, and the end of a life ends all. Method: machines made of one function,
// behind an Io whose driver writes down what it is asked for.
#include "node/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <set>
#include <stdexcept>

#include "node/fake_driver_test.h"

namespace storm::node {
namespace {

using ::testing::ElementsAre;

/// A machine that does what a function says.
class Scripted final : public Machine {
public:
    using Script = std::function<void(const Event&, Instant, Effects&, Scripted&)>;
    explicit Scripted(Script script) : script_(std::move(script)) {}
    Effects on(Event event, Instant now) override {
        Effects out;
        script_(event, now, out, *this);
        return out;
    }
    std::optional<Instant> next_deadline() const override { return deadline; }
    std::optional<Instant> deadline;

private:
    Script script_;
};

void start(Life& life, Scripted::Script script) {
    life.start(run_machine(life.io, std::make_unique<Scripted>(std::move(script))));
}

std::string name_of(const Event& event) {
    constexpr const char* names[] = {"started", "datagram", "due", "answered", "file"};
    return names[event.what.index()];
}

TEST(Machine, is_told_each_event_once_and_in_order_with_the_time_of_the_node) {
    Life life;
    std::vector<std::string> told;
    start(life, [&](const Event& event, Instant now, Effects& out, Scripted& self) {
        told.push_back(name_of(event) + " " + core::to_text(now));
        if (event.get<Due>() != nullptr) self.deadline = std::nullopt;
        if (event.get<Started>() == nullptr) return;
        self.deadline = now + 5_ms;
        out.open(7, "log");
        out.call(8, n2, Ping{1}, 20_ms);
    });
    life.driver.pass(1_ms);
    life.driver.answer(life.io, {.handle = 3});
    life.io.deliver(packet_of(n3, Ping{2}));
    life.io.deliver(reply_to(life.driver.sent[0], Pong{1}));
    life.driver.pass(4_ms);
    EXPECT_THAT(told,
                ElementsAre("started 0", "file 1ms", "datagram 1ms", "answered 1ms", "due 5ms"));
}

TEST(Machine, answers_requests_also_later_and_never_what_asked_for_no_answer) {
    Life life;
    std::optional<Incoming> kept;
    start(life, [&](const Event& event, Instant, Effects& out, Scripted&) {
        const auto* in = event.get<Incoming>();
        if (in == nullptr) return;
        if (kept) out.reply(*kept, Pong{5});
        out.reply(*in, Pong{6});
        kept = *in;
    });
    life.io.deliver(packet_of(n2, Ping{1}, 10, PacketKind::request, 99));
    life.io.deliver(packet_of(n3, Ping{2}, 11));
    ASSERT_EQ(life.driver.sent.size(), 2U);
    for (const auto& packet : life.driver.sent) {
        EXPECT_EQ(packet.kind, PacketKind::reply);
        EXPECT_EQ(packet.from, n1);
        EXPECT_EQ(packet.to, n2);
        EXPECT_EQ(packet.ticket, 99U);
    }
}

TEST(Machine, calls_end_with_the_reply_or_with_the_time_out) {
    Life life;
    std::map<Tag, std::string> answers;
    start(life, [&](const Event& event, Instant, Effects& out, Scripted&) {
        if (event.get<Started>() != nullptr) {
            out.call(1, n2, Ping{1}, 10_ms);
            out.call(2, n2, Ping{2}, 10_ms);
        }
        if (const auto* answered = event.get<Answered>()) {
            const auto pong = answered->as<Pong>();
            answers[answered->tag] = pong ? std::to_string(pong->n) : pong.error().text();
        }
    });
    life.io.deliver(reply_to(life.driver.sent[1], Pong{22}));
    life.driver.pass(10_ms);
    EXPECT_EQ(answers, (std::map<Tag, std::string>{{1, "no reply in time"}, {2, "22"}}));
    EXPECT_EQ(life.driver.false_disarms, 0);
}

TEST(Machine, files_end_with_what_the_disk_said) {
    Life life;
    std::vector<std::string> told;
    start(life, [&](const Event& event, Instant, Effects& out, Scripted&) {
        if (event.get<Started>() != nullptr) {
            out.open(1, "a");
            out.open(2, "b", false);
        }
        const auto* done = event.get<FileDone>();
        if (done == nullptr) return;
        told.push_back(std::to_string(done->tag) + " " + std::string(to_text(done->op)) + " " +
                       (done->reply ? "ok" : done->reply.error().message));
        if (done->tag == 1) {
            out.write(3, done->reply->handle, 8, {std::byte{1}});
            out.close(done->reply->handle);
        }
    });
    life.driver.answer(life.io, {.handle = 4});
    life.driver.answer(life.io, {.error = ENOENT});
    EXPECT_THAT(told, ElementsAre("1 open ok", "2 open ENOENT"));
    ASSERT_EQ(life.driver.files.size(), 2U);
    const auto at = [&](FileOp op) {
        return std::ranges::find(life.driver.files, op, &FileRequest::op);
    };
    EXPECT_EQ(at(FileOp::write)->handle, 4U);
    EXPECT_EQ(at(FileOp::write)->offset, 8U);
    EXPECT_EQ(at(FileOp::close)->name, name_tag("a"));  // Part of the key.
}

// ---- Deadlines --------------------------------------------------------------------------------

TEST(Machine, a_deadline_is_one_timer_that_moves_only_when_it_changes) {
    Life life;
    std::vector<Instant> due;
    start(life, [&](const Event& event, Instant now, Effects&, Scripted& self) {
        if (event.get<Started>() != nullptr) self.deadline = now + 10_ms;
        if (event.get<Due>() != nullptr) {
            due.push_back(now);
            self.deadline = std::nullopt;
        }
        const auto* in = event.get<Incoming>();
        if (in == nullptr) return;
        const auto length = in->as<Ping>()->n;
        if (length != 0) self.deadline = now + core::milliseconds(static_cast<int>(length));
    });
    life.driver.pass(5_ms);
    const auto key = life.driver.timers.at(0).key;
    life.io.deliver(packet_of(n2, Ping{0}, 10));  // Changes nothing.
    ASSERT_EQ(life.driver.timers.size(), 1U);
    EXPECT_EQ(life.driver.timers[0].key, key);
    life.io.deliver(packet_of(n2, Ping{20}, 11));  // Later.
    ASSERT_EQ(life.driver.timers.size(), 1U);
    EXPECT_NE(life.driver.timers[0].key, key);
    life.driver.pass(10_ms);
    EXPECT_TRUE(due.empty());
    life.io.deliver(packet_of(n2, Ping{2}, 12));  // Sooner.
    life.driver.pass(100_ms);
    EXPECT_THAT(due, ElementsAre(Instant{} + 17_ms));
    EXPECT_TRUE(life.driver.timers.empty());
    EXPECT_EQ(life.driver.false_disarms, 0);
}

// ---- Keys -------------------------------------------------------------------------------------

/// Keys of all that a machine does that answers everything in several ways.
std::multiset<core::Key> keys_of(const std::vector<core::Key>& datagrams) {
    Life life;
    start(life, [](const Event& event, Instant now, Effects& out, Scripted& self) {
        if (event.get<Started>() != nullptr) self.deadline = now + 50_ms;
        if (event.get<Due>() != nullptr) {
            self.deadline = now + 50_ms;
            out.send(n2, Ping{1});
        }
        if (event.get<Answered>() != nullptr) out.send(n3, Pong{3});
        if (event.get<FileDone>() != nullptr) out.send(n3, Pong{4});
        if (event.get<Incoming>() == nullptr) return;
        out.send(n2, Ping{2});
        out.send(n2, Ping{3});
        out.call(1, n3, Ping{4}, 5_ms);
        out.open(2, "a");
        out.publish("dice", Value(static_cast<std::int64_t>(core::Dice(event.dice).bits() >> 1U)));
    });
    std::multiset<core::Key> keys;
    for (const auto key : datagrams) {
        life.driver.pass(7_ms);
        life.io.deliver(packet_of(n2, Ping{9}, key));
        keys.insert(static_cast<core::Key>(life.driver.values["dice"].integer_or(0)));
        if (!life.driver.files.empty()) {
            keys.insert(life.driver.files.front().key);
            life.driver.answer(life.io, {.handle = 1});
        }
    }
    life.driver.pass(100_ms);
    for (const auto& packet : life.driver.sent) keys.insert(packet.key);
    keys.insert(life.driver.armed_keys.begin(), life.driver.armed_keys.end());
    return keys;
}

TEST(Machine, an_event_that_is_taken_out_takes_its_own_keys_and_no_others) {
    const auto all = keys_of({1000, 1001, 1002, 1003});
    const auto some = keys_of({1000, 1002, 1003});
    EXPECT_EQ(std::set<core::Key>(all.begin(), all.end()).size(), all.size());  // All differ.
    EXPECT_LT(some.size(), all.size());
    for (const auto key : some) EXPECT_EQ(all.count(key), 1U);
}

// ---- The end of a life ------------------------------------------------------------------------

TEST(Machine, of_a_sealed_life_is_told_nothing_and_goes_after_all_that_points_to_it) {
    int told = 0;
    {
        Life life;
        start(life, [&](const Event& event, Instant now, Effects& out, Scripted& self) {
            ++told;
            self.deadline = now + 1_ms;
            if (event.get<Started>() == nullptr) return;
            out.call(1, n2, Ping{1}, 5_ms);
            out.open(2, "a");
        });
        life.io.seal();
        const std::size_t sent = life.driver.sent.size();
        life.io.deliver(packet_of(n2, Ping{1}));
        life.driver.answer(life.io, {});
        life.driver.pass(10_ms);
        EXPECT_EQ(life.driver.sent.size(), sent);
        life.io.destroy_frames();
        EXPECT_EQ(life.driver.false_disarms, 2);  // Both had rung, and nobody was told.
    }
    EXPECT_EQ(told, 1);
}

TEST(Machine, that_crashes_inside_an_event_has_no_effects) {
    Life life;
    start(life, [&](const Event& event, Instant now, Effects& out, Scripted& self) {
        if (event.get<Incoming>() == nullptr) return;
        life.io.seal();  // As a fault at a code point does.
        self.deadline = now + 1_ms;
        out.send(n2, Ping{1});
        out.publish("x", 1);
        out.call(1, n2, Ping{1}, 5_ms);
        out.open(2, "a");
    });
    life.io.deliver(packet_of(n2, Ping{1}));
    EXPECT_TRUE(life.driver.sent.empty());
    EXPECT_TRUE(life.driver.values.empty());
    EXPECT_TRUE(life.driver.files.empty());
    EXPECT_TRUE(life.driver.timers.empty());
    EXPECT_TRUE(life.io.dice().bits() == 0);
}

TEST(Machine, that_throws_is_told_of_and_told_nothing_more) {
    Life life;
    int told = 0;
    start(life, [&](const Event& event, Instant now, Effects& out, Scripted& self) {
        ++told;
        if (event.get<Started>() != nullptr) {
            self.deadline = now + 5_ms;
            out.call(1, n2, Ping{1}, 5_ms);
        }
        if (event.get<Incoming>() != nullptr) throw std::runtime_error("as planned");
    });
    life.io.deliver(packet_of(n2, Ping{1}));
    life.io.deliver(packet_of(n2, Ping{1}));
    life.driver.pass(10_ms);
    EXPECT_THAT(life.driver.thrown, ElementsAre("as planned"));
    EXPECT_EQ(told, 2);
    EXPECT_EQ(life.driver.false_disarms, 0);
}

TEST(Machine, can_be_tested_without_any_world) {
    Scripted machine([](const Event& event, Instant, Effects& out, Scripted&) {
        if (const auto* in = event.get<Incoming>()) out.send(in->from(), Pong{1});
    });
    const auto effects = machine.on({Incoming(packet_of(n2, Ping{1}))}, Instant{});
    ASSERT_EQ(effects.all.size(), 1U);
    const auto& packet = std::get<Effects::Send>(effects.all[0]).packet;
    EXPECT_EQ(packet.to, n2);
    EXPECT_EQ(decode_message<Pong>(packet)->n, 1U);
}

}  // namespace
}  // namespace storm::node
