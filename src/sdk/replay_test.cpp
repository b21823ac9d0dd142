// Tests of replay, shrink and report: goal: a run that lies there comes back byte for byte, what
// was edited or damaged is said to be, and nothing that was finished is lost.
// Method: one failing run made by the real program, then edits of its files.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Replay : public Program {
protected:
    void SetUp() override {
        Program::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        const auto run = storm({"run", scenario("demo/primary-backup.yaml"), "--no-cause",
                                "--seeds", "50", "--out", "runs/it"});
        ASSERT_EQ(run.code, 0) << run.all();
    }
    void edit(const std::string& file, const std::string& from, const std::string& to) const {
        auto text = read(file);
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from << " in " << text;
        write(file, text.replace(at, from.size(), to));
    }
};

TEST_F(Replay, GivesTheSameBytesInAFreshProcessAndExitsAsTheRunDid) {
    const auto again = storm({"replay", "runs/it"});
    EXPECT_EQ(again.code, 0) << again.all();
    EXPECT_TRUE(has(again.out, "replayed")) << again.out;
    EXPECT_TRUE(has(again.out, "every event is the same: ")) << again.out;
    const auto trace = storm({"replay", "--trace", "--format", "json"});
    EXPECT_EQ(trace.out, read("runs/it/events.jsonl"));
    const auto cut = storm({"replay", "--until", "1s", "--format", "json"});
    EXPECT_TRUE(trace.out.starts_with(cut.out));
    EXPECT_LT(cut.out.size(), trace.out.size());
}

TEST_F(Replay, OfAPlanEditedByHandSaysSo) {
    auto plan = nlohmann::ordered_json::parse(read("runs/it/plan.json"));
    ASSERT_FALSE(plan["operations"].empty());
    plan["operations"].erase(plan["operations"].size() - 1);
    write("runs/it/plan.json", plan.dump(2) + "\n");
    const auto again = storm({"replay", "runs/it"});
    EXPECT_TRUE(has(again.out, "The plan was edited")) << again.all();
    EXPECT_TRUE(has(again.out, "no place")) << again.all();
    EXPECT_FALSE(has(again.out, "every event is the same")) << again.out;
}

TEST_F(Replay, OfARunThatIsNotDeterministicSaysWhatThatMeansAndFails) {
    auto verdict = nlohmann::ordered_json::parse(read("runs/it/verdict.json"));
    auto& finding = verdict["findings"][0];
    finding["check"] = "deterministic";
    finding["anomaly"] = "divergence";
    write("runs/it/verdict.json", verdict.dump(2) + "\n");
    const auto again = storm({"replay", "runs/it"});
    EXPECT_EQ(again.code, 1) << again.all();
    EXPECT_TRUE(has(again.out, "The system is not deterministic")) << again.out;
    EXPECT_TRUE(has(again.out, "VIOLATED")) << again.out;
    EXPECT_FALSE(has(again.out, "every event is the same")) << again.out;
}

TEST_F(Replay, OfAPlanThatSomebodyEditedSaysSoThoughNoEventIsAnother) {
    auto plan = nlohmann::ordered_json::parse(read("runs/it/plan.json"));
    plan["checks"] = nlohmann::ordered_json::array();
    write("runs/it/plan.json", plan.dump(2) + "\n");
    const auto again = storm({"replay", "runs/it"});
    EXPECT_TRUE(has(again.out, "the plan was edited, and every event is the same")) << again.out;
    EXPECT_TRUE(has(again.out, "names none")) << again.out;
    EXPECT_EQ(again.code, 1) << "a violation was expected";
}

TEST_F(Replay, OfAPlanWithANameThatThereIsNotSaysWhereAndWhichWasMeant) {
    const auto plan = read("runs/it/plan.json");
    const std::string use = "\"use\": \"net.partition\"";
    for (const auto& [from, to, meant] :
         {std::tuple{use, "\"use\": \"net.partitoin\"", "net.partition"},
          std::tuple{std::string("\"system\": \"primary-backup\""),
                     "\"system\": \"primary-backpu\"", "primary-backup"},
          std::tuple{std::string("\"plant\": \"acknowledge-"), "\"plant\": \"akcnowledge-",
                     "acknowledge-before-replicate"},
          std::tuple{std::string("\"name\": \"put\""), "\"name\": \"putt\"", "put"},
          std::tuple{std::string("\"linearizable\""), "\"linearisable\"", "linearizable"}}) {
        write("runs/it/plan.json", plan);
        edit("runs/it/plan.json", from, to);
        for (const auto* command : {"replay", "shrink"}) {
            const auto again = storm({command, "runs/it"});
            EXPECT_EQ(again.code, 65) << again.all();
            EXPECT_TRUE(has(again.err, "did you mean " + std::string(meant) + "?")) << again.err;
            const auto at = again.err.find("plan.json:");
            ASSERT_NE(at, std::string::npos) << again.err;
            const auto line = std::stoul(again.err.substr(at + 10));
            const auto text = read("runs/it/plan.json");
            std::size_t start = 0;
            for (std::size_t i = 1; i < line; ++i) start = text.find('\n', start) + 1;
            EXPECT_TRUE(has(text.substr(start, text.find('\n', start) - start), to)) << again.err;
        }
    }
}

