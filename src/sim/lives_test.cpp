// Goal: a life ends when a fault says so, at once and for good: nothing it still does counts,
// and the next life begins with nothing but its files. Method: nodes killed between steps, in
// a step at a code point, inside nested awaits and with writes in flight, by hand.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;

/// Says goodbye to n2 when it is destroyed, and counts that it was.
struct Mourner {
    Io& io;
    int& buried;
    Mourner(Io& on, int& count) : io(on), buried(count) {}
    Mourner(const Mourner&) = delete;
    Mourner& operator=(const Mourner&) = delete;
    ~Mourner() {
        ++buried;
        io.send(n2, Ping{666});
        io.publish("goodbye", 1);
    }
};

TEST(Lives, a_killed_node_is_silent_until_the_fault_is_over_and_then_begins_anew) {
    Rig rig(ticking);
    rig.pass(105_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 10);
    const auto token = rig.strike(act(NodeAction::kill, {n1}));
    EXPECT_FALSE(rig.world().observe().up(n1));
    EXPECT_EQ(rig.shown(n1, "ticks"), -1);  // Values die with their life.
    rig.pass(100_ms);
    EXPECT_EQ(rig.shown(n2, "ticks"), 20);
    EXPECT_EQ(rig.shown(n1, "ticks"), -1);
    rig.world().revert(token);
    rig.pass(45_ms);
    EXPECT_TRUE(rig.world().observe().up(n1));
    EXPECT_EQ(rig.shown(n1, "ticks"), 4);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Lives, a_node_is_down_while_any_fault_holds_it) {
    Rig rig(ticking);
    rig.pass(50_ms);
    const auto a = rig.strike(act(NodeAction::kill, {n1}), "a");
    rig.pass(10_ms);
    const auto b = rig.strike(act(NodeAction::power_loss, {n1}), "b");
    rig.world().revert(a);
    rig.pass(50_ms);
    EXPECT_FALSE(rig.world().observe().up(n1));
    rig.world().revert(b);
    rig.pass(1_ms);
    EXPECT_TRUE(rig.world().observe().up(n1));
    EXPECT_EQ(rig.verdict(b), Effectiveness::no_opportunity);  // It was down already.
}

TEST(Lives, that_end_and_begin_again_are_felt_even_where_nothing_was_due) {
    const auto idle = [](Io& io) -> Task<> { (void)co_await io.receive(); };
    for (const auto action : {NodeAction::kill, NodeAction::power_loss}) {
        Rig ends(idle), returns(idle), stays(idle);
        const auto missed = ends.strike(act(action, {n1}));
        ends.pass(10_ms);
        EXPECT_EQ(ends.verdict(missed), Effectiveness::no_opportunity);  // By nobody.

        const auto felt = returns.strike(act(action, {n1}));
        returns.pass(10_ms);
        returns.world().revert(felt);
        EXPECT_EQ(returns.verdict(felt), Effectiveness::effective);

        stays.sabotage = "it";
        const auto judged = stays.strike(act(action, {n1}));
        stays.pass(10_ms);
        stays.world().revert(judged);
        EXPECT_EQ(stays.verdict(judged), Effectiveness::ineffective);
    }
}

TEST(Lives, destructors_of_a_dead_node_have_no_effect) {
    int buried = 0;
    Rig rig([&](Io& io) -> Task<> {
        return io.self() == n1 ? [](Io& on, int& count) -> Task<> {
            const Mourner mourner(on, count);
            co_await on.sleep(1000_s);
        }(io, buried)
                               : pinging(io);
    });
    rig.pass(20_ms);
    (void)rig.strike(act(NodeAction::kill, {n1}));
    EXPECT_EQ(buried, 1);
    rig.pass(100_ms);
    EXPECT_EQ(rig.shown(n2, "got"), -1);
    EXPECT_EQ(rig.shown(n1, "goodbye"), -1);
    EXPECT_EQ(rig.record.messages, 0U);
}

