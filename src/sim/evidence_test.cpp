// Goal: a fault counts as injected only where its victim felt it. Method: each rule of counting
// (receiver dead, drops that overlap, the network's own loss, ghosts, the end of the run, a
// fault that is judged and not carried out) in a world where it is the only thing that happens.
#include <gtest/gtest.h>

#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;

constexpr fault::LinkFault cut{.cut = true};

TEST(Evidence, of_a_drop_is_counted_when_the_packet_would_have_arrived) {
    Rig rig(pinging);
    const auto token = rig.strike(on_link(n1, n2, cut));
    rig.pass(5_ms);
    EXPECT_EQ(rig.world().evidence(token).claimed, 1U);
    EXPECT_EQ(rig.world().evidence(token).seen, 0U);
    rig.pass(2_ms);
    EXPECT_EQ(rig.world().evidence(token).seen, 1U);
    const auto proof = rig.proof(token);
    ASSERT_EQ(proof.at.size(), 1U);
    EXPECT_EQ(proof.at[0].first, n2);
}

TEST(Evidence, of_a_drop_is_void_if_the_receiver_was_dead_when_it_was_due) {
    Rig rig(pinging);
    (void)rig.strike(act(NodeAction::kill, {n2}), "dead");
    const auto token = rig.strike(on_link(n1, n2, cut));
    rig.pass(100_ms);
    const auto proof = rig.proof(token);
    EXPECT_GT(proof.claimed, 5U);
    EXPECT_EQ(proof.voided, proof.claimed);
    EXPECT_EQ(fault::judge(proof), Effectiveness::no_opportunity);
}

TEST(Evidence, of_overlapping_drops_belongs_to_the_first_of_the_catalogue) {
    Rig rig(pinging);
    const auto late = rig.strike(on_link(n1, n2, cut), "late", 9);
    const auto early = rig.strike(on_link(n1, n2, cut), "early", 3);
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(early), Effectiveness::effective);
    EXPECT_EQ(rig.world().evidence(late).claimed, 0U);
}

TEST(Evidence, of_a_delay_is_void_if_another_fault_drops_the_packet) {
    Rig rig(pinging);
    const auto delay = rig.strike(on_link(n1, n2, {.delay = 7_ms}), "delay", 1);
    (void)rig.strike(on_link(n1, n2, cut), "cut", 2);
    rig.pass(100_ms);
    const auto proof = rig.proof(delay);
    EXPECT_GT(proof.claimed, 5U);
    EXPECT_EQ(proof.voided, proof.claimed);
}

TEST(Evidence, packets_that_the_network_itself_loses_are_no_fault_s) {
    Rig rig(pinging);
    rig.plan.network.loss_ppm = core::one_million;
    const auto token = rig.strike(on_link(n1, n2, cut));
    rig.pass(100_ms);
    EXPECT_EQ(rig.proof(token).claimed, 0U);
    EXPECT_EQ(rig.verdict(token), Effectiveness::no_opportunity);
}

TEST(Evidence, of_what_was_not_due_at_the_end_of_the_run_is_void) {
    Rig rig(pinging);
    const auto delay = rig.strike(on_link(n1, n2, {.delay = 1000_s}));
    rig.pass(93_ms);
    const auto proof = rig.proof(delay);
    EXPECT_EQ(proof.claimed, 10U);
    EXPECT_EQ(proof.voided, 1U);  // Sent at 91 ms: it would not have been there either.
    EXPECT_EQ(proof.seen, 9U);    // Missed by n2, which was there when they were due.
}

TEST(Evidence, of_a_delay_counts_what_its_receiver_missed_before_it_died) {
    Rig rig(pinging);
    const auto delay = rig.strike(on_link(n1, n2, {.delay = 50_ms}));
    rig.pass(33_ms);
    (void)rig.strike(act(NodeAction::kill, {n2}), "dead");
    rig.pass(100_ms);
    const auto proof = rig.proof(delay);
    EXPECT_EQ(proof.seen, 3U);  // Of 1, 11 and 21 ms; that of 31 ms was due when it was dead.
    EXPECT_EQ(proof.voided + proof.seen, proof.claimed);
}

