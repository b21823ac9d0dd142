// Tests of what a sweep leaves: goal: the headline is what was found, every reason has a place of
// its own, nothing of another's is replaced, a printed command gives again what it says, a page
// comes again from its directory, and what was mended is told.
// Method: the real program on the demo's store with a planted bug, and on edits of it.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

using Json = nlohmann::json;

class Finding : public Program {
protected:
    [[nodiscard]] std::string broken() const { return scenario("demo/primary-backup.yaml"); }
    [[nodiscard]] Json json(const std::string& name) const { return Json::parse(read(name)); }
    /// The one line of `text` that holds `part`, from `part` on.
    static std::string from(const std::string& text, const std::string& part) {
        const auto at = text.find(part);
        if (at == std::string::npos) return {};
        return text.substr(at, text.find('\n', at) - at);
    }
    /// What a shell makes of a line that was printed.
    [[nodiscard]] Ended paste(const std::string& line) const {
        write("line.sh", line + "\n");
        Twist twist;
        twist.shell = "line.sh";
        return storm({}, twist);
    }
};

TEST_F(Finding, TheHeadlineIsTheReasonThatTheSweepFoundAndIsKnownNextTime) {
    const std::vector<std::string> words = {
        "run",   scenario("gallery/primary-backup.yaml"), "--no-cause", "--out", "it",
        "--set", "system.plant=rejoin-without-transfer"};
    const auto first = storm(words);
    ASSERT_EQ(first.code, 1) << first.all();
    const auto group = json("it/sweep.json")["groups"][0];
    EXPECT_TRUE(first.out.starts_with("VIOLATED   " + group["check"].get<std::string>() + "\n"))
        << first.out;
    const auto finding = json("it/verdict.json")["findings"][0];
    EXPECT_EQ(finding["check"], group["check"]);
    const auto again = storm(words);
    EXPECT_TRUE(has(again.out, "an earlier sweep failed for this reason")) << again.out;
    const auto replay = storm({"replay", "it"});
    EXPECT_TRUE(replay.out.starts_with(first.out.substr(0, first.out.find('\n')))) << replay.out;
}

TEST_F(Finding, EveryReasonHasADirectoryOfItsOwnThatTheReportNames) {
    const auto run = storm({"run", broken(), "--keep-going", "--no-cause", "--seeds", "30"});
    ASSERT_EQ(run.code, 0) << run.all();
    const auto html = read("runs/primary-backup-3/report.html");
    std::set<std::string> places;
    const auto groups = json("runs/primary-backup-3/sweep.json")["groups"];
    ASSERT_GE(groups.size(), 2U);
    for (const auto& group : groups) {
        const auto place = group["directory"].get<std::string>();
        EXPECT_TRUE(places.insert(place).second) << place;
        const auto shown = json(place + "/verdict.json")["findings"][0];
        EXPECT_EQ(shown["check"], group["check"]) << place;
        EXPECT_TRUE(has(html, place)) << place;
        EXPECT_EQ(group["command"], binary_ + " replay " + place);
        if (places.size() > 1) {
            EXPECT_TRUE(has(run.out, group["check"].get<std::string>() + ": ")) << run.out;
        }
    }
}

TEST_F(Finding, ThePageOfACopyNamesThePlacesOfTheCopy) {
    const auto run =
        storm({"run", broken(), "--keep-going", "--no-cause", "--seeds", "30", "--out", "first"});
    ASSERT_EQ(run.code, 0) << run.all();
    const auto groups = json("first/sweep.json")["groups"];
    ASSERT_GE(groups.size(), 2U);
    const auto other = groups[1]["directory"].get<std::string>();
    ASSERT_TRUE(other.starts_with("first/findings/")) << other;
    fs::copy(folder_ / "first", folder_ / "copy", fs::copy_options::recursive);
    const auto copied = "copy" + other.substr(5);
    for (const auto& place : {std::string("copy"), copied}) {
        const auto made = storm({"report", place});
        ASSERT_EQ(made.code, 0) << made.all();
        const auto page = read(place + "/report.html");
        EXPECT_TRUE(has(page, copied)) << place;
        EXPECT_FALSE(has(page, "first/") || has(page, "seed 3 first")) << place;
    }
    // What was not copied along is named where it is.
    fs::copy(folder_ / other, folder_ / "alone", fs::copy_options::recursive);
    ASSERT_EQ(storm({"report", "alone"}).code, 0);
    EXPECT_TRUE(has(read("alone/report.html"), "seed 3 first"));
    EXPECT_FALSE(has(read("alone/report.html"), other));
}

