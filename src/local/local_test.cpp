// Goal: real processes run the same nodes, feel the same faults and are judged by the same
// checks, and nothing of them outlives the run. Method: gallery systems through scenario files,
// conductor and checks; signals, /proc and directories looked at from outside.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "check/check.h"
#include "gallery/gallery.h"
#include "local/local_world.h"
#include "local/world.h"
#include "scenario/scenario.h"
#include "world/conductor.h"

namespace storm::local {
namespace {

/// Numbers of our children that are alive, stopped or not yet waited for; of any process
/// `parent`'s.
std::set<pid_t> children_of(pid_t parent) {
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::stringstream text;
        text << file.rdbuf();
        const std::string line = text.str();
        const auto end = line.rfind(')');
        if (end == std::string::npos) continue;
        std::istringstream rest(line.substr(end + 2));
        char state = 0;
        pid_t of = 0;
        rest >> state >> of;
        if (of == parent) found.insert(static_cast<pid_t>(std::stol(name)));
    }
    return found;
}

std::set<std::string> run_directories() {
    std::set<std::string> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
        const std::string name = entry.path().filename();
        if (name.starts_with("stormproof-local-")) found.insert(name);
    }
    return found;
}

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
    const auto before = run_directories();
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
    EXPECT_TRUE(children_of(getpid()).empty());
    EXPECT_EQ(run_directories(), before);
    EXPECT_TRUE(std::ranges::is_sorted(record.trace, {}, &history::Event::at));
    for (const auto kind : {history::EventKind::send, history::EventKind::deliver,
                            history::EventKind::down, history::EventKind::up}) {
        EXPECT_NE(std::ranges::count(record.trace, kind, &history::Event::kind), 0)
            << history::to_text(kind);
    }
}
INSTANTIATE_TEST_SUITE_P(Local, Files, testing::Values("register.yaml", "primary-backup.yaml"),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace storm::local
