// Goal: what ends a worker is told as what it was: a node that sends a signal or closes what is not
// its own is named, and what takes long outside of node code is nobody's loop.
// Method: small sweeps of systems that do these things.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>

#include "core/context.h"
#include "core/guard.h"
#include "runner/clocks.h"
#include "runner/pulse.h"
#include "runner/systems_test.h"

namespace storm::runner {
namespace {

using check::Verdict;
using ::testing::HasSubstr;
using testing::loops_hear;
using testing::sweep_plant;

/// A worker that sleeps, in a node's code or between two nodes, until it is killed.
class Sleeper {
public:
    explicit Sleeper(bool in_node) {
        pulse_ = static_cast<Pulse*>(::mmap(nullptr, sizeof(Pulse), PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        pid = ::fork();
        if (pid != 0) return;
        core::context.node = in_node ? "n1" : "";
        core::context.dispatches = 7;
        install_pulse(pulse_);
        for (;;) ::pause();
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        ::munmap(pulse_, sizeof(Pulse));
    }
    /// Whether it is told to be stuck, within so long.
    [[nodiscard]] bool stuck(Duration limit, Duration within) const {
        StuckWatch watch;
        watch.begin(cpu_time(pid));
        for (const Duration end = real_time() + within; real_time() < end; ::usleep(5'000)) {
            if (watch.stuck(pid, *pulse_, cpu_time(pid), limit)) return true;
        }
        return false;
    }
    pid_t pid = 0;

private:
    Pulse* pulse_ = nullptr;
};

TEST(Deaths, a_node_that_waits_for_what_nobody_brings_is_stuck_though_it_takes_no_time) {
    EXPECT_TRUE(Sleeper(true).stuck(core::milliseconds(100), core::seconds(20)));
    EXPECT_FALSE(Sleeper(false).stuck(core::milliseconds(100), core::seconds(1)));
    EXPECT_FALSE(Sleeper(true).stuck(core::seconds(10), core::seconds(1)));
}

TEST(Deaths, a_node_that_waits_for_a_lock_for_ever_is_found_soon) {
    if (!loops_hear) GTEST_SKIP() << "TSan holds signals back";
    auto options = testing::options(1);
    options.program = "";
    options.stuck_limit = core::milliseconds(200);
    const auto began = real_time();
    const auto report = sweep_plant("lock", options);
    EXPECT_LT(real_time() - began, options.cpu_limit);  // The limit of a whole run is thrice that.
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.groups[0].finding.anomaly, "endless loop");
    EXPECT_THAT(report.groups[0].finding.sentence, HasSubstr("n1"));
}

TEST(Deaths, a_node_that_sends_a_signal_is_told_to_have_done_it) {
    if (!core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    for (const auto* plant : {"kill-itself", "kill-its-parent"}) {
        auto options = testing::options(2);
        options.program = "";
        const auto report = sweep_plant(plant, options);
        ASSERT_EQ(report.groups.size(), 1U) << plant;
        const auto& finding = report.groups[0].finding;
        EXPECT_EQ(finding.check, "no-crash");
        EXPECT_EQ(finding.anomaly, "signal sent");
        EXPECT_THAT(finding.sentence, HasSubstr("n1"));
        EXPECT_THAT(
            finding.detail,
            HasSubstr(plant == std::string("kill-itself") ? "raise, signal 9" : "kill, signal 15"));
    }
}

TEST(Deaths, a_node_that_closes_what_is_not_its_own_is_named_and_closes_nothing) {
    if (!core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    auto options = testing::options(2);
    options.stop_after = 0;
    options.program = "";
    const auto report = sweep_plant("close-all", options);
    EXPECT_EQ(report.run, 2U);
    ASSERT_EQ(report.groups.size(), 1U);
    const auto& finding = report.groups[0].finding;
    EXPECT_EQ(finding.check, "deterministic");
    EXPECT_EQ(finding.site, "close (a descriptor of the bench)");
    EXPECT_THAT(finding.sentence, HasSubstr("n1 called close"));
    EXPECT_EQ(report.groups[0].confirmed, 2U);
}

TEST(Deaths, a_worker_that_has_lost_its_channel_is_told_to_have_and_hangs_nothing) {
    auto options = testing::options(2);
    options.stop_after = 0;
    options.program = "";
    const auto report = sweep_plant("close-unseen", options);
    EXPECT_EQ(report.run, 2U);
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.groups[0].finding.anomaly, "closed a descriptor");
    EXPECT_THAT(report.groups[0].finding.sentence, HasSubstr("that it does not own"));
    EXPECT_EQ(report.groups[0].confirmed, 2U);
}

TEST(Deaths, what_takes_long_outside_of_node_code_is_no_loop_of_the_system) {
    if (!loops_hear) GTEST_SKIP() << "TSan holds signals back";
    auto bench = testing::bench();
    bench.systems.front().invariants.push_back(
        {"ponders", "", [](const node::Published& values) -> std::optional<std::string> {
             if (testing::ponder(values)) return std::nullopt;
             return "never";
         }});
    auto options = testing::options(2);
    options.program = "";
    options.cpu_limit = core::milliseconds(200);
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(""));
    const auto report = sweep(bench, scenario, options);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->run, 2U);
    EXPECT_EQ(report->failing, 0U);
    EXPECT_EQ(report->verdict, Verdict::inconclusive);
    EXPECT_EQ(report->inconclusive, 2U);
    EXPECT_THAT(report->why, HasSubstr("outside the code of any node"));
}

}  // namespace
}  // namespace storm::runner
