// Goal: a sweep's counts add up, its result does not depend on the number of workers, and
// nothing the code under test does ends it. Method: the misbehaving counters of
// systems_test.h, swept in the simulator with real workers and real fresh processes; main()
// below serves as the program's, hidden command included.
#include "runner/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "core/guard.h"
#include "runner/formats.h"
#include "runner/systems_test.h"
#include "runner/worker.h"

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == storm::runner::worker_command) {
        const auto bench = storm::runner::testing::bench();
        return storm::runner::worker_main(bench, argc, argv);
    }
    ::testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}

namespace storm::runner {
namespace {

using check::Verdict;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::loops_hear;
using testing::sweep_plant;

TEST(Sweep, a_system_without_bugs_passes_and_the_counts_add_up) {
    const auto report = sweep_plant("", testing::options(300));
    EXPECT_EQ(report.verdict, Verdict::pass) << report.why;
    EXPECT_EQ(report.asked, 300U);
    EXPECT_EQ(report.run, 300U);
    EXPECT_EQ(report.last, 300U);
    EXPECT_EQ(report.controls + report.faulty, report.run);
    EXPECT_GT(report.effective, report.faulty / 2);
    EXPECT_GT(report.rerun, 0U);
    EXPECT_GT(report.events, report.messages);
    EXPECT_GT(report.operations, 300U);
    EXPECT_GT(report.faults.at("net.delay").effective, 0U);
    EXPECT_THAT(report.trust, HasSubstr("95 %"));
}

TEST(Sweep, a_property_that_no_seed_met_is_named_and_one_that_was_met_is_not) {
    const auto report = sweep_plant("", testing::options(50));
    std::vector<std::string> never;
    for (const auto& each : report.never_met) never.push_back(each.message);
    EXPECT_THAT(never,
                ::testing::ElementsAre("a million is more than nothing", "counts a million"));
    EXPECT_EQ(report.properties, 4U);
    EXPECT_GT(report.sites.at("counts twice").held, 0U);
}

TEST(Sweep, a_system_that_names_its_sources_is_asked_for_those_alone) {
    auto bench = testing::bench();
    const auto never_met = [&](std::vector<std::string> sources) {
        bench.systems.front().sources = std::move(sources);
        const auto scenario = testing::scenario_of(bench, testing::scenario_text(""));
        const auto report = sweep(bench, scenario, testing::options(5));
        return report ? report->never_met.size() : ~std::size_t{0};
    };
    EXPECT_EQ(never_met({}), 2U);
    EXPECT_EQ(never_met({"runner/systems_test.h"}), 2U);
    EXPECT_EQ(never_met({"runner/another.cpp"}), 0U);
}

TEST(Sweep, what_it_finds_does_not_depend_on_the_number_of_workers) {
    const auto one = sweep_plant("wrong", testing::options(2000, 1));
    const auto four = sweep_plant("wrong", testing::options(2000, 4));
    ASSERT_EQ(one.groups.size(), 1U);
    ASSERT_EQ(four.groups.size(), 1U);
    EXPECT_EQ(one.groups[0].reason, four.groups[0].reason);
    EXPECT_EQ(one.groups[0].lowest, four.groups[0].lowest);
    EXPECT_EQ(one.groups[0].seeds, four.groups[0].seeds);
    EXPECT_EQ(one.groups[0].finding.sentence, four.groups[0].finding.sentence);
    EXPECT_LT(one.run, 2000U);  // It stopped soon after.
}

TEST(Sweep, what_it_counts_does_not_depend_on_the_number_of_workers) {
    const auto counted = [](unsigned jobs) {
        auto options = testing::options(2000, jobs);
        options.first = 5;
        options.rerun_ppm = 0;
        auto report = sweep_plant("wrong", options);
        report.took = {};
        report.rerun = 0;
        return sweep_json(report, "s.yaml");
    };
    const auto one = counted(1);
    EXPECT_THAT(one, HasSubstr("\"failing\":1"));
    for (const unsigned jobs : {2U, 3U, 8U}) EXPECT_EQ(counted(jobs), one) << jobs;
    const auto report = sweep_plant("wrong", testing::options(2000, 8));
    EXPECT_EQ(report.run, report.groups.at(0).lowest) << "all seeds up to that one, and no other";
    EXPECT_EQ(report.last, report.run);
}

TEST(Sweep, that_was_stopped_is_no_pass) {
    auto options = testing::options(50'000'000);
    std::uint64_t asked = 0;
    options.stop = [&] { return ++asked > 3; };
    const auto report = sweep_plant("", options);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_THAT(report.why, HasSubstr("of 50,000,000, no failure so far"));
    EXPECT_FALSE(report.met);
}

TEST(Sweep, a_failure_is_confirmed_in_a_fresh_process) {
    const auto report = sweep_plant("wrong", testing::options(500));
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.verdict, Verdict::violated);
    EXPECT_EQ(report.groups[0].finding.check, "properties");
    EXPECT_EQ(report.groups[0].confirmed, report.groups[0].seeds.size());
    EXPECT_FALSE(report.why.empty());
}

TEST(Sweep, keeps_going_when_asked_and_keeps_the_lowest_sixteen_seeds) {
    auto options = testing::options(200);
    options.stop_after = 0;
    const auto report = sweep_plant("wrong", options);
    EXPECT_EQ(report.run, 200U);
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_GT(report.groups[0].failing, 16U);
    EXPECT_EQ(report.groups[0].seeds.size(), 16U);
    EXPECT_TRUE(std::ranges::is_sorted(report.groups[0].seeds));
    EXPECT_EQ(report.failing, report.groups[0].failing);
}

/// What the workers of a sweep and the test share.
struct Shared {
    std::atomic<bool> found = false;
};
Shared* shared = nullptr;

/// A counter whose seed `late` begins only once another failed.
Bench bench_with_late_seed(std::uint64_t late) {
    auto bench = testing::bench();
    auto& system = bench.systems.front();
    const auto start = system.start;
    system.start = [late, start](node::Io& io, const node::Options& options) {
        if (core::context.seed == late) {
            while (!shared->found.load()) sched_yield();
        }
        return start(io, options);
    };
    return bench;
}

TEST(Sweep, a_reason_settles_with_the_lowest_seed_that_the_report_names) {
    const auto lowest = sweep_plant("wrong", testing::options(50)).groups.at(0).lowest;
    for (const std::uint64_t stop_after : {0U, 1U}) {
        void* pages = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        shared = new (pages) Shared;
        const auto bench = bench_with_late_seed(lowest);
        const auto scenario = testing::scenario_of(bench, testing::scenario_text("wrong"));
        auto options = testing::options(50);
        options.stop_after = stop_after;
        options.confirm = false;
        options.rerun_ppm = 0;
        std::vector<std::uint64_t> found, settled;
        options.found = [&](const Group& group) {
            found.push_back(group.lowest);
            shared->found = true;
        };
        options.settled = [&](const Group& group) { settled.push_back(group.lowest); };
        const auto report = sweep(bench, scenario, options);
        ASSERT_TRUE(report.has_value()) << report.error().text();
        ASSERT_EQ(report->groups.size(), 1U);
        EXPECT_EQ(report->groups[0].lowest, lowest);
        EXPECT_EQ(settled, std::vector{lowest}) << stop_after;
        ASSERT_EQ(found.size(), 1U);
        EXPECT_GT(found[0], lowest) << "the test was to find another first";
        ::munmap(pages, sizeof(Shared));
    }
}

#if __has_feature(address_sanitizer)
constexpr auto store_to_nowhere = "undefined behaviour";  // UBSan is there first.
#elif __has_feature(thread_sanitizer)
constexpr auto store_to_nowhere = "SEGV";
#else
constexpr auto store_to_nowhere = "segmentation fault";
#endif

struct Crash {
    std::string plant, anomaly;
    friend void PrintTo(const Crash& crash, std::ostream* to) { *to << crash.plant; }
};
class SweepOfCrashes : public ::testing::TestWithParam<Crash> {};

TEST_P(SweepOfCrashes, goes_on_and_reports_how_the_process_died) {
    if (GetParam().plant == "loop" && !loops_hear) GTEST_SKIP() << "TSan holds signals back";
#if __has_feature(address_sanitizer)
    if (GetParam().plant == "exit-in-order") GTEST_SKIP() << "a leak is told first, at exit";
#endif
    auto options = testing::options(6);
    options.stop_after = 0;
    options.cpu_limit = core::milliseconds(100);
    options.program = "";  // One start of a program less for each of them.
    const auto report = sweep_plant(GetParam().plant, options);
    EXPECT_EQ(report.run, 6U);
    EXPECT_EQ(report.verdict, Verdict::violated);
    ASSERT_EQ(report.groups.size(), 1U);
    const auto& group = report.groups[0];
    EXPECT_EQ(group.finding.check, "no-crash");
    EXPECT_EQ(group.finding.anomaly, GetParam().anomaly);
    EXPECT_EQ(group.confirmed, group.seeds.size());
    const bool exits = GetParam().anomaly == "exit";
    if (exits && !core::guards_installed()) return;  // It leaves no word.
    EXPECT_THAT(group.finding.sentence, HasSubstr("n1"));
    EXPECT_FALSE(group.finding.detail.empty());
}

INSTANTIATE_TEST_SUITE_P(All, SweepOfCrashes,
                         ::testing::Values(Crash{"segfault", store_to_nowhere},
                                           Crash{"abort", "abort"}, Crash{"exit", "exit"},
                                           Crash{"exit-in-order", "exit"},
                                           Crash{"quick-exit", "exit"},
                                           Crash{"require", "failed requirement"},
                                           Crash{"loop", "endless loop"}),
                         [](const auto& each) {
                             std::string name = each.param.plant;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(SweepOfCrashes, a_loop_costs_what_one_step_may_take_and_not_what_a_seed_may) {
    if (!loops_hear) GTEST_SKIP() << "TSan holds signals back";
    auto options = testing::options(2);
    options.stop_after = 0;
    options.program = "";
    options.cpu_limit = core::seconds(3'600);
    options.stuck_limit = core::milliseconds(100);
    const auto report = sweep_plant("loop", options);
    EXPECT_EQ(report.run, 2U);
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.groups[0].finding.anomaly, "endless loop");
    EXPECT_EQ(report.groups[0].confirmed, 2U);
}

TEST(SweepOfCrashes, a_seed_with_much_work_in_many_steps_is_no_loop) {
    auto options = testing::options(1);
    options.program = "";
    options.stuck_limit = core::milliseconds(120);
    const auto report = sweep_plant("busy", options);
    EXPECT_EQ(report.run, 1U);
    EXPECT_EQ(report.failing, 0U);
}

SweepReport sweep_of_kills(const std::string& plant) {
    auto options = testing::options(3);
    options.stop_after = 0;
    options.program = "";
    return sweep_plant(plant, options);
}

TEST(SweepOfCrashes, what_is_killed_wherever_it_runs_is_a_finding) {
    const auto report = sweep_of_kills("killed");
    EXPECT_EQ(report.run, 3U);
    ASSERT_EQ(report.groups.size(), 1U);
    EXPECT_EQ(report.groups[0].finding.anomaly, "killed by signal 9");
    EXPECT_THAT(report.groups[0].finding.sentence, HasSubstr("by itself or from outside"));
    EXPECT_EQ(report.groups[0].confirmed, 3U);
}

TEST(SweepOfCrashes, what_is_killed_here_and_not_in_a_fresh_process_fails_nothing) {
    const auto report = sweep_of_kills("crowded-out");
    EXPECT_EQ(report.run, 3U);
    EXPECT_EQ(report.failing, 0U);
    EXPECT_TRUE(report.groups.empty());
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.inconclusive, 3U);
    EXPECT_THAT(report.why, HasSubstr("killed by a signal"));
}

std::string site_of(const std::string& plant) {
    const auto report = sweep_plant(plant, testing::options(3));
    return report.groups.empty() ? "" : report.groups[0].finding.site;
}

TEST(SweepOfCrashes, the_site_is_a_function_of_the_system_even_if_nobody_else_can_name_it) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "sanitizers name files and lines";
#endif
    EXPECT_EQ(site_of("segfault"), "planted::(anonymous namespace)::store_to_nowhere");
    EXPECT_EQ(site_of("other-segfault"), "planted::(anonymous namespace)::store_elsewhere");
    EXPECT_EQ(site_of("trap"), "planted::(anonymous namespace)::fall_at_once");
}

TEST(SweepOfCrashes, a_node_that_allocates_without_end_in_one_step_passes_its_memory_limit) {
    if (!core::memory_counted()) GTEST_SKIP() << "memory is not counted in this build";
    auto options = testing::options(2);
    options.program = "";
    const auto report = sweep_plant("hoard", options);
    ASSERT_FALSE(report.groups.empty());
    const auto& finding = report.groups[0].finding;
    EXPECT_EQ(finding.check, "no-crash");
    EXPECT_EQ(finding.anomaly, "memory limit");
    EXPECT_EQ(finding.site, "planted::(anonymous namespace)::hoard");
    EXPECT_THAT(finding.sentence, HasSubstr("n1"));
    EXPECT_THAT(finding.detail, HasSubstr("planted::(anonymous namespace)::hoard()"));
    EXPECT_THAT(finding.detail, HasSubstr("MiB"));
}

TEST(SweepOfCrashes, what_a_sanitizer_trips_over_is_a_finding_with_a_stack) {
#if __has_feature(address_sanitizer)
    const auto report = sweep_plant("use-after-free", testing::options(3));
    ASSERT_FALSE(report.groups.empty());
    const auto& finding = report.groups[0].finding;
    EXPECT_EQ(finding.check, "no-crash");
    EXPECT_EQ(finding.anomaly, "heap-use-after-free");
    EXPECT_THAT(finding.site, HasSubstr("use_after_free"));
    EXPECT_THAT(finding.sentence, HasSubstr("n1"));
    EXPECT_THAT(finding.detail, HasSubstr("use_after_free"));
    EXPECT_THAT(finding.detail, HasSubstr("freed by"));
#else
    GTEST_SKIP() << "only AddressSanitizer sees it";
#endif
}

TEST(SweepOfCrashes, a_failed_requirement_has_its_place_as_site) {
    auto options = testing::options(3);
    const auto report = sweep_plant("require", options);
    ASSERT_FALSE(report.groups.empty());
    EXPECT_THAT(report.groups[0].finding.site, HasSubstr("systems_test.h:"));
}

SweepReport sweep_leak(const std::string& name) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::leaky_text(name));
    auto options = testing::options(20);
    options.rerun_ppm = 200'000;
    auto report = sweep(bench, scenario, options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().text());
    return report ? std::move(*report) : SweepReport{};
}
std::string test_name(const ::testing::TestParamInfo<std::string>& each) {
    std::string name = each.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

class SweepOfLeaks : public ::testing::TestWithParam<std::string> {};

TEST_P(SweepOfLeaks, finds_each_and_names_the_first_difference_with_both_sides) {
    const std::string& leak = GetParam();
    const bool guarded = leak == "wall-clock" || leak == "entropy";
    if (guarded && !core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    if (leak == "locale" && decimal_comma_locale().empty()) {
        GTEST_SKIP() << "no locale with a decimal comma is installed here";
    }
#if __has_feature(address_sanitizer)
    if (leak.ends_with("-order")) GTEST_SKIP() << "ASan's allocator keeps the order of addresses";
#endif
    const auto report = sweep_leak(leak);
    if (leak == "none") {
        EXPECT_EQ(report.verdict, Verdict::pass) << report.why;
        return;
    }
    EXPECT_EQ(report.verdict, Verdict::violated);
    ASSERT_FALSE(report.groups.empty());
    const auto& finding = report.groups[0].finding;
    EXPECT_EQ(finding.check, "deterministic");
    if (guarded) {  // Named in the run itself; here and there it is another time.
        EXPECT_EQ(finding.anomaly, "asked the operating system");
        return;
    }
    const bool crosses = leak == "static-state";
    EXPECT_EQ(finding.anomaly, crosses ? "state crosses seeds" : "divergence");
    EXPECT_THAT(finding.sentence,
                ::testing::ContainsRegex("First difference: .*, n1: send Leaked to n2"));
    EXPECT_THAT(finding.detail, HasSubstr(crosses ? "  in a fresh process  " : "  here   "));
    EXPECT_THAT(finding.detail, HasSubstr(crosses ? "  in the next run there  " : "  there  "));
    EXPECT_THAT(finding.detail, HasSubstr("send Leaked to n2 = 8 bytes: "));
}

INSTANTIATE_TEST_SUITE_P(All, SweepOfLeaks, ::testing::ValuesIn(sim::leaks()), test_name);

class SweepOfEffects : public ::testing::TestWithParam<std::string> {};

TEST_P(SweepOfEffects, finds_what_leaks_into_an_effect_of_this_kind_alone) {
#if __has_feature(address_sanitizer)
    // It hangs on one bit of an address.
    if (GetParam() == "dice") GTEST_SKIP() << "ASan's allocator keeps the low bits of addresses";
#endif
    const auto report = sweep_leak("pointer-hash-by-" + GetParam());
    EXPECT_EQ(report.verdict, Verdict::violated);
    ASSERT_FALSE(report.groups.empty());
    EXPECT_EQ(report.groups[0].finding.check, "deterministic");
    EXPECT_THAT(report.groups[0].finding.detail, HasSubstr("The first difference:"));
}

INSTANTIATE_TEST_SUITE_P(All, SweepOfEffects, ::testing::ValuesIn(sim::carriers()), test_name);

TEST(Sweep, a_stop_leaves_a_truthful_partial_report) {
    auto options = testing::options(50'000'000);
    const auto start = std::chrono::steady_clock::now();
    options.stop = [&] {
        return std::chrono::steady_clock::now() - start > std::chrono::milliseconds(200);
    };
    const auto report = sweep_plant("", options);
    EXPECT_TRUE(report.stopped);
    EXPECT_GT(report.run, 0U);
    EXPECT_LT(report.run, report.asked);
    EXPECT_EQ(report.last, report.run);
    EXPECT_EQ(report.controls + report.faulty, report.run);
}

TEST(Sweep, a_time_limit_bounds_it_whatever_the_seeds) {
    auto options = testing::options(1);
    options.time_limit = core::milliseconds(300);
    const auto report = sweep_plant("", options);
    EXPECT_EQ(report.asked, 0U);
    EXPECT_GT(report.run, 1U);
    EXPECT_FALSE(report.stopped);
    EXPECT_LT(report.took, core::seconds(5));
}

TEST(Sweep, known_failures_run_first_and_those_that_are_gone_are_told) {
    const auto first = sweep_plant("wrong", testing::options(500));
    ASSERT_EQ(first.groups.size(), 1U);
    auto options = testing::options(500);
    options.stop_after = 0;
    options.known = {{first.groups[0].reason, 777'777, "was so", "d"},
                     {"invariants/another/", 888'888, "was so", "d"},
                     {"properties/always/hidden", 888'888, "was so", "d"},
                     {"linearizable/stale read/", 888'888, "was so", "d"}};
    const auto report = sweep_plant("wrong", options);
    ASSERT_FALSE(report.groups.empty());
    EXPECT_TRUE(report.groups[0].known);
    EXPECT_THAT(report.groups[0].seeds, Contains(first.groups[0].lowest));
    ASSERT_EQ(report.gone.size(), 1U);
    EXPECT_EQ(report.gone[0].reason, "invariants/another/");
    ASSERT_EQ(report.open.size(), 2U);
    EXPECT_EQ(report.open[0].why, "seed 888888 fails properties for another reason");
    EXPECT_EQ(report.open[1].why, "the scenario does not name linearizable");
    EXPECT_EQ(report.run, 502U);
    EXPECT_EQ(report.last, 500U);
}

TEST(Sweep, a_scenario_that_cannot_run_here_is_an_error_and_no_verdict) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(""));
    auto options = testing::options(10);
    options.run.world = "moon";
    const auto report = sweep(bench, scenario, options);
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().kind, core::ErrorKind::missing);
    EXPECT_THAT(report.error().text(), HasSubstr("moon"));
}

TEST(Sweep, a_fault_that_is_judged_but_not_carried_out_makes_it_inconclusive) {
    auto options = testing::options(40);
    options.run.sabotage = "node.kill";
    const auto report = sweep_plant("", options);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_GT(report.ineffective_seeds, 0U);
    EXPECT_THAT(report.why, HasSubstr("no victim felt it"));
    EXPECT_GT(report.faults.at("node.kill").ineffective, 0U);
}

TEST(Sweep, a_fault_without_anything_to_act_on_is_named_with_a_seed_that_shows_it) {
    const auto bench = testing::bench();
    auto text = testing::scenario_text("");
    const auto at = text.find("faults:\n") + 8;
    text.insert(at,
                "  - {use: disk.full, target: n2, at: 1s, for: 10ms}\n"
                "  - {use: disk.full, target: n3, at: 1s, for: 20ms}\n");
    const auto report = sweep(bench, testing::scenario_of(bench, text), testing::options(5));
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->verdict, Verdict::inconclusive);
    EXPECT_EQ(report->idle_seed, 1U);
    EXPECT_THAT(report->why, HasSubstr("In seed 1 (run it alone, with --seed 1)"));
    EXPECT_THAT(report->why,
                HasSubstr("disk.full n2 found nothing to act on between 1 s and 1.01 s; disk.full "
                          "n3 found nothing to act on between 1 s and 1.02 s"));
    EXPECT_THAT(report->why, HasSubstr("A longer window"));
}

TEST(Sweep, seeds_that_gave_a_check_nothing_to_judge_count_for_nothing) {
    const auto bench = testing::bench();
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(""));
    SweepReport report;
    report.run = report.faulty = report.effective = 10;
    report.nothing = 6;
    report.nothing_why = "seed 2: linearizable: No read and no cas was answered.";
    report.judged = 4;
    judge_sweep(report, scenario);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.why,
              "a check had nothing to judge in 6 of 10 seeds; seed 2: linearizable: No read and no "
              "cas was answered.");
    EXPECT_EQ(report.trust, "");
    report.nothing = 4;
    report.judged = 6;
    judge_sweep(report, scenario);
    EXPECT_EQ(report.verdict, Verdict::pass);
    EXPECT_THAT(report.trust, HasSubstr("6 effective seeds with something to judge for every check "
                                        "without a failure: a bug that strikes 1 such seed in 2 "));
    report.effective = report.judged = 4;
    judge_sweep(report, scenario);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.trust, "") << "no trust beside a doubt";
}