Task<> deepest(Io& io, int& reached) {
    for (;;) {
        co_await io.sleep(10_ms);
        ++reached;
        if (STORM_MAYBE("lives/deepest")) reached = -1000;  // Never, in a dying life.
        io.send(n2, Ping{1});
        io.publish("after", 1);
        co_await io.sleep(1_ms);
        reached += 100;
    }
}
Task<> deeper(Io& io, int& reached, int& buried) {
    const Mourner mourner(io, buried);
    co_await deepest(io, reached);
}

TEST(Lives, a_crash_at_a_code_point_lets_the_step_run_on_without_effect_and_no_further) {
    int reached = 0, buried = 0;
    Rig rig([&](Io& io) { return io.self() == n1 ? deeper(io, reached, buried) : pinging(io); });
    const auto token = rig.strike(crash_at(n1, "lives/deepest"));
    rig.pass(100_ms);
    EXPECT_EQ(reached, 1);  // The rest of the step ran, the next never came.
    EXPECT_EQ(buried, 1);
    EXPECT_FALSE(rig.world().observe().up(n1));
    EXPECT_EQ(rig.record.messages, 0U);
    EXPECT_EQ(rig.shown(n1, "after"), -1);
    rig.world().revert(token);
    rig.pass(16_ms);
    EXPECT_EQ(reached, 1 + 1 + 100);  // A new life, which the fault leaves alone.
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Lives, a_crash_at_a_code_point_nobody_reaches_had_no_opportunity) {
    Rig rig(ticking);
    const auto token = rig.strike(crash_at(n1, "lives/nowhere"));
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(token), Effectiveness::no_opportunity);
}

Task<> stubborn(Io& io, int& rounds) {
    for (;;) {
        try {
            co_await deepest(io, rounds);
        } catch (...) {
            rounds += 1'000'000;  // Whatever ends a life, it is no exception to catch.
        }
    }
}

TEST(Lives, a_catch_all_does_not_notice_its_death) {
    int rounds = 0;
    Rig rig([&](Io& io) { return io.self() == n1 ? stubborn(io, rounds) : silent(io); });
    rig.pass(15_ms);
    (void)rig.strike(act(NodeAction::kill, {n1}));
    const int then = rounds;
    rig.pass(100_ms);
    EXPECT_EQ(rounds, then);
    EXPECT_LT(rounds, 1'000'000);
}

Task<> answering(Io& io) {
    for (;;) {
        const auto in = co_await io.receive();
        if (const auto ping = in.as<Ping>()) io.reply(in, Pong{ping->n});
    }
}

TEST(Lives, a_reply_to_the_last_life_does_not_reach_the_next) {
    std::vector<bool> answered;
    Rig rig([&](Io& io) -> Task<> {
        return io.self() == n2 ? answering(io) : [](Io& on, std::vector<bool>& list) -> Task<> {
            const auto pong = co_await on.call<Pong>(n2, Ping{on.incarnation()}, 100_ms);
            list.push_back(pong.has_value() && pong->n == on.incarnation());
            (void)co_await on.receive();
        }(io, answered);
    });
    rig.pass(7_ms);  // The reply is on its way.
    const auto token = rig.strike(act(NodeAction::kill, {n1}));
    rig.world().revert(token);
    rig.pass(100_ms);
    EXPECT_EQ(answered, std::vector<bool>{true});
}

