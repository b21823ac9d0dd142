// Goal: what clocks, pauses, slow nodes, bad disks and cut links do to those they are aimed at,
// and that they leave all others alone. Method: one fault at a time, by hand, against nodes
// whose every step shows.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;

/// Shows both clocks every 10 ms of its own time.
Task<> watching(Io& io) {
    for (std::int64_t n = 0;; ++n) {
        io.publish("ticks", n);
        io.publish("now", static_cast<std::int64_t>(io.now().ns));
        io.publish("wall", static_cast<std::int64_t>(io.wall().ns % 1'000'000'000'000));
        co_await io.sleep(10_ms);
    }
}

TEST(Clocks, an_offset_moves_the_wall_clock_alone_and_goes_when_it_is_over) {
    Rig rig(watching);
    rig.pass(95_ms);
    const auto token = rig.strike(bend(n1, 5_s, 0));
    rig.pass(10_ms);
    EXPECT_EQ(rig.shown(n1, "now"), rig.shown(n2, "now"));
    EXPECT_EQ(rig.shown(n1, "wall") - rig.shown(n2, "wall"), (5_s).ns);
    rig.world().revert(token);
    rig.pass(10_ms);
    EXPECT_EQ(rig.shown(n1, "wall"), rig.shown(n2, "wall"));
    EXPECT_EQ(rig.shown(n1, "ticks"), rig.shown(n2, "ticks"));
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Clocks, a_jump_may_go_backwards_and_stays) {
    Rig rig(watching);
    rig.pass(95_ms);
    const auto token = rig.strike(bend(n1, Duration{} - 2_s, 0, true));
    rig.world().revert(token);
    rig.pass(10_ms);
    EXPECT_EQ(rig.shown(n1, "wall") - rig.shown(n2, "wall"), -(2_s).ns);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Clocks, drift_bends_both_clocks_and_the_timers) {
    Rig rig(watching);
    const auto token = rig.strike(bend(n1, {}, 100'000));  // 10 % fast.
    rig.pass(10_s);
    EXPECT_EQ(rig.shown(n2, "ticks"), 1'000);
    EXPECT_NEAR(static_cast<double>(rig.shown(n1, "ticks")), 1'100, 1);
    const auto ahead = rig.shown(n1, "now") - rig.shown(n2, "now");
    EXPECT_NEAR(static_cast<double>(ahead), 1e9, 2e7);
    rig.world().revert(token);
    rig.pass(1_s);  // What it gained it keeps; from here on it runs at the world's pace.
    EXPECT_NEAR(static_cast<double>(rig.shown(n1, "now") - rig.shown(n2, "now")),
                static_cast<double>(ahead), 2e7);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Clocks, a_bent_clock_that_nobody_reads_had_no_opportunity) {
    Rig rig(silent);
    const auto token = rig.strike(bend(n1, 5_s, 100));
    rig.pass(1_s);
    EXPECT_EQ(rig.verdict(token), Effectiveness::no_opportunity);
}

TEST(Pauses, hold_all_steps_and_then_let_them_run_in_order) {
    Rig rig(pinging);
    rig.pass(52_ms);
    const auto before = rig.shown(n2, "got");
    const auto token = rig.strike(act(NodeAction::pause, {n2}));
    rig.pass(100_ms);
    EXPECT_EQ(rig.shown(n2, "got"), before);
    EXPECT_TRUE(rig.world().observe().up(n2));
    rig.world().revert(token);
    rig.pass({});
    EXPECT_EQ(rig.shown(n2, "got"), before + 10);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Pauses, end_when_the_last_of_them_ends) {
    Rig rig(ticking);
    rig.pass(55_ms);
    const auto a = rig.strike(act(NodeAction::pause, {n1}), "a");
    const auto b = rig.strike(act(NodeAction::pause, {n1}), "b");
    rig.pass(20_ms);
    rig.world().revert(a);
    rig.pass(20_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 5);
    rig.world().revert(b);
    rig.pass(20_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 8);  // At 95, 105 and 115 ms.
}

TEST(Slowness, makes_steps_wait_for_each_other) {
    Rig rig(pinging, 3);
    rig.pass(52_ms);
    const auto before = rig.shown(n2, "got");
    const auto token = rig.strike(act(NodeAction::slow, {n2}, 30_ms));
    rig.pass(300_ms);
    const auto slowly = rig.shown(n2, "got") - before;
    EXPECT_GE(slowly, 9);  // One every 30 ms ...
    EXPECT_LE(slowly, 11);
    rig.world().revert(token);
    rig.pass(10_ms);
    EXPECT_GE(rig.shown(n2, "got") - before, 29);  // ... and then what had piled up.
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

/// Counts what comes from each other node, and sends to all every 10 ms.
Task<> gossiping(Io& io) {
    io.spawn("listen", [](Io& on) -> Task<> {
        std::vector<std::int64_t> got(on.nodes());
        for (;;) {
            const auto in = co_await on.receive();
            if (in.from().is_client()) {
                on.reply(in, Pong{1});
                continue;
            }
            const auto from = in.from();
            on.publish("from " + core::name_of(from), ++got[from.index()]);
        }
    }(io));
    for (;;) {
        for (const auto peer : io.peers()) io.send(peer, Ping{1});
        co_await io.sleep(10_ms);
    }
}
std::int64_t heard(Rig& rig, core::Id at, core::Id from) {
    return rig.shown(at, "from " + core::name_of(from));
}

TEST(Partitions, of_one_direction_leave_the_other_alone) {
    Rig rig(gossiping);
    rig.pass(52_ms);
    const auto token = rig.strike(on_link(n1, n2, {.cut = true}));
    rig.pass(5_ms);  // What was on its way arrives.
    const auto one = heard(rig, n2, n1), two = heard(rig, n1, n2);
    rig.pass(100_ms);
    EXPECT_EQ(heard(rig, n2, n1), one);
    EXPECT_EQ(heard(rig, n1, n2), two + 10);
    rig.world().revert(token);
    rig.pass(100_ms);
    EXPECT_GE(heard(rig, n2, n1), one + 9);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

node::Operation asking() {
    node::Operation ask;
    ask.name = "ask";
    ask.run = [](Io& io, const node::Options&, Value) -> Task<core::Result<Value>> {
        auto pong = co_await io.call<Pong>(n1, Ping{1}, 50_ms);
        if (!pong) co_return std::unexpected(pong.error());
        co_return Value(1);
    };
    return ask;
}

TEST(Partitions, cut_clients_only_where_they_are_named) {
    Rig rig(gossiping, 2, 1);
    rig.system.operations.push_back(asking());
    const auto nodes = rig.strike(on_link(n2, n1, {.cut = true}), "nodes");
    rig.operation(1, "ask");
    rig.pass(60_ms);
    ASSERT_EQ(rig.ended.size(), 1U);
    EXPECT_TRUE(rig.ended[0].second.has_value());
    rig.world().revert(nodes);
    (void)rig.strike(on_link(n1, c1, {.cut = true}), "client");
    rig.operation(2, "ask");
    rig.pass(60_ms);
    ASSERT_EQ(rig.ended.size(), 2U);
    EXPECT_FALSE(rig.ended[1].second.has_value());
}

TEST(Delays, grow_over_the_ramp) {
    std::vector<std::int64_t> took;
    Rig rig([&](Io& io) -> Task<> {
        return io.self() == n1 ? pinging(io)
                               : [](Io& on, std::vector<std::int64_t>& list) -> Task<> {
            for (;;) {
                const auto in = co_await on.receive();
                const auto ping = in.as<Ping>();
                if (ping)
                    list.push_back((on.now() - Instant{}).ns - (1_ms).ns -
                                   (10_ms).ns * static_cast<std::int64_t>(ping->n));
            }
        }(io, took);
    });
    (void)rig.strike(on_link(n1, n2, {.delay = 100_ms}), "slow", 0, 1_s);
    rig.pass(2_s);
    ASSERT_GT(took.size(), 150U);
    EXPECT_LT(took[1], (10_ms).ns);
    EXPECT_NEAR(static_cast<double>(took[50]), 55e6, 3e6);
    EXPECT_EQ(took[149], (105_ms).ns);
}

TEST(Delays, reach_the_second_copy_too) {
    Rig rig(pinging);
    rig.plan.network.duplicate_ppm = core::one_million;
    (void)rig.strike(on_link(n1, n2, {.delay = 50_ms}));
    rig.pass(55_ms);
    EXPECT_EQ(rig.shown(n2, "got"), -1);
    rig.pass(2_ms);
    EXPECT_EQ(rig.shown(n2, "got"), 2);
}

Task<> writing(Io& io, std::vector<std::string>& errors) {
    auto file = co_await io.open("f");
    if (!file) {
        errors.push_back(file.error().message);
        co_return;
    }
    for (;;) {
        auto done = co_await file->append(std::vector<std::byte>(100));
        errors.push_back(done ? "" : done.error().message);
        if (done) done = co_await file->sync();
        if (!done) errors.push_back("sync: " + done.error().message);
        co_await io.sleep(10_ms);
    }
}

TEST(Disks, fail_with_the_errno_they_are_told_and_only_there) {
    std::vector<std::string> errors[2];
    Rig rig([&](Io& io) { return writing(io, errors[io.self().index()]); });
    rig.pass(25_ms);
    const auto token = rig.strike(on_disk(n1, {.ops = fault::DiskOps::write, .error = 5}));
    rig.pass(50_ms);
    EXPECT_EQ(errors[0].front(), "");
    EXPECT_EQ(errors[0].back(), "sync: EIO");  // No sync was tried after it.
    EXPECT_EQ(errors[1].back(), "");
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Disks, each_has_room_of_its_own) {
    std::vector<std::string> errors[2];
    Rig rig([&](Io& io) { return writing(io, errors[io.self().index()]); });
    (void)rig.strike(fault::DiskEffect{{.room = 250}, {n1, n2}});
    rig.pass(100_ms);
    for (const auto& each : errors) {
        ASSERT_GE(each.size(), 4U);
        EXPECT_EQ(each[0] + each[1], "");
        EXPECT_EQ(each[2], "ENOSPC");
    }
}

}  // namespace
}  // namespace storm::sim
