// Goal: a bug in a node that is a machine is found by a sweep like any other, and its repaired
// variant survives the same sweep. Method: the ledger of node/ledger_systems_test.h, with and
// without its plant, under random faults.
#include <gtest/gtest.h>

#include "node/ledger_systems_test.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"
#include "sdk/standard.h"

namespace storm {
namespace {

constexpr std::string_view file = R"(stormproof: 1
title: A ledger keeps what it acknowledged
system: {use: ledger, nodes: 3}
network: {delay: 5ms, jitter: 2ms, loss: 0.5%}
workload:
  - {use: mix, clients: 2, rate: 50/s, for: 2s}
faults:
  - {use: random, from: [node.kill, node.power_loss, disk.latency], every: 200ms}
checks: [linearizable]
)";

runner::SweepReport sweep_of(const std::string& plant) {
    Bench bench = standard_bench();
    bench.systems = {node::testing::ledger_system(true)};
    const auto read =
        scenario::read(file, "ledger.yaml", bench.vocabulary(), {{"system.plant", plant}});
    EXPECT_TRUE(read.scenario.has_value()) << scenario::to_text(read.problems, "", file);
    if (!read.scenario) return {};
    const auto report = runner::sweep(bench, *read.scenario, {.last = 300, .jobs = 1});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().text());
    return report.value_or(runner::SweepReport{});
}

TEST(Machines, PlantedBugsInThemAreFoundAndTheirRepairSurvives) {
    const auto planted = sweep_of("early");
    ASSERT_FALSE(planted.groups.empty()) << planted.why;
    EXPECT_EQ(planted.groups[0].finding.check, "linearizable");
    EXPECT_GT(planted.groups[0].confirmed, 0U);
    const auto repaired = sweep_of("");
    EXPECT_EQ(repaired.verdict, check::Verdict::pass) << repaired.why;
    EXPECT_GT(repaired.effective, 200U);
}

}  // namespace
}  // namespace storm