TEST_F(Finding, ThePrintedCommandGivesTheWholeSeedAgainAndLeavesTheFindingAlone) {
    write("a store.yaml", content(scenario("gallery/primary-backup.yaml")));
    const auto found = storm({"run", "a store.yaml", "--no-cause", "--swarm", "off", "--set",
                              "system.plant=acknowledge-before-replicate", "--format", "md"});
    ASSERT_EQ(found.code, 1) << found.all();
    const auto line = from(found.out, binary_ + " run ");
    EXPECT_TRUE(has(line, "'a store.yaml' --seed ")) << found.out;
    const auto place = from(found.out, "runs/a store-");
    const auto directory = place.substr(0, place.find('\''));
    const auto before = read(directory + "/verdict.json");
    const auto again = paste(line);
    EXPECT_EQ(again.code, 1) << again.all();
    EXPECT_TRUE(has(again.out, "VIOLATED")) << again.all();
    EXPECT_EQ(read(directory + "/verdict.json"), before);
    const auto seed = json(directory + "/verdict.json")["seed"].dump();
    EXPECT_TRUE(there("runs/a store-seed-" + seed + "/verdict.json"));
    EXPECT_EQ(read("runs/a store-seed-" + seed + "/plan.json"),
              read(directory + "/whole/plan.json"));
}

TEST_F(Finding, ARunReplacesItsOwnKindAndNothingElse) {
    fs::create_directory(folder_ / "other");
    const auto sound = content(scenario("demo/primary-backup-repaired.yaml"));
    write("s.yaml", sound);
    write("other/s.yaml", sound + "\n# another\n");
    ASSERT_EQ(storm({"run", "s.yaml", "--seed", "3"}).code, 0);
    const auto before = read("runs/s-seed-3/verdict.json");
    ASSERT_EQ(storm({"run", "other/s.yaml", "--seed", "3"}).code, 0);
    ASSERT_EQ(storm({"run", "s.yaml", "--seed", "3", "--set", "network.delay=9ms"}).code, 0);
    EXPECT_EQ(read("runs/s-seed-3/verdict.json"), before);
    EXPECT_EQ(json("runs/s-seed-3-2/verdict.json")["scenario"], "other/s.yaml");
    EXPECT_EQ(json("runs/s-seed-3-3/verdict.json")["settings"][0], "network.delay=9ms");
    ASSERT_EQ(storm({"run", "./s.yaml", "--seed", "3", "--set", "expect=pass"}).code, 0);
    EXPECT_FALSE(there("runs/s-seed-3-4"));
}

TEST_F(Finding, ThePageComesAgainFromTheDirectoryWordForWord) {
    ASSERT_EQ(storm({"run", broken(), "--seeds", "20", "--keep-going", "--out", "it"}).code, 0);
    ASSERT_EQ(storm({"run", scenario("demo/primary-backup-repaired.yaml"), "--seeds", "5", "--out",
                     "pass"})
                  .code,
              0);
    for (const std::string place : {"it", "pass"}) {
        const auto page = read(place + "/report.html");
        fs::remove(folder_ / place / "report.html");
        const auto made = storm({"report", place});
        EXPECT_EQ(made.code, 0) << made.all();
        EXPECT_TRUE(read(place + "/report.html") == page) << place;
    }
    EXPECT_TRUE(has(read("it/report.html"), "id=\"cause\""));
    EXPECT_TRUE(has(read("it/report.html"), "id=\"sweep\""));
    EXPECT_EQ(storm({"replay", "it/whole"}).code, 0) << "the run before it was made small";
}

