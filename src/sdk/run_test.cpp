// Tests of `run` and of the command line: goal: what a user types gets the documented exit code,
// a result on stdout that its format's readers take, and remarks that help.
// Method: the real program in an empty folder, on the two scenarios of the demo (one store with a
// planted bug that shows within the first few seeds, and its repaired variant).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Run : public Program {
protected:
    [[nodiscard]] std::string broken() const { return scenario("demo/primary-backup.yaml"); }
    [[nodiscard]] std::string sound() const {
        return scenario("demo/primary-backup-repaired.yaml");
    }
};

TEST_F(Run, ExitsZeroOnAPassAndWhereAViolationIsExpected) {
    const auto pass = storm({"run", sound(), "--seeds", "10"});
    EXPECT_EQ(pass.code, 0) << pass.all();
    EXPECT_TRUE(has(pass.out, "PASSED")) << pass.out;
    // No progress where stderr is no terminal; a build without guards says so, in one line.
    const bool noted =
        pass.err.ends_with("(see doctor)\n") && std::ranges::count(pass.err, '\n') == 1;
    EXPECT_TRUE(sdk::testing::sanitized ? noted : pass.err.empty()) << pass.err;
    const auto expected = storm({"run", broken(), "--no-cause", "--seeds", "50"});
    EXPECT_EQ(expected.code, 0) << expected.all();
    EXPECT_TRUE(has(expected.out, "VIOLATED   no-lost-acknowledged-writes")) << expected.out;
}

TEST_F(Run, ExitsOneOnAViolationThatIsNotExpectedAndOnAPassThatIsNot) {
    const auto broke =
        storm({"run", broken(), "--no-cause", "--seeds", "50", "--set", "expect=pass"});
    EXPECT_EQ(broke.code, 1) << broke.all();
    const auto unmet = storm({"run", sound(), "--seeds", "5", "--set", "expect=violated"});
    EXPECT_EQ(unmet.code, 1) << unmet.all();
}

TEST_F(Run, ExitsTwoWhereARequiredFaultFoundNothingToDo) {
    write("idle.yaml",
          "stormproof: 1\ntitle: Idle\nsystem: {use: primary-backup, nodes: 3}\n"
          "workload:\n  - {use: mix, clients: 1, rate: 5/s, for: 1s}\n"
          "faults:\n"
          "  - {use: node.crash_at, at: 1ms, target: n1, site: raft/restart-after-vote}\n"
          "checks: [linearizable]\nexpect: pass\n");
    const auto idle = storm({"run", "idle.yaml", "--seed", "1"});
    EXPECT_EQ(idle.code, 2) << idle.all();
    EXPECT_TRUE(has(idle.out, "INCONCLUSIVE")) << idle.out;
}

TEST_F(Run, ThatComesToItsLimitOfEventsNamesTheKeyThatRaisesIt) {
    const auto run = storm({"run", sound(), "--seed", "1", "--set", "limits={steps: 1000}"});
    EXPECT_EQ(run.code, 2) << run.all();
    EXPECT_FALSE(has(run.out, "VIOLATED")) << run.out;
    EXPECT_TRUE(has(one_line(run.out), "1,000 events")) << run.out;
    EXPECT_TRUE(has(run.out, "`limits: {steps: 1000}`")) << run.out;
    EXPECT_TRUE(has(run.out, "`for`")) << run.out;
}

TEST_F(Run, ThatIsCutShortIsNoVerdictOfAnyCheck) {
    // The heal is behind it, and n3 would have caught up.
    const auto raft = scenario("gallery/raft.yaml");
    const auto cut =
        storm({"run", raft, "--seed", "23", "--set", "limits.steps=1500", "--out", "it"});
    EXPECT_EQ(cut.code, 2) << cut.all();
    EXPECT_TRUE(has(read("it/verdict.json"), "\"complete\":false")) << cut.all();
    // In a burst of events, 600 of which are few.
    const auto burst = storm({"run", raft, "--seed", "99", "--set", "limits.steps=600"});
    EXPECT_EQ(burst.code, 2) << burst.all();
    EXPECT_TRUE(has(burst.out, "getting on all the time")) << burst.out;
}

TEST_F(Run, NamesInEveryFormWhatTheModeLeavesOut) {
    write("all.yaml",
          "stormproof: 1\ntitle: All\nsystem: {use: register, nodes: 3}\nworkload:\n"
          "  - {use: mix, clients: 1, rate: 5/s, for: 1s}\nmode: unlimited\n"
          "checks: [linearizable, {use: latency, p99: 1ns}]\n");
    const std::string left = "latency: mode: unlimited checks safety only";
    const auto text = storm({"run", "all.yaml", "--seed", "1"});
    EXPECT_TRUE(has(text.out, "not judged") && has(text.out, left)) << text.out;
    const auto md = storm({"run", "all.yaml", "--seed", "1", "--format", "md"});
    EXPECT_TRUE(has(md.out, "Not judged: " + left)) << md.out;
}

