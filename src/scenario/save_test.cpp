// Tests of saved scenarios: goal: what to_yaml writes is read back to an equal plan.
// Method: plans of many seeds, and one that holds everything a plan can hold.
#include <gtest/gtest.h>

#include "core/golden_test.h"
#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

using fault::Plan;

/// The plan that a saved scenario gives, with what may differ made equal.
Plan again(const test::World& world, const Plan& plan, std::uint64_t seed) {
    const std::string yaml = to_yaml(plan, {.why = "shrunk from seed 7", .seed = seed});
    const ReadResult result = world.read(yaml);
    EXPECT_TRUE(result.scenario) << to_text(result.problems, "saved.yaml", yaml) << yaml;
    if (!result.scenario) return {};
    EXPECT_EQ(result.scenario->seed_first, seed);
    EXPECT_EQ(result.scenario->seed_last, seed);
    Plan made = scenario::plan(*result.scenario, world.faults, seed);
    made.scenario = plan.scenario;
    made.scenario_digest = plan.scenario_digest;
    return made;
}

TEST(Save, PlansOfManySeedsComeBackEqual) {
    const test::World world;
    for (const char* mode : {"recoverable", "unlimited"}) {
        const std::string text = fmt::format(
            "stormproof: 1\ntitle: \"All: kinds\"\nsystem: {{use: store, nodes: 5, plant: "
            "ack-early, with: {{batch: 3, pace: 20ms}}}}\nworkload: {{use: mix, clients: 2}}\n"
            "for: 2s\nmode: {}\nfaults:\n  - {{use: random, every: 100ms}}\n"
            "checks: [linearizable, converged]\n",
            mode);
        const ReadResult result = world.read(text);
        ASSERT_TRUE(result.scenario) << to_text(result.problems, "", text);
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            const Plan made = plan(*result.scenario, world.faults, seed);
            ASSERT_EQ(again(world, made, seed), made) << to_json(made);
        }
    }
}

Plan everything() {
    Plan plan;
    plan.title = "Everything: \"at once\" # not a comment";
    plan.system = "store";
    plan.plant = "ack-early";
    plan.numbers = {{"batch", -3}};
    plan.nodes = 3;
    plan.clients = 4;
    plan.network = {.delay = {1'500'001},
                    .loss_ppm = 123,
                    .burst = 5_ms,
                    .rate = 1'000'000,
                    .queue = 4'096,
                    .spread = fault::Spread::long_tail,
                    .undetected = true};
    plan.chaos = {1'234'567'891};
    plan.settle = 2_s;
    plan.mode = fault::Mode::unlimited;
    plan.ambient = fault::Ambient::calm;
    plan.site_active_ppm = 0;
    plan.site_fires_ppm = 1;
    plan.step_limit = 1'000'000;
    plan.memory_limit = 1U << 20U;
    plan.absent = {core::Id::node(2)};
    fault::PlannedFault kill;
    kill.id = "random/node.kill/3";
    kill.use = "node.kill";
    kill.target = {.kind = fault::Target::Kind::where, .key = "role", .value = "primary = 1"};
    kill.at = {"net.partition#1", 5_ms};
    kill.every = 200_ms;
    kill.lasts = 100_ms;
    kill.times = 2;
    kill.ramp = 3_s;
    kill.probability_ppm = 1;
    kill.required = false;
    fault::PlannedFault cut;
    cut.id = "net.partition#1";
    cut.use = "net.partition";
    cut.at.plus = 7_us;
    cut.params.set("groups",
                   fault::Groups{{core::Id::node(0), core::Id::client(1)}, {core::Id::node(1)}},
                   fault::ParamType::groups);
    cut.params.set("direction", std::string("to"), fault::ParamType::text);
    fault::PlannedFault error;
    error.id = "x";
    error.use = "disk.error";
    error.at = {"role=primary", {}};
    error.target = {.kind = fault::Target::Kind::any, .count = 2};
    error.params.set("errno", std::string("ENOSPC"), fault::ParamType::text);
    error.params.set("ops", std::string("any"), fault::ParamType::text);
    error.params.set("share", std::int64_t{1}, fault::ParamType::share);
    plan.faults = {kill, cut, error};
    Value::List deep;
    deep.emplace_back("a \"b\" \\ \n\t 日本: {x}, #");
    deep.emplace_back(Value());
    deep.emplace_back(true);
    deep.emplace_back(Value::List{Value("4"), Value(4), Value("true")});
    plan.operations = {{core::Id::client(3), 5, "put", Value(deep), 1_ms},
                       {core::Id::client(0), 0, "get", Value("null"), {}},
                       {core::Id::client(3), 9, "get", Value(), 2_s}};
    plan.pins = {{fault::Purpose::net_delay, 0xfedcba9876543210ULL, 3, -17},
                 {fault::Purpose::write_fate, 1, 0, 2}};
    plan.checks = {{"no-lost-acknowledged-writes", {}}};
    fault::Params within;
    within.set("within", (3_s).ns, fault::ParamType::duration);
    plan.checks.push_back({"converged", within});
    return plan;
}

TEST(Save, EverythingThatAPlanCanHoldComesBackEqual) {
    const test::World world;
    const Plan plan = everything();
    EXPECT_EQ(to_json(again(world, plan, 99)), to_json(plan));
    EXPECT_EQ(again(world, plan, 99), plan);
}

TEST(Save, ASavedScenarioReadsLikeOneThatAPersonWrote) {
    const std::string yaml =
        to_yaml(everything(), {.why = "c1 was told that x = 4 is stored.\nIt was not.",
                               .seed = 7341,
                               .violates = "no-lost-acknowledged-writes"});
    core::expect_golden("src/scenario/golden/saved.yaml", yaml);
}

TEST(Save, OnlyTheCheckThatFailedStaysAndTheLastLineIsWhatToChangeAfterTheMend) {
    const test::World world;
    const std::string yaml =
        to_yaml(everything(), {.why = "", .seed = 1, .violates = "no-lost-acknowledged-writes"});
    const auto read = world.read(yaml);
    ASSERT_TRUE(read.scenario) << yaml;
    ASSERT_EQ(read.scenario->checks.size(), 1U);
    EXPECT_EQ(read.scenario->checks[0].use, "no-lost-acknowledged-writes");
    EXPECT_NE(yaml.find("# Once that is mended, remove plant: ack-early and write expect: pass"),
              std::string::npos)
        << yaml;
    const auto last = yaml.rfind('\n', yaml.size() - 2);
    EXPECT_EQ(yaml.substr(last + 1), "expect: {violated: no-lost-acknowledged-writes}\n");
}

TEST(Save, WhatIsSaidAboveStaysAComment) {
    const test::World world;
    const Plan plan = everything();
    const std::string yaml = to_yaml(plan, {.why = "a\rsystem: {}\nfor: 1s\x01", .seed = 1});
    EXPECT_TRUE(world.read(yaml).scenario) << yaml.substr(0, 60);
}

}  // namespace
}  // namespace storm::scenario
