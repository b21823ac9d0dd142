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
    rig.pass(100_ms);
    const auto proof = rig.proof(delay);
    EXPECT_GT(proof.claimed, 5U);
    EXPECT_EQ(proof.voided, proof.claimed);
    EXPECT_EQ(proof.seen, 0U);
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

}  // namespace
}  // namespace storm::sim
