// Goal: "deterministic" is judged by two runs and never by one. Method: sane and leaky systems run
// once, then again in a fresh process; main() of sweep_test.cpp serves as the program's.
#include "runner/rerun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/systems_test.h"

namespace storm::runner {
namespace {

using check::Verdict;
using ::testing::HasSubstr;

RunResult run_once(const Bench& bench, const std::string& text, std::uint64_t seed = 3) {
    const auto scenario = testing::scenario_of(bench, text);
    auto run = run_plan(bench, scenario::plan(scenario, bench.faults, seed), seed, {});
    EXPECT_TRUE(run.has_value()) << (run ? "" : run.error().text());
    return run ? std::move(*run) : RunResult{};
}

std::vector<check::Finding> of_determinism(const RunResult& result) {
    auto all = result.findings;
    std::erase_if(all, [](const auto& each) { return each.check != determinism_check; });
    return all;
}

TEST(Rerun, a_run_that_was_made_once_is_not_judged_and_passes_once_another_gave_the_same_bytes) {
    const auto bench = testing::bench();
    auto run = run_once(bench, testing::scenario_text(""));
    ASSERT_EQ(of_determinism(run).size(), 1U);
    EXPECT_EQ(of_determinism(run)[0].verdict, Verdict::not_judged);
    EXPECT_THAT(of_determinism(run)[0].sentence, HasSubstr("made once"));
    EXPECT_TRUE(std::ranges::is_sorted(run.findings, {}, [](const check::Finding& each) {
        return each.verdict == Verdict::pass;
    })) << "what passed comes last";
    const auto verdict = run.judgement.verdict;
    const bool same = rerun(bench, run, {.run = {}, .program = "/proc/self/exe", .stop = {}});
    EXPECT_TRUE(same);
    ASSERT_EQ(of_determinism(run).size(), 1U);
    EXPECT_EQ(of_determinism(run)[0].verdict, Verdict::pass);
    EXPECT_EQ(of_determinism(run)[0].sentence, "");
    EXPECT_EQ(run.judgement.verdict, verdict);
}

TEST(Rerun, other_bytes_are_a_violation_that_comes_first_and_names_what_differs) {
    const auto bench = testing::bench();
    auto run = run_once(bench, testing::leaky_text("environment"));
    EXPECT_NE(run.judgement.verdict, Verdict::violated);
    const bool same = rerun(bench, run, {.run = {}, .program = "/proc/self/exe", .stop = {}});
    EXPECT_FALSE(same);
    EXPECT_EQ(run.judgement.verdict, Verdict::violated);
    ASSERT_EQ(of_determinism(run).size(), 1U) << "and it is not called not judged as well";
    EXPECT_EQ(run.findings.front().check, determinism_check);
    EXPECT_EQ(run.findings.front().verdict, Verdict::violated);
    EXPECT_THAT(run.findings.front().sentence, HasSubstr("First difference: "));
}

TEST(Rerun, that_is_stopped_or_has_nothing_to_compare_judges_nothing) {
    const auto bench = testing::bench();
    auto run = run_once(bench, testing::scenario_text(""));
    const bool stopped = rerun(bench, run, {.run = {}, .program = {}, .stop = [] { return true; }});
    EXPECT_FALSE(stopped);
    EXPECT_EQ(of_determinism(run)[0].verdict, Verdict::not_judged);
    run.record.digest = 0;
    note_same_bytes(run);
    leave_determinism_open(run, "local");
    EXPECT_THAT(of_determinism(run)[0].sentence, HasSubstr("world local is not deterministic"));
    EXPECT_FALSE(rerun(bench, run, {}));
    EXPECT_EQ(of_determinism(run)[0].verdict, Verdict::not_judged);
}

TEST(Rerun, that_cannot_be_made_leaves_the_run_as_it_is_and_says_why) {
    const auto bench = testing::bench();
    auto run = run_once(bench, testing::scenario_text(""));
    const auto verdict = run.judgement.verdict;
    // As of a run whose plan is too long to be handed over: nobody can carry it out there.
    EXPECT_FALSE(rerun(bench, run, {.run = {.world = "mars"}, .program = {}, .stop = {}}));
    EXPECT_EQ(run.judgement.verdict, verdict);
    EXPECT_EQ(of_determinism(run)[0].verdict, Verdict::not_judged);
    EXPECT_THAT(of_determinism(run)[0].sentence, HasSubstr("could not be made again: "));
    EXPECT_THAT(of_determinism(run)[0].sentence, HasSubstr("mars"));
}

}  // namespace
}  // namespace storm::runner
