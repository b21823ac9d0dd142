// Tests of trouble: goal: files that are wrong, disks that refuse and signals in the middle are
// ordinary events with a clear message and the documented exit code, and lose nothing.
// Method: the real program; limits and signals set between fork and exec or while it runs.
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Trouble : public Program {
protected:
    /// The answer to a scenario file of this text: must be 65 with file:line:column.
    void refused(const std::string& text, const std::string& what,
                 const std::string& says = {}) const {
        write("bad.yaml", text);
        const auto answer = storm({"validate", "bad.yaml"});
        EXPECT_EQ(answer.code, 65) << what << "\n" << answer.all();
        EXPECT_TRUE(has(answer.err, "bad.yaml:")) << what << "\n" << answer.err;
        EXPECT_TRUE(has(answer.err, says)) << what << "\n" << answer.err;
        EXPECT_LT(answer.err.size(), 20'000U) << what;
        EXPECT_EQ(storm({"run", "bad.yaml"}).code, 65) << what;
    }
    [[nodiscard]] std::string sound() const {
        return scenario("demo/primary-backup-repaired.yaml");
    }
    [[nodiscard]] std::string broken() const { return scenario("demo/primary-backup.yaml"); }
};

TEST_F(Trouble, AScenarioThatIsWrongIsRefusedWithItsPlace) {
    const std::string good = content(scenario("demo/primary-backup-repaired.yaml"));
    refused("", "empty");
    refused(std::string("\x7f"
                        "ELF\x02\x01\x00\xff\xfe\x00",
                        10),
            "binary");
    refused(good + "\nexpect: pass\n", "a key twice");
    refused(good + "\nexpcet: pass\n", "an unknown key");
    refused(good + "\nmode: 3 parsecs\n", "a wrong value");
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 9; ++j) bomb += "*a" + std::to_string(i - 1) + (j < 8 ? "," : "]\n");
    }
    refused(bomb, "aliases");
    const std::string head =
        "stormproof: 1\ntitle: T\nsystem: {use: register, nodes: 3}\nworkload:\n"
        "  - {use: mix, clients: 1, rate: 5/s, for: 1s}\nchecks: [linearizable]\nfaults:\n";
    refused(head + "  - {use: net.loss, at: 40parsecs, probability: 50%}\n", "a wrong unit",
            "unknown unit");
    refused(head + "  - {use: node.kill, at: 1s, for: 1s, target: n9}\n", "an absent node", "n9");
    refused(head + "  - {use: net.partitoin, at: 1s}\n", "an unknown fault",
            "did you mean net.partition?");
    refused(head + "  - {use: node.crash_at, at: 1s, target: n1, site: raft/compct-now}\n",
            "an absent code point", "did you mean raft/compact-now?");
}

TEST_F(Trouble, AFileOfAHundredMegabytesIsRefusedAtOnce) {
    write("big.yaml", "");
    fs::resize_file(folder_ / "big.yaml", 100UL << 20U);
    const auto answer = storm({"validate", "big.yaml"});
    EXPECT_EQ(answer.code, 65) << answer.all();
    EXPECT_TRUE(has(answer.err, "big.yaml") && has(answer.err, "at most")) << answer.err;
}

TEST_F(Trouble, AFaultThatAWorldCannotDoIs69BeforeAnythingRuns) {
    const auto answer =
        storm({"run", scenario("faults/clock-drift.yaml"), "--world", "local", "--seed", "1"});
    EXPECT_EQ(answer.code, 69) << answer.all();
    EXPECT_TRUE(has(answer.err, "clock.drift")) << answer.err;
    EXPECT_FALSE(there("runs"));
}

TEST_F(Trouble, APlaceThatCannotBeWrittenIsSaidBeforeTheWork) {
    write("file", "mine");
    fs::create_directory(folder_ / "mine");
    write("mine/notes", "mine");
    fs::create_directory(folder_ / "empty");
    fs::create_directory_symlink("empty", folder_ / "link");
    for (const std::string place : {"file/below", "file", "mine", "/proc/nothing", "link"}) {
        const auto answer = storm({"run", broken(), "--seeds", "1000000", "--out", place});
        const bool refused = place == "mine" ? answer.code == 64  // Nothing the machine refused.
                                             : answer.code == 70 || answer.code == 77;
        EXPECT_TRUE(refused) << place << "\n" << answer.all();
        EXPECT_TRUE(has(answer.err, place)) << answer.err;
        EXPECT_EQ(answer.out, "");
    }
    EXPECT_EQ(read("file"), "mine");
    EXPECT_EQ(read("mine/notes"), "mine");
}

