// Tests of plans: goal: a plan depends on scenario and seed alone, what is taken out of a
// scenario changes nothing else, and no plan asks for more than the system tolerates.
// Method: thousands of seeds of small scenarios, compared as sets of faults and operations.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "scenario/form.h"
#include "scenario/random.h"
#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

using fault::Plan;
using fault::PlannedFault;

constexpr std::uint64_t seeds = 2'000;

std::string with_random(const std::string& random, std::uint32_t nodes = 5,
                        const std::string& top = "", std::uint32_t clients = 2) {
    return fmt::format(
        "stormproof: 1\nsystem: {{use: store, nodes: {}}}\nworkload: {{use: mix, clients: {}, "
        "rate: 5/s}}\nfor: 4s\n{}faults:\n  - {{use: random{}}}\n",
        nodes, clients, top, random);
}

Scenario read_of(const test::World& world, const std::string& text) {
    const ReadResult result = world.read(text);
    EXPECT_TRUE(result.scenario) << to_text(result.problems, "my.yaml", text);
    return result.scenario.value_or(Scenario{});
}

TEST(Plan, SameScenarioAndSeedGiveTheSamePlan) {
    const test::World one;
    const test::World other;
    const Scenario first = read_of(one, with_random(""));
    const Scenario second = read_of(other, with_random(""));
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        ASSERT_EQ(plan(first, one.faults, seed), plan(second, other.faults, seed)) << seed;
    }
}

TEST(Plan, ADrawnFaultHasAnotherIdThanAnyListedOne) {
    const test::World world;
    const Scenario alone = read_of(world, with_random(", from: [net.loss]"));
    const auto drawn = plan(alone, world.faults, 3).faults;
    ASSERT_FALSE(drawn.empty());
    std::string listed;  // As `shrink --save` writes them.
    for (const auto& fault : drawn) {
        listed +=
            fmt::format("  - {{id: {}, use: net.loss, at: 1s, for: 10ms, share: 1%}}\n", fault.id);
    }
    const Scenario both =
        read_of(world, with_random(", from: [net.loss]}\n" + listed +
                                   "  - {use: net.loss, at: 2s, for: 1ms, share: 1%"));
    const auto all = plan(both, world.faults, 3).faults;
    std::set<std::string> ids;
    for (const auto& fault : all) EXPECT_TRUE(ids.insert(fault.id).second) << fault.id;
    EXPECT_EQ(all.size(), 2 * drawn.size() + 1);
}

TEST(Plan, TakingAKindOutLeavesTheOtherFaultsAsTheyWere) {
    const test::World world;
    const Scenario all =
        read_of(world, with_random(", from: [net.loss, net.delay, clock.drift, disk.latency]"));
    const Scenario less =
        read_of(world, with_random(", from: [net.loss, clock.drift, disk.latency]"));
    std::uint64_t kept = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Plan before = plan(all, world.faults, seed);
        const Plan after = plan(less, world.faults, seed);
        ASSERT_EQ(before.operations, after.operations);
        for (const PlannedFault& fault : before.faults) {
            if (fault.use == "net.delay") continue;
            ASSERT_TRUE(contains(after.faults, fault)) << seed << " " << fault.id;
            ++kept;
        }
    }
    EXPECT_GT(kept, seeds);
}

TEST(Plan, AListedFaultChangesNoDrawnOneUnlessTogetherTheyAreTooMuch) {
    const test::World world;
    const std::string text = with_random(", from: [net.loss, net.delay]");
    const Scenario without = read_of(world, text);
    const Scenario with =
        read_of(world, text + "  - {use: node.kill, at: 1s, for: 1s, target: n1}\n");
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Plan more = plan(with, world.faults, seed);
        ASSERT_EQ(more.faults.at(0).id, "node.kill#1");
        more.faults.erase(more.faults.begin());
        ASSERT_EQ(more.faults, plan(without, world.faults, seed).faults);
    }
}

TEST(Plan, AnotherClientLeavesTheOperationsOfTheOthersAsTheyWere) {
    const test::World world;
    const Scenario two = read_of(world, with_random("", 5, "", 2));
    const Scenario three = read_of(world, with_random("", 5, "", 3));
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Plan more = plan(three, world.faults, seed);
        std::erase_if(more.operations,
                      [](const auto& op) { return op.client == core::Id::client(2); });
        ASSERT_EQ(more.operations, plan(two, world.faults, seed).operations);
    }
}

