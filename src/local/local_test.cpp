// Goal: real processes run the same nodes, feel the same faults and are judged by the same
// checks, and nothing of them outlives the run. Method: gallery systems through scenario files,
// conductor and checks; signals, /proc and directories looked at from outside.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "check/check.h"
#include "gallery/gallery.h"
#include "local/local_world.h"
#include "local/processes_for_tests.h"
#include "local/world.h"
#include "node/ledger_systems_test.h"
#include "node/points.h"
#include "scenario/scenario.h"
#include "world/conductor.h"
#include "world/conformance.h"

namespace storm::local {
namespace {

struct Bench {
    fault::Catalogue faults = fault::standard_faults();
    scenario::Workloads workloads = scenario::standard_workloads();
    check::Checks checks = check::standard_checks();
    std::vector<node::System> systems = gallery::systems();

    scenario::Scenario read(const std::string& path) const {
        scenario::Vocabulary words{&faults, &workloads, &systems, {}, "stormproof"};
        for (const auto& spec : checks.all()) {
            words.checks.push_back({spec.name, spec.summary, spec.params, spec.models});
        }
        std::ifstream file(path);  // Tests run in the root of the tree.
        std::stringstream text;
        text << file.rdbuf();
        auto result = scenario::read(text.str(), path, words);
        for (const auto& problem : result.problems) ADD_FAILURE() << problem.what;
        EXPECT_TRUE(result.scenario.has_value()) << path;
        return result.scenario ? std::move(*result.scenario) : scenario::Scenario{};
    }
};

struct Run {
    history::RunRecord record;
    std::vector<check::Finding> findings;
};

Run run(const Bench& bench, const node::System& system, const fault::Plan& plan,
        std::string sabotage = {}, history::Detail detail = history::Detail::full) {
    const auto world = make_world();
    const world::Setup setup{system, plan, 1, detail, {}, std::move(sabotage)};
    const world::Settled settled = [&](const node::Published& published,
                                       const history::RunRecord& record, Instant now) {
        return check::settled(bench.checks, {system, plan, record, published, now});
    };
    auto record = world::conduct(*world, setup, bench.faults, settled);
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
    Run out;
    if (record) out.record = std::move(*record);
    out.findings = check::judge(bench.checks, {system, plan, out.record});
    return out;
}

fault::Effectiveness effect_of(const history::FaultRecord& r) {
    return fault::judge(fault::Evidence{r.claimed, r.voided, r.seen, {}, {}});
}

class Files : public testing::TestWithParam<const char*> {};

// The law: the same file, nodes and checks, in real processes, over UDP and real files.
TEST_P(Files, SystemsOfTheGallerySurviveKillAndPauseAsRealProcesses) {
    const Bench bench;
    char root[] = "/tmp/stormproof-local-test-XXXXXX";
    ASSERT_NE(mkdtemp(root), nullptr);
    setenv("TMPDIR", root, 1);
    const auto scenario = bench.read(std::string("scenarios/local/") + GetParam());
    ASSERT_NE(scenario.system, nullptr);
    const auto plan = scenario::plan(scenario, bench.faults, 1);
    const auto [record, findings] = run(bench, *scenario.system, plan);
    EXPECT_TRUE(record.complete);
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.verdict, check::Verdict::pass) << finding.check << finding.sentence;
    }
    EXPECT_FALSE(findings.empty());
    const auto ok =
        std::ranges::count(record.history, history::Outcome::ok, &history::Operation::outcome);
    EXPECT_GT(ok, 20) << "of " << record.history.size();
    ASSERT_EQ(record.faults.size(), 2U);
    for (const auto& fault : record.faults) {
        EXPECT_EQ(effect_of(fault), fault::Effectiveness::effective) << fault.id;
        EXPECT_EQ(fault.claimed, 1U);
        EXPECT_EQ(fault.seen, 1U);
    }
    EXPECT_GT(record.messages, 100U);
    EXPECT_EQ(record.digest, 0U);
    EXPECT_TRUE(std::filesystem::is_empty(root));  // No directory is left behind.
    std::filesystem::remove_all(root);
    unsetenv("TMPDIR");
    EXPECT_TRUE(test::children_of(getpid()).empty());
    EXPECT_TRUE(std::ranges::is_sorted(record.trace, {}, &history::Event::at));
    for (const auto kind : {history::EventKind::send, history::EventKind::deliver,
                            history::EventKind::down, history::EventKind::up}) {
        EXPECT_NE(std::ranges::count(record.trace, kind, &history::Event::kind), 0)
            << history::to_text(kind);
    }
}
INSTANTIATE_TEST_SUITE_P(Local, Files, testing::Values("register.yaml", "primary-backup.yaml"),
                         [](const auto& info) { return std::to_string(info.index); });