TEST_F(Trouble, NoRunTakesThePlaceOfAFolderThatWeAreIn) {
    for (const auto& [place, says] :
         {std::pair<std::string, std::string>{".", ". is the folder we are in"},
          {"./", ". is the folder we are in"},
          {"..", ".. is a folder above the one we are in"},
          {"/", "/ is a folder above the one we are in"}}) {
        for (const auto* what : {"--seeds", "--seed"}) {
            const auto answer = storm({"run", broken(), what, "3", "--out", place});
            EXPECT_EQ(answer.code, 64) << place << "\n" << answer.all();
            EXPECT_TRUE(has(answer.err, says)) << answer.err;
            EXPECT_TRUE(has(answer.err, "/NAME")) << answer.err;
            EXPECT_EQ(answer.out, "");
        }
    }
}

TEST_F(Trouble, AFullDiskIsSaidAndLeavesNothingHalfWritten) {
    const auto answer = storm({"run", broken(), "--no-cause", "--seeds", "50", "--out", "runs/it"},
                              {.in_child =
                                   [] {
                                       const rlimit small{20'000, 20'000};
                                       setrlimit(RLIMIT_FSIZE, &small);
                                   },
                               .meanwhile = {},
                               .program = {},
                               .shell = {}});
    EXPECT_EQ(answer.code, 70) << answer.all();
    EXPECT_TRUE(has(answer.err, "File too large")) << answer.err;
    EXPECT_FALSE(there("runs/it"));
    if (there("runs")) EXPECT_TRUE(fs::is_empty(folder_ / "runs"));
    // What was found out is not lost with it.
    EXPECT_TRUE(has(answer.out, "VIOLATED   no-lost-acknowledged-writes")) << answer.out;
    EXPECT_TRUE(has(answer.out, "put y=801") && has(answer.out, " --seed ")) << answer.out;
    EXPECT_FALSE(has(answer.out, "runs/it")) << answer.out;
    EXPECT_TRUE(there(".stormproof/known"));
}

TEST_F(Trouble, AScenarioThatCannotBeSavedIsSaidBeforeTheWork) {
    ASSERT_EQ(storm({"run", broken(), "--no-cause", "--seed", "3"}).code, 0);
    for (const auto* place : {"nowhere/x.yaml", "runs", "/proc/x.yaml"}) {
        const auto answer = storm({"shrink", "--save", place});
        EXPECT_TRUE(answer.code == 70 || answer.code == 77) << place << "\n" << answer.all();
        EXPECT_TRUE(has(answer.err, place)) << answer.err;
        EXPECT_EQ(answer.out, "");
    }
    EXPECT_FALSE(there("runs/primary-backup-seed-3-small"));
}

TEST_F(Trouble, AFileThatIsThereIsNotReplacedByASavedScenario) {
    ASSERT_EQ(storm({"run", broken(), "--no-cause", "--seed", "3"}).code, 0);
    write("mine.yaml", "mine");
    const auto answer = storm({"shrink", "--save", "mine.yaml"});
    EXPECT_EQ(answer.code, 64) << answer.all();
    EXPECT_TRUE(has(answer.err, "mine.yaml: there is such a file already")) << answer.err;
    EXPECT_TRUE(has(answer.err, "another name")) << answer.err;
    EXPECT_EQ(read("mine.yaml"), "mine");
    EXPECT_FALSE(there("runs/primary-backup-seed-3-small"));
}

TEST_F(Trouble, TooFewDescriptorsAreSaidAndBlameNoSystem) {
    const auto sound = scenario("demo/primary-backup-repaired.yaml");
    // To look at an object UBSan makes a pipe, and blames the object where it cannot.
    for (rlim_t few = sanitized ? 12 : 8; few <= 24; ++few) {
        const Twist poor{.in_child =
                             [few] {
                                 const rlimit limit{few, few};
                                 setrlimit(RLIMIT_NOFILE, &limit);
                             },
                         .meanwhile = {},
                         .program = {},
                         .shell = {}};
        for (const char* seeds : {"--seed", "--seeds"}) {
            const auto answer = storm({"run", sound, seeds, "3", "--no-cause"}, poor);
            EXPECT_TRUE(answer.code == 0 || answer.code == 70) << few << answer.all();
            EXPECT_FALSE(has(answer.out, "VIOLATED")) << few << answer.all();
            if (answer.code == 70) EXPECT_TRUE(has(answer.err, "error:")) << few << answer.all();
        }
    }
}