TEST_F(Run, NamesTheWordThatIsWrongAndTheNearestThatIsRight) {
    const auto command = storm({"rnu"});
    EXPECT_EQ(command.code, 64);
    EXPECT_TRUE(has(command.err, "rnu") && has(command.err, "did you mean run?")) << command.err;
    const auto option = storm({"run", sound(), "--sed", "3"});
    EXPECT_EQ(option.code, 64);
    EXPECT_TRUE(has(option.err, "--sed") && has(option.err, "did you mean --seed")) << option.err;
    const auto below = storm({"fault", "explian", "net.loss"});
    EXPECT_EQ(below.code, 64);
    EXPECT_TRUE(has(below.err, "did you mean explain?")) << below.err;
    const auto number = storm({"run", sound(), "--seed", "x"});
    EXPECT_EQ(number.code, 64);
    EXPECT_TRUE(has(number.err, "--seed: x is no whole number")) << number.err;
}

TEST_F(Run, RefusesBadOptionsWith64AndAnAbsentWorldWith69) {
    EXPECT_EQ(storm({"run", sound(), "--seeds", "9..2"}).code, 64);
    EXPECT_EQ(storm({"run", sound(), "--for", "5parsec"}).code, 64);
    EXPECT_EQ(storm({"run", sound(), "--set", "novalue"}).code, 64);
    EXPECT_EQ(storm({"run", sound(), "--swarm", "maybe"}).code, 64);
    EXPECT_EQ(storm({"run", "nothing.yaml"}).code, 64);
    const auto world = storm({"run", sound(), "--world", "mars"});
    EXPECT_EQ(world.code, 69);
    EXPECT_TRUE(has(world.err, "mars") && has(world.err, "sim")) << world.err;
    const auto set = storm({"run", sound(), "--set", "network.delay=5parsec"});
    EXPECT_EQ(set.code, 65);
    EXPECT_TRUE(has(set.err, "5parsec")) << set.err;
}

TEST_F(Run, AloneItPrintsItsHelp) {
    const auto help = storm({});
    EXPECT_EQ(help.code, 0);
    EXPECT_TRUE(has(help.out, "run") && has(help.out, "replay")) << help.all();
    EXPECT_EQ(storm({"--version"}).code, 0);
}

TEST_F(Run, OneSeedLeavesARunDirectoryAndTheSamePlanAsThePlanCommand) {
    const auto run = storm({"run", sound(), "--seed", "3"});
    ASSERT_EQ(run.code, 0) << run.all();
    const std::string place = "runs/primary-backup-repaired-seed-3/";
    for (const auto* file : {"verdict.json", "plan.json", "decisions.jsonl", "history.jsonl",
                             "events.jsonl", "metrics.om", "junit.xml", "report.html"}) {
        EXPECT_TRUE(there(place + file)) << file;
    }
    const auto plan = storm({"plan", sound(), "--seed", "3"});
    EXPECT_EQ(plan.out, read(place + "plan.json"));
    EXPECT_TRUE(has(run.out, binary_ + " replay runs/primary-backup-repaired-seed-3")) << run.out;
}

TEST_F(Run, PrintsCommandsAsItWasCalledAndQuotesWhatAShellWouldSplit) {
    const auto run = storm({"run", sound(), "--seed", "3", "--out", "a run"},
                           {.in_child = {}, .meanwhile = {}, .program = "stormproof"});
    EXPECT_TRUE(has(run.out, "stormproof replay 'a run'")) << run.out;
}

TEST_F(Run, OneWorkerAndTwoFindTheSameLowestSeedAndTheSameSmallestRun) {
    const auto one = storm({"run", broken(), "--no-cause", "--jobs", "1", "--out", "one"});
    const auto two = storm({"run", broken(), "--no-cause", "--jobs", "2", "--out", "two"});
    ASSERT_EQ(one.code, 0) << one.all();
    ASSERT_EQ(two.code, 0) << two.all();
    const auto lowest = [&](const std::string& place) {
        return nlohmann::json::parse(read(place + "/sweep.json"))["groups"][0]["lowest"].dump();
    };
    EXPECT_EQ(lowest("one"), lowest("two"));
    EXPECT_EQ(read("one/events.jsonl"), read("two/events.jsonl"));
    EXPECT_EQ(read("one/plan.json"), read("two/plan.json"));
}

TEST_F(Run, KeepGoingCountsSeedsByReasonAndDoesNotListThem) {
    const auto run =
        storm({"run", broken(), "--keep-going", "--no-cause", "--seeds", "60", "--format", "json"});
    ASSERT_EQ(run.code, 0) << run.all();
    const auto sweep = nlohmann::json::parse(run.out);
    EXPECT_EQ(sweep["run"], 60);
    ASSERT_GE(sweep["groups"].size(), 1U);
    std::vector<std::string> reasons;
    for (const auto& group : sweep["groups"]) reasons.push_back(group["reason"]);
    std::ranges::sort(reasons);
    EXPECT_EQ(std::ranges::adjacent_find(reasons), reasons.end()) << "a reason stands once";
}

