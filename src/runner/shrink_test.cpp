// Goal: shrinking ends small, keeps the reason, does not depend on the number of workers, and
// obeys its bounds; causes are told by rates. Method: plans of the counter that fails at its
// fourth request, shrunk in the simulator; the edits alone, on plans made by hand.
#include "runner/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/cause.h"
#include "runner/edits.h"
#include "runner/fleet.h"
#include "runner/sweep.h"
#include "runner/systems_test.h"

namespace storm::runner {
namespace {

std::vector<Failure> failures(const Bench& bench, std::size_t count) {
    const auto scenario = testing::scenario_of(bench, testing::scenario_text("wrong"));
    std::vector<Failure> out;
    for (std::uint64_t seed = 1; out.size() < count && seed < 200; ++seed) {
        auto plan = scenario::plan(scenario, bench.faults, seed);
        const auto run = run_plan(bench, plan, seed, {});
        EXPECT_TRUE(run.has_value());
        if (run && run->judgement.verdict == check::Verdict::violated) {
            out.push_back({std::move(plan), seed});
        }
    }
    EXPECT_EQ(out.size(), count);
    return out;
}

std::string reason_of(const Bench& bench, const fault::Plan& plan, std::uint64_t seed) {
    const auto run = run_plan(bench, plan, seed, {});
    if (!run || run->findings.empty()) return "";
    return run->findings.front().reason();
}

TEST(Edits, never_leave_a_chaos_phase_of_no_time) {
    fault::Plan plan;
    plan.nodes = 3;
    plan.chaos = core::seconds(3);
    EXPECT_GT(cut_at(plan, Instant{}).chaos, Duration{});
    plan.operations.push_back({core::Id::client(0), 0, "ask", Value(), core::seconds(3)});
    ASSERT_FALSE(time_edits(plan).empty());
    for (const auto& edit : time_edits(plan)) EXPECT_GE(edit(plan).chaos, core::milliseconds(1));
    plan.chaos = core::nanoseconds(1);
    for (const auto& edit : time_edits(plan)) EXPECT_GE(edit(plan).chaos, core::milliseconds(1));
}

TEST(Shrink, ends_at_the_four_requests_that_it_takes_and_nothing_else) {
    const auto bench = testing::bench();
    const auto all = failures(bench, 3);
    const auto reason = reason_of(bench, all[0].plan, all[0].seed);
    const auto shrunk = shrink(bench, all, reason, {.jobs = 2});
    ASSERT_TRUE(shrunk.has_value()) << shrunk.error().text();
    EXPECT_EQ(shrunk->after.faults, 0U);
    EXPECT_EQ(shrunk->after.operations, 4U);
    EXPECT_EQ(shrunk->after.pins, 0U);
    EXPECT_EQ(shrunk->after.nodes, 1U);
    EXPECT_EQ(shrunk->plan.ambient, fault::Ambient::neutral);
    EXPECT_GT(shrunk->before.operations, 4U);
    EXPECT_FALSE(shrunk->stopped);
    EXPECT_EQ(shrunk->finding.reason(), reason);
    EXPECT_EQ(reason_of(bench, shrunk->plan, shrunk->seed), reason);
}

TEST(Shrink, gives_the_same_plan_whatever_the_number_of_workers) {
    const auto bench = testing::bench();
    const auto all = failures(bench, 2);
    const auto reason = reason_of(bench, all[0].plan, all[0].seed);
    const auto one = shrink(bench, all, reason, {.jobs = 1});
    const auto four = shrink(bench, all, reason, {.jobs = 4});
    ASSERT_TRUE(one && four);
    EXPECT_EQ(one->plan, four->plan);
    EXPECT_EQ(one->seed, four->seed);
}

TEST(Shrink, a_stop_keeps_the_best_so_far_and_it_still_fails) {
    const auto bench = testing::bench();
    const auto all = failures(bench, 1);
    const auto reason = reason_of(bench, all[0].plan, all[0].seed);
    int polls = 0;
    ShrinkOptions options{.jobs = 1};
    options.stop = [&] { return ++polls > 8; };
    const auto shrunk = shrink(bench, all, reason, options);
    ASSERT_TRUE(shrunk.has_value()) << shrunk.error().text();
    EXPECT_TRUE(shrunk->stopped);
    EXPECT_LE(shrunk->after.total(), shrunk->before.total());
    EXPECT_EQ(reason_of(bench, shrunk->plan, shrunk->seed), reason);
}

TEST(Shrink, a_stop_before_anything_ran_says_so_and_not_that_nothing_fails) {
    const auto bench = testing::bench();
    const auto all = failures(bench, 2);
    const auto reason = reason_of(bench, all[0].plan, all[0].seed);
    ShrinkOptions options{.jobs = 1};
    options.stop = [] { return true; };
    const auto shrunk = shrink(bench, all, reason, options);
    ASSERT_FALSE(shrunk.has_value());
    EXPECT_EQ(shrunk.error().kind, core::ErrorKind::stopped);
    EXPECT_EQ(shrunk.error().message, "stopped before it could run again");
}

TEST(Shrink, without_any_time_the_first_plan_runs_and_stays_as_it_is) {
    const auto bench = testing::bench();
    const auto all = failures(bench, 2);
    const auto reason = reason_of(bench, all[0].plan, all[0].seed);
    const auto shrunk = shrink(bench, all, reason, {.jobs = 1, .budget = Duration{}});
    ASSERT_TRUE(shrunk.has_value()) << shrunk.error().text();
    EXPECT_TRUE(shrunk->stopped);
    EXPECT_EQ(shrunk->plan, all[0].plan);
    EXPECT_EQ(shrunk->finding.reason(), reason);
}

TEST(Shrink, a_reason_that_no_run_shows_is_an_error) {
    const auto bench = testing::bench();
    const auto shrunk = shrink(bench, failures(bench, 1), "linearizable/stale read/", {.jobs = 1});
    ASSERT_FALSE(shrunk.has_value());
    EXPECT_EQ(shrunk.error().kind, core::ErrorKind::not_found);
}

TEST(Shrink, what_fails_only_beside_other_runs_is_never_told_as_the_smallest) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::scenario_text("old-age"));
    const auto plan = scenario::plan(scenario, bench.faults, 1);
    SweepOptions options;
    options.program = "";
    options.jobs = 1;
    const auto report = sweep(bench, scenario, options);
    ASSERT_TRUE(report.has_value());
    ASSERT_FALSE(report->groups.empty());
    const auto shrunk = shrink(bench, {{plan, 1}}, report->groups.front().reason, {});
    if (!shrunk) {
        EXPECT_EQ(shrunk.error().kind, core::ErrorKind::not_found);
        EXPECT_THAT(shrunk.error().text(), ::testing::HasSubstr("outlives a run"));
        return;
    }
    const auto alone = in_child(
        [&](std::vector<std::byte>&) { (void)run_plan(bench, shrunk->plan, shrunk->seed, {}); });
    ASSERT_TRUE(alone.has_value());
    EXPECT_NE(alone->death, nullptr) << "it was told as the smallest, and passes alone";
}

