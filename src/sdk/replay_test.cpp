// Tests of replay, shrink and report: goal: a run that lies there comes back byte for byte, what
// was edited or damaged is said to be, and nothing that was finished is lost.
// Method: one failing run made by the real program, then edits of its files.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "runner/seal.h"
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
    /// With the seal that these bytes need, so that what it says is looked at.
    void write_verdict(nlohmann::ordered_json verdict) const {
        if (verdict.contains("seal")) verdict["seal"] = runner::unsealed;
        const auto text = verdict.dump(2) + "\n";
        write("runs/it/verdict.json", verdict.contains("seal") ? runner::sealed(text) : text);
    }
    /// Every command that reads the run refuses it, and names the file and what is wrong.
    void expect_refused(const std::string& says) const {
        for (const auto* command : {"replay", "shrink", "report"}) {
            const auto answer = storm({command, "runs/it"});
            EXPECT_EQ(answer.code, 65) << command << "\n" << answer.all();
            EXPECT_TRUE(has(answer.err, "runs/it/verdict.json")) << answer.err;
            EXPECT_TRUE(has(answer.err, says)) << says << "\n" << answer.err;
            EXPECT_FALSE(has(answer.all(), "not deterministic")) << answer.all();
            EXPECT_EQ(answer.out, "");
        }
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

TEST_F(Replay, ThatIsToShowMoreThanThereIsSaysSoAndShowsAll) {
    const auto trace = storm({"replay", "--trace", "--format", "json"});
    EXPECT_EQ(trace.err, "");
    const auto event = storm({"replay", "--event", "99999999", "--format", "json"});
    EXPECT_EQ(event.code, 0);
    EXPECT_EQ(event.out, trace.out);
    EXPECT_TRUE(has(event.err, "there is no event 99999999: the run has ")) << event.err;
    const auto late = storm({"replay", "--until", "3h"});
    EXPECT_EQ(late.code, 0);
    EXPECT_TRUE(has(late.err, "the run ended at ") && has(late.err, ", before 3 h")) << late.err;
    EXPECT_EQ(storm({"replay", "--event", "3", "--until", "1s"}).err, "");
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
    write_verdict(verdict);
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

TEST_F(Replay, OfARunWithoutItsVerdictIsDamagedWhateverElseIsThere) {
    fs::remove(folder_ / "runs/it/verdict.json");
    for (const auto* command : {"replay", "shrink", "report"}) {
        const auto answer = storm({command, "runs/it"});
        EXPECT_EQ(answer.code, 65) << command << "\n" << answer.all();
        EXPECT_TRUE(has(answer.err, "runs/it/verdict.json is missing")) << answer.err;
        EXPECT_EQ(answer.out, "") << command;
    }
    // Only the story says whose directory it was.
    for (const auto* file : {"plan.json", "history.jsonl", "decisions.jsonl", "events.jsonl"}) {
        fs::remove(folder_ / "runs/it" / file);
    }
    const auto page = storm({"report", "runs/it"});
    EXPECT_EQ(page.code, 65) << page.all();
    EXPECT_TRUE(has(page.err, "runs/it/verdict.json is missing")) << page.err;
}

TEST_F(Replay, OfASweepSaysThatItHasNoRunOrWhatItLost) {
    const auto sweep = storm({"run", scenario("demo/primary-backup-repaired.yaml"), "--seeds", "5",
                              "--out", "runs/pass"});
    ASSERT_EQ(sweep.code, 0) << sweep.all();
    const auto none = storm({"replay", "runs/pass"});
    EXPECT_EQ(none.code, 64) << none.all();
    EXPECT_TRUE(has(none.err, "a sweep in which nothing failed")) << none.err;
    EXPECT_EQ(storm({"report", "runs/pass"}).code, 0);
    for (const auto* file : {"sweep.json", "story.json"}) {
        const auto path = std::string("runs/pass/") + file;
        const auto text = read(path);
        fs::remove(folder_ / path);
        for (const auto* command : {"replay", "report"}) {
            const auto answer = storm({command, "runs/pass"});
            EXPECT_EQ(answer.code, 65) << command << "\n" << answer.all();
            EXPECT_TRUE(has(answer.err, path)) << answer.err;
        }
        write(path, text);
    }
    fs::copy(folder_ / "runs/it/story.json", folder_ / "runs/pass/story.json",
             fs::copy_options::overwrite_existing);
    EXPECT_EQ(storm({"report", "runs/pass"}).code, 65);
}

TEST_F(Replay, ThatShowsEveryEventNamesNoNodeWhereAFaultStrikes) {
    const auto trace = storm({"replay", "runs/it", "--trace"});
    std::istringstream lines(trace.out);
    int faults = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find("fault_o");
        if (at == std::string::npos) continue;
        ++faults;
        EXPECT_EQ(line.substr(at - 5, 5), "     ") << line;
    }
    EXPECT_GT(faults, 1) << trace.out;
}

TEST_F(Replay, OfAStoryThatWasEditedIsRefused) {
    ASSERT_EQ(storm({"run", scenario("demo/primary-backup-repaired.yaml"), "--seeds", "5", "--out",
                     "runs/pass"})
                  .code,
              0);
    for (const auto& [path, is, was] :
         {std::tuple{"runs/pass/story.json", "\"run\":5", "\"run\":5000"},
          std::tuple{"runs/it/story.json", "\"faults_before\":", "\"faults_before\":1"}}) {
        auto text = read(path);
        const auto at = text.find(is);
        ASSERT_NE(at, std::string::npos) << text;
        write(path, text.replace(at, std::string_view(is).size(), was));
        const auto answer = storm({"report", fs::path(path).parent_path()});
        EXPECT_EQ(answer.code, 65) << answer.all();
        EXPECT_TRUE(has(answer.err, path) && has(answer.err, "damaged or changed")) << answer.err;
    }
}

TEST_F(Replay, OfAFileThatIsNotTheOneOfTheVerdictNamesIt) {
    ASSERT_EQ(
        storm({"run", scenario("demo/primary-backup.yaml"), "--seed", "4", "--out", "runs/other"})
            .code,
        1);
    for (const std::string file : {"decisions.jsonl", "history.jsonl", "events.jsonl"}) {
        const auto path = "runs/it/" + file;
        const auto text = read(path);
        const auto lines = text.substr(0, text.rfind('\n', text.size() / 2) + 1);
        auto changed = text;
        const auto digit = changed.find_last_of("0123456789");
        changed[digit] = changed[digit] == '1' ? '2' : '1';
        for (const auto& other : {std::string(), lines, changed, read("runs/other/" + file)}) {
            write(path, other);
            for (const auto* command : {"replay", "shrink", "report"}) {
                const auto answer = storm({command, "runs/it"});
                EXPECT_EQ(answer.code, 65) << command << " " << path << "\n" << answer.all();
                EXPECT_TRUE(has(answer.err, path)) << answer.err;
                EXPECT_EQ(answer.out, "");
            }
        }
        write(path, text);
    }
    EXPECT_EQ(storm({"replay", "runs/it"}).code, 0);
}

TEST_F(Replay, OfAVerdictWithoutItsSealOrNotesOfItsFilesNamesTheKey) {
    const auto written = nlohmann::ordered_json::parse(read("runs/it/verdict.json"));
    for (const std::string key : {"files", "seal"}) {
        auto verdict = written;
        ASSERT_EQ(verdict.erase(key), 1U);
        write_verdict(verdict);
        expect_refused("the key \"" + key + "\" is missing");
    }
    auto silent = written;
    silent["files"].erase(2);
    write_verdict(silent);
    expect_refused("\"files\" says nothing of events.jsonl");
    write_verdict(written);
    EXPECT_EQ(storm({"replay", "runs/it"}).code, 0);
    auto story = nlohmann::ordered_json::parse(read("runs/it/story.json"));
    ASSERT_EQ(story.erase("seal"), 1U);
    write("runs/it/story.json", story.dump());
    const auto answer = storm({"report", "runs/it"});
    EXPECT_EQ(answer.code, 65) << answer.all();
    EXPECT_TRUE(has(answer.err, "runs/it/story.json") && has(answer.err, "\"seal\" is missing"))
        << answer.err;
}

TEST_F(Replay, OfAVerdictThatPassedRefusesWhatOnlyAViolationTells) {
    auto verdict = nlohmann::ordered_json::parse(read("runs/it/verdict.json"));
    verdict["verdict"] = "pass";
    for (auto& finding : verdict["findings"]) finding["verdict"] = "pass";
    write_verdict(verdict);
    expect_refused("its verdict is \"pass\", and \"why\" says");
    verdict["why"] = "";
    auto& first = verdict["findings"][0];
    for (const std::string key : {"anomaly", "operations", "fatal", "expected"}) {
        ASSERT_TRUE(first.contains(key)) << first.dump();
        write_verdict(verdict);
        expect_refused("has passed, and tells \"" + key + "\"");
        for (auto& finding : verdict["findings"]) finding.erase(key);
    }
}

TEST_F(Replay, OfAVerdictThatWasEditedIsRefusedWhereverTheEditWas) {
    const auto written = nlohmann::ordered_json::parse(read("runs/it/verdict.json"));
    const auto whole = read("runs/it/verdict.json");
    for (const auto& [key, value] : {std::pair<std::string, nlohmann::json>{"seed", 77},
                                     {"digest", "0123456789abcdef"},
                                     {"expect", "pass"},
                                     {"command", "rm it"},
                                     {"plan_digest", "0123456789abcdef"},
                                     {"title", "Another"}}) {
        auto verdict = written;
        ASSERT_NE(verdict[key], value);
        verdict[key] = value;
        write("runs/it/verdict.json", verdict.dump(2) + "\n");
        expect_refused("other bytes than were written");
    }
    write("runs/it/verdict.json", whole);
    edit("runs/it/verdict.json", "\"seed\":", "\"seed\": ");
    expect_refused("other bytes than were written");
    write("runs/it/verdict.json", whole);
    EXPECT_EQ(storm({"replay", "runs/it"}).code, 0);
}

TEST_F(Replay, OfAVerdictThatDoesNotFollowFromItsPartsIsRefusedWithWhatIsWrong) {
    const auto written = nlohmann::ordered_json::parse(read("runs/it/verdict.json"));
    ASSERT_FALSE(written["faults"].empty());
    auto passed = written;
    passed["verdict"] = "pass";
    passed["why"] = "";
    write_verdict(passed);
    expect_refused("its verdict is \"pass\", and its findings and faults come to \"violated\"");
    auto told = written;
    told["why"] = "All is well.";
    write_verdict(told);
    expect_refused("\"why\"");
    auto idle = written;
    idle["idle"] = true;
    write_verdict(idle);
    expect_refused("\"idle\" is true");
    for (const auto& [key, value, says] :
         {std::tuple{"seen", nlohmann::json(1'000'000), "1000000 seen"},
          std::tuple{"voided", nlohmann::json(1'000'000), "1000000 voided"},
          std::tuple{"effect", nlohmann::json("ineffective"), "its effect is \"ineffective\""}}) {
        auto counted = written;
        counted["faults"][0][key] = value;
        write_verdict(counted);
        expect_refused(says);
    }
    write_verdict(written);
    EXPECT_EQ(storm({"replay", "runs/it"}).code, 0);
}

TEST_F(Replay, ReportRefusesAPartOfAnotherRunAndOneThatIsMissing) {
    ASSERT_EQ(storm({"run", scenario("demo/primary-backup.yaml"), "--no-cause", "--seeds",
                     "100..900", "--set", "network.delay=3ms", "--out", "runs/other"})
                  .code,
              0);
    for (const std::string part : {"story.json", "whole"}) {
        fs::rename(folder_ / "runs/it" / part, folder_ / "kept");
        const auto missing = storm({"report", "runs/it"});
        EXPECT_EQ(missing.code, 65) << missing.all();
        EXPECT_TRUE(has(missing.err, "runs/it/" + part)) << missing.err;
        fs::copy(folder_ / "runs/other" / part, folder_ / "runs/it" / part,
                 fs::copy_options::recursive);
        const auto foreign = storm({"report", "runs/it"});
        EXPECT_EQ(foreign.code, 65) << foreign.all();
        EXPECT_TRUE(has(foreign.err, "runs/it/" + part)) << foreign.err;
        fs::remove_all(folder_ / "runs/it" / part);
        fs::rename(folder_ / "kept", folder_ / "runs/it" / part);
    }
    edit("runs/it/whole/plan.json", "\"nodes\": 3", "\"nodes\": 4");
    const auto page = storm({"report", "runs/it"});
    EXPECT_EQ(page.code, 0) << page.all();
    EXPECT_TRUE(has(page.err, "runs/it/whole/plan.json was edited")) << page.err;
}

TEST_F(Replay, OfACopyNamesTheCopy) {
    fs::rename(folder_ / "runs/it", folder_ / "runs/copy");
    const auto again = storm({"replay", "runs/copy"});
    EXPECT_TRUE(has(again.out, "replay runs/copy")) << again.out;
    EXPECT_FALSE(has(again.out, "runs/it")) << again.out;
    EXPECT_EQ(storm({"report", "runs/copy"}).code, 0);
    const auto page = read("runs/copy/report.html");
    EXPECT_TRUE(has(page, "replay runs/copy"));
    EXPECT_FALSE(has(page, "replay runs/it"));
}

TEST_F(Replay, SaysWhatItsLineGives) {
    const Twist brief{.in_child = {}, .meanwhile = {}, .program = "storm", .shell = {}};
    EXPECT_TRUE(has(storm({"replay", "runs/it"}, brief).out, "runs/it   the same bytes again"));
    const auto verdict = read("runs/it/verdict.json");
    auto other = nlohmann::ordered_json::parse(verdict);
    other["build"] = "another";
    other["digest"] = "0123456789abcdef";
    write_verdict(other);
    EXPECT_TRUE(has(storm({"replay", "runs/it"}, brief).out, "runs/it   the same plan and seed"));
    auto leak = nlohmann::ordered_json::parse(verdict);
    leak["findings"][0]["check"] = "deterministic";
    leak["findings"][0]["anomaly"] = "divergence";
    write_verdict(leak);
    EXPECT_TRUE(has(storm({"replay", "runs/it"}, brief).out, "runs/it   the same plan and seed"));
    write("runs/it/verdict.json", verdict);
    auto plan = nlohmann::ordered_json::parse(read("runs/it/plan.json"));
    plan["faults"][0]["at"] = "2.9s";
    write("runs/it/plan.json", plan.dump(2) + "\n");
    EXPECT_TRUE(has(storm({"replay", "runs/it"}, brief).out, "runs/it   the edited plan again"));
}

TEST_F(Replay, ThatComesOutOtherwiseSaysBothOutcomes) {
    const std::string was =
        "the outcome is another: was violated (no-lost-acknowledged-writes: lost write and "
        "linearizable: stale read), now pass";
    auto plan = nlohmann::ordered_json::parse(read("runs/it/plan.json"));
    const auto faults = plan["faults"];
    plan["faults"][0]["at"] = "2.9s";
    write("runs/it/plan.json", plan.dump(2) + "\n");
    const auto moved = one_line(storm({"replay", "runs/it"}).out);
    EXPECT_TRUE(has(moved, was)) << moved;
    plan["faults"] = faults;
    plan["checks"] = nlohmann::ordered_json::array();
    write("runs/it/plan.json", plan.dump(2) + "\n");
    const auto unchecked = one_line(storm({"replay", "runs/it"}).out);
    EXPECT_TRUE(has(unchecked, was)) << unchecked;
}

TEST_F(Replay, ThatIsViolatedAgainSaysWhatIsNotAsBefore) {
    auto plan = nlohmann::ordered_json::parse(read("runs/it/plan.json"));
    std::erase_if(plan["checks"].get_ref<nlohmann::ordered_json::array_t&>(),
                  [](const auto& each) { return each.dump().find("lost") == std::string::npos; });
    ASSERT_EQ(plan["checks"].size(), 1U);
    write("runs/it/plan.json", plan.dump(2) + "\n");
    const auto text = one_line(storm({"replay", "runs/it"}).out);
    EXPECT_TRUE(has(text, "violated as before, but no longer for linearizable: stale read"))
        << text;
    EXPECT_FALSE(has(text, "was violated")) << text;
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
