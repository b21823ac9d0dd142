// Goal: an incarnation that has ended does nothing more: no effects, no draws, no wake-ups, not
// from destructors, not from a catch-all, not from the frame that was running when it ended.
// Method: tasks that seal their own Io in the middle of a step, as a crash at a code point
// does, and go on; tasks destroyed at every kind of wait.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/context.h"
#include "core/pool.h"
#include "node/fake_driver_test.h"
#include "node/points.h"

namespace storm::node {
namespace {

/// Hooks for code points: every fault fires, every property is written down.
struct Points final : core::CodeHooks {
    bool maybe(const core::CodeSite&) override {
        ++asked;
        return true;
    }
    void property(const core::CodeSite&, bool) override { ++asked; }
    void leaked(std::string_view) override {}
    void allocated(std::ptrdiff_t) override {}
    int asked = 0;
};

Task<> never_runs() {
    ADD_FAILURE() << "spawned after its life";
    co_return;
}

/// Ends its own life, then tries everything that has an effect.
Task<> dies_and_goes_on(Io& io, std::vector<std::uint64_t>& seen) {
    auto file = co_await io.open("wal");
    io.seal();
    core::context.sealed = true;
    io.send(n2, Ping{1});
    io.reply(Incoming(packet_of(n2, Ping{1}, 0, PacketKind::request, 1)), Pong{1});
    io.publish("alive", true);
    io.log("still here");
    io.spawn("child", never_runs());
    seen.push_back(io.dice().bits());
    seen.push_back(io.dice().below(1000));
    seen.push_back(STORM_MAYBE("sealed/maybe") ? 1 : 0);
    STORM_ALWAYS(false, "a sealed node is not judged");
    co_await io.sleep(1_ms);
    seen.push_back(99);  // Never.
}

TEST(Sealed, code_that_runs_on_has_no_effect_and_draws_nothing) {
    Life life;
    Points points;
    std::vector<std::uint64_t> seen;
    life.start(dies_and_goes_on(life.io, seen));
    core::context.hooks = &points;
    life.driver.answer(life.io, {.handle = 1});
    life.driver.pass(1_s);
    core::context = {};
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 0, 0}));
    EXPECT_EQ(points.asked, 0);
    EXPECT_TRUE(life.driver.sent.empty());
    EXPECT_TRUE(life.driver.values.empty());
    EXPECT_TRUE(life.driver.lines.empty());
    EXPECT_TRUE(life.driver.timers.empty());
    EXPECT_FALSE(life.io.idle());
    life.io.destroy_frames();
    EXPECT_TRUE(life.driver.files.empty()) << "the file closed itself after death";
    EXPECT_TRUE(life.io.idle());
}

Task<> seals_then_waits(Io& io, int kind) {
    co_await io.sleep(1_ms);
    io.deliver(packet_of(n2, Ping{1}));  // Even with a datagram at hand,
    io.seal();
    const std::vector<Id> nobody;
    switch (kind) {
        case 0:
            co_await io.sleep(0_ms);
            break;
        case 1:
            co_await io.receive();
            break;
        case 2:
            co_await io.receive_for(0_ms);
            break;
        case 3:
            static_cast<void>(co_await io.call<Pong>(n2, Ping{1}, 0_ms));
            break;
        case 4:
            co_await io.call_many<Pong>(io.peers(), Ping{1}, 1, 0_ms);
            break;
        case 5:
            co_await io.call_many<Pong>(nobody, Ping{1}, 0, 0_ms);
            break;
        case 6:
            static_cast<void>(co_await io.open("wal"));
            break;
        default:
            static_cast<void>(co_await io.list());
            break;
    }
    ADD_FAILURE() << "woke from wait " << kind << " after its life";
}

TEST(Sealed, waits_never_end) {
    for (int kind = 0; kind <= 7; ++kind) {
        Life life;
        life.start(seals_then_waits(life.io, kind));
        life.driver.pass(1_s);
        EXPECT_TRUE(life.driver.sent.empty());
        EXPECT_TRUE(life.driver.timers.empty());
        EXPECT_TRUE(life.driver.files.empty());
    }
}

