// cli/survival_sweep_test.h - the correct variant of a system of the gallery, over many seeds.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "gallery/gallery.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"
#include "sdk/program_test.h"
#include "sdk/standard.h"

namespace storm {

/// Expects no failure and no doubt in seeds 1 to `seeds` of the system's scenario.
inline void expect_survival(const std::string& system, std::uint64_t seeds, unsigned jobs) {
    Bench bench = standard_bench();
    bench.systems = gallery::systems();
    const std::string path = "scenarios/gallery/" + system + ".yaml";
    const auto read = scenario::read(sdk::testing::content(path), path, bench.vocabulary());
    ASSERT_TRUE(read.scenario.has_value());
    ASSERT_TRUE(read.scenario->plant.empty());
    const auto report = runner::sweep(bench, *read.scenario, {.last = seeds, .jobs = jobs});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report->verdict, check::Verdict::pass) << report->why;
    EXPECT_EQ(report->run, seeds);
    EXPECT_EQ(report->failing, 0U);
    EXPECT_EQ(report->inconclusive, 0U);
}

/// Names for INSTANTIATE_TEST_SUITE_P.
inline std::string survivor_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
}

}  // namespace storm