TEST_F(Run, GoesOnForTheTimeThatWasAsked) {
    const auto began = std::chrono::steady_clock::now();
    const auto run = storm({"run", sound(), "--for", "1s", "--format", "json"});
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, std::chrono::milliseconds(950));
    EXPECT_LT(took, std::chrono::seconds(20));
    EXPECT_GT(nlohmann::json::parse(run.out)["run"].get<int>(), 1);
}

TEST_F(Run, EveryFormatIsOneThatItsReadersTake) {
    const auto in = [&](const char* format) {
        return storm({"run", broken(), "--no-cause", "--seeds", "10", "--set", "expect=pass",
                      "--format", format})
            .out;
    };
    EXPECT_TRUE(nlohmann::json::accept(in("json")));
    std::istringstream lines(in("jsonl"));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    }
    EXPECT_GE(count, 2) << "a reason and the sweep";
    const auto junit = in("junit");
    EXPECT_TRUE(junit.starts_with("<?xml") && has(junit, "</testsuites>")) << junit;
    EXPECT_TRUE(has(junit, "<testsuite name=\"" + broken() + "\"")) << junit;
    EXPECT_TRUE(has(junit, "<failure")) << junit;
    const auto tap = in("tap");
    EXPECT_TRUE(tap.starts_with("TAP version 14\n1..") && has(tap, "\nnot ok 1")) << tap;
    EXPECT_TRUE(in("md").starts_with("###"));
}

TEST_F(Run, QuietIsTheVerdictAlone) {
    const auto run = storm({"run", sound(), "--seeds", "10", "--quiet"});
    EXPECT_TRUE(run.out.starts_with("PASSED")) << run.out;
    EXPECT_FALSE(has(run.out, "exercised")) << run.out;
    EXPECT_EQ(run.err, "");
}

TEST_F(Run, SwarmOffIsAnotherPlan) {
    const auto with = storm({"plan", sound(), "--seed", "4"});
    const auto without = storm({"plan", sound(), "--seed", "4", "--set", "swarm=off"});
    EXPECT_NE(with.out, without.out);
    EXPECT_EQ(storm({"run", sound(), "--seeds", "5", "--swarm", "off"}).code, 0);
}

TEST_F(Run, NamesNoFailureAboveTheSeedThatEndsTheSweep) {
    for (int i = 0; i < 3; ++i) {
        fs::remove_all(folder_ / ".stormproof");
        const auto answer =
            storm({"run", scenario("gallery/raft.yaml"), "--set",
                   "system.plant=quorum-without-self", "-j", "2", "--no-cause", "--out", "it"});
        ASSERT_EQ(answer.code, 1) << answer.all();
        const auto last = nlohmann::json::parse(read("it/sweep.json"))["last"].get<unsigned long>();
        const auto known = content(fs::directory_iterator(folder_ / ".stormproof/known")->path());
        const std::string told = "✗ seed ";
        for (auto at = answer.err.find(told); at != std::string::npos;
             at = answer.err.find(told, at + 1)) {
            const auto seed = std::stoul(answer.err.substr(at + told.size()));
            EXPECT_LE(seed, last) << answer.err;
            EXPECT_TRUE(has(known, "\"seed\":" + std::to_string(seed) + ",")) << answer.err;
        }
    }
}

TEST_F(Run, KnownFailuresRunFirstAndAreGoneAfterTheFix) {
    const auto text = content(broken());
    write("store.yaml", text);
    const auto first = storm({"run", "store.yaml", "--no-cause", "--format", "json"});
    ASSERT_EQ(first.code, 0) << first.all();
    const auto seed = nlohmann::json::parse(first.out)["groups"][0]["lowest"].get<std::uint64_t>();
    // Seeds that do not reach the failure: what is known runs all the same.
    const std::string far = std::to_string(seed + 5000) + ".." + std::to_string(seed + 5000);
    const auto again =
        storm({"run", "store.yaml", "--no-cause", "--seeds", far, "--format", "json"});
    const auto groups = nlohmann::json::parse(again.out)["groups"];
    ASSERT_GE(groups.size(), 1U) << again.out;
    const auto known = std::ranges::find_if(
        groups, [&](const auto& g) { return g["lowest"].template get<std::uint64_t>() == seed; });
    ASSERT_NE(known, groups.end()) << again.out;
    EXPECT_EQ((*known)["known"], true);
    write("store.yaml", content(sound()));
    const auto repaired = storm({"run", "store.yaml", "--seeds", far, "--format", "json"});
    EXPECT_GE(nlohmann::json::parse(repaired.out)["gone"].size(), 1U) << repaired.out;
    const auto after = storm({"run", "store.yaml", "--seeds", far, "--format", "json"});
    EXPECT_EQ(nlohmann::json::parse(after.out)["gone"].size(), 0U) << after.out;
}

}  // namespace
}  // namespace storm::sdk::testing
