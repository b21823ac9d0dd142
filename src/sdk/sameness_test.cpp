// Tests of what is said of sameness: goal: a run is called the same, or deterministic, only where
// that was compared. Method: the real program in the simulator, which has a digest, and in the
// world of real processes, which has none.
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

using Json = nlohmann::json;

class Sameness : public Program {
protected:
    void SetUp() override {
        Program::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        write("short.yaml",
              "stormproof: 1\ntitle: Short\nsystem: {use: register, nodes: 3}\nworkload:\n"
              "  - {use: mix, clients: 1, rate: 10/s}\nfor: 300ms\nsettle: 300ms\n"
              "code_points: off\nchecks: [linearizable]\n");
    }
    /// What verdict.json there says of the check "deterministic".
    [[nodiscard]] Json determinism(const std::string& directory) const {
        for (const auto& finding : Json::parse(read(directory + "/verdict.json"))["findings"]) {
            if (finding["check"] == "deterministic") return finding;
        }
        return {};
    }
};

TEST_F(Sameness, OfARunOfRealProcessesIsNotClaimedByAReplay) {
    const auto run = storm({"run", "short.yaml", "--world", "local", "--seed", "1", "--out", "it"});
    ASSERT_EQ(run.code, 0) << run.all();
    EXPECT_FALSE(has(run.out, "the same bytes")) << run.out;
    EXPECT_FALSE(has(read("it/report.html"), "the same bytes"));
    EXPECT_FALSE(has(read("it/report.html"), "0000000000000000"));
    const auto again = storm({"replay", "it"});
    EXPECT_EQ(again.code, 0) << again.all();
    EXPECT_FALSE(has(again.out, "every event is the same")) << again.out;
    EXPECT_FALSE(has(again.out, "the same bytes")) << again.out;
    EXPECT_TRUE(has(again.out, "not deterministic")) << again.out;
    EXPECT_TRUE(has(again.out, "the outcome is the same")) << again.out;
    EXPECT_EQ(again.err, "");
}

TEST_F(Sameness, DeterminismIsNotJudgedOfRealProcesses) {
    ASSERT_EQ(storm({"run", "short.yaml", "--world", "local", "--seed", "1", "--out", "it"}).code,
              0);
    EXPECT_EQ(determinism("it")["verdict"], "not judged");
    EXPECT_TRUE(has(determinism("it")["sentence"], "world local is not deterministic"));
    EXPECT_TRUE(has(read("it/junit.xml"), "skipped=\"1\"")) << read("it/junit.xml");
    const auto sweep = storm({"run", "short.yaml", "--world", "local", "--seeds", "1", "--jobs",
                              "1", "--format", "tap"});
    EXPECT_TRUE(has(sweep.out, "deterministic # SKIP the world local is not deterministic"))
        << sweep.out;
}

TEST_F(Sameness, DeterminismOfOneSeedIsJudgedByASecondRun) {
    ASSERT_EQ(storm({"run", "short.yaml", "--seed", "1", "--out", "it"}).code, 0);
    EXPECT_EQ(determinism("it")["verdict"], "pass");
    EXPECT_EQ(Json::parse(read("it/verdict.json"))["confirmed"], true);
    const auto again = storm({"replay", "it", "--format", "jsonl"});
    EXPECT_TRUE(has(again.out, "\"check\":\"deterministic\",\"verdict\":\"pass\"")) << again.out;
}

}  // namespace
}  // namespace storm::sdk::testing