// ---- A system of our own, to see what gallery systems do not show -----------------------------

struct Ping {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ping, 1, n)
};
struct Pong {
    std::uint64_t n = 0;
    std::uint32_t incarnation = 0;
    STORM_MESSAGE(Pong, 1, n, incarnation)
};

/// Counts its lives in a file, publishes the count and answers pings.
Task<> ponger(Io& io, const node::Options& options) {
    auto file = co_await io.open("lives");
    if (!file) throw std::runtime_error("no file");
    const auto lives = co_await file->size();
    (void)co_await file->append({std::byte{1}});
    (void)co_await file->sync();
    io.publish("lives", *lives + 1);
    io.publish("incarnation", io.incarnation());
    STORM_REACHABLE("a ponger begins");
    if (options.plant == "throw" && io.self() == core::Id::node(1)) {
        throw std::runtime_error("as planted");
    }
    if (options.plant == "crash" && io.self() == core::Id::node(1)) abort();
    STORM_ALWAYS(options.plant != "property", "nobody planted anything");
    for (;;) {
        auto in = co_await io.receive();
        if (auto ping = in.as<Ping>()) io.reply(in, Pong{ping->n, io.incarnation()});
    }
}

node::System ping_system() {
    node::System system;
    system.name = "ping";
    system.tolerates = [](std::uint32_t) { return node::Tolerates{.crashed = 3, .damaged = 3}; };
    system.start = ponger;
    node::Operation ping;
    ping.name = "ping";
    ping.run = [](Io& io, const node::Options&, Value args) -> Task<core::Result<Value>> {
        const Ping message{static_cast<std::uint64_t>(args.integer_or(0))};
        auto pong = co_await io.call<Pong>(core::Id::node(0), message, 100_ms);
        if (!pong) co_return std::unexpected(pong.error());
        co_return Value(pong->incarnation);
    };
    system.operations.push_back(ping);
    return system;
}

fault::PlannedFault on_n1(std::string id, std::string use, Duration at, Duration lasts) {
    fault::PlannedFault f;
    f.id = std::move(id);
    f.use = std::move(use);
    f.target.kind = fault::Target::Kind::named;
    f.target.names = {core::Id::node(0)};
    f.at.plus = at;
    f.lasts = lasts;
    return f;
}

fault::Plan ping_plan(Duration chaos) {
    fault::Plan plan;
    plan.system = "ping";
    plan.nodes = 3;
    plan.clients = 1;
    plan.chaos = chaos;
    plan.settle = 1_s;
    for (std::uint32_t i = 0; i < 20; ++i) {
        plan.operations.push_back({core::Id::client(0), i, "ping", Value(i), 25_ms * i});
    }
    return plan;
}

TEST(Lives, ARestartedNodeHasItsFilesItsPortAndTheNextIncarnation) {
    const Bench bench;
    auto plan = ping_plan(600_ms);
    plan.faults.push_back(on_n1("it", "node.kill", 150_ms, 150_ms));
    const auto system = ping_system();
    const auto record = run(bench, system, plan).record;
    std::vector<std::int64_t> lives, incarnations;
    for (const auto& each : record.published) {
        if (each.node != core::Id::node(0)) continue;
        (each.key == "lives" ? lives : incarnations).push_back(each.value.integer_or(-1));
    }
    EXPECT_EQ(lives, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(incarnations, (std::vector<std::int64_t>{0, 1}));
    ASSERT_EQ(record.history.size(), 20U);
    EXPECT_EQ(record.history.front().outcome, history::Outcome::ok);
    EXPECT_EQ(record.history.front().result.integer_or(-1), 0);
    EXPECT_EQ(record.history.back().outcome, history::Outcome::ok);
    EXPECT_EQ(record.history.back().result.integer_or(-1), 1);
    EXPECT_EQ(record.sites.at("a ponger begins").reached, 4U);
}

TEST(Conformance, PlainProcessesKeepTheLawsOfAWorld) {
    const auto broken = world::broken_laws(make_world, {.chaos = 600_ms, .settle = 300_ms});
    for (const auto& sentence : broken) ADD_FAILURE() << sentence;
    EXPECT_TRUE(test::children_of(getpid()).empty());
}

TEST(Machines, RunAsRealProcessesAndComeBackWithTheirFiles) {
    const Bench bench;
    const auto system = node::testing::ledger_system(true);
    auto plan = ping_plan(700_ms);
    for (auto& operation : plan.operations) {
        operation.name = operation.id % 2 == 0 ? "write" : "read";
        operation.args = operation.id % 2 == 0 ? operation.args : Value();
    }
    plan.faults.push_back(on_n1("it", "node.kill", 150_ms, 100_ms));
    plan.checks = {{"linearizable", {}}};
    const auto [record, findings] = run(bench, system, plan);
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.verdict, check::Verdict::pass) << finding.check << finding.sentence;
    }
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_EQ(effect_of(record.faults[0]), fault::Effectiveness::effective);
    EXPECT_EQ(record.history.back().outcome, history::Outcome::ok);
    EXPECT_EQ(record.history.back().result, Value(18));
    const auto beats = [](const auto& change) { return change.key == "beats"; };
    EXPECT_GT(std::ranges::count_if(record.published, beats), 20);  // Timers and datagrams.
}