TEST_F(Finding, WhatWasMendedIsToldOnThePass) {
    write("s.yaml", content(broken()));
    ASSERT_EQ(storm({"run", "s.yaml", "--no-cause", "--seeds", "20"}).code, 0);
    write("s.yaml", content(scenario("demo/primary-backup-repaired.yaml")));
    const std::string gone = "no-lost-acknowledged-writes/lost write/";
    const auto memory = fs::directory_iterator(folder_ / ".stormproof/known")->path();
    const auto known = content(memory);
    const auto pass = storm({"run", "s.yaml", "--seeds", "20"});
    EXPECT_TRUE(has(pass.out, "PASSED") && has(pass.out, "gone")) << pass.out;
    EXPECT_TRUE(has(pass.out, gone)) << pass.out;
    EXPECT_TRUE(has(read("runs/s/report.html"), gone));
    std::ofstream(memory) << known;
    const auto md = storm({"run", "s.yaml", "--seeds", "20", "--format", "md"});
    EXPECT_TRUE(has(md.out, "**gone**")) << md.out;
}

TEST_F(Finding, WhatNobodyJudgedIsNotGoneAndStaysKnown) {
    const std::string head =
        "stormproof: 1\n"
        "system: {use: primary-backup, nodes: 3, plant: acknowledge-before-replicate}\n"
        "network: {delay: 2ms, jitter: 1ms}\n"
        "workload: [{use: mix, clients: 3, rate: 10/s, for: 3s}]\n"
        "faults: [{use: random, from: [node.kill, net.partition, node.pause], every: 500ms}]\n";
    const std::string both = "checks: [linearizable, {use: progress, within: 10s}]\n";
    write("s.yaml", head + both);
    ASSERT_EQ(storm({"run", "s.yaml", "--no-cause"}).code, 1);
    const auto memory = fs::directory_iterator(folder_ / ".stormproof/known")->path();
    const auto known = content(memory);
    ASSERT_TRUE(has(known, "linearizable/stale read/")) << known;
    for (const auto& [text, why] :
         {std::pair{head + "checks: [{use: progress, within: 10s}]\n",
                    "the scenario does not name linearizable"},
          std::pair{head + both + "limits: {steps: 200}\n", "linearizable did not decide"}}) {
        write("s.yaml", text);
        const auto blind = storm({"run", "s.yaml", "--seeds", "30", "--out", "blind"});
        EXPECT_FALSE(has(blind.out, "no longer fails")) << blind.out;
        EXPECT_TRUE(has(blind.out, "not judged   linearizable/stale read/")) << blind.out;
        EXPECT_FALSE(has(read("blind/report.html"), ">gone<"));
        EXPECT_TRUE(has(read("blind/report.html"), why));
        ASSERT_EQ(json("blind/sweep.json")["open"].size(), 1U);
        EXPECT_TRUE(has(json("blind/sweep.json")["open"][0]["why"], why));
        EXPECT_EQ(content(memory), known);
    }
    write("s.yaml", head + both);
    const auto again = storm({"run", "s.yaml", "--no-cause", "--seeds", "50..60"});
    EXPECT_EQ(again.code, 1) << again.out;
    EXPECT_TRUE(has(again.out, "known")) << again.out;
}

TEST_F(Finding, KnownFailuresOfOneVariantAreNotThoseOfAnother) {
    const std::vector<std::string> plain = {
        "run", scenario("gallery/primary-backup.yaml"), "--seeds", "3", "--format", "json"};
    auto planted = plain;
    planted.insert(planted.end(),
                   {"--no-cause", "--set", "system.plant=acknowledge-before-replicate"});
    planted[3] = "200";
    ASSERT_EQ(storm(planted).code, 1);
    const auto sound = Json::parse(storm(plain).out);
    EXPECT_EQ(sound["run"], 3) << "no seed of another variant runs first";
    EXPECT_TRUE(sound["gone"].empty()) << sound["gone"];
    EXPECT_EQ(Json::parse(storm(planted).out)["groups"][0]["known"], true);
    std::set<std::string> sentences;
    std::size_t lines = 0;
    for (const auto& file : fs::directory_iterator(folder_ / ".stormproof/known")) {
        std::istringstream text(content(file.path()));
        for (std::string line; std::getline(text, line); ++lines) {
            sentences.insert(Json::parse(line)["sentence"]);
        }
    }
    EXPECT_GE(lines, 1U);
    EXPECT_FALSE(sentences.contains(""));
}