Task<> waits_in_every_way(Io& io) {
    io.spawn("a", seals_then_waits(io, 0));
    static_cast<void>(co_await io.call<Pong>(n2, Ping{1}, 1_ms));
    ADD_FAILURE() << "woke after its life";
}

TEST(Sealed, completions_on_their_way_are_dropped) {
    Life life;
    life.start(waits_in_every_way(life.io));
    const auto timers = life.driver.timers;
    life.io.seal();
    for (const auto& timer : timers) life.io.fire(*timer.waiter);
    life.io.deliver(reply_to(life.driver.sent[0], Pong{1}));
    life.io.deliver(packet_of(n2, Ping{1}));
}

Task<> catches_everything(Io& io, int& caught) {
    for (;;) {
        try {
            co_await io.sleep(1_ms);
            io.publish("turns", 1);
        } catch (...) {
            ++caught;
        }
    }
}

TEST(Sealed, a_catch_all_cannot_keep_a_frame_alive) {
    const std::size_t before = core::pool_bytes_in_use();
    int caught = 0;
    {
        Life life;
        life.start(catches_everything(life.io, caught));
        life.driver.pass(3_ms);
        life.io.seal();
        life.driver.pass(3_ms);
        life.io.destroy_frames();
    }
    EXPECT_EQ(caught, 0);
    EXPECT_EQ(core::pool_bytes_in_use(), before);
}

Task<> throws_after_death(Io& io) {
    co_await io.sleep(1_ms);
    io.seal();
    throw 1;
}

TEST(Sealed, an_exception_after_death_is_nobodys) {
    Life life;
    life.start(throws_after_death(life.io));
    life.driver.pass(1_ms);
    EXPECT_TRUE(life.driver.thrown.empty());
}

class ActsWhenItGoes {
public:
    explicit ActsWhenItGoes(Io& io) : io_(io) {}
    ActsWhenItGoes(const ActsWhenItGoes&) = delete;
    ActsWhenItGoes& operator=(const ActsWhenItGoes&) = delete;
    ~ActsWhenItGoes() {
        io_.send(n2, Ping{1});
        io_.publish("gone", true);
        io_.log("gone {}", io_.dice().bits());
    }

private:
    Io& io_;
};
Task<> acts_when_it_goes(Io& io) {
    const ActsWhenItGoes inner(io);
    auto file = co_await io.open("wal");
    co_await io.sleep(1_s);
}

TEST(Sealed, destructors_of_its_frames_do_nothing) {
    Life life;
    life.start(acts_when_it_goes(life.io));
    life.driver.answer(life.io, {.handle = 1});
    life.io.seal();
    life.io.destroy_frames();
    EXPECT_TRUE(life.driver.sent.empty());
    EXPECT_TRUE(life.driver.files.empty());
    EXPECT_TRUE(life.driver.values.empty());
    EXPECT_TRUE(life.driver.lines.empty());
}

TEST(Sealed, but_a_frame_that_ends_alive_closes_its_files_and_says_goodbye) {
    Life life;
    life.start(acts_when_it_goes(life.io));
    life.driver.answer(life.io, {.handle = 1});
    life.driver.pass(1_s);
    EXPECT_EQ(life.driver.sent.size(), 1U);
    EXPECT_EQ(life.driver.files.size(), 1U);
    EXPECT_EQ(life.driver.values.at("gone"), Value(true));
}

Task<> kills_itself_deep_inside(Io& io, std::vector<std::string>& notes, int depth) {
    const Mourner mourner(notes, std::to_string(depth));
    if (depth == 0) {
        io.seal();
        io.spawn("never", never_runs());
        co_await io.sleep(1_ms);
    } else {
        co_await kills_itself_deep_inside(io, notes, depth - 1);
    }
    ADD_FAILURE() << "went on after its life";
}

TEST(Sealed, in_a_nested_await_the_whole_stack_goes_innermost_first) {
    std::vector<std::string> notes;
    Life life;
    life.start(kills_itself_deep_inside(life.io, notes, 3));
    EXPECT_TRUE(notes.empty());
    EXPECT_FALSE(life.io.dispatching());
    life.io.destroy_frames();
    EXPECT_EQ(notes, (std::vector<std::string>{"0", "1", "2", "3"}));
}

}  // namespace
}  // namespace storm::node
