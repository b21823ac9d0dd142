#include "sdk/selftest_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "report/story.h"
#include "runner/shrink.h"
#include "runner/sweep.h"
#include "sdk/run_command.h"
#include "ui/progress.h"
#include "ui/table.h"

namespace storm::sdk {
namespace {

constexpr std::uint64_t seeds_a_range = 10'000;
constexpr std::uint64_t ranges_full = 20;

/// One bug, and what it took.
struct Row {
    std::string system, bug, check;
    std::vector<std::uint64_t> seeds;  // To find it, one a range; 0: not found.
    Duration took{};
    std::uint64_t runs = 0;  // Of shrinking.
    Duration shrinking{};
    runner::PlanSize size;
    std::vector<std::string> blamed;
    bool clean = false;  // The shrunk plan passes without the bug.
    std::string wrong;   // Why the row is red; "" if it is not.
};

core::Result<void> make_small(Session& session, const scenario::Scenario& scenario,
                              const runner::Group& group, unsigned jobs, Row& row) {
    std::vector<runner::Failure> failures;
    for (const auto seed : group.seeds) {
        failures.push_back({scenario::plan(scenario, session.bench.faults, seed), seed});
    }
    runner::ShrinkOptions options;
    options.jobs = jobs;
    STORM_TRY(auto small, runner::shrink(session.bench, failures, group.reason, options));
    row.runs = small.runs;
    row.shrinking = small.took;
    row.size = small.after;
    for (const auto& fault : small.plan.faults) {
        if (std::ranges::find(row.blamed, fault.use) == row.blamed.end()) {
            row.blamed.push_back(fault.use);
        }
    }
    fault::Plan repaired = small.plan;
    repaired.plant.clear();
    STORM_TRY(const auto without,
              runner::run_plan(session.bench, repaired, small.seed, runner::RunOptions{}));
    row.clean = without.judgement.verdict != check::Verdict::violated;
    return {};
}

core::Result<Row> find_bug(Session& session, const scenario::Scenario& scenario,
                           const node::Plant& plant, const SelftestRequest& request) {
    Row row{.system = scenario.system->name, .bug = plant.name};
    const std::uint64_t ranges = request.full ? ranges_full : 1;
    for (std::uint64_t range = 0; range < ranges; ++range) {
        runner::SweepOptions options;
        options.first = range * seeds_a_range + 1;
        options.last = (range + 1) * seeds_a_range;
        options.jobs = request.jobs;
        options.program = "/proc/self/exe";
        options.stop = [] { return stopped_by() != 0; };
        STORM_TRY(const auto report, runner::sweep(session.bench, scenario, options));
        row.took += report.took;
        if (report.groups.empty()) {
            row.seeds.push_back(0);
            row.wrong = fmt::format("not found in {} seeds", core::with_commas(seeds_a_range));
            continue;
        }
        const auto& group = report.groups.front();
        row.seeds.push_back(group.lowest - options.first + 1);
        if (!row.check.empty()) continue;
        row.check = group.finding.check;
        STORM_CHECK(make_small(session, scenario, group, request.jobs, row));
        if (std::ranges::find(plant.blames, row.check) == plant.blames.end()) {
            row.wrong = "reported by " + row.check;
        }
    }
    if (row.wrong.empty() && !row.clean) row.wrong = "its plan fails without the bug, too";
    return row;
}

std::string seeds_text(const Row& row) {
    std::vector<std::uint64_t> found;
    for (const auto n : row.seeds) {
        if (n != 0) found.push_back(n);
    }
    if (found.empty()) return "–";
    std::ranges::sort(found);
    if (row.seeds.size() == 1) return core::with_commas(found.front());
    return fmt::format("{} / {}", core::with_commas(found[found.size() / 2]),
                       core::with_commas(found.back()));
}

std::string json_of(const std::vector<Row>& rows) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const auto& row : rows) {
        all.push_back({{"system", row.system},
                       {"bug", row.bug},
                       {"check", row.check},
                       {"seeds", row.seeds},
                       {"took_ns", row.took.ns},
                       {"shrink_runs", row.runs},
                       {"shrink_ns", row.shrinking.ns},
                       {"faults", row.size.faults},
                       {"operations", row.size.operations},
                       {"nodes", row.size.nodes},
                       {"pins", row.size.pins},
                       {"blamed", row.blamed},
                       {"clean_without", row.clean},
                       {"wrong", row.wrong}});
    }
    return all.dump(2) + "\n";
}

void print(Session& session, const std::vector<Row>& rows, bool full) {
    if (session.format == "json") {
        session.out.print(json_of(rows));
        return;
    }
    ui::Table table;
    table.columns = {{.title = "system"},
                     {.title = "bug"},
                     {.title = full ? "seeds (median / worst)" : "seeds", .right = true},
                     {.title = "time", .right = true},
                     {.title = "size", .right = true},
                     {.title = "nodes", .right = true},
                     {.title = "shrink", .right = true},
                     {.title = "faults blamed", .flexible = true}};
    std::uint64_t found = 0;
    for (const auto& row : rows) {
        if (row.wrong.empty()) ++found;
        std::string blamed = core::joined(row.blamed);
        if (!row.wrong.empty()) blamed = "✗ " + row.wrong;
        table.rows.push_back({row.system, row.bug, seeds_text(row), report::short_time(row.took),
                              std::to_string(row.size.total()), std::to_string(row.size.nodes),
                              report::short_time(row.shrinking), blamed.empty() ? "none" : blamed});
    }
    session.out.print(ui::draw(table, session.out.look()));
    session.out.print(fmt::format("{} of {} planted bugs found\n", found, rows.size()));
}

}  // namespace

namespace {

/// The scenario that all bugs of a system share: the gallery's, or the project's own.
std::string scenario_of(const std::string& system) {
    const std::string gallery = fmt::format("scenarios/gallery/{}.yaml", system);
    return find_scenario(gallery, "") ? gallery : fmt::format("scenarios/{}.yaml", system);
}

}  // namespace

int selftest(Session& session, const SelftestRequest& request) {
    std::vector<Row> rows;
    for (const auto& system : session.bench.systems) {
        const std::string file = scenario_of(system.name);
        for (const auto& plant : system.plants) {
            const std::string name = system.name + "/" + plant.name;
            if (!request.only.empty() && request.only != system.name && request.only != name) {
                continue;
            }
            int exit_code = code::pass;
            const auto scenario = load(session, file, {"system.plant=" + plant.name}, exit_code);
            if (!scenario) return exit_code;
            if (session.err.interactive()) session.err.print("  " + name + "\n");
            auto row = find_bug(session, *scenario, plant, request);
            if (!row) return session.fail(row.error());
            rows.push_back(std::move(*row));
            if (stopped_by() != 0) return 128 + stopped_by();
        }
    }
    if (rows.empty() && !request.only.empty()) {
        return session.fail(code::usage, "there is no planted bug of that name",
                            session.program + " system ls says which systems have bugs");
    }
    if (rows.empty()) {
        return session.fail(code::usage, "no system of this program has a planted bug to find",
                            "a plant is a bug behind a switch (System::plants): it proves that "
                            "what should be found is found");
    }
    print(session, rows, request.full);
    const bool red = std::ranges::any_of(rows, [](const Row& row) { return !row.wrong.empty(); });
    return red ? code::violated : code::pass;
}

}  // namespace storm::sdk