class Sabotage : public testing::TestWithParam<const char*> {};

TEST_P(Sabotage, AFaultThatIsJudgedButNotCarriedOutReadsIneffective) {
    const Bench bench;
    auto plan = ping_plan(300_ms);
    plan.faults.push_back(on_n1("it", GetParam(), 50_ms, 100_ms));
    const auto record = run(bench, ping_system(), plan, "it").record;
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_EQ(record.faults[0].claimed, 1U);
    EXPECT_EQ(effect_of(record.faults[0]), fault::Effectiveness::ineffective);
    for (const auto& op : record.history) EXPECT_EQ(op.outcome, history::Outcome::ok);
}
INSTANTIATE_TEST_SUITE_P(Local, Sabotage, testing::Values("node.kill", "node.pause"),
                         [](const auto& info) { return std::string(info.param).substr(5); });

TEST(Lives, ANodeThatRestartsWithinAPauseStandsStillUntilThePauseEnds) {
    const Bench bench;
    auto plan = ping_plan(700_ms);
    plan.faults.push_back(on_n1("pause", "node.pause", 50_ms, 450_ms));
    plan.faults.push_back(on_n1("kill", "node.kill", 150_ms, 100_ms));
    const auto record = run(bench, ping_system(), plan).record;
    for (const auto& fault : record.faults) {
        EXPECT_EQ(effect_of(fault), fault::Effectiveness::effective) << fault.id;
    }
    Instant second{};
    for (const auto& each : record.published) {
        if (each.key == "lives" && each.value == Value(2)) second = each.at;
    }
    EXPECT_GE(second, Instant{} + 450_ms);  // Not before the pause ended, though up since 250 ms.
}

TEST(Lives, OfPausesThatOverlapThoseCountThatHoldTheProcessAlone) {
    const Bench bench;
    auto plan = ping_plan(600_ms);
    plan.mode = fault::Mode::unlimited;
    plan.faults = {on_n1("first", "node.pause", 50_ms, 150_ms),
                   on_n1("inside", "node.pause", 100_ms, 50_ms),
                   on_n1("next", "node.pause", 150_ms, 150_ms),
                   on_n1("within next", "node.pause", 160_ms, 100_ms)};
    const auto record = run(bench, ping_system(), plan).record;
    ASSERT_EQ(record.faults.size(), 4U);
    for (const auto& fault : record.faults) {
        const bool counts = fault.id == "first" || fault.id == "next";
        EXPECT_EQ(effect_of(fault),
                  counts ? fault::Effectiveness::effective : fault::Effectiveness::no_opportunity)
            << fault.id;
    }
}

TEST(Findings, WhatGoesWrongInsideAProcessIsToldOfTheNode) {
    const Bench bench;
    for (const auto& [plant, anomaly] : std::initializer_list<std::pair<const char*, const char*>>{
             {"throw", "exception"}, {"crash", "aborted"}, {"property", "always"}}) {
        auto plan = ping_plan(150_ms);
        plan.plant = plant;
        const auto record = run(bench, ping_system(), plan).record;
        ASSERT_FALSE(record.breaches.empty()) << plant;
        EXPECT_EQ(record.breaches[0].anomaly, anomaly) << record.breaches[0].sentence;
        EXPECT_TRUE(test::children_of(getpid()).empty());
    }
}