/// Writes "a", "b", ... each synced; shows how many it found when it began.
Task<> journal(Io& io, std::vector<std::string>& found, bool sync) {
    auto file = co_await io.open("wal");
    if (!file) co_return;
    (void)co_await io.sync_dir();
    auto old = co_await file->read(0, 1'000);
    std::string text;
    if (old) {
        for (const auto b : *old) text += static_cast<char>(b);
    }
    found.push_back(text);
    for (char c = 'a'; c <= 'z'; ++c) {
        (void)co_await file->append({static_cast<std::byte>(c)});
        if (sync) (void)co_await file->sync();
        io.publish("written", c - 'a' + 1);
        co_await io.sleep(core::microseconds(20));
    }
    (void)co_await io.receive();
}

std::vector<std::string> after(NodeAction how, bool sync, Duration when, std::uint64_t seed,
                               std::int64_t& acknowledged) {
    std::vector<std::string> found;
    Rig rig([&](Io& io) { return journal(io, found, sync); }, 1);
    rig.seed = seed;
    rig.pass(when);
    acknowledged = rig.shown(n1, "written");
    const auto token = rig.strike(act(how, {n1}));
    rig.world().revert(token);
    rig.pass(1_s);
    return found;
}

TEST(Lives, a_kill_keeps_completed_writes_and_draws_the_one_in_flight) {
    bool kept = false, dropped = false;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        std::int64_t acknowledged = 0;
        const auto found = after(NodeAction::kill, false,
                                 core::microseconds(500 + 17 * static_cast<std::int64_t>(seed)),
                                 seed, acknowledged);
        ASSERT_EQ(found.size(), 2U);
        const auto size = static_cast<std::int64_t>(found[1].size());
        ASSERT_GE(size, acknowledged);
        ASSERT_LE(size, acknowledged + 1);
        kept = kept || size == acknowledged + 1;
        dropped = dropped || size == acknowledged;
    }
    EXPECT_TRUE(kept);
    EXPECT_TRUE(dropped);
}

TEST(Lives, a_power_loss_keeps_what_was_synced_and_draws_the_rest) {
    bool lost = false, kept = false;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        std::int64_t acknowledged = 0;
        auto found = after(NodeAction::power_loss, true, 5_ms, seed, acknowledged);
        ASSERT_EQ(found.size(), 2U);
        ASSERT_GE(static_cast<std::int64_t>(found[1].size()), acknowledged);
        found = after(NodeAction::power_loss, false, 10_ms, seed, acknowledged);
        ASSERT_EQ(found.size(), 2U);
        lost = lost || static_cast<std::int64_t>(found[1].size()) < acknowledged;
        kept = kept || static_cast<std::int64_t>(found[1].size()) >= acknowledged;
    }
    EXPECT_TRUE(lost);
    EXPECT_TRUE(kept);
}

/// What each of `seeds` lives after a power loss or kill at `when` finds in its directory.
std::vector<std::string> found_after(NodeAction how, Duration when, Rig::Script before,
                                     std::uint64_t seeds) {
    std::vector<std::string> found;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Rig rig(
            [&](Io& io) -> Task<> {
                if (io.incarnation() == 0) return before(io);
                return [](Io& on, std::vector<std::string>& list) -> Task<> {
                    auto names = co_await on.list();
                    std::string text;
                    for (const auto& name : names.value_or(std::vector<std::string>{})) {
                        auto file = co_await on.open(name, false);
                        if (!file) continue;
                        const auto size = co_await file->size();
                        text += name + ":" + std::to_string(size.value_or(99)) + " ";
                    }
                    list.push_back(text);
                }(io, found);
            },
            1);
        rig.seed = seed;
        rig.pass(when);
        const auto token = rig.strike(act(how, {n1}));
        rig.world().revert(token);
        rig.pass(1_s);
    }
    EXPECT_EQ(found.size(), seeds);
    return found;
}

TEST(Lives, a_write_asked_for_after_a_sync_is_not_covered_by_it) {
    const auto before = [](Io& io) -> Task<> {
        auto file = co_await io.open("f");
        if (!file) co_return;
        (void)co_await io.sync_dir();
        (void)co_await file->append(std::vector<std::byte>(1));
        io.spawn("sync", [](node::File& of) -> Task<> { (void)co_await of.sync(); }(*file));
        co_await io.sleep(1_us);
        (void)co_await file->append(
            std::vector<std::byte>(1));  // In the cache before the sync ends.
        co_await io.sleep(1_s);
    };
    const auto found = found_after(NodeAction::power_loss, 2_ms, before, 50);
    EXPECT_GT(std::ranges::count(found, "f:1 "), 10);
    EXPECT_GT(std::ranges::count(found, "f:2 "), 5);
    EXPECT_EQ(std::ranges::count(found, "f:1 ") + std::ranges::count(found, "f:2 "), 50);
}