TEST_F(Trouble, APageThatCannotBeWrittenIsNamedAsItWouldBeCalled) {
    ASSERT_EQ(storm({"run", broken(), "--no-cause", "--seed", "3", "--out", "runs/it"}).code, 0);
    const Twist full{.in_child =
                         [] {
                             const rlimit small{1'000, 1'000};
                             setrlimit(RLIMIT_FSIZE, &small);
                         },
                     .meanwhile = {},
                     .program = {},
                     .shell = {}};
    const auto answer = storm({"report", "runs/it"}, full);
    EXPECT_EQ(answer.code, 70) << answer.all();
    EXPECT_TRUE(has(answer.err, "runs/it/report.html: File too large")) << answer.err;
}

TEST_F(Trouble, AFolderThatCannotBeMadeHasOneExitCode) {
    const auto run = storm({"run", broken(), "--out", "/proc/x"});
    const auto init = storm({"init", "/proc/x"});
    EXPECT_EQ(run.code, 70) << run.all();
    EXPECT_EQ(init.code, run.code) << init.all();
    EXPECT_TRUE(has(init.err, "/proc/x")) << init.err;
}

TEST_F(Trouble, OnAFullDiskInitLeavesNothingBehind) {
    const Twist full{.in_child =
                         [] {
                             const rlimit small{700, 700};
                             setrlimit(RLIMIT_FSIZE, &small);
                         },
                     .meanwhile = {},
                     .program = {},
                     .shell = {}};
    fs::create_directory(folder_ / "empty");
    for (const std::string place : {"new/deep", "empty"}) {
        const auto answer = storm({"init", place}, full);
        EXPECT_EQ(answer.code, 70) << answer.all();
        EXPECT_TRUE(has(answer.err, place)) << answer.err;
        EXPECT_EQ(answer.out, "");
    }
    EXPECT_FALSE(fs::exists(folder_ / "new"));
    EXPECT_TRUE(fs::is_empty(folder_ / "empty"));
    EXPECT_EQ(storm({"init", "new/deep"}).code, 0);
}

TEST_F(Trouble, InitPrintsACommandThatCanBePasted) {
    const auto answer = storm({"init", "my sys é"});
    EXPECT_EQ(answer.code, 0) << answer.all();
    EXPECT_TRUE(has(answer.out, "\nNext:  cd 'my sys é' && make test\n")) << answer.out;
}

TEST_F(Trouble, APipeIsReadWhereNothingIsLeftBehindAndElseRefused) {
    for (const auto& [command, code] : {std::pair{"validate", 0}, {"plan", 0}, {"run", 65}}) {
        write("pipe.sh", "exec 3>&1; mkfifo pipe || exit 9; cat '" + sound() + "' >pipe & '" +
                             binary_ + "' " + command + " pipe; rc=$?; kill $! 2>/dev/null; " +
                             "rm pipe; exit $rc");
        const auto answer =
            storm({}, {.in_child = {}, .meanwhile = {}, .program = {}, .shell = "pipe.sh"});
        EXPECT_EQ(answer.code, code) << command << "\n" << answer.all();
        if (code != 0) EXPECT_TRUE(has(answer.err, "pipe: a pipe;")) << answer.err;
    }
}

TEST_F(Trouble, WhatATitleOrANameHoldsReachesNoTerminalRaw) {
    const auto good = content(sound());
    const auto at = good.find("title: ");
    ASSERT_NE(at, std::string::npos);
    const auto text = good.substr(0, at) + "title: \"a\\e[2Jb\"" + good.substr(good.find('\n', at));
    refused(text, "a title", "title has the control character U+001B");
    refused(good + "\n\"ex\\e[2Jpect\": pass\n", "a key", "unknown key");
    write("a\033[2Jb.yaml", good);
    const auto named = storm({"validate", "a\033[2Jb.yaml"});
    EXPECT_EQ(named.code, 0) << named.all();
    for (const auto& answer : {storm({"validate", "bad.yaml"}), named, storm({"run", "\033[2J"}),
                               storm({"replay", "\033[2J"})}) {
        EXPECT_FALSE(has(answer.all(), "\033")) << answer.all();
    }
}