TEST_F(Finding, WithoutANameTheNewestRunIsMeantWhereverItLies) {
    const auto none = storm({"replay"});
    EXPECT_EQ(none.code, 64);
    EXPECT_TRUE(has(none.err, "no run yet")) << none.err;
    const auto sound = scenario("demo/primary-backup-repaired.yaml");
    ASSERT_EQ(storm({"run", sound, "--seed", "3"}).code, 0);
    ASSERT_EQ(storm({"run", sound, "--seed", "4", "--out", "elsewhere/it"}).code, 0);
    const auto newest = storm({"replay"});
    EXPECT_TRUE(has(newest.out, "seed 4")) << newest.all();
    ASSERT_EQ(storm({"run", sound, "--seed", "5"}).code, 0);
    EXPECT_TRUE(has(storm({"replay"}).out, "seed 5"));
}

TEST_F(Finding, APassLeavesItsCountsAndItsPageButNoRun) {
    const auto sound = scenario("demo/primary-backup-repaired.yaml");
    const auto pass = storm({"run", sound, "--seeds", "5", "--out", "it"});
    EXPECT_TRUE(has(pass.out, "it/report.html")) << pass.out;
    EXPECT_EQ(json("it/sweep.json")["run"], 5);
    EXPECT_TRUE(has(read("it/junit.xml"), "failures=\"0\""));
    EXPECT_TRUE(has(read("it/report.html"), "PASSED"));
    EXPECT_FALSE(has(read("it/report.html"), "No fault was planned"));
    const auto replay = storm({"replay", "it"});
    EXPECT_EQ(replay.code, 64);
    EXPECT_TRUE(has(replay.err, "nothing failed")) << replay.err;
    EXPECT_EQ(storm({"run", sound, "--seeds", "5", "--out", "it"}).code, 0) << "over itself";
    EXPECT_EQ(storm({"run", sound, "--seeds", "5"}).code, 0);
    EXPECT_TRUE(there("runs/primary-backup-repaired/sweep.json"));
}

TEST_F(Finding, ThePageMarksThePhaseOfTheHypothesisThatFailedAndItsPromise) {
    const auto page = [&](const std::string& check, const std::string& seed) {
        write("slow.yaml",
              "stormproof: 1\nsystem: {use: primary-backup, nodes: 3}\n"
              "network: {delay: 2ms, jitter: 500us}\n"
              "workload: [{use: mix, clients: 2, rate: 10/s, for: 3s}]\n"
              "faults: [{at: 1s, for: 500ms, use: net.delay, delay: 60ms, target: all}]\n"
              "for: 2s\nchecks: [{use: steady-state, " +
                  check + "}]\n");
        EXPECT_NE(storm({"run", "slow.yaml", "--seed", seed, "--out", "it"}).code, 65);
        const auto text = read("it/report.html");
        const auto from = text.find("id=\"hypothesis\"");
        return text.substr(from, text.find("</table>", from) - from);
    };
    const std::string not_held = "✗ not held";
    // Under the faults 372.025 ms where 200 ms was promised; all succeeded.
    const auto slow = page("p99: 30ms, during_p99: 200ms, success: 99%, during_success: 50%", "2");
    const auto success = slow.substr(0, slow.find("p99 latency"));
    const auto latency = slow.substr(success.size());
    EXPECT_FALSE(has(success, not_held)) << slow;
    EXPECT_TRUE(has(success, "≥ 50 %") && has(success, "≥ 99 %")) << slow;
    const auto at = latency.find(not_held);
    EXPECT_EQ(latency.rfind("≤ 200 ms"), latency.find("≤ 200 ms")) << "once: " << slow;
    EXPECT_TRUE(has(latency, "372 ms <b class=\"no\">✗ not held</b>")) << slow;
    EXPECT_EQ(latency.find(not_held, at + 1), std::string::npos) << slow;
    // Where the system was not well before, nothing was held or not; and 13.483 ms is not 13.4.
    const auto unsteady = page("p99: 13.45ms, success: 99%", "1");
    EXPECT_FALSE(has(unsteady, not_held)) << unsteady;
    EXPECT_TRUE(has(unsteady, "not steady")) << unsteady;
    EXPECT_TRUE(has(unsteady, "no promise")) << unsteady;
}

}  // namespace
}  // namespace storm::sdk::testing
