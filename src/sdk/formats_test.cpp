// Tests of formats: goal: every machine-readable file and stream has a JSON Schema and a page, and
// what the program writes is what they say.
// Method: the real program; whatever lies in a run directory is held against docs/formats.
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"
#include "sdk/schema_test.h"

namespace storm::sdk::testing {
namespace {

class Formats : public Program {
protected:
    void SetUp() override {
        Program::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        write("store.yaml", content(scenario("demo/primary-backup.yaml")));
        const auto run = storm({"run", "store.yaml", "--seeds", "20", "--no-cause", "--out", "it",
                                "--format", "jsonl"});
        ASSERT_EQ(run.code, 0) << run.all();
        lines_ = run.out;
    }
    [[nodiscard]] std::string page(const std::string& name) const {
        return (tree_ / "docs/formats" / name).string();
    }
    [[nodiscard]] Schema schema(const std::string& name, const std::string& part = {}) const {
        return Schema(page(name + ".schema.json"), part);
    }
    std::string lines_;
};

TEST_F(Formats, EveryFileOfARunIsAsItsSchemaSaysAndHasAPage) {
    std::size_t seen = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "it")) {
        const auto name = entry.path().stem().string();
        const auto kind = entry.path().extension();
        if (!entry.is_regular_file() || kind == ".html") continue;
        EXPECT_TRUE(fs::exists(page(name + ".md"))) << entry.path();
        ++seen;
        if (kind != ".json" && kind != ".jsonl") continue;
        ASSERT_TRUE(fs::exists(page(name + ".schema.json"))) << entry.path();
        const auto text = content(entry.path());
        kind == ".json" ? expect_value(schema(name), text) : expect_lines(schema(name), text);
    }
    EXPECT_GE(seen, 8U);
}

TEST_F(Formats, KnownFailuresAreAsTheirSchemaSays) {
    EXPECT_TRUE(fs::exists(page("known.md")));
    std::size_t seen = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / ".stormproof/known")) {
        expect_lines(schema("known"), content(entry.path()));
        ++seen;
    }
    EXPECT_EQ(seen, 1U);
}

TEST_F(Formats, JsonLinesAreAsTheirSchemaSays) {
    EXPECT_TRUE(fs::exists(page("jsonl.md")));
    expect_lines(schema("jsonl"), lines_);
    expect_lines(schema("jsonl"),
                 storm({"run", "store.yaml", "--seed", "3", "--format", "jsonl"}).out);
    expect_lines(schema("jsonl"), storm({"replay", "it", "--format", "jsonl"}).out);
}

TEST_F(Formats, WhatSelftestPrintsIsAsItsSchemaSays) {
    EXPECT_TRUE(fs::exists(page("selftest.md")));
    const auto answer = storm(
        {"selftest", "--only", "primary-backup/acknowledge-before-replicate", "--format", "json"});
    EXPECT_EQ(answer.code, 0) << answer.all();
    expect_value(schema("selftest"), answer.out);
}

TEST_F(Formats, AScenarioThatValidatesIsAsTheSchemaSaysAndOneWithoutUnitsIsNot) {
    const auto with_delay = [](const nlohmann::json& delay) {
        return nlohmann::json{{"stormproof", 1},
                              {"system", {{"use", "register"}, {"nodes", 3}}},
                              {"network", {{"delay", delay}}},
                              {"for", "1s"}};
    };
    auto scenarios = schema("scenario");
    for (const auto& good : {nlohmann::json("5ms"), nlohmann::json(0)}) {
        EXPECT_EQ(scenarios.wrong(with_delay(good)), "");
        write("good.yaml", with_delay(good).dump());
        EXPECT_EQ(storm({"validate", "good.yaml"}).code, 0);
    }
    for (const auto& bad : {nlohmann::json(5), nlohmann::json("5"), nlohmann::json("5parsecs")}) {
        EXPECT_NE(scenarios.wrong(with_delay(bad)), "") << bad;
        write("bad.yaml", with_delay(bad).dump());
        EXPECT_EQ(storm({"validate", "bad.yaml"}).code, 65) << bad;
    }
}

}  // namespace
}  // namespace storm::sdk::testing
