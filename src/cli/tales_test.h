// cli/tales_test.h - the tale of each planted bug: how it is found and made small, and how its
// smallest run is told in a terminal.
//
//   sweep ─▶ shrink ─▶ golden/<system>-<bug>.json   (storm_cli_long_test; STORM_UPDATE=1 writes)
//   golden/<system>-<bug>.json ─▶ run ─▶ story ─▶ golden/<system>-<bug>.txt   (storm_cli_test)
//
// Nothing here depends on time: the budgets are hours, so that shrinking and the search for the
// cause end by themselves, and real times are left out of the story.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/catalogues.h"
#include "report/text.h"
#include "runner/shrink.h"
#include "runner/sweep.h"
#include "sdk/telling.h"

namespace storm::testing {

using Json = nlohmann::ordered_json;

struct Bug {
    std::string system, plant;
    [[nodiscard]] std::string name() const { return system + "-" + plant; }
    [[nodiscard]] std::string file(const std::string& ending) const {
        return "src/cli/golden/" + name() + ending;
    }
    friend void PrintTo(const Bug& bug, std::ostream* to) { *to << bug.name(); }
};

inline std::vector<Bug> planted_bugs() {
    std::vector<Bug> bugs;
    for (const auto& system : gallery::systems()) {
        for (const auto& plant : system.plants) bugs.push_back({system.name, plant.name});
    }
    return bugs;
}

inline std::string test_name(const ::testing::TestParamInfo<Bug>& info) {
    std::string name = info.param.name();
    std::erase(name, '-');
    return name;
}

/// What is known of the smallest run: enough to run and tell it again.
struct Smallest {
    fault::Plan plan;
    std::uint64_t seed = 0;
    std::string reason;
    runner::PlanSize before;
};

inline std::string to_file(const Smallest& small) {
    const Json all = {{"reason", small.reason},
                      {"seed", small.seed},
                      {"faults_before", small.before.faults},
                      {"operations_before", small.before.operations},
                      {"nodes_before", small.before.nodes},
                      {"plan", Json::parse(fault::to_json(small.plan))}};
    return all.dump(1) + "\n";
}

inline Smallest from_file(const std::string& text) {
    const Json all = Json::parse(text);
    auto plan = fault::plan_from_json(all.at("plan").dump());
    EXPECT_TRUE(plan) << (plan ? "" : plan.error().text());
    Smallest small;
    if (plan) small.plan = std::move(*plan);
    small.reason = all.at("reason");
    small.seed = all.at("seed");
    small.before = {.faults = all.at("faults_before"),
                    .operations = all.at("operations_before"),
                    .nodes = all.at("nodes_before")};
    return small;
}

}  // namespace storm::testing