TEST_F(Trouble, AShrinkThatWasCutShortSaysByWhom) {
    // Slow to make small: a real failure of a large scenario, and a budget of next to nothing.
    ASSERT_EQ(storm({"run", broken(), "--no-cause", "--seed", "3"}).code, 0);
    const auto spent = storm({"shrink", "runs/primary-backup-seed-3", "--budget", "1ns"});
    EXPECT_EQ(spent.code, 0) << spent.all();
    EXPECT_TRUE(has(spent.out, "cut short") && has(spent.out, "--budget")) << spent.out;
    const auto none = storm({"shrink", "runs/primary-backup-seed-3", "--budget", "0s"});
    EXPECT_EQ(none.code, 64) << none.all();
    EXPECT_TRUE(has(none.err, "--budget 0s: no time at all")) << none.err;
    // Too early nobody listens yet, and too late it is done: some moment between is met.
    int met = 0;
    for (int wait = 5; wait < 2'000 && met == 0; wait += wait / 4 + 3) {
        const auto stopped = storm({"shrink", "runs/primary-backup-seed-3", "--budget", "1h"},
                                   {.in_child = {},
                                    .meanwhile =
                                        [wait](pid_t child) {
                                            pause_for(wait);
                                            kill(child, SIGINT);
                                        },
                                    .program = {},
                                    .shell = {}});
        if (stopped.signal == SIGINT) continue;
        if (stopped.code == 0) break;
        EXPECT_EQ(stopped.code, 130) << stopped.all();
        EXPECT_FALSE(has(stopped.all(), "no run fails")) << stopped.all();
        met += has(stopped.out, "VIOLATED") ? 1 : 0;
    }
    EXPECT_EQ(met, 1) << "no interrupt fell into the shrinking";
}

TEST_F(Trouble, AnInterruptEndsASweepWithATruthfulPartialReport) {
    const auto answer = storm({"run", sound(), "--seeds", "10000000", "--format", "json"},
                              {.in_child = {},
                               .meanwhile =
                                   [](pid_t child) {
                                       pause_for(700);
                                       kill(child, SIGINT);
                                   },
                               .program = {},
                               .shell = {}});
    EXPECT_EQ(answer.code, 130) << answer.all();
    const auto report = nlohmann::json::parse(answer.out);
    EXPECT_EQ(report["stopped"], true);
    EXPECT_EQ(report["asked"], 10'000'000);
    EXPECT_LT(report["run"].get<std::uint64_t>(), 10'000'000U);
    EXPECT_EQ(report["verdict"], "inconclusive") << "it says nothing of the rest";
    const auto page = storm({"report", report["directory"].get<std::string>()});
    EXPECT_EQ(page.code, 0) << page.all();
    const auto text = read(report["directory"].get<std::string>() + "/report.html");
    EXPECT_TRUE(has(text, "STOPPED") && has(text, "no failure so far"));
}

TEST_F(Trouble, WhatASweepFoundIsKnownThoughItWasKilled) {
    const auto answer = storm({"run", broken(), "--seeds", "10000000", "--keep-going"},
                              {.in_child = {},
                               .meanwhile =
                                   [&](pid_t child) {
                                       for (int i = 0; i < 200; ++i) {
                                           if (there(".stormproof/known")) break;
                                           pause_for(20);
                                       }
                                       pause_for(100);
                                       kill(child, SIGKILL);
                                   },
                               .program = {},
                               .shell = {}});
    EXPECT_EQ(answer.signal, SIGKILL);
    // Each failure that was told is known, and has a directory as soon as somebody asks for it.
    std::string known;
    for (const auto& file : fs::directory_iterator(folder_ / ".stormproof/known")) {
        known += content(file.path());
    }
    const std::string told = "✗ seed ";
    std::size_t count = 0;
    for (auto at = answer.err.find(told); at != std::string::npos;
         at = answer.err.find(told, at + 1)) {
        const auto seed = std::to_string(std::stoul(answer.err.substr(at + told.size())));
        EXPECT_TRUE(has(known, "\"seed\":" + seed + ",")) << known << answer.err;
        ++count;
    }
    EXPECT_GT(count, 0U) << answer.err;
    const auto next = storm({"run", broken(), "--no-cause", "--seeds", "1", "--format", "json"});
    const auto groups = nlohmann::json::parse(next.out)["groups"];
    ASSERT_FALSE(groups.empty()) << next.all();
    EXPECT_EQ(groups[0]["known"], true);
    for (const auto& group : groups) {
        const auto directory = group["directory"].get<std::string>();
        EXPECT_TRUE(there(directory + "/verdict.json")) << next.out;
        EXPECT_EQ(storm({"replay", directory}).code, 0);
    }
}

