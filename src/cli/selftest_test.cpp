// Goal: the oracles see: every bug planted in the gallery is found, by a check that it names,
// and made small. Method: `stormproof selftest`, as a user calls it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gallery/gallery.h"
#include "sdk/program_test.h"

namespace storm {
namespace {

using Selftest = sdk::testing::Program;

constexpr std::uint64_t nodes_at_most = 3;
constexpr std::uint64_t size_at_most = 10;

TEST_F(Selftest, FindsEveryPlantedBugByACheckThatItNamesAndMakesItSmall) {
    const auto ended = storm({"selftest", "--format", "json"});
    ASSERT_EQ(ended.code, 0) << ended.all();
    const auto rows = nlohmann::json::parse(ended.out, nullptr, false);
    ASSERT_TRUE(rows.is_array()) << ended.all();
    std::size_t row = 0;
    for (const node::System& system : gallery::systems()) {
        for (const node::Plant& plant : system.plants) {
            ASSERT_LT(row, rows.size());
            const auto& told = rows[row++];
            const std::string name = system.name + "/" + plant.name;
            EXPECT_EQ(told["system"], system.name);
            EXPECT_EQ(told["bug"], plant.name);
            EXPECT_EQ(told["wrong"], "") << name;
            EXPECT_TRUE(told["clean_without"].get<bool>()) << name;
            const std::string check = told["check"];
            EXPECT_NE(std::ranges::find(plant.blames, check), plant.blames.end())
                << name << ": " << check;
            const auto count = [&](const char* of) { return told[of].get<std::uint64_t>(); };
            EXPECT_LE(count("faults") + count("operations") + count("pins"), size_at_most) << name;
            EXPECT_LE(count("nodes"), std::max<std::uint64_t>(nodes_at_most, system.nodes_min))
                << name;
        }
    }
    EXPECT_EQ(row, rows.size());
    EXPECT_GE(row, 14U);
}

}  // namespace
}  // namespace storm