TEST(Shrink, a_crash_shrinks_as_any_other_finding) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::scenario_text("segfault"));
    std::string reason;
    SweepOptions options = testing::options(5);
    options.program = "";
    const auto report = sweep(bench, scenario, options);
    ASSERT_TRUE(report.has_value());
    ASSERT_FALSE(report->groups.empty());
    const auto& group = report->groups[0];
    const auto shrunk =
        shrink(bench, {{scenario::plan(scenario, bench.faults, group.lowest), group.lowest}},
               group.reason, {.jobs = 2});
    ASSERT_TRUE(shrunk.has_value()) << shrunk.error().text();
    EXPECT_EQ(shrunk->after.total(), 3U);
    EXPECT_EQ(shrunk->finding.check, "no-crash");
}

TEST(Cause, a_fault_that_has_nothing_to_do_with_it_has_equal_rates) {
    const auto bench = testing::bench();
    auto failure = failures(bench, 1)[0];
    fault::PlannedFault innocent;
    innocent.id = "clock.offset#1";
    innocent.use = "clock.offset";
    innocent.params.set("by", std::int64_t{1'000'000});
    innocent.target = {.kind = fault::Target::Kind::named, .names = {core::Id::node(2)}};
    failure.plan.faults = {innocent};
    const auto reason = reason_of(bench, failure.plan, failure.seed);
    const auto rates = causes(bench, failure.plan, reason, {.seeds = 50, .jobs = 2});
    ASSERT_TRUE(rates.has_value());
    ASSERT_EQ(rates->size(), 1U);
    EXPECT_EQ((*rates)[0].fault, "clock.offset#1");
    EXPECT_EQ((*rates)[0].of, 50U);
    EXPECT_GT((*rates)[0].with, 25U);
    EXPECT_EQ((*rates)[0].with, (*rates)[0].without);
}

