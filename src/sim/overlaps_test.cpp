// Goal: of faults that strike one victim at once only those count without which it would have
// fared better: who finds a node down ends nothing, who finds it paused holds nothing back, and a
// sync that lied is felt when a power loss takes what it promised.
// Method: two or three faults on one node, struck and ended by hand in every order.
#include <gtest/gtest.h>

#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;
using enum fault::Effectiveness;

/// What one fault did: from when to when, in milliseconds, and how.
struct Span {
    NodeAction action;
    std::int64_t from, to;
};

/// Every node ticks, and hears of the ticks of the others.
Task<> telling(Io& io) {
    io.spawn("tell", [](Io& on) -> Task<> {
        for (;;) {
            for (const auto peer : on.peers()) on.send(peer, Ping{1});
            co_await on.sleep(10_ms);
        }
    }(io));
    for (;;) (void)co_await io.receive();
}

/// The verdicts on faults that strike n2, in the order given where times are equal.
std::vector<Effectiveness> verdicts(const std::vector<Span>& spans, std::string lies = {},
                                    Rig::Script script = telling) {
    Rig rig(std::move(script));
    rig.sabotage = std::move(lies);
    std::vector<world::Token> tokens(spans.size());
    for (std::int64_t now = 0; now <= 500; ++now, rig.pass(1_ms)) {
        for (std::size_t i = 0; i < spans.size(); ++i) {
            if (spans[i].to == now) rig.world().revert(tokens[i]);
        }
        for (std::size_t i = 0; i < spans.size(); ++i) {
            if (spans[i].from != now) continue;
            tokens[i] =
                rig.strike(act(spans[i].action, {n2}), std::string(1, static_cast<char>('a' + i)));
        }
    }
    std::vector<Effectiveness> out;
    for (const auto token : tokens) out.push_back(rig.verdict(token));
    return out;
}

using Verdicts = std::vector<Effectiveness>;

constexpr auto kill = NodeAction::kill, power = NodeAction::power_loss, pause = NodeAction::pause;

// ---- Lives --------------------------------------------------------------------------------------

TEST(Overlaps, a_fault_that_finds_the_node_down_ends_nothing) {
    for (const auto first : {kill, power}) {
        for (const auto second : {kill, power}) {
            const Verdicts one = {effective, no_opportunity};
            EXPECT_EQ(verdicts({{first, 100, 300}, {second, 150, 200}}), one);  // Inside.
            EXPECT_EQ(verdicts({{first, 100, 300}, {second, 100, 300}}), one);  // Twins.
            EXPECT_EQ(verdicts({{first, 100, 300}, {second, 200, 400}}), one);
            EXPECT_EQ(verdicts({{first, 100, 200}, {second, 200, 300}}),
                      Verdicts({effective, effective}));  // It was up again.
        }
    }
}

TEST(Overlaps, of_targets_that_overlap_each_node_counts_for_the_fault_that_ended_it) {
    Rig rig(telling, 3);
    rig.pass(52_ms);
    const auto a = rig.strike(act(kill, {n1, n2}), "a");
    const auto b = rig.strike(act(kill, {n2, n3}), "b");
    rig.pass(50_ms);
    rig.world().revert(a);
    rig.pass(50_ms);
    rig.world().revert(b);
    rig.pass(50_ms);
    const auto proof = rig.proof(b);
    EXPECT_EQ(proof.claimed, 2U);
    EXPECT_EQ(proof.voided, 1U);
    EXPECT_EQ(proof.seen, 1U);
    ASSERT_EQ(proof.at.size(), 1U);
    EXPECT_EQ(proof.at[0].first, n3);
    EXPECT_EQ(rig.proof(a).seen, 2U);
}

TEST(Overlaps, what_is_due_at_a_node_that_was_down_already_is_no_sign_that_another_died) {
    // Nobody talks to n3: the end of its life is felt by nobody. n2 is told of, and was down.
    Rig rig(pinging, 3);
    rig.pass(52_ms);
    (void)rig.strike(act(kill, {n2}), "a");
    const auto b = rig.strike(act(kill, {n2, n3}), "b");
    rig.pass(50_ms);
    EXPECT_EQ(rig.verdict(b), no_opportunity);
}