/// Nodes that a fault of the plan holds down, as far as it says so itself.
std::set<core::Id> held_by(const PlannedFault& fault, Instant at, Duration chaos, bool& symbolic) {
    static const std::set<std::string> holding = {"node.kill",     "node.power_loss", "node.pause",
                                                  "net.partition", "disk.error",      "disk.full"};
    const Instant from = Instant{} + fault.at.plus;
    const Instant to = fault.lasts ? from + *fault.lasts : Instant{} + chaos;
    if (!holding.contains(fault.use) || at < from || at >= to) return {};
    std::set<core::Id> held(fault.target.names.begin(), fault.target.names.end());
    symbolic = symbolic ||
               (fault.target.kind != fault::Target::Kind::named && fault.use != "net.partition");
    if (!fault.params.has("groups")) return held;
    const fault::Groups& groups = fault.params.groups("groups");
    const auto& smaller = groups[0].size() >= groups[1].size() ? groups[1] : groups[0];
    held.insert(smaller.begin(), smaller.end());
    return held;
}

TEST(Plan, RecoverableModeNeverHoldsMoreNodesThanTheSystemTolerates) {
    const test::World world;
    for (const std::uint32_t nodes : {3U, 4U, 5U, 9U}) {
        const Scenario scenario =
            read_of(world, with_random(", every: 300ms, for: 100ms..2s", nodes));
        const std::uint32_t tolerated = (nodes - 1) / 2;
        std::uint64_t most = 0;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            const Plan made = plan(scenario, world.faults, seed);
            for (const PlannedFault& begins : made.faults) {
                const Instant at = Instant{} + begins.at.plus;
                std::set<core::Id> held;
                bool symbolic = false;
                for (const PlannedFault& fault : made.faults) {
                    held.merge(held_by(fault, at, made.chaos, symbolic));
                }
                const std::uint64_t count = held.size() + (symbolic ? 1 : 0);
                ASSERT_LE(count, tolerated) << nodes << " nodes, seed " << seed;
                most = std::max(most, count);
            }
        }
        EXPECT_EQ(most, tolerated) << "some plan goes to the limit";
    }
}

TEST(Plan, UnlimitedModeGoesBeyond) {
    const test::World world;
    const Scenario scenario = read_of(
        world, with_random(", from: [node.kill], every: 200ms, for: 2s", 3, "mode: unlimited\n"));
    bool beyond = false;
    for (std::uint64_t seed = 1; seed <= 200 && !beyond; ++seed) {
        std::set<core::Id> killed;
        for (const auto& fault : plan(scenario, world.faults, seed).faults) {
            killed.insert(fault.target.names.begin(), fault.target.names.end());
        }
        beyond = killed.size() > 1;
    }
    EXPECT_TRUE(beyond);
}

TEST(Plan, WithoutFromOnlyWhatTheSystemToleratesIsDrawn) {
    test::World world;
    world.systems[0].tolerates = [](std::uint32_t) {
        return node::Tolerates{.crashed = 0, .duplicates = false, .clock_skew = false};
    };
    const Scenario scenario = read_of(world, with_random(""));
    std::set<std::string> kinds;
    for (const RandomKind& kind : scenario.random.at(0).kinds) kinds.insert(kind.spec->name);
    EXPECT_TRUE(kinds.contains("net.loss"));
    for (const char* name : {"node.kill", "node.pause", "net.partition", "net.duplicate",
                             "clock.jump", "disk.lost_fsync", "disk.full"}) {
        EXPECT_FALSE(kinds.contains(name)) << name;
    }
}

TEST(Plan, SwarmEnablesSomeKindsSometimesAllSometimesNone) {
    const test::World world;
    const Scenario scenario = read_of(
        world, with_random(", from: [net.loss, net.delay, clock.drift, node.kill], every: 100ms"));
    std::map<std::size_t, int> kinds_in;
    int controls = 0;
    int code_points = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Plan made = plan(scenario, world.faults, seed);
        std::set<std::string> kinds;
        for (const PlannedFault& fault : made.faults) kinds.insert(fault.use);
        ++kinds_in[kinds.size()];
        controls += made.faults.empty() ? 1 : 0;
        code_points += made.site_active_ppm != 0 ? 1 : 0;
        if (made.faults.empty()) EXPECT_EQ(made.site_active_ppm, 0U) << seed;
    }
    EXPECT_EQ(kinds_in.size(), 5U) << "0 to 4 kinds";
    EXPECT_NEAR(controls, seeds * 0.02, seeds * 0.012);
    EXPECT_NEAR(code_points, seeds * 0.65, seeds * 0.05);
}