TEST(Sweep, of_an_instant_fault_without_anything_to_act_on_no_window_is_told) {
    const auto bench = testing::bench();
    auto text = testing::scenario_text("");
    text.insert(text.find("faults:\n") + 8, "  - {use: clock.jump, target: n2, at: 1s}\n");
    const auto report = sweep(bench, testing::scenario_of(bench, text), testing::options(5));
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->verdict, Verdict::inconclusive);
    EXPECT_THAT(report->why, HasSubstr("clock.jump n2 found nothing to act on from 1 s on"));
    EXPECT_THAT(report->why, HasSubstr("Another time, or a target"));
    EXPECT_THAT(report->why, ::testing::Not(HasSubstr("window")));
}

TEST(Sweep, no_worker_outlives_a_parent_that_was_killed) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // Orphans become ours, so we can wait for them.
    const pid_t parent = fork();
    if (parent == 0) {
        static_cast<void>(sweep_plant("", testing::options(50'000'000)));
        _exit(0);
    }
    usleep(400'000);
    ::kill(parent, SIGKILL);
    int reaped = 0;
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
        const pid_t pid = waitpid(-1, nullptr, WNOHANG);
        if (pid < 0) break;  // Nobody is left.
        if (pid > 0) ++reaped;
        if (pid == 0) usleep(10'000);
    }
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_GE(reaped, 3);  // The parent and two workers at least.
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace storm::runner