TEST(Overlaps, a_code_point_counts_for_the_fault_that_ended_the_life_there) {
    Rig rig([](Io& io) -> Task<> {
        for (;;) {
            if (io.self() == n1) (void)STORM_MAYBE("overlaps/tick");
            if (io.self() == n2) io.send(n1, Ping{1});
            co_await io.sleep(10_ms);
        }
    });
    rig.pass(52_ms);
    const auto dead = rig.strike(act(kill, {n1}), "dead");
    const auto never = rig.strike(crash_at(n1, "overlaps/tick"), "never");
    rig.pass(50_ms);
    rig.world().revert(never);
    rig.world().revert(dead);
    const auto reached = rig.strike(crash_at(n1, "overlaps/tick"), "reached");
    const auto twin = rig.strike(crash_at(n1, "overlaps/tick"), "twin");
    rig.pass(50_ms);
    const auto late = rig.strike(act(kill, {n1}), "late");
    rig.pass(50_ms);
    rig.world().revert(reached);
    rig.world().revert(twin);
    rig.world().revert(late);
    rig.pass(50_ms);
    EXPECT_EQ(rig.verdict(dead), effective);
    EXPECT_EQ(rig.verdict(never), no_opportunity);
    EXPECT_EQ(rig.verdict(reached), effective);
    EXPECT_EQ(rig.verdict(twin), no_opportunity);
    EXPECT_EQ(rig.verdict(late), no_opportunity);
}

TEST(Overlaps, a_lie_is_told_even_where_another_fault_ends_the_life_later) {
    EXPECT_EQ(verdicts({{kill, 100, 300}, {kill, 200, 400}}, "a"),
              Verdicts({ineffective, effective}));
    EXPECT_EQ(verdicts({{kill, 100, 300}, {kill, 200, 250}}, "b"),
              Verdicts({effective, no_opportunity}));
}

// ---- Disks that lose power ----------------------------------------------------------------------

/// Writes 100 letters without a sync, then waits; shows how many its next life finds.
Task<> writing(Io& io) {
    auto file = co_await io.open("f");
    (void)co_await io.sync_dir();
    if (file) io.publish("found", static_cast<std::int64_t>((co_await file->size()).value_or(99)));
    for (int i = 0; file && io.incarnation() == 0 && i < 100; ++i) {
        (void)co_await file->append({std::byte{7}});
    }
    for (;;) co_await io.sleep(1_ms);
}

TEST(Overlaps, a_power_loss_takes_what_a_dead_process_had_not_synced) {
    for (const bool lies : {false, true}) {
        Rig rig(writing, 1);
        if (lies) rig.sabotage = "dark";
        rig.pass(50_ms);
        const auto dead = rig.strike(act(kill, {n1}), "dead");
        rig.pass(5_ms);
        const auto dark = rig.strike(act(power, {n1}), "dark");
        const auto again = rig.strike(act(power, {n1}), "again");
        rig.world().revert(again);
        rig.world().revert(dark);
        rig.world().revert(dead);
        rig.pass(50_ms);
        EXPECT_EQ(rig.shown(n1, "found") < 100, true);  // Of "dark" or, if it lies, of "again".
        EXPECT_EQ(rig.verdict(dead), effective);
        EXPECT_EQ(rig.verdict(dark), lies ? ineffective : effective);
        EXPECT_EQ(rig.verdict(again), lies ? effective : no_opportunity);
    }
}

/// As `writing`, with a sync after each letter.
Task<> syncing(Io& io) {
    auto file = co_await io.open("f");
    (void)co_await io.sync_dir();
    for (;;) {
        if (file) (void)co_await file->append({std::byte{7}});
        if (file) (void)co_await file->sync();
        co_await io.sleep(10_ms);
    }
}

TEST(Overlaps, of_a_lost_fsync_is_felt_when_a_power_loss_takes_what_it_promised) {
    enum class Then : std::uint8_t { nothing, a_kill, power_loss, true_syncs };
    const auto after = [](Then then) {
        Rig rig(syncing, 1);
        rig.pass(5_ms);
        const auto lost = rig.strike(on_disk(n1, {.lost_sync = true}), "lost");
        rig.pass(200_ms);
        if (then == Then::true_syncs) {
            rig.world().revert(lost);
            rig.pass(50_ms);
        }
        if (then != Then::nothing) {
            const auto end = rig.strike(act(then == Then::a_kill ? kill : power, {n1}), "end");
            rig.world().revert(end);
        }
        rig.pass(50_ms);
        return rig.proof(lost);
    };
    for (const auto then : {Then::nothing, Then::a_kill, Then::true_syncs}) {
        const auto proof = after(then);
        EXPECT_GT(proof.claimed, 15U);
        EXPECT_EQ(proof.voided, proof.claimed);
        EXPECT_EQ(proof.seen, 0U);
    }
    const auto proof = after(Then::power_loss);
    EXPECT_GT(proof.seen, 10U);
    EXPECT_EQ(proof.claimed, proof.seen + proof.voided);
}

