// Goal: every scenario of the tree ends as it says, in the world it was written for, and the
// scenario of a fault strikes with that fault. Method: each file is swept by the bench of the
// program itself, over its own seeds or, where these are many, the first of them; those for
// plain processes are run by the real program.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "gallery/gallery.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"
#include "sdk/program_test.h"
#include "sdk/standard.h"

namespace storm {
namespace {

constexpr std::uint64_t seeds_at_most = 200;  // More: survival_test.cpp, selftest_test.cpp.

std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator("scenarios/" + folder)) {
        if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    }
    std::ranges::sort(files);
    return files;
}

struct Swept {
    scenario::Scenario scenario;
    runner::SweepReport report;
    bool as_expected = false;
};

/// `bench` outlives the result.
Swept sweep_file(const Bench& bench, const std::string& path) {
    const auto text = sdk::testing::content(path);
    auto read = scenario::read(text, path, bench.vocabulary());
    EXPECT_TRUE(read.scenario.has_value()) << scenario::to_text(read.problems, path, text);
    if (!read.scenario) return {};
    Swept out{.scenario = std::move(*read.scenario)};
    runner::SweepOptions options{.first = out.scenario.seed_first, .last = out.scenario.seed_last};
    if (out.scenario.expect != scenario::Expect::violated) {  // That ends at the first failure.
        options.last = std::min(options.last, options.first + seeds_at_most - 1);
    }
    options.jobs = 1;
    auto report = runner::sweep(bench, out.scenario, options);
    EXPECT_TRUE(report.has_value()) << path << (report ? "" : report.error().text());
    if (!report) return out;
    out.report = std::move(*report);
    out.as_expected = out.report.met;
    return out;
}

Bench full_bench() {
    Bench bench = standard_bench();
    bench.systems = gallery::systems();
    return bench;
}

TEST(Verdicts, ScenariosOfTheGalleryAndTheDemoEndAsTheySay) {
    const Bench bench = full_bench();
    for (const std::string folder : {"demo", "gallery"}) {
        EXPECT_FALSE(files_below(folder).empty());
        for (const auto& path : files_below(folder)) {
            const auto swept = sweep_file(bench, path);
            EXPECT_TRUE(swept.as_expected)
                << path << ": " << check::to_text(swept.report.verdict) << ": " << swept.report.why;
        }
    }
}

/// A few seeds of the Raft store for four seconds, with `more` as further lines of the scenario.
runner::SweepReport sweep_raft(const Bench& bench, const std::string& more) {
    const std::string text =
        "stormproof: 1\ntitle: A store\nsystem: {use: raft, nodes: 3}\nfor: 4s\n"
        "faults:\n  - {use: node.kill, target: n2, at: 2s, for: 500ms}\n" +
        more;
    auto read = scenario::read(text, "store.yaml", bench.vocabulary());
    EXPECT_TRUE(read.scenario.has_value()) << scenario::to_text(read.problems, "store.yaml", text);
    if (!read.scenario) return {};
    auto report = runner::sweep(bench, *read.scenario, {.first = 1, .last = 4, .jobs = 1});
    EXPECT_TRUE(report.has_value());
    if (!report) return {};
    return std::move(*report);
}

TEST(Verdicts, ChecksThatHadNothingToJudgeNeverPass) {
    const Bench bench = full_bench();
    const std::string workload = "workload:\n  - {use: mix, clients: 2, rate: 20/s, for: 4s}\n";
    const std::string cut = "network: {loss: 100%}\n" + workload;
    for (const std::string check : {"linearizable", "no-lost-acknowledged-writes", "converged"}) {
        const std::string checks = "checks: [" + check + "]\n";
        for (const std::string& more : {std::string(), cut}) {
            const auto report = sweep_raft(bench, more + checks);
            EXPECT_EQ(report.verdict, check::Verdict::inconclusive) << check << "\n" << more;
            EXPECT_NE(report.why.find(check + ": "), std::string::npos) << report.why;
            EXPECT_EQ(report.trust, "");
        }
        const auto report = sweep_raft(bench, workload + checks);
        EXPECT_EQ(report.verdict, check::Verdict::pass) << report.why;
        EXPECT_NE(report.trust, "");
    }
    const auto report = sweep_raft(bench, workload + "checks: []\n");
    EXPECT_TRUE(report.unchecked);
    EXPECT_NE(report.trust.find("without a failure of a built-in check"), std::string::npos);
}

