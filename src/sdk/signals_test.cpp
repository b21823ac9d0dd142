// Tests of signals and of a disk that only reads: goal: a command that is ended ends with the code
// of its signal and leaves no process behind; what cannot be written is said before the work.
// Method: the real program; signals while it sweeps; a mount namespace where the machine lets us.
#include <sched.h>
#include <sys/mount.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Signals : public Program {
protected:
    /// A long sweep that `meanwhile` ends.
    [[nodiscard]] Ended swept(std::function<void(pid_t)> meanwhile) const {
        return storm({"run", scenario("demo/primary-backup-repaired.yaml"), "--seeds", "10000000",
                      "--format", "json"},
                     {.in_child = [&] { setenv("STORM_TEST_MARK", folder_.c_str(), 1); },
                      .meanwhile = std::move(meanwhile),
                      .program = {}});
    }
    /// Whether a process that the sweep started still runs a little later.
    [[nodiscard]] bool left_behind() const {
        const std::string mark = "STORM_TEST_MARK=" + folder_.string();
        for (int i = 0; i < 50; ++i) {
            bool left = false;
            for (const auto& entry : fs::directory_iterator("/proc")) {
                left = left || has(content(entry.path() / "environ"), mark);
            }
            if (!left) return false;
            pause_for(20);
        }
        return true;
    }
};

TEST_F(Signals, SigtermEndsASweepInOrderWith143) {
    const auto answer = swept([](pid_t child) {
        pause_for(500);
        kill(child, SIGTERM);
    });
    EXPECT_EQ(answer.code, 143) << answer.all();
    const auto report = nlohmann::json::parse(answer.out, nullptr, false);
    ASSERT_FALSE(report.is_discarded()) << answer.out;
    EXPECT_EQ(report["stopped"], true);
    EXPECT_FALSE(left_behind());
}

TEST_F(Signals, ASecondInterruptDoesNotWaitAndLeavesNoProcess) {
    const auto answer = swept([](pid_t child) {
        pause_for(500);
        // Workers that do not answer: the first interrupt alone would wait for them.
        const std::string mine =
            "/proc/" + std::to_string(child) + "/task/" + std::to_string(child) + "/children";
        std::istringstream workers(content(mine));
        for (pid_t worker = 0; workers >> worker;) kill(worker, SIGSTOP);
        kill(child, SIGINT);
        pause_for(700);  // Two at once, as a shell and `timeout` send them, count as one.
        kill(child, SIGINT);
    });
    EXPECT_EQ(answer.code, 130) << answer.all();
    EXPECT_EQ(answer.out, "") << "nobody waited for a report";
    EXPECT_FALSE(left_behind());
}

TEST_F(Signals, TheFirstEndsASingleRunAndItsReplayAtOnceAndLeavesNothingHalfWritten) {
    const auto text = [](const std::string& time) {
        return "stormproof: 1\nsystem: {use: primary-backup, nodes: 5}\nnetwork: {delay: 1ms}\n"
               "workload: [{use: mix, clients: 60, rate: 40/s, for: " +
               time + "}]\nfor: " + time + "\nchecks: [{use: progress, within: 5s}]\n";
    };
    using Clock = std::chrono::steady_clock;
    const auto ended = [&](const std::vector<std::string>& words, int number, int after) {
        Clock::time_point asked;
        const auto answer =
            storm(words, {.in_child = [&] { setenv("STORM_TEST_MARK", folder_.c_str(), 1); },
                          .meanwhile =
                              [&](pid_t child) {
                                  pause_for(after);
                                  asked = Clock::now();
                                  kill(child, number);
                              },
                          .program = {}});
        EXPECT_LT(Clock::now() - asked, std::chrono::seconds(sanitized ? 10 : 2)) << words[0];
        EXPECT_EQ(answer.code, 128 + number) << answer.all();
        EXPECT_EQ(answer.out, "");
        EXPECT_FALSE(left_behind());
    };
    write("long.yaml", text("1m"));
    ended({"run", "long.yaml", "--seed", "1", "--out", "it"}, SIGINT, 700);
    EXPECT_FALSE(there("it"));
    write("short.yaml", text("4s"));
    ASSERT_EQ(storm({"run", "short.yaml", "--seed", "1", "--out", "it"}).code, 0);
    const auto page = read("it/report.html");
    const auto begun = Clock::now();
    ASSERT_EQ(storm({"replay", "it", "-q"}).code, 0);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count();
    // First in the child that tries it, then in the code of nodes in the process itself.
    for (const auto part : {2, 5}) {
        ended({"replay", "it", "-q"}, SIGTERM, static_cast<int>(took * part / 10));
    }
    EXPECT_EQ(read("it/report.html"), page);
}

TEST_F(Signals, APlaceOnADiskThatOnlyReadsIsSaidBeforeTheWorkWith77) {
    constexpr int no_mounts = 96;
    fs::create_directory(folder_ / "ro");
    const auto answer =
        storm({"run", scenario("demo/primary-backup-repaired.yaml"), "--seeds", "1000000", "--out",
               "ro/it"},
              {.in_child =
                   [] {
                       if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
                           _exit(no_mounts);
                       }
                       if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                           mount("none", "ro", "tmpfs", MS_RDONLY, nullptr) != 0) {
                           _exit(no_mounts);
                       }
                   },
               .meanwhile = {},
               .program = {}});
    if (answer.code == no_mounts) GTEST_SKIP() << "this machine lets us mount nothing";
    EXPECT_EQ(answer.code, 77) << answer.all();
    EXPECT_TRUE(has(answer.err, "ro/it") && has(answer.err, "Read-only file system")) << answer.err;
    EXPECT_EQ(answer.out, "");
}

}  // namespace
}  // namespace storm::sdk::testing
