// Tests of reading: goal: what a file says is what the Scenario holds.
// Method: small files against the real catalogue of faults and two systems without nodes.
#include <gtest/gtest.h>

#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

TEST(Scenario, WhatAFileSaysIsWhatItHolds) {
    const test::World world;
    ASSERT_EQ(world.errors(test::simple), "");
    const Scenario scenario = *world.read(test::simple).scenario;
    EXPECT_EQ(scenario.title, "A store survives");
    EXPECT_EQ(scenario.system->name, "store");
    EXPECT_EQ(scenario.nodes, 5U);
    EXPECT_EQ(scenario.clients, 3U);
    EXPECT_EQ(scenario.network.delay, 2_ms);
    EXPECT_EQ(scenario.network.loss_ppm, 5'000U);
    EXPECT_EQ(scenario.workloads.at(0).params.duration("every"), 200_ms);
    EXPECT_EQ(scenario.faults.at(0).id, "net.partition#1");
    EXPECT_EQ(scenario.faults.at(0).params.groups("groups").size(), 2U);
    EXPECT_EQ(scenario.random.at(0).kinds.size(), 3U);
    EXPECT_EQ(scenario.random.at(0).slots, 4U);
    EXPECT_EQ(scenario.checks.at(1).params.duration("within"), 2_s);
    EXPECT_EQ(scenario.chaos, 4_s);
    EXPECT_EQ(scenario.settle, 3_s);
}

TEST(Scenario, APlanHoldsListedFaultsAndOperationsOfEachClient) {
    const test::World world;
    const Scenario scenario = *world.read(test::simple).scenario;
    const fault::Plan made = plan(scenario, world.faults, 1);
    ASSERT_FALSE(made.faults.empty());
    EXPECT_EQ(made.faults[0].id, "net.partition#1");
    EXPECT_GT(made.operations.size(), 30U);
    EXPECT_EQ(made, plan(scenario, world.faults, 1));
    EXPECT_NE(made.operations, plan(scenario, world.faults, 2).operations);
}

}  // namespace
}  // namespace storm::scenario