TEST(Verdicts, ScenariosOfFaultsEndAsTheySayAndTheirFaultTakesEffect) {
    const Bench bench = full_bench();
    std::set<std::string> covered;
    for (const auto& path : files_below("faults")) {
        const auto swept = sweep_file(bench, path);
        EXPECT_TRUE(swept.as_expected)
            << path << ": " << check::to_text(swept.report.verdict) << ": " << swept.report.why;
        ASSERT_FALSE(swept.scenario.faults.empty()) << path;
        const std::string& use = swept.scenario.faults[0].use;
        // A lost fsync is nothing that anybody could feel before a power loss.
        ASSERT_EQ(swept.scenario.faults.size(), use == "disk.lost_fsync" ? 2U : 1U) << path;
        covered.insert(use);
        const auto at = swept.report.faults.find(use);
        ASSERT_NE(at, swept.report.faults.end()) << path;
        EXPECT_EQ(at->second.ineffective, 0U) << path;
        EXPECT_GT(at->second.effective, at->second.no_opportunity) << path;
    }
    for (const auto& spec : bench.faults.all())
        EXPECT_TRUE(covered.contains(spec.name)) << spec.name;
}

// Three kills at once are more than the register tolerates: nothing can go on after them.
TEST(Verdicts, UnlimitedModeChecksSafetyOnlyAndNeverPassesTheRestSilently) {
    const Bench bench = full_bench();
    const auto swept = [&](const std::string& mode, const std::string& checks) {
        const std::string text =
            "stormproof: 1\ntitle: All at once\nsystem: {use: register, nodes: 3}\nworkload:\n"
            "  - {use: mix, clients: 2, rate: 10/s, for: 3s}\nfaults:\n"
            "  - {use: node.kill, at: 500ms, target: {any: 2}}\nfor: 2s\nsettle: 1s\n"
            "checks: [" +
            checks + "]\nmode: " + mode + "\n";
        const auto read = scenario::read(text, "all.yaml", bench.vocabulary());
        EXPECT_TRUE(read.scenario.has_value()) << scenario::to_text(read.problems, "", text);
        const auto report = runner::sweep(bench, *read.scenario, {.last = 5, .jobs = 1});
        EXPECT_TRUE(report.has_value());
        return report.value_or(runner::SweepReport{});
    };
    const std::string hopeless = "{use: latency, p99: 1ns}";
    const auto both = swept("unlimited", "linearizable, " + hopeless);
    EXPECT_EQ(both.verdict, check::Verdict::pass) << both.why;
    EXPECT_EQ(both.not_judged, std::vector<std::string>{"latency"});
    const auto alone = swept("unlimited", hopeless);
    EXPECT_EQ(alone.verdict, check::Verdict::inconclusive);
    EXPECT_NE(alone.why.find("checks safety only"), std::string::npos) << alone.why;
}

// ---- The world of plain processes, through the program itself --------------------------------

class Local : public sdk::testing::Program, public testing::WithParamInterface<std::string> {};

TEST_P(Local, TheProgramRunsItAsRealProcessesAndItsFaultsTakeEffect) {
    const auto ended =
        storm({"run", scenario("local/" + GetParam()), "--world", "local", "--format", "json"});
    EXPECT_EQ(ended.code, 0) << ended.all();
    const auto told = nlohmann::json::parse(ended.out, nullptr, false);
    ASSERT_FALSE(told.is_discarded()) << ended.all();
    EXPECT_EQ(told["verdict"], "pass") << ended.all();
    EXPECT_EQ(told["effective"], 1);
    std::map<std::string, int> effective;
    for (const auto& kind : told["faults"]) effective[kind["use"]] = kind["effective"];
    EXPECT_EQ(effective, (std::map<std::string, int>{{"node.kill", 1}, {"node.pause", 1}}));
}
INSTANTIATE_TEST_SUITE_P(Scenarios, Local, testing::Values("register.yaml", "primary-backup.yaml"),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace storm
