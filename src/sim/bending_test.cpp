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

TEST(Clocks, ten_thousand_jumps_cost_no_more_than_each_alone_and_each_has_its_evidence) {
    Rig rig(watching);
    std::vector<world::Token> jumps;
    for (int i = 0; i < 10'000; ++i) {
        jumps.push_back(rig.strike(bend(n1, 1_ms, 0, true)));
        rig.world().revert(jumps.back());
        rig.pass(1_ms);
    }
    rig.pass(9_ms);
    EXPECT_EQ(rig.shown(n1, "wall") - rig.shown(n2, "wall"), (10_s).ns);
    for (const std::size_t i : {0U, 1U, 2U, 5'000U, 9'989U, 9'999U}) {
        const auto proof = rig.proof(jumps[i]);
        const std::uint64_t reads = 1'000 - i / 10;  // One every 10 ms.
        EXPECT_EQ(proof.seen, reads) << i;
        EXPECT_EQ(proof.claimed, reads) << i;
    }
}

TEST(Clocks, thousands_of_drifts_multiply_and_each_shows) {
    Rig rig(watching);
    std::vector<world::Token> drifts;
    for (int i = 0; i < 2'000; ++i) {
        drifts.push_back(rig.strike(bend(n1, {}, i % 2 == 0 ? 250'000 : -200'000)));
    }
    rig.pass(1_s);
    EXPECT_EQ(rig.shown(n1, "ticks"), rig.shown(n2, "ticks"));  // 1.25 times 0.8, a thousandfold.
    for (std::size_t i = 0; i < drifts.size(); i += 2) rig.world().revert(drifts[i]);
    rig.pass(1_s);
    EXPECT_EQ(rig.shown(n2, "ticks"), 200);
    EXPECT_EQ(rig.shown(n1, "ticks"), 100);  // It stands almost still.
    EXPECT_EQ(rig.verdict(drifts[0]), Effectiveness::effective);
    EXPECT_EQ(rig.verdict(drifts[1'001]), Effectiveness::effective);
}

TEST(Clocks, an_offset_among_jumps_and_a_drift_ends_alone) {
    Rig rig(watching);
    const auto jump = rig.strike(bend(n1, 5_s, 0, true), "jump");
    const auto drift = rig.strike(bend(n1, {}, 1'000'000), "drift");
    const auto offset = rig.strike(bend(n1, 7_s, 0), "offset");
    const auto beside = rig.strike(bend(n1, Duration{} - 1_s, 0), "beside");
    rig.pass(5_ms);
    const auto ahead = [&] { return rig.shown(n1, "wall") - rig.shown(n1, "now"); };
    const auto epoch = [&] { return rig.shown(n2, "wall") - rig.shown(n2, "now"); };
    EXPECT_EQ(ahead() - epoch(), (11_s).ns);
    rig.world().revert(offset);
    rig.pass(10_ms);
    EXPECT_EQ(ahead() - epoch(), (4_s).ns);
    rig.world().revert(drift);
    rig.world().revert(beside);
    rig.pass(10_ms);
    EXPECT_EQ(ahead() - epoch(), (5_s).ns);
    for (const auto each : {jump, drift, offset, beside}) {
        EXPECT_EQ(rig.verdict(each), Effectiveness::effective) << each;
    }
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

/// Sleeps ten seconds, then shows how long that was on its own clock.
Task<> sleeping(Io& io) {
    const Instant began = io.now();
    co_await io.sleep(10_s);
    io.publish("slept", static_cast<std::int64_t>((io.now() - began).ns));
}

TEST(Clocks, timers_set_before_a_drift_begins_move_with_the_clock) {
    Rig rig(sleeping);
    rig.pass(1_s);
    const auto token = rig.strike(bend(n1, {}, 500'000));
    rig.pass(6_s - 1_ns);  // Nine seconds of its own.
    EXPECT_EQ(rig.shown(n1, "slept"), -1);
    rig.pass(1_ns);
    EXPECT_EQ(rig.shown(n1, "slept"), (10_s).ns);
    rig.pass(3_s);
    EXPECT_EQ(rig.shown(n2, "slept"), (10_s).ns);
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Clocks, timers_set_under_a_drift_move_when_it_ends) {
    Rig rig(sleeping);
    const auto token = rig.strike(bend(n1, {}, -500'000));  // Before its first step: none yet.
    rig.world().revert(token);
    rig.pass(500_ms);
    const auto again = rig.strike(bend(n1, {}, -500'000), "again");
    rig.pass(1_s);  // It has shown one second; nine are left.
    rig.world().revert(again);
    rig.pass(9_s - 1_ns);
    EXPECT_EQ(rig.shown(n1, "slept"), -1);
    rig.pass(1_ns);
    EXPECT_EQ(rig.shown(n1, "slept"), (10_s).ns);
}

TEST(Clocks, timers_of_odd_lengths_measure_what_they_are_to_however_the_rate_changes) {
    const auto odd = [](Io& io) -> Task<> {
        for (std::int64_t n = 1;; n = n * 7 % 99'991) {
            const Instant began = io.now();
            co_await io.sleep(core::nanoseconds(n));
            const auto off = (io.now() - began).ns - n;
            // A fast clock shows not every nanosecond.
            if (off < 0 || off > 3) io.publish("off", off);
            io.publish("slept", n);
        }
    };
    Rig rig(odd);
    for (int i = 0; i < 50; ++i) {
        const auto a = rig.strike(bend(n1, {}, 333'333), "a");
        rig.pass(core::nanoseconds(77'777));
        const auto b = rig.strike(bend(n1, {}, -123'457), "b");
        rig.pass(core::nanoseconds(31'337));
        rig.world().revert(a);
        rig.pass(core::nanoseconds(54'321));
        rig.world().revert(b);
    }
    EXPECT_GT(rig.shown(n1, "slept"), 0);
    EXPECT_EQ(rig.shown(n1, "off"), -1);
}

TEST(Clocks, drifts_that_overlap_multiply_and_never_stop_or_turn_a_clock) {
    Rig rig(watching);
    for (const char* id : {"a", "b", "c"}) (void)rig.strike(bend(n1, {}, -500'000), id);
    rig.pass(8_s);
    EXPECT_EQ(rig.shown(n1, "ticks"), 100);
    EXPECT_EQ(rig.shown(n1, "now"), (1_s).ns);
    for (int i = 0; i < 20; ++i) {
        (void)rig.strike(bend(n1, {}, -900'000), "very slow " + std::to_string(i));
    }
    rig.pass(20_s);  // A thousandth of the world's pace.
    EXPECT_EQ(rig.shown(n1, "ticks"), 102);
    Rig fast(watching);
    for (int i = 0; i < 20; ++i) {
        (void)fast.strike(bend(n1, {}, 9'000'000), "fast " + std::to_string(i));
    }
    fast.pass(10_ms);
    EXPECT_EQ(fast.shown(n1, "now"), (10_s).ns);
}

TEST(Clocks, a_drift_leaves_steps_that_were_due_and_wait_where_they_are) {
    Rig rig(ticking);
    rig.pass(52_ms);
    const auto pause = rig.strike(act(NodeAction::pause, {n1}), "pause");
    rig.pass(50_ms);
    (void)rig.strike(bend(n1, {}, -500'000), "drift");
    rig.pass(50_ms);
    rig.world().revert(pause);
    rig.pass({});
    EXPECT_EQ(rig.shown(n1, "ticks"), 6);
    rig.pass(20_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 7);
}

TEST(Clocks, a_sleep_of_the_longest_length_there_is_never_ends) {
    Rig rig([](Io& io) -> Task<> {
        co_await io.sleep(Duration{INT64_MAX});
        io.publish("woke", 1);
    });
    rig.pass(1_s);
    const auto token = rig.strike(bend(n1, {}, 900'000));
    rig.pass(1_s);
    rig.world().revert(token);
    rig.pass(100_s);
    EXPECT_EQ(rig.shown(n1, "woke"), -1);
    EXPECT_EQ(rig.shown(n2, "woke"), -1);
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

TEST(Pauses, hold_the_first_step_of_a_life_that_begins_in_them) {
    Rig rig(ticking);
    rig.pass(52_ms);
    const auto kill = rig.strike(act(NodeAction::kill, {n1}), "kill");
    const auto pause = rig.strike(act(NodeAction::pause, {n1}), "pause");
    rig.world().revert(kill);
    rig.pass(50_ms);
    EXPECT_TRUE(rig.world().observe().up(n1));
    EXPECT_EQ(rig.shown(n1, "ticks"), -1);
    rig.world().revert(pause);
    EXPECT_EQ(rig.shown(n1, "ticks"), 0);
    rig.pass(20_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 2);
    EXPECT_EQ(rig.verdict(pause), Effectiveness::effective);
}

TEST(Pauses, of_a_life_that_ends_before_its_first_step_leave_nothing_behind) {
    Rig rig(ticking);
    rig.pass(52_ms);
    const auto kill = rig.strike(act(NodeAction::kill, {n1}), "kill");
    const auto pause = rig.strike(act(NodeAction::pause, {n1}), "pause");
    rig.world().revert(kill);
    const auto again = rig.strike(act(NodeAction::kill, {n1}), "again");
    rig.world().revert(pause);
    EXPECT_EQ(rig.shown(n1, "ticks"), -1);
    rig.world().revert(again);
    rig.pass(20_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 2);
    EXPECT_EQ(rig.verdict(again), Effectiveness::effective);
}

TEST(Pauses, hold_again_what_one_before_has_held_and_a_slow_node_has_not_done) {
    Rig rig(ticking);
    rig.pass(52_ms);
    const auto a = rig.strike(act(NodeAction::pause, {n1}), "a");
    const auto slow = rig.strike(act(NodeAction::slow, {n1}, 30_ms), "slow");
    rig.pass(20_ms);
    rig.world().revert(a);
    rig.pass(10_ms);  // The step waits for its turn, at 102 ms.
    const auto b = rig.strike(act(NodeAction::pause, {n1}), "b");
    rig.pass(100_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 5);
    rig.world().revert(b);
    rig.pass({});
    EXPECT_EQ(rig.shown(n1, "ticks"), 6);
    (void)slow;
}

TEST(Pauses, that_are_only_judged_hold_nobody_whatever_stands_beside_them) {
    Rig rig(ticking);
    rig.sabotage = "liar";
    rig.pass(52_ms);
    (void)rig.strike(act(NodeAction::pause, {n1}), "liar");
    (void)rig.strike(act(NodeAction::slow, {n2}, 30_ms), "liar");
    const auto pause = rig.strike(act(NodeAction::pause, {n1}), "pause");
    rig.pass(20_ms);
    rig.world().revert(pause);
    rig.pass(30_ms);
    EXPECT_EQ(rig.shown(n1, "ticks"), 9);  // At 60 ms, held to 72 ms, then at 82, 92 and 102 ms.
    EXPECT_EQ(rig.shown(n2, "ticks"), 10);
}

TEST(Slowness, of_a_node_stays_in_order_when_another_fault_that_slowed_it_too_is_over) {
    std::vector<std::uint64_t> order;
    Rig rig([&](Io& io) -> Task<> {
        return io.self() == n1 ? pinging(io)
                               : [](Io& on, std::vector<std::uint64_t>& list) -> Task<> {
            for (;;) {
                const auto in = co_await on.receive();
                if (const auto ping = in.as<Ping>()) list.push_back(ping->n);
            }
        }(io, order);
    });
    (void)rig.strike(act(NodeAction::slow, {n2}, 20_ms), "stays");
    const auto goes = rig.strike(act(NodeAction::slow, {n1, n2}, 1_ms), "goes");
    rig.pass(300_ms);
    rig.world().revert(goes);
    rig.pass(2_s);
    EXPECT_GT(order.size(), 50U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
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

TEST(Partitions, into_many_groups_cut_each_from_each_and_spare_who_is_in_none) {
    const auto faults = fault::standard_faults();
    const auto* spec = faults.find("net.partition");
    constexpr std::uint32_t nodes = 13;
    fault::Groups groups;
    for (std::uint32_t i = 0; i + 1 < nodes; i += 2) {
        groups.push_back({core::Id::node(i), core::Id::node(i + 1)});
    }
    fault::Params params;
    params.set("groups", groups);
    params = *fault::complete(spec->params, params);
    Rig rig(gossiping, nodes);
    rig.pass(52_ms);
    const auto effect = spec->make(params, {}, {nodes, 0});
    ASSERT_TRUE(effect.has_value());
    EXPECT_TRUE(rig.world().can(*effect).has_value());
    const auto token = rig.strike(*effect);
    rig.pass(5_ms);
    std::vector<std::int64_t> before;
    const auto pair = [](std::size_t i) {
        return std::pair{core::Id::node(static_cast<std::uint32_t>(i / nodes)),
                         core::Id::node(static_cast<std::uint32_t>(i % nodes))};
    };
    const auto all = std::size_t{nodes} * nodes;
    for (std::size_t i = 0; i < all; ++i)
        before.push_back(heard(rig, pair(i).first, pair(i).second));
    rig.pass(100_ms);
    for (std::size_t i = 0; i < all; ++i) {
        const auto [at, from] = pair(i);
        if (at == from) continue;
        const bool alone = at.index() + 1 == nodes || from.index() + 1 == nodes;
        const bool passes = alone || at.index() / 2 == from.index() / 2;
        EXPECT_EQ(heard(rig, at, from) - before[i], passes ? 10 : 0) << i;
    }
    rig.world().revert(token);
    rig.pass(100_ms);
    EXPECT_GE(heard(rig, n1, n3), before[2] + 9);
    const auto proof = rig.proof(token);
    ASSERT_EQ(proof.at.size(), nodes - 1U);  // Whoever stands in a group misses what was sent.
    for (const auto& [victim, seen] : proof.at) EXPECT_EQ(seen, 10U * (nodes - 3U));
}

TEST(Partitions, in_more_directions_than_a_fault_can_have_are_refused_before_the_run) {
    const Rig::Script none = silent;
    Rig rig(none, 2);
    const fault::LinkFault cut{.cut = true};
    const auto with = [&](std::size_t count) {
        return rig.world().can(
            fault::LinkEffect{cut, std::vector<fault::Direction>(count, {{n1}, {n2}}), {}});
    };
    EXPECT_TRUE(with(64).has_value());
    EXPECT_FALSE(with(65).has_value());
}

TEST(Rates, remember_only_the_links_that_carry_something) {
    Rig rig(pinging, 20'000);  // Each with each are 400 million.
    std::vector<core::Id> all;
    for (std::uint32_t i = 0; i < 20'000; ++i) all.push_back(core::Id::node(i));
    rig.plan.network.rate = 1'000'000;
    const auto token = rig.strike(fault::LinkEffect{{.rate = 800, .queue = 64}, {{all, all}}, {}});
    rig.pass(95_ms);
    EXPECT_EQ(rig.shown(n2, "got"), 8);  // One of 8 bytes every 10 ms, 15 ms after it was sent.
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

TEST(Disks, that_are_slow_for_two_reasons_stay_slow_for_the_one_that_is_left) {
    std::vector<std::int64_t> took;
    Rig rig(
        [&](Io& io) -> Task<> {
            return [](Io& on, std::vector<std::int64_t>& list) -> Task<> {
                for (;;) {
                    const Instant began = on.now();
                    (void)co_await on.list();
                    list.push_back((on.now() - began).ns);
                }
            }(io, took);
        },
        1);
    (void)rig.strike(on_disk(n1, {.latency = 200_ms}), "stays");
    const auto goes = rig.strike(on_disk(n1, {.latency = 100_ms}), "goes");
    rig.pass(50_ms);
    rig.world().revert(goes);
    rig.pass(500_ms);
    ASSERT_EQ(took.size(), 3U);  // The first was asked for before they struck.
    for (const std::size_t i : {1U, 2U}) {
        EXPECT_NEAR(static_cast<double>(took[i]), 200.03e6, 0.02e6);
    }
    EXPECT_EQ(rig.verdict(goes), Effectiveness::no_opportunity);  // It was over before it was due.
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
