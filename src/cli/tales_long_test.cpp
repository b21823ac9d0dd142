// Tests of the smallest runs: goal: a sweep finds each planted bug and shrinking makes of it the
// run whose tale is told (tales_test.cpp), whatever the machine and the number of workers.
// Method: the sweep of the gallery's scenario to its first failure and shrinking without a limit
// of time, compared with the file of the smallest run; STORM_UPDATE=1 writes it.
#include "cli/tales_test.h"

#include "core/golden_test.h"
#include "scenario/scenario.h"

namespace storm::testing {
namespace {

class SmallestRuns : public ::testing::TestWithParam<Bug> {};

TEST_P(SmallestRuns, AreWhatSweepingAndShrinkingComeTo) {
    const Bench bench = gallery_bench();
    const auto vocabulary = bench.vocabulary();
    const std::string path = "scenarios/gallery/" + GetParam().system + ".yaml";
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    const auto read =
        scenario::read(text.str(), path, vocabulary, {{"system.plant", GetParam().plant}});
    ASSERT_TRUE(read.scenario);
    runner::SweepOptions sweep;
    sweep.last = 10'000;
    sweep.confirm = false;
    sweep.rerun_ppm = 0;
    const auto report = runner::sweep(bench, *read.scenario, sweep);
    ASSERT_TRUE(report) << report.error().text();
    ASSERT_FALSE(report->groups.empty());
    const auto& group = report->groups.front();
    std::vector<runner::Failure> failures;
    for (const auto seed : group.seeds) {
        failures.push_back({scenario::plan(*read.scenario, bench.faults, seed), seed});
    }
    runner::ShrinkOptions options;
    options.budget = core::seconds(36'000);
    auto shrunk = runner::shrink(bench, failures, group.reason, options);
    ASSERT_TRUE(shrunk) << shrunk.error().text();
    EXPECT_LE(shrunk->after.total(), 10U);
    EXPECT_FALSE(shrunk->stopped);
    core::expect_golden(GetParam().file(".json"), to_file({.plan = shrunk->plan,
                                                           .seed = shrunk->seed,
                                                           .reason = group.reason,
                                                           .before = shrunk->before}));
}

INSTANTIATE_TEST_SUITE_P(All, SmallestRuns, ::testing::ValuesIn(planted_bugs()), test_name);

}  // namespace
}  // namespace storm::testing