TEST(Lives, a_kill_draws_what_becomes_of_each_kind_of_change_in_flight) {
    const auto create = [](Io& io) -> Task<> { (void)co_await io.open("new"); };
    auto found = found_after(NodeAction::kill, 5_us, create, 60);
    EXPECT_GT(std::ranges::count(found, ""), 15);
    EXPECT_GT(std::ranges::count(found, "new:0 "), 15);
    const auto then = [](Io& io, int what) -> Task<> {
        auto file = co_await io.open("old");
        if (file) (void)co_await file->append(std::vector<std::byte>(3));
        co_await io.sleep(1_ms - (io.now() - Instant{}));
        if (what == 0) (void)co_await io.rename("old", "new");
        if (what == 1) (void)co_await io.remove("old");
        if (what == 2 && file) (void)co_await file->truncate(1);
        if (what == 3) (void)co_await io.open("old");
    };
    const char* done[] = {"new:3 ", "", "old:1 "};
    for (int what = 0; what < 3; ++what) {
        found =
            found_after(NodeAction::kill, 1_ms + 5_us, [&](Io& io) { return then(io, what); }, 60);
        EXPECT_GT(std::ranges::count(found, "old:3 "), 15) << what;
        EXPECT_GT(std::ranges::count(found, done[what]), 15) << what;
    }
    // What would change nothing is not drawn.
    Rig rig([&](Io& io) { return io.incarnation() == 0 ? then(io, 3) : silent(io); }, 1);
    rig.detail = history::Detail::full;
    rig.pass(1_ms + 5_us);
    (void)rig.strike(act(NodeAction::kill, {n1}));
    const auto fate = static_cast<std::uint8_t>(fault::Purpose::write_fate);
    EXPECT_EQ(std::ranges::count(rig.record.decisions, fate, &history::DecisionRecord::purpose), 0);
}

TEST(Lives, a_node_that_dies_while_paused_leaves_nothing_behind) {
    Rig rig(pinging);
    rig.pass(52_ms);
    const auto pause = rig.strike(act(NodeAction::pause, {n2}), "pause");
    rig.pass(50_ms);
    const auto kill = rig.strike(act(NodeAction::kill, {n2}), "kill");
    rig.world().revert(pause);
    rig.world().revert(kill);
    rig.pass(1_ms);
    EXPECT_EQ(rig.shown(n2, "got"), -1);  // What waited for it is gone.
    rig.pass(50_ms);
    EXPECT_GE(rig.shown(n2, "got"), 4);
}

TEST(Lives, an_operation_whose_server_dies_ends_by_its_own_limit) {
    Rig rig(answering, 1, 1);
    node::Operation ask;
    ask.name = "ask";
    ask.run = [](Io& io, const node::Options&, Value) -> Task<core::Result<Value>> {
        auto pong = co_await io.call<Pong>(n1, Ping{1}, 100_ms);
        if (!pong) co_return std::unexpected(pong.error());
        co_return Value(1);
    };
    rig.system.operations.push_back(ask);
    rig.start();
    rig.operation(1, "ask");
    (void)rig.strike(act(NodeAction::kill, {n1}));
    rig.pass(99_ms);
    EXPECT_TRUE(rig.ended.empty());
    rig.pass(2_ms);
    ASSERT_EQ(rig.ended.size(), 1U);
    EXPECT_FALSE(rig.ended[0].second.has_value());
}

// A code point is a fault as any other: after the heal a system must be left alone, or what it
// does then says nothing of its liveness.
TEST(Points, fire_until_the_heal_and_not_after_it) {
    Rig rig([](Io& io) -> Task<> {
        for (std::int64_t fired = 0;;) {
            if (STORM_MAYBE("lives/until-the-heal")) io.publish("fired", ++fired);
            co_await io.sleep(10_ms);
        }
    });
    rig.plan.chaos = 100_ms;
    rig.plan.site_active_ppm = rig.plan.site_fires_ppm = core::one_million;
    rig.pass(95_ms);
    EXPECT_EQ(rig.shown(n1, "fired"), 10);
    rig.pass(200_ms);
    EXPECT_EQ(rig.shown(n1, "fired"), 10);
}

}  // namespace
}  // namespace storm::sim
