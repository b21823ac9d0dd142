// Goal: what ends a worker is told as what it was: a node that sends a signal or closes what is not
// its own is named, and what takes long outside of node code is nobody's loop.
// Method: small sweeps of systems that do these things.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/guard.h"
#include "runner/systems_test.h"

namespace storm::runner {
namespace {

using check::Verdict;
using ::testing::HasSubstr;

SweepReport sweep_plant(const std::string& plant, const SweepOptions& options) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(plant));
    auto report = sweep(bench, scenario, options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().text());
    return report ? std::move(*report) : SweepReport{};
}

TEST(Deaths, a_node_that_sends_a_signal_is_told_to_have_done_it) {
    if (!core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    for (const auto* plant : {"kill-itself", "kill-its-parent"}) {
        auto options = testing::options(2);
        options.program = "";
        const auto report = sweep_plant(plant, options);
        ASSERT_EQ(report.groups.size(), 1U) << plant;
        const auto& finding = report.groups[0].finding;
        EXPECT_EQ(finding.check, "no-crash");
        EXPECT_EQ(finding.anomaly, "signal sent");
        EXPECT_THAT(finding.sentence, HasSubstr("n1"));
        EXPECT_THAT(
            finding.detail,
            HasSubstr(plant == std::string("kill-itself") ? "raise, signal 9" : "kill, signal 15"));
    }
}

TEST(Deaths, a_node_that_closes_what_is_not_its_own_is_named_and_closes_nothing) {
    if (!core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    auto options = testing::options(2);
    options.stop_after = 0;
    options.program = "";
    const auto report = sweep_plant("close-all", options);
    EXPECT_EQ(report.run, 2U);
    ASSERT_EQ(report.groups.size(), 1U);
    const auto& finding = report.groups[0].finding;
    EXPECT_EQ(finding.check, "deterministic");
    EXPECT_EQ(finding.site, "close (a descriptor of the bench)");
    EXPECT_THAT(finding.sentence, HasSubstr("n1 called close"));
    EXPECT_EQ(report.groups[0].confirmed, 2U);
}

TEST(Deaths, a_worker_that_has_lost_its_channel_is_told_to_have_and_hangs_nothing) {
    auto options = testing::options(2);
    options.stop_after = 0;
    options.program = "";
    const auto report = sweep_plant("close-unseen", options);
    EXPECT_EQ(report.run, 2U);
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.groups[0].finding.anomaly, "closed a descriptor");
    EXPECT_THAT(report.groups[0].finding.sentence, HasSubstr("that it does not own"));
    EXPECT_EQ(report.groups[0].confirmed, 2U);
}

TEST(Deaths, what_takes_long_outside_of_node_code_is_no_loop_of_the_system) {
#if __has_feature(thread_sanitizer)
    GTEST_SKIP() << "TSan holds signals back";
#endif
    auto bench = testing::bench();
    bench.systems.front().invariants.push_back(
        {"ponders", "", [](const node::Published& values) -> std::optional<std::string> {
             if (testing::ponder(values)) return std::nullopt;
             return "never";
         }});
    auto options = testing::options(2);
    options.program = "";
    options.cpu_limit = core::milliseconds(200);
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(""));
    const auto report = sweep(bench, scenario, options);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->run, 2U);
    EXPECT_EQ(report->failing, 0U);
    EXPECT_EQ(report->verdict, Verdict::inconclusive);
    EXPECT_EQ(report->inconclusive, 2U);
    EXPECT_THAT(report->why, HasSubstr("outside the code of any node"));
}

}  // namespace
}  // namespace storm::runner