TEST(Evidence, of_a_delay_counts_what_an_earlier_life_missed_even_if_it_is_never_there) {
    Rig rig(pinging);
    const auto delay = rig.strike(on_link(n1, n2, {.delay = 1000_s}));
    rig.pass(33_ms);
    const auto dead = rig.strike(act(NodeAction::kill, {n2}), "dead");
    rig.world().revert(delay);
    rig.pass(20_ms);
    rig.world().revert(dead);
    rig.pass(50_ms);
    EXPECT_EQ(rig.proof(delay).seen,
              3U);  // Of 1, 11 and 21 ms; that of 31 ms was due when it was dead.
}

TEST(Evidence, of_a_late_file_call_asks_the_life_that_made_it_and_no_later_one) {
    Rig rig([](Io& io) -> Task<> {
        co_await io.sleep(1_ms);
        if (io.incarnation() == 0) (void)co_await io.open("f");
        for (;;) co_await io.sleep(10_ms);
    });
    const auto one = rig.strike(on_disk(n1, {.latency = 400_ms}), "one");
    (void)rig.strike(on_disk(n1, {.latency = 500_ms}), "other");
    rig.pass(100_ms);
    rig.world().revert(rig.strike(act(NodeAction::kill, {n1}), "dead"));
    rig.pass(700_ms);
    rig.world().revert(rig.strike(act(NodeAction::kill, {n1}), "again"));
    rig.pass(300_ms);
    const auto proof = rig.proof(one);
    EXPECT_EQ(proof.claimed, 1U);
    EXPECT_EQ(proof.seen, 0U);  // Answered at 501 ms without it: its caller died at 100 ms.
}

TEST(Evidence, of_a_drift_counts_where_its_node_was_down_all_the_while) {
    for (const bool lies : {false, true}) {
        Rig rig([](Io& io) -> Task<> {
            for (;;) {
                io.publish("now", io.now().ns);
                co_await io.sleep(10_ms);
            }
        });
        if (lies) rig.sabotage = "drift";
        rig.pass(5_ms);
        const auto dead = rig.strike(act(NodeAction::kill, {n1}), "dead");
        const auto drift = rig.strike(bend(n1, {}, 500'000), "drift");
        rig.pass(50_ms);
        rig.world().revert(drift);
        rig.pass(5_ms);
        rig.world().revert(dead);
        rig.pass(50_ms);
        EXPECT_EQ(rig.verdict(drift), lies ? Effectiveness::ineffective : Effectiveness::effective);
    }
}

TEST(Evidence, links_that_carry_nothing_give_no_opportunity) {
    Rig rig(pinging);
    const auto token = rig.strike(on_link(n2, n1, cut));
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(token), Effectiveness::no_opportunity);
}

TEST(Evidence, of_a_kill_needs_work_that_was_due) {
    Rig rig(silent);
    const auto idle = rig.strike(act(NodeAction::kill, {n1}));
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(idle), Effectiveness::no_opportunity);
}

/// As `ticking`, past a code point.
Task<> reaching(Io& io) {
    for (std::int64_t n = 0;; ++n) {
        io.publish("ticks", n);
        (void)STORM_MAYBE("evidence/tick");
        co_await io.sleep(10_ms);
    }
}

