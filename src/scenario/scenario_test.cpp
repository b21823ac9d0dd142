// Tests of reading: goal: what a file says is what the Scenario holds.
// Method: small files against the real catalogue of faults and two systems without nodes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scenario/reader.h"
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

/// Each test of the tree runs in its root.
std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Scenario, EachYamlBlockOfTheFormatPageIsAFileThatIsRead) {
    const test::World world;
    const std::string page = content("docs/formats/scenario.md");
    std::size_t blocks = 0;
    for (std::size_t at = page.find("```yaml\n"); at != std::string::npos;
         at = page.find("```yaml\n", at + 1)) {
        const std::size_t begin = at + 8;
        EXPECT_EQ(world.errors(page.substr(begin, page.find("```\n", begin) - begin)), "");
        ++blocks;
    }
    EXPECT_EQ(blocks, 2U);
}

TEST(Scenario, TheFormatPageNamesEveryKey) {
    const std::string page = content("docs/formats/scenario.md");
    for (const std::string& key : top_keys()) {
        EXPECT_NE(page.find("| `" + key + "`"), std::string::npos) << key;
    }
}

TEST(Scenario, EveryScenarioOfTheTreeIsRead) {
    const test::World world;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios")) {
        if (entry.path().extension() != ".yaml") continue;
        EXPECT_EQ(world.errors(content(entry.path())), "") << entry.path();
        ++files;
    }
    EXPECT_GE(files, 27U);
}

TEST(Scenario, EveryFaultOfTheCatalogueHasAnExampleThatUsesIt) {
    const test::World world;
    for (const fault::FaultSpec& spec : world.faults.all()) {
        std::string name = spec.name;
        std::ranges::replace_if(name, [](char c) { return c == '.' || c == '_'; }, '-');
        const ReadResult result = world.read(content("scenarios/faults/" + name + ".yaml"));
        ASSERT_TRUE(result.scenario) << name;
        EXPECT_EQ(result.scenario->faults.at(0).use, spec.name);
    }
}

TEST(Scenario, TheSchemaKnowsEveryKeyFaultParameterAndCheck) {
    const test::World world;
    const auto schema = nlohmann::json::parse(json_schema(world.names));
    for (const std::string& key : top_keys()) {
        EXPECT_TRUE(schema.at("properties").contains(key)) << key;
        EXPECT_FALSE(schema.at("properties").at(key).value("description", "").empty()) << key;
    }
    EXPECT_EQ(schema.at("properties").size(), top_keys().size());
    for (const fault::FaultSpec& spec : world.faults.all()) {
        const auto& known = schema.at("$defs").at("fault." + spec.name);
        for (const fault::ParamSpec& param : spec.params) {
            const auto& told = known.at("properties").at(param.name);
            EXPECT_NE(told.at("description").get<std::string>().find(param.summary),
                      std::string::npos);
        }
        std::vector<std::string> keys = fault_keys();
        for (const auto& [key, value] : known.at("properties").items()) {
            const auto is = [&](const fault::ParamSpec& param) { return param.name == key; };
            EXPECT_TRUE(contains(keys, key) || std::ranges::any_of(spec.params, is)) << key;
        }
    }
}

/// Every $ref of the schema, anywhere.
void collect_references(const nlohmann::json& part, std::set<std::string>& to) {
    for (const auto& [key, value] : part.items()) {
        if (key == "$ref") to.insert(value.get<std::string>());
        if (value.is_structured()) collect_references(value, to);
    }
}

TEST(Scenario, TheSchemaRefersToNothingThatIsMissing) {
    const test::World world;
    const auto schema = nlohmann::json::parse(json_schema(world.names));
    std::set<std::string> references;
    collect_references(schema, references);
    EXPECT_GT(references.size(), 10U);
    for (const std::string& reference : references) {
        const std::string prefix = "#/$defs/";
        ASSERT_TRUE(reference.starts_with(prefix)) << reference;
        EXPECT_TRUE(schema.at("$defs").contains(reference.substr(prefix.size()))) << reference;
    }
}

}  // namespace
}  // namespace storm::scenario