TEST(Overlaps, of_two_disks_that_lie_the_first_of_the_catalogue_counts_alone) {
    Rig rig(syncing, 1);
    const auto late = rig.strike(on_disk(n1, {.lost_sync = true}), "late", 2);
    const auto early = rig.strike(on_disk(n1, {.lost_sync = true}), "early", 1);
    rig.pass(200_ms);
    (void)rig.strike(act(power, {n1}), "end");
    rig.pass(10_ms);
    EXPECT_EQ(rig.verdict(early), effective);
    EXPECT_EQ(rig.verdict(late), no_opportunity);
}

// ---- Pauses -------------------------------------------------------------------------------------

TEST(Overlaps, a_step_that_several_pauses_hold_back_counts_for_the_first) {
    const Verdicts first = {effective, no_opportunity};
    EXPECT_EQ(verdicts({{pause, 100, 300}, {pause, 150, 200}}), first);  // Inside.
    EXPECT_EQ(verdicts({{pause, 100, 300}, {pause, 150, 300}}), first);
    EXPECT_EQ(verdicts({{pause, 100, 300}, {pause, 100, 300}}), first);  // Twins.
    EXPECT_EQ(verdicts({{pause, 100, 300}, {pause, 100, 200}}), first);
}

TEST(Overlaps, a_step_that_one_pause_leaves_to_the_next_counts_there_too) {
    const auto alone = [](const std::vector<Span>& spans) { return verdicts(spans, {}, ticking); };
    // A node ticks every 10 ms: one step waits from 100 ms on, and none becomes due.
    const Verdicts both = {effective, effective};
    EXPECT_EQ(alone({{pause, 95, 200}, {pause, 150, 300}}), both);
    EXPECT_EQ(alone({{pause, 95, 200}, {pause, 95, 300}}), both);
    // The third was needed by nobody; the second took over from the first.
    EXPECT_EQ(alone({{pause, 95, 200}, {pause, 150, 300}, {pause, 160, 250}}),
              Verdicts({effective, effective, no_opportunity}));
    // Nor was the second, between the first and the third ...
    EXPECT_EQ(alone({{pause, 95, 200}, {pause, 150, 200}, {pause, 160, 250}}),
              Verdicts({effective, no_opportunity, effective}));
    // ... unless it held something for as long as it was alone.
    EXPECT_EQ(alone({{pause, 95, 200}, {pause, 150, 220}, {pause, 160, 250}}),
              Verdicts({effective, effective, effective}));
}

TEST(Overlaps, a_step_left_to_a_pause_counts_there_if_its_process_dies_waiting) {
    Rig rig(ticking);
    rig.pass(95_ms);
    const auto a = rig.strike(act(pause, {n1}), "a");
    rig.pass(50_ms);
    const auto b = rig.strike(act(pause, {n1}), "b");
    rig.world().revert(a);
    rig.pass(50_ms);
    (void)rig.strike(act(kill, {n1}), "dead");
    rig.pass(50_ms);
    EXPECT_EQ(rig.verdict(a), effective);
    EXPECT_EQ(rig.verdict(b), effective);
}

TEST(Overlaps, a_pause_that_lies_inside_another_is_told_once_the_other_ends) {
    EXPECT_EQ(verdicts({{pause, 95, 300}, {pause, 150, 200}}, "b"),
              Verdicts({effective, no_opportunity}));
    EXPECT_EQ(verdicts({{pause, 95, 200}, {pause, 150, 300}}, "b"),
              Verdicts({effective, ineffective}));
    EXPECT_EQ(verdicts({{pause, 95, 300}, {pause, 150, 200}}, "a"),
              Verdicts({ineffective, effective}));
}

}  // namespace
}  // namespace storm::sim
