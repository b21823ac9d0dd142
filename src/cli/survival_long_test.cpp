// Goal: the correct variant of every system of the gallery survives a hundred thousand seeds of
// its scenario: no false alarm, and no bug of its own. Method: the sweep of `stormproof run`.
#include <gtest/gtest.h>

#include "gallery/gallery.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"
#include "sdk/program_test.h"
#include "sdk/standard.h"

namespace storm {
namespace {

class Survival : public testing::TestWithParam<std::string> {};

TEST_P(Survival, OfAHundredThousandSeeds) {
    Bench bench = standard_bench();
    bench.systems = gallery::systems();
    const std::string path = "scenarios/gallery/" + GetParam() + ".yaml";
    const auto read = scenario::read(sdk::testing::content(path), path, bench.vocabulary());
    ASSERT_TRUE(read.scenario.has_value());
    ASSERT_TRUE(read.scenario->plant.empty());
    const auto report = runner::sweep(bench, *read.scenario, {.last = 100'000});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report->verdict, check::Verdict::pass) << report->why;
    EXPECT_EQ(report->run, 100'000U);
    EXPECT_EQ(report->failing, 0U);
    EXPECT_EQ(report->inconclusive, 0U);
}
INSTANTIATE_TEST_SUITE_P(Gallery, Survival, testing::Values("register", "primary-backup", "raft"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace storm