fault::Plan small_plan() {
    fault::Plan plan;
    plan.nodes = 5;
    plan.clients = 2;
    plan.chaos = core::seconds(10);
    for (std::uint32_t i = 0; i < 6; ++i) {
        plan.operations.push_back(
            {core::Id::client(i % 2), i / 2, "ask", Value(1), core::milliseconds(1000 * i + 7)});
    }
    fault::PlannedFault fault;
    fault.id = "a";
    fault.use = "node.kill";
    fault.at.plus = core::milliseconds(2345);
    fault.lasts = core::seconds(2);
    fault.every = core::seconds(3);
    fault.target = {.kind = fault::Target::Kind::any, .count = 3};
    plan.faults.push_back(fault);
    return plan;
}

TEST(Edits, each_makes_the_plan_no_larger_and_keeps_its_ids) {
    const auto plan = small_plan();
    auto edits = fault_edits(plan);
    std::ranges::move(client_edits(plan), std::back_inserter(edits));
    std::ranges::move(time_edits(plan), std::back_inserter(edits));
    std::ranges::move(node_edits(plan, testing::counter()), std::back_inserter(edits));
    EXPECT_GT(edits.size(), 10U);
    for (const auto& edit : edits) {
        const auto edited = edit(plan);
        EXPECT_NE(edited, plan);
        EXPECT_LE(edited.size(), plan.size());
        for (const auto& operation : edited.operations) {
            EXPECT_EQ(std::ranges::count_if(plan.operations,
                                            [&](const auto& other) {
                                                return other.client == operation.client &&
                                                       other.id == operation.id;
                                            }),
                      1);
        }
    }
}

TEST(Edits, nodes_are_dropped_down_to_what_the_system_needs_and_bears) {
    auto plan = small_plan();
    auto system = testing::counter();
    system.nodes_min = 4;
    EXPECT_EQ(node_edits(plan, system).size(), 5U);
    plan.absent = {core::Id::node(1)};
    EXPECT_TRUE(node_edits(plan, system).empty());
    system.nodes_min = 1;
    system.tolerates = [](std::uint32_t) { return node::Tolerates{.crashed = 1}; };
    EXPECT_TRUE(node_edits(plan, system).empty());
    plan.mode = fault::Mode::unlimited;
    EXPECT_EQ(node_edits(plan, system).size(), 4U);
}

TEST(Edits, a_check_that_needs_a_majority_keeps_one) {
    auto plan = small_plan();
    auto system = testing::counter();
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    ASSERT_EQ(plan.nodes, 5U);
    plan.absent = {core::Id::node(0)};
    EXPECT_EQ(node_edits(plan, system, true).size(), 4U);
    plan.absent = {core::Id::node(0), core::Id::node(1)};
    EXPECT_TRUE(node_edits(plan, system, true).empty()) << "three of five are needed";
    EXPECT_EQ(node_edits(plan, system, false).size(), 3U);
}

TEST(Edits, a_cut_leaves_out_what_would_begin_after_it) {
    const auto cut = cut_at(small_plan(), Instant{} + core::seconds(2));
    EXPECT_TRUE(cut.faults.empty());
    EXPECT_EQ(cut.operations.size(), 2U);
    EXPECT_EQ(cut.chaos, core::milliseconds(2001));
}

TEST(Edits, the_noise_of_a_run_is_pinned_where_it_was_not_neutral) {
    history::RunRecord record;
    const auto loss = static_cast<std::uint8_t>(fault::Purpose::net_loss);
    const auto dice = static_cast<std::uint8_t>(fault::Purpose::node_dice);
    record.decisions = {
        {loss, 11, 0, 1, "n1>n2 Ask"}, {loss, 12, 0, 0, "n1>n2 Ask"}, {dice, 13, 0, 5, "n1"}};
    const auto plan = pinned(small_plan(), record);
    EXPECT_EQ(plan.ambient, fault::Ambient::neutral);
    ASSERT_EQ(plan.pins.size(), 1U);
    EXPECT_EQ(plan.pins[0].key, 11U);
    EXPECT_EQ(pin_names(record).begin()->second, "n1>n2");
}

}  // namespace
}  // namespace storm::runner