TEST_F(Trouble, WhatAKilledProcessLeftIsClearedByTheNext) {
    ASSERT_EQ(storm({"run", sound(), "--seed", "3"}).code, 0);
    const auto runs = folder_ / "runs";
    const auto mine = "x.new-" + std::to_string(getpid());  // Of a process that lives.
    fs::create_directory(runs / "gone.new-4194303");
    fs::create_directory(runs / mine);
    // It was killed between two renames: the only whole run is the old one.
    fs::rename(runs / "primary-backup-repaired-seed-3", runs / "it.old-4194303");
    ASSERT_EQ(storm({"run", sound(), "--seed", "4"}).code, 0);
    EXPECT_FALSE(there("runs/gone.new-4194303"));
    EXPECT_TRUE(there("runs/" + mine));
    EXPECT_EQ(storm({"replay", "runs/it"}).code, 0);
}

TEST_F(Trouble, ASignalToTheWholeGroupEndsASweepWithATruthfulPartialReport) {
    // As CI, systemd and timeout(1) do it: the group, and the program itself once more.
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        const auto answer =
            storm({"run", scenario("gallery/raft.yaml"), "--seeds", "10000000", "--format", "json"},
                  {.in_child = [] { setpgid(0, 0); },
                   .meanwhile =
                       [&](pid_t child) {
                           pause_for(500);
                           kill(child, number);
                           kill(-child, number);
                       },
                   .program = {}});
        EXPECT_EQ(answer.code, 128 + number) << answer.all();
        const auto report = nlohmann::json::parse(answer.out);
        EXPECT_EQ(report["stopped"], true);
        EXPECT_NE(report["verdict"], "violated") << answer.out;
        EXPECT_EQ(report["failing"], 0) << answer.out;
        EXPECT_GT(report["run"].get<std::uint64_t>(), 0U);
        EXPECT_LT(report["run"].get<std::uint64_t>(), 10'000'000U);
        EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "runs"), {}), 1)
            << "its counts, and no finding";
        EXPECT_TRUE(there("runs/raft/sweep.json"));
    }
}

/// One worker of the program after another gets it.
void kill_workers(pid_t parent, int number, int times) {
    for (int left = times; left > 0; pause_for(30)) {
        std::ifstream children("/proc/" + std::to_string(parent) + "/task/" +
                               std::to_string(parent) + "/children");
        pid_t worker = 0;
        if (!(children >> worker)) return;
        --left;
        kill(worker, number);
    }
}

TEST_F(Trouble, AWorkerKilledFromOutsideIsNoFindingAndNoSeedIsLost) {
    for (const int number : {SIGKILL, SIGTERM}) {
        const auto answer =
            storm({"run", sound(), "--seeds", "500", "--jobs", "2", "--format", "json"},
                  {.in_child = {},
                   .meanwhile =
                       [&](pid_t child) {
                           pause_for(60);
                           kill_workers(child, number, 6);
                       },
                   .program = {}});
        EXPECT_EQ(answer.code, 0) << answer.all();
        const auto report = nlohmann::json::parse(answer.out);
        EXPECT_EQ(report["run"], 500);
        EXPECT_EQ(report["failing"], 0) << answer.out;
    }
}

TEST_F(Trouble, SigkillLeavesFinishedRunsIntactAndNoChildBehind) {
    ASSERT_EQ(storm({"run", sound(), "--seed", "3"}).code, 0);
    const std::string mark = "STORM_TEST_MARK=" + folder_.string();
    const auto answer = storm({"run", sound(), "--seeds", "10000000"},
                              {.in_child = [&] { setenv("STORM_TEST_MARK", folder_.c_str(), 1); },
                               .meanwhile =
                                   [](pid_t child) {
                                       pause_for(700);
                                       kill(child, SIGKILL);
                                   },
                               .program = {},
                               .shell = {}});
    EXPECT_EQ(answer.signal, SIGKILL);
    bool left = true;
    for (int i = 0; i < 50 && left; ++i) {
        left = false;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            left = left || has(content(entry.path() / "environ"), mark);
        }
        if (left) pause_for(50);
    }
    EXPECT_FALSE(left) << "a process of the sweep still runs";
    const auto again = storm({"replay", "runs/primary-backup-repaired-seed-3"});
    EXPECT_EQ(again.code, 0) << again.all();
}

}  // namespace
}  // namespace storm::sdk::testing
