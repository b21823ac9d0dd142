// Tests of the scenario files as the program itself reads them: goal: what stands in scenarios/
// and in the documents is right for the catalogues that `stormproof` really has.
// Method: the standard bench with the gallery, the files of the tree, and the schema as golden.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gallery/gallery.h"
#include "scenario/scenario.h"
#include "sdk/standard.h"

namespace storm {
namespace {

Bench full_bench() {
    Bench bench = standard_bench();
    bench.systems = gallery::systems();
    return bench;
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::filesystem::path> scenario_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios")) {
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

TEST(Scenarios, EveryFileOfTheTreeIsReadWithoutAProblem) {
    const Bench bench = full_bench();
    const scenario::Vocabulary names = bench.vocabulary();
    EXPECT_GE(scenario_files().size(), 27U);
    for (const auto& path : scenario_files()) {
        const std::string text = content(path);
        const auto read = scenario::read(text, path, names);
        EXPECT_TRUE(read.scenario) << scenario::to_text(read.problems, path, text);
    }
}

TEST(Scenarios, EachGalleryScenarioTakesEveryPlantedBugOfItsSystem) {
    const Bench bench = full_bench();
    const scenario::Vocabulary names = bench.vocabulary();
    for (const node::System& system : bench.systems) {
        const std::string path = "scenarios/gallery/" + system.name + ".yaml";
        const std::string text = content(path);
        for (const node::Plant& plant : system.plants) {
            const auto read = scenario::read(text, path, names, {{"system.plant", plant.name}});
            ASSERT_TRUE(read.scenario) << scenario::to_text(read.problems, path, text);
            EXPECT_EQ(read.scenario->plant, plant.name);
            EXPECT_EQ(read.scenario->expect, scenario::Expect::pass);
        }
    }
}

TEST(Scenarios, TheSchemaInTheDocumentsIsTheOneThatIsPrinted) {
    const Bench bench = full_bench();
    const std::string schema = scenario::json_schema(bench.vocabulary());
    const std::string path = "docs/formats/scenario.schema.json";
    if (std::getenv("STORM_UPDATE") != nullptr) std::ofstream(path) << schema;
    EXPECT_EQ(content(path), schema) << "stormproof schema > " << path;
}

}  // namespace
}  // namespace storm