TEST_F(Replay, ListsWhatFoundNoPlaceInWordsAndBounded) {
    auto plan = nlohmann::ordered_json::parse(read("runs/it/whole/plan.json"));
    auto& operations = plan["operations"];
    operations.erase(operations.begin(), operations.begin() + 20);
    write("runs/it/whole/plan.json", plan.dump(2) + "\n");
    const auto again = storm({"replay", "runs/it/whole"});
    const auto at = again.out.find("no place");
    ASSERT_NE(at, std::string::npos) << again.out;
    const auto list = again.out.substr(at, again.out.find("replay", at) - at);
    EXPECT_LE(std::ranges::count(list, '\n'), 12) << list;
    EXPECT_TRUE(has(list, " of ") && has(list, "more")) << list;
}

TEST_F(Replay, OfATruncatedPlanSaysWhereItEnds) {
    const auto plan = read("runs/it/plan.json");
    write("runs/it/plan.json", plan.substr(0, plan.size() / 2));
    const auto again = storm({"replay", "runs/it"});
    EXPECT_EQ(again.code, 65) << again.all();
    EXPECT_TRUE(has(again.err, "plan.json")) << again.err;
    EXPECT_EQ(again.out, "");
}

TEST_F(Replay, OfAPlanOfAnotherScenarioRefuses) {
    const auto other = storm({"plan", scenario("gallery/register.yaml")});
    ASSERT_EQ(other.code, 0) << other.all();
    write("runs/it/plan.json", other.out);
    const auto again = storm({"replay", "runs/it"});
    EXPECT_EQ(again.code, 65) << again.all();
    EXPECT_TRUE(has(again.err, "another scenario")) << again.err;
}

TEST_F(Replay, OfADirectoryThatLacksAFileNamesTheFile) {
    fs::remove(folder_ / "runs/it/history.jsonl");
    const auto again = storm({"replay", "runs/it"});
    EXPECT_EQ(again.code, 65) << again.all();
    EXPECT_TRUE(has(again.err, "history.jsonl")) << again.err;
    const auto none = storm({"replay", "runs/nothing"});
    EXPECT_EQ(none.code, 64) << none.all();
    EXPECT_TRUE(has(none.err, "runs/nothing")) << none.err;
}

TEST_F(Replay, ShrinkLeavesTheRunAloneAndSavesAScenarioThatFailsForTheSameCheck) {
    const auto before = read("runs/it/verdict.json");
    const auto small = storm({"shrink", "runs/it", "--save", "again.yaml"});
    EXPECT_EQ(small.code, 0) << small.all();
    EXPECT_EQ(read("runs/it/verdict.json"), before);
    EXPECT_TRUE(there("runs/it/sweep.json"));
    EXPECT_TRUE(there("runs/it-small/report.html")) << small.all();
    EXPECT_TRUE(has(small.out, "run again.yaml")) << small.out;
    EXPECT_TRUE(has(read("again.yaml"), "# c"))
        << "it says why it is there: " << read("again.yaml").substr(0, 200);
    const auto run = storm({"run", "again.yaml", "--quiet", "--no-cause"});
    EXPECT_EQ(run.code, 0) << run.all();
    EXPECT_TRUE(has(run.out, "VIOLATED   no-lost-acknowledged-writes")) << run.out;
}

TEST_F(Replay, ReportMakesThePageAgainFromTheDirectoryAlone) {
    fs::remove(folder_ / "runs/it/report.html");
    EXPECT_EQ(storm({"report", "runs/it"}).code, 0);
    EXPECT_TRUE(has(read("runs/it/report.html"), "</html>"));
}

}  // namespace
}  // namespace storm::sdk::testing
