// Tests of expectations: goal: what a scenario expects decides the exit code alike for a sweep, a
// seed and a replay, and every format says when it did not come.
// Method: the demo's store, broken and repaired, under other values of `expect`.
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Expected : public Program {
protected:
    void SetUp() override {
        Program::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        // A fault that finds nothing to act on: the verdict is inconclusive.
        write("idle.yaml",
              "stormproof: 1\ntitle: Idle\nsystem: {use: register, nodes: 3}\n"
              "workload:\n  - {use: mix, clients: 1, rate: 5/s, for: 1s}\nfaults:\n"
              "  - {use: net.partition, at: 999ms, for: 1ms, groups: [[n1], [n2, n3]]}\n"
              "checks: [linearizable]\n");
    }
    [[nodiscard]] Ended expecting(const std::string& what, const std::string& file,
                                  std::vector<std::string> more) const {
        std::vector<std::string> words = {"run", file, "--no-cause", "--set", "expect=" + what};
        words.insert(words.end(), more.begin(), more.end());
        return storm(words);
    }
    [[nodiscard]] std::string broken() const { return scenario("demo/primary-backup.yaml"); }
    [[nodiscard]] std::string sound() const {
        return scenario("demo/primary-backup-repaired.yaml");
    }
};

TEST_F(Expected, ToBeInconclusiveIsUnmetByAPassAndInconclusiveExitsTwoWhateverWasExpected) {
    EXPECT_EQ(expecting("inconclusive", sound(), {"--seeds", "5"}).code, 1);
    EXPECT_EQ(expecting("inconclusive", sound(), {"--seed", "5"}).code, 1);
    EXPECT_EQ(storm({"replay"}).code, 1);
    for (const auto* what : {"pass", "violated", "inconclusive"}) {
        EXPECT_EQ(expecting(what, "idle.yaml", {"--seeds", "3"}).code, 2) << what;
        EXPECT_EQ(expecting(what, "idle.yaml", {"--seed", "3"}).code, 2) << what;
        EXPECT_EQ(storm({"replay"}).code, 2) << what;
    }
}

TEST_F(Expected, AReplayKnowsWhichCheckWasToReportIt) {
    const auto other = expecting("{violated: properties}", broken(), {"--seed", "3"});
    EXPECT_EQ(other.code, 1) << other.all();
    EXPECT_EQ(storm({"replay"}).code, 1);
    const auto right =
        expecting("{violated: no-lost-acknowledged-writes}", broken(), {"--seed", "3"});
    EXPECT_EQ(right.code, 0) << right.all();
    EXPECT_EQ(storm({"replay"}).code, 0);
}

TEST_F(Expected, AndNotMetIsSaidInEveryFormat) {
    const std::string unmet = "violated no-lost-acknowledged-writes, not met";
    const auto text = storm({"run", broken(), "--seed", "1"});
    EXPECT_EQ(text.code, 1) << text.all();
    EXPECT_TRUE(has(text.out, unmet)) << text.out;
    EXPECT_TRUE(has(read("runs/primary-backup-seed-1/report.html"), unmet));
    const auto in = [&](const char* format) {
        return storm({"run", broken(), "--seed", "1", "--format", format}).out;
    };
    EXPECT_TRUE(has(in("md"), "not met"));
    EXPECT_TRUE(has(in("junit"), "expected violated no-lost-acknowledged-writes, came pass"));
    const auto tap = in("tap");
    EXPECT_TRUE(has(tap, "not ok")) << tap;
    EXPECT_TRUE(has(tap, "  verdict: unexpected pass\n")) << tap;
    EXPECT_TRUE(has(tap, "  expected: \"violated no-lost-acknowledged-writes\"\n")) << tap;
    EXPECT_FALSE(has(tap, "verdict: violated")) << tap;
    EXPECT_TRUE(has(in("junit"), "<failure type=\"unexpected pass\"")) << in("junit");
    const auto other = storm({"run", broken(), "--seed", "3", "--no-cause", "--set",
                              "expect={violated: properties}", "--format", "tap"});
    EXPECT_TRUE(has(other.out, "verdict: violated\n  expected: \"violated properties\"\n"))
        << other.out;
    EXPECT_TRUE(has(in("jsonl"), "\"met\":false"));
}

TEST_F(Expected, AndMetFailsNoBuild) {
    const auto in = [&](const char* format) {
        return storm({"run", broken(), "--no-cause", "--seeds", "20", "--format", format}).out;
    };
    const auto junit = in("junit");
    EXPECT_TRUE(has(junit, "failures=\"0\" errors=\"0\"")) << junit;
    EXPECT_FALSE(has(in("tap"), "not ok"));
    const auto json = nlohmann::json::parse(in("json"));
    EXPECT_EQ(json["met"], true);
    EXPECT_EQ(json["expect"], "violated");
    EXPECT_EQ(json["expect_check"], "no-lost-acknowledged-writes");
    const auto seed = storm({"run", broken(), "--seed", "3", "--format", "junit"});
    EXPECT_EQ(seed.code, 0);
    EXPECT_TRUE(has(seed.out, "failures=\"0\"")) << seed.out;
}

}  // namespace
}  // namespace storm::sdk::testing