TEST(Evidence, that_a_fault_lies_shows_for_each_kind) {
    const auto lie = [](fault::Effect effect, Rig::Script script) {
        Rig rig(std::move(script));
        rig.sabotage = "it";
        rig.pass(52_ms);
        const auto token = rig.strike(std::move(effect));
        rig.pass(500_ms);
        rig.world().revert(token);
        rig.pass(50_ms);
        EXPECT_EQ(rig.record.messages != 0 || rig.shown(n1, "ticks") == 60, true);
        return rig.verdict(token);
    };
    const auto ineffective = Effectiveness::ineffective;
    EXPECT_EQ(lie(on_link(n1, n2, cut), pinging), ineffective);
    EXPECT_EQ(lie(on_link(n1, n2, {.delay = 9_ms}), pinging), ineffective);
    EXPECT_EQ(lie(on_link(n1, n2, {.duplicate_ppm = 500'000}), pinging), ineffective);
    EXPECT_EQ(lie(on_link(n1, n2, {.corrupt_ppm = 500'000}), pinging), ineffective);
    EXPECT_EQ(lie(on_link(n1, n2, {.loss_ppm = 500'000, .burst = 50_ms}), pinging), ineffective);
    EXPECT_EQ(lie(act(NodeAction::kill, {n1}), ticking), ineffective);
    EXPECT_EQ(lie(act(NodeAction::power_loss, {n1}), ticking), ineffective);
    EXPECT_EQ(lie(act(NodeAction::pause, {n1}), ticking), ineffective);
    EXPECT_EQ(lie(act(NodeAction::slow, {n1}, 1_ms), ticking), ineffective);
    EXPECT_EQ(lie(bend(n1, {}, 5'000), ticking), ineffective);
    EXPECT_EQ(lie(crash_at(n1, "evidence/tick"), reaching), ineffective);
}

TEST(Evidence, a_lying_fault_lets_a_true_one_beside_it_count) {
    Rig rig(pinging);
    rig.sabotage = "liar";
    const auto liar = rig.strike(on_link(n1, n2, cut), "liar", 1);
    const auto honest = rig.strike(on_link(n1, n2, cut), "honest", 2);
    rig.pass(100_ms);
    EXPECT_EQ(rig.shown(n2, "got"), -1);
    EXPECT_EQ(rig.verdict(honest), Effectiveness::effective);
    (void)liar;
}

TEST(Evidence, corruption_shows_as_a_refused_frame_or_passes_where_it_may) {
    Rig found(pinging), passed(pinging);
    const auto detected = found.strike(on_link(n1, n2, {.corrupt_ppm = core::one_million}));
    const auto undetected =
        passed.strike(on_link(n1, n2, {.corrupt_ppm = core::one_million, .undetected = true}));
    found.pass(100_ms);
    passed.pass(100_ms);
    EXPECT_EQ(found.shown(n2, "got"), -1);
    EXPECT_GE(passed.shown(n2, "got"), 9);
    EXPECT_EQ(found.verdict(detected), Effectiveness::effective);
    EXPECT_EQ(passed.verdict(undetected), Effectiveness::effective);
}

TEST(Evidence, of_damage_that_passes_the_checksum_is_void_where_the_frame_is_refused_anyway) {
    for (const bool detected_first : {false, true}) {
        Rig rig(pinging);
        const auto strike = [&](bool undetected) {
            return rig.strike(
                on_link(n1, n2, {.corrupt_ppm = core::one_million, .undetected = undetected}),
                undetected ? "undetected" : "detected", undetected == detected_first ? 2 : 1);
        };
        const auto undetected = strike(true), detected = strike(false);
        rig.pass(100_ms);
        EXPECT_EQ(rig.shown(n2, "got"), -1);
        EXPECT_EQ(rig.verdict(detected), Effectiveness::effective);
        EXPECT_EQ(rig.verdict(undetected), Effectiveness::no_opportunity);
    }
}

// ---- Disks ----------------------------------------------------------------------------------

/// From 1 ms on, every 10 ms: writes the same two sectors at the start of a file, and syncs it if
/// it is told to.
Rig::Script saving(bool syncs) {
    return [syncs](Io& io) -> Task<> {
        return [](Io& on, bool also_sync) -> Task<> {
            auto file = co_await on.open("f");
            for (;;) {
                co_await on.sleep(10_ms);
                if (!file) continue;
                (void)co_await file->write(0, std::vector<std::byte>(1024, std::byte{7}));
                if (also_sync) (void)co_await file->sync();
            }
        }(io, syncs);
    };
}

TEST(Evidence, of_a_failed_operation_belongs_to_the_first_fault_of_the_catalogue_that_fails_it) {
    for (const bool error_first : {false, true}) {
        Rig rig(saving(false));
        const auto full = rig.strike(on_disk(n1, {.ops = fault::DiskOps::write, .room = 0}), "full",
                                     error_first ? 2 : 1);
        const auto error = rig.strike(on_disk(n1, {.ops = fault::DiskOps::write, .error = 5}),
                                      "error", error_first ? 1 : 2);
        rig.pass(100_ms);
        const auto felt = rig.proof(error_first ? error : full);
        EXPECT_EQ(fault::judge(felt), Effectiveness::effective);
        EXPECT_EQ(felt.seen, felt.claimed);
        EXPECT_EQ(rig.proof(error_first ? full : error).claimed, 0U);
    }
}

TEST(Evidence, of_a_failure_or_a_tear_leaves_none_to_what_it_hides) {
    Rig rig(saving(true));
    const auto error = rig.strike(on_disk(n1, {.error = 5}), "error", 1);
    const auto torn = rig.strike(on_disk(n1, {.torn = true}), "torn", 2);
    const auto lost = rig.strike(on_disk(n1, {.lost_sync = true}), "lost", 3);
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(error), Effectiveness::effective);
    EXPECT_EQ(rig.verdict(torn), Effectiveness::no_opportunity);
    EXPECT_EQ(rig.verdict(lost), Effectiveness::no_opportunity);
}

TEST(Evidence, of_a_torn_write_is_what_the_file_lacks) {
    Rig fresh(saving(false)), again(saving(false));
    const auto torn = fresh.strike(on_disk(n1, {.torn = true}));
    fresh.pass(100_ms);
    EXPECT_EQ(fresh.verdict(torn), Effectiveness::effective);
    again.pass(25_ms);  // The same bytes stand there already: nothing can be missing.
    const auto vain = again.strike(on_disk(n1, {.torn = true}));
    again.pass(100_ms);
    const auto proof = again.proof(vain);
    EXPECT_GT(proof.claimed, 5U);
    EXPECT_EQ(proof.voided, proof.claimed);
}

TEST(Evidence, of_a_lost_fsync_needs_something_that_was_to_become_durable) {
    for (const bool writes : {true, false}) {
        Rig rig([writes](Io& io) -> Task<> {
            return [](Io& on, bool also_writes) -> Task<> {
                auto file = co_await on.open("f");
                for (;;) {
                    if (file && also_writes) (void)co_await file->append({std::byte{7}});
                    if (file) (void)co_await file->sync();
                    co_await on.sleep(10_ms);
                }
            }(io, writes);
        });
        const auto lost = rig.strike(on_disk(n1, {.lost_sync = true}), "lost");
        rig.pass(100_ms);
        (void)rig.strike(act(NodeAction::power_loss, {n1}), "dark");
        const auto proof = rig.proof(lost);
        EXPECT_GT(proof.claimed, 5U);
        EXPECT_EQ(fault::judge(proof),
                  writes ? Effectiveness::effective : Effectiveness::no_opportunity);
    }
}

TEST(Evidence, that_a_disk_fault_lies_shows_for_each_kind) {
    for (const auto& fault : std::vector<fault::DiskFault>{
             {.latency = 5_ms}, {.error = 5}, {.torn = true}, {.lost_sync = true}, {.room = 0}}) {
        Rig rig(saving(true));
        rig.sabotage = "it";
        const auto token = rig.strike(on_disk(n1, fault));
        rig.pass(100_ms);
        EXPECT_EQ(rig.verdict(token), Effectiveness::ineffective);
    }
}

TEST(Evidence, of_a_slow_disk_that_heals_before_it_made_anything_late_is_void) {
    Rig rig([](Io& io) -> Task<> { (void)co_await io.open("f"); });
    const auto slow = rig.strike(on_disk(n1, {.latency = 5_ms}));
    rig.world().revert(slow);
    rig.pass(100_ms);
    EXPECT_EQ(rig.verdict(slow), Effectiveness::no_opportunity);
}

// One open() that takes 20 to 40 us by itself; both faults claim it.
TEST(Evidence, of_two_slow_disks_is_told_apart_when_one_ends) {
    const auto slowed_by = [](core::Duration first, core::Duration second, core::Duration ends,
                              const std::string& lies) {
        Rig rig([](Io& io) -> Task<> {
            co_await io.sleep(1_ms);
            (void)co_await io.open("f");
        });
        rig.sabotage = lies;
        const auto a = rig.strike(on_disk(n1, {.latency = first}), "a");
        const auto b = rig.strike(on_disk(n1, {.latency = second}), "b");
        rig.pass(1_ms + ends);
        rig.world().revert(a);
        rig.pass(200_ms);
        return std::pair(rig.verdict(a), rig.verdict(b));
    };
    using enum Effectiveness;
    // The first ended before it made anything late.
    EXPECT_EQ(slowed_by(50_ms, 30_ms, 10_ms, ""), std::pair(no_opportunity, effective));
    // Without either it would have been answered before the first ended.
    EXPECT_EQ(slowed_by(30_ms, 50_ms, 60_ms, ""), std::pair(effective, effective));
    EXPECT_EQ(slowed_by(5_ms, 40_ms, 42_ms, ""), std::pair(effective, effective));
    // The first alone kept it that long: the second cannot be seen, and nothing lied.
    EXPECT_EQ(slowed_by(50_ms, 10_ms, 40_ms, ""), std::pair(effective, no_opportunity));
    // A fault that is not carried out is told all the same.
    EXPECT_EQ(slowed_by(50_ms, 10_ms, 40_ms, "b"), std::pair(effective, ineffective));
}

// The disk would have answered after the fault: the life that asked is gone all the same.
TEST(Evidence, of_an_end_is_in_the_file_operations_that_the_life_left_behind) {
    for (const auto action : {NodeAction::kill, NodeAction::power_loss}) {
        Rig rig([](Io& io) -> Task<> {
            co_await io.sleep(1_ms);
            if (io.incarnation() == 0) (void)co_await io.open("f");
        });
        (void)rig.strike(on_disk(n1, {.latency = 50_ms}), "slow");
        rig.pass(2_ms);
        const auto end = rig.strike(act(action, {n1}), "end");
        rig.pass(1_ms);
        rig.world().revert(end);
        rig.pass(100_ms);
        EXPECT_EQ(rig.verdict(end), Effectiveness::effective);
    }
}

// ---- Clocks and timers ----------------------------------------------------------------------

/// Asks a node that answers, again and again: its timers are time-outs that never come.
Task<> asking_well(Io& io) {
    if (io.self() != n1) {
        for (;;) {
            const auto in = co_await io.receive();
            io.reply(in, Pong{1});
        }
    }
    for (;;) (void)co_await io.call<Pong>(n2, Ping{1}, 1_s);
}

TEST(Evidence, of_a_drift_is_in_the_timers_that_fire_not_in_those_that_are_set) {
    Rig fires(ticking), asks(asking_well);
    const auto felt = fires.strike(bend(n1, {}, 5'000));
    const auto unfelt = asks.strike(bend(n1, {}, 5'000));
    fires.pass(200_ms);
    asks.pass(200_ms);
    const auto proof = fires.proof(felt);
    EXPECT_EQ(proof.seen, 20U);
    EXPECT_EQ(proof.claimed, proof.seen + proof.voided);
    EXPECT_EQ(asks.verdict(unfelt), Effectiveness::no_opportunity);
}

TEST(Evidence, of_a_drift_that_ends_before_the_timer_is_what_is_left_of_it_then) {
    Rig rig([](Io& io) -> Task<> { co_await io.sleep(100_ms); });
    const auto drift = rig.strike(bend(n1, {}, 5'000));
    rig.pass(10_ms);
    rig.world().revert(drift);
    rig.pass(200_ms);
    EXPECT_EQ(rig.verdict(drift), Effectiveness::effective);  // 50 us early all the same.
}

TEST(Evidence, of_two_jumps_that_cancel_out_is_in_both) {
    Rig rig([](Io& io) -> Task<> {
        for (;;) {
            (void)io.wall();
            co_await io.sleep(10_ms);
        }
    });
    const auto a = rig.strike(bend(n1, 1_s, 0), "a"), b = rig.strike(bend(n1, -1_s, 0), "b");
    rig.pass(50_ms);
    EXPECT_EQ(rig.verdict(a), Effectiveness::effective);
    EXPECT_EQ(rig.verdict(b), Effectiveness::effective);
}

}  // namespace
}  // namespace storm::sim