TEST(Capabilities, WhatTheWorldCannotDoItSaysBeforeTheRun) {
    const Bench bench;
    const auto system = ping_system();
    const auto refused = [&](const fault::Plan& plan) {
        const auto world = make_world();
        const world::Setup setup{system, plan, 1, history::Detail::verdict, {}, {}};
        const auto record = world::conduct(*world, setup, bench.faults, {});
        return record ? core::Error{} : record.error();
    };
    for (const char* use :
         {"node.power_loss", "node.slow", "net.delay", "clock.jump", "disk.error"}) {
        auto plan = ping_plan(100_ms);
        plan.faults.push_back(on_n1("it", use, 50_ms, 50_ms));
        const auto params = fault::complete(bench.faults.find(use)->params, {});
        ASSERT_TRUE(params.has_value()) << use;
        plan.faults.back().params = *params;
        const auto error = refused(plan);
        EXPECT_EQ(error.kind, core::ErrorKind::missing) << use << ": " << error.text();
    }
    auto plan = ping_plan(100_ms);
    plan.network.loss_ppm = 1000;
    EXPECT_EQ(refused(plan).kind, core::ErrorKind::missing);
}

TEST(Death, NothingSurvivesASigkillOfTheBench) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // Orphans become ours, so that we see how they end.
    char root[] = "/tmp/stormproof-local-test-XXXXXX";
    ASSERT_NE(mkdtemp(root), nullptr);
    const pid_t bench_pid = fork();
    if (bench_pid == 0) {
        setenv("TMPDIR", root, 1);
        const Bench bench;
        auto plan = ping_plan(60_s);
        plan.faults.push_back(on_n1("pause", "node.pause", 50_ms, 60_s));  // Also a stopped one.
        (void)run(bench, ping_system(), plan);
        _exit(1);
    }
    std::set<pid_t> orphans;
    const auto stopped = [&] {
        return std::ranges::any_of(orphans, [](pid_t pid) { return process_state(pid) == 'T'; });
    };
    for (int i = 0; i < 500 && (orphans.size() < 4 || !stopped()); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        orphans = test::children_of(bench_pid);
    }
    ASSERT_EQ(orphans.size(), 4U);  // Three nodes and the warden.
    EXPECT_TRUE(stopped());
    EXPECT_FALSE(std::filesystem::is_empty(root));
    kill(bench_pid, SIGKILL);
    int status = 0;
    wait_for(bench_pid, status, 0);
    for (int i = 0; i < 500 && !orphans.empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::erase_if(orphans, [&](pid_t pid) { return wait_for(pid, status, WNOHANG) != 0; });
    }
    EXPECT_TRUE(orphans.empty());
    EXPECT_TRUE(std::filesystem::is_empty(root));
    std::filesystem::remove_all(root);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(Clock, CallbacksComeInOrderOfTimeAndPredicatesOnceAndHaltEndsTheDrive) {
    struct Silent final : world::Sink {
        void completed(core::Id, std::uint32_t, core::Result<Value>) override {}
    } sink;
    const auto system = ping_system();
    const auto plan = ping_plan(1_s);
    const world::Setup setup{system, plan, 1, history::Detail::verdict, {}, {}};
    history::RunRecord record;
    const auto world = make_world();
    ASSERT_TRUE(world->start(setup, sink, record).has_value());
    std::string order;
    const Instant base = world->now();
    world->at(base + 60_ms, 1, [&] { order += 'c'; });
    world->at(base + 30_ms, 1, [&] { order += 'b'; });
    world->at(Instant{}, 1, [&] { order += 'a'; });
    world->when(
        [](const node::Published& p) { return p.get(core::Id::node(2), "lives") != nullptr; }, 1,
        [&] { world->at(base + 90_ms, 1, [&] { order += 'd', world->halt(); }); });
    ASSERT_TRUE(world->drive(base + 10_s).has_value());
    EXPECT_EQ(order, "abcd");
    EXPECT_GE(world->now(), base + 90_ms);
    EXPECT_LT(world->now(), base + 9_s);
    EXPECT_TRUE(world->observe().up(core::Id::node(2)));
    world->stop();
    EXPECT_FALSE(world->observe().up(core::Id::node(2)));
    EXPECT_TRUE(test::children_of(getpid()).empty());
}

TEST(Directory, AGivenDirectoryStaysAndIsRefusedWhenItHoldsAnotherRun) {
    char root[] = "/tmp/stormproof-local-test-XXXXXX";
    ASSERT_NE(mkdtemp(root), nullptr);
    const auto system = ping_system();
    const auto plan = ping_plan(100_ms);
    const fault::Catalogue faults = fault::standard_faults();
    const world::Setup setup{system, plan, 1, history::Detail::verdict, root, {}};
    const auto first = world::conduct(*make_world(), setup, faults, {});
    EXPECT_TRUE(first.has_value());
    EXPECT_TRUE(std::filesystem::exists(std::string(root) + "/n1/lives"));
    const auto second = world::conduct(*make_world(), setup, faults, {});
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind, core::ErrorKind::io);
    EXPECT_TRUE(test::children_of(getpid()).empty());
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace storm::local