TEST(Plan, WithoutSwarmEverySeedMayDrawEveryKindAndCodePointsAreOn) {
    const test::World world;
    const Scenario scenario = read_of(
        world, with_random(", from: [net.loss, net.delay], every: 100ms", 5, "swarm: off\n"));
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const Plan made = plan(scenario, world.faults, seed);
        std::set<std::string> kinds;
        for (const PlannedFault& fault : made.faults) kinds.insert(fault.use);
        EXPECT_EQ(kinds.size(), 2U);
        EXPECT_EQ(made.faults.size(), 40U);
        EXPECT_EQ(made.site_active_ppm, 250'000U);
    }
}

TEST(Plan, DrawnFaultsLieInTheChaosPhaseLastAsLongAsSaidAndAreNotRequired) {
    const test::World world;
    const Scenario scenario = read_of(world, with_random(", count: 3, for: 100ms..200ms"));
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        const Plan made = plan(scenario, world.faults, seed);
        EXPECT_LE(made.faults.size(), 3U);
        std::set<std::string> ids;
        for (const PlannedFault& fault : made.faults) {
            EXPECT_TRUE(ids.insert(fault.id).second) << fault.id;
            EXPECT_LT(fault.at.plus, made.chaos);
            EXPECT_EQ(fault.at.plus.ns % 1'000, 0) << "whole microseconds";
            EXPECT_FALSE(fault.required);
            if (!fault.lasts) continue;  // clock.jump
            EXPECT_GE(*fault.lasts, 100_ms);
            EXPECT_LE(*fault.lasts, 200_ms);
        }
    }
}

TEST(Plan, OperationsComeAsOftenAsSaidByWeightAndTwoAfterTheHeal) {
    const test::World world;
    const Scenario scenario = read_of(world, with_random("", 5, "", 4));
    std::map<std::string, int> names;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const Plan made = plan(scenario, world.faults, seed);
        std::map<core::Id, std::vector<Duration>> times;
        for (const auto& op : made.operations) {
            ++names[op.name];
            EXPECT_EQ(op.id, times[op.client].size());
            times[op.client].push_back(op.not_before);
        }
        EXPECT_EQ(times.size(), 4U);
        for (const auto& [client, at] : times) {
            EXPECT_TRUE(std::ranges::is_sorted(at));
            EXPECT_NEAR(static_cast<double>(at.size()), 22, 5);
            EXPECT_EQ(std::ranges::count_if(at, [&](Duration t) { return t >= made.chaos; }), 2);
        }
    }
    EXPECT_NEAR(static_cast<double>(names["get"]) / names["put"], 2.0, 0.2);
}

TEST(Plan, ASettingChangesWhatTheFileSays) {
    const test::World world;
    const ReadResult result = world.read(test::simple, {{"system.plant", "ack-early"},
                                                        {"for", "2s"},
                                                        {"workload.0.clients", "1"},
                                                        {"faults.0.for", "100ms"},
                                                        {"network", "{delay: 7ms}"},
                                                        {"limits.steps", "500"}});
    ASSERT_TRUE(result.scenario);
    EXPECT_EQ(result.scenario->plant, "ack-early");
    EXPECT_EQ(result.scenario->chaos, 2_s);
    EXPECT_EQ(result.scenario->clients, 1U);
    EXPECT_EQ(result.scenario->faults.at(0).lasts, 100_ms);
    EXPECT_EQ(result.scenario->network.delay, 7_ms);
    EXPECT_EQ(result.scenario->network.loss_ppm, 0U);
    EXPECT_EQ(result.scenario->step_limit, 500U);
    EXPECT_NE(result.scenario->digest, world.read(test::simple).scenario->digest);
}

TEST(Plan, ASettingThroughAnAliasChangesOnlyTheOnePlace) {
    const test::World world;
    const std::string text =
        "stormproof: 1\nsystem: store\nfor: 2s\nfaults:\n"
        "  - &a {use: node.kill, at: 1s, target: n1, for: 1s}\n  - *a\n";
    const ReadResult result = world.read(text, {{"faults.1.target", "n2"}});
    ASSERT_TRUE(result.scenario);
    EXPECT_EQ(result.scenario->faults.at(0).target.names.at(0), core::Id::node(0));
    EXPECT_EQ(result.scenario->faults.at(1).target.names.at(0), core::Id::node(1));
}

}  // namespace
}  // namespace storm::scenario
