#include "sdk/selftest_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

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
constexpr std::size_t bare_least = 10;  // Of --full: found without code points, too.

/// One bug, and what it took.
struct Row {
    std::string system, bug, check;
    std::vector<std::uint64_t> seeds;  // To find it, one a range; 0: not found.
    std::vector<std::uint64_t> bare;   // The same with code points off, up to the first miss.
    Duration took{};
    std::uint64_t runs = 0;  // Of shrinking.
    Duration shrinking{};
    runner::PlanSize size;
    std::vector<std::string> blamed;
    bool clean = false;  // The shrunk plan passes without the bug.
    std::string wrong;   // Why the row is red; "" if it is not.
};

/// The scenario that all bugs of a system share: the gallery's, or the project's own.
std::string scenario_of(const std::string& system) {
    const std::string gallery = fmt::format("scenarios/gallery/{}.yaml", system);
    return find_scenario(gallery, "") ? gallery : fmt::format("scenarios/{}.yaml", system);
}

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
    // Others may have nothing left to judge in so small a plan. The one that failed must pass.
    std::erase_if(repaired.checks,
                  [&](const auto& each) { return each.use != small.finding.check; });
    STORM_TRY(const auto without,
              runner::run_plan(session.bench, repaired, small.seed, runner::RunOptions{}));
    row.clean = without.judgement.verdict == check::Verdict::pass;
    return {};
}

using Found = std::function<core::Result<void>(const runner::Group&)>;

/// The seeds it takes to find the scenario's bug, range by range; `found` hears of the first.
/// Without a `found` the first miss is the last range.
core::Result<std::vector<std::uint64_t>> seeds_to_find(Session& session,
                                                       const scenario::Scenario& scenario,
                                                       const SelftestRequest& request,
                                                       Duration& took, const Found& found) {
    std::vector<std::uint64_t> seeds;
    bool told = false;
    const std::uint64_t ranges = request.full ? ranges_full : 1;
    for (std::uint64_t range = 0; range < ranges && stopped_by() == 0; ++range) {
        runner::SweepOptions options;
        options.first = range * seeds_a_range + 1;
        options.last = (range + 1) * seeds_a_range;
        options.jobs = request.jobs;
        options.program = "/proc/self/exe";
        options.stop = [] { return stopped_by() != 0; };
        STORM_TRY(const auto report, runner::sweep(session.bench, scenario, options));
        took += report.took;
        if (report.groups.empty()) {
            seeds.push_back(0);
            if (!found) break;
            continue;
        }
        const auto& group = report.groups.front();
        seeds.push_back(group.lowest - options.first + 1);
        if (!told && found) STORM_CHECK(found(group));
        told = true;
    }
    return seeds;
}

core::Result<Row> find_bug(Session& session, const scenario::Scenario& scenario,
                           const node::Plant& plant, const SelftestRequest& request) {
    Row row{.system = scenario.system->name, .bug = plant.name};
    const auto found = [&](const runner::Group& group) -> core::Result<void> {
        row.check = group.finding.check;
        STORM_CHECK(make_small(session, scenario, group, request.jobs, row));
        if (std::ranges::find(plant.blames, row.check) == plant.blames.end()) {
            row.wrong = "reported by " + row.check;
        } else if (!row.clean) {
            row.wrong = "its plan does not pass without the bug";
        }
        return {};
    };
    STORM_TRY(row.seeds, seeds_to_find(session, scenario, request, row.took, found));
    if (std::ranges::find(row.seeds, 0U) != row.seeds.end()) {
        row.wrong = fmt::format("not found in {} seeds", core::with_commas(seeds_a_range));
    }
    return row;
}

template <class T>
T median_of(std::vector<T> all) {
    if (all.empty()) return T{};
    std::ranges::sort(all);
    return all[all.size() / 2];
}

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
    std::vector<std::uint64_t> found;
    for (const auto n : seeds) {
        if (n != 0) found.push_back(n);
    }
    if (found.empty()) return "–";
    if (seeds.size() == 1) return core::with_commas(found.front());
    return fmt::format(
        "{} / {}", core::with_commas(median_of(found)),
        found.size() < seeds.size() ? "not found" : core::with_commas(std::ranges::max(found)));
}

bool found_bare(const Row& row) {
    return !row.bare.empty() && std::ranges::find(row.bare, 0U) == row.bare.end();
}

std::size_t least_of(const std::vector<Row>& rows) { return std::min(bare_least, rows.size()); }

bool enough_bare(const std::vector<Row>& rows) {
    return std::cmp_greater_equal(std::ranges::count_if(rows, found_bare), least_of(rows));
}

/// How many are found in each range of seeds with code points off, and which are not.
std::string bare_text(const std::vector<Row>& rows) {
    std::vector<std::string> others;
    for (const auto& row : rows) {
        if (!found_bare(row)) others.push_back(row.system + "/" + row.bug);
    }
    std::string text = fmt::format("{} of {} also with code points off, in each range",
                                   rows.size() - others.size(), rows.size());
    if (!others.empty()) text += "; not " + core::joined(others);
    if (!enough_bare(rows)) text += fmt::format(" (✗ at least {} must be)", least_of(rows));
    return text + "\n";
}

std::string json_of(const std::vector<Row>& rows) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const auto& row : rows) {
        all.push_back({{"system", row.system},
                       {"bug", row.bug},
                       {"check", row.check},
                       {"seeds", row.seeds},
                       {"seeds_without_code_points", row.bare},
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
                     {.title = full ? "seeds (median / worst)" : "seeds", .right = true}};
    if (full) table.columns.push_back({.title = "code points off", .right = true});
    for (const auto* title : {"time", "size", "nodes", "shrink", "runs"}) {
        table.columns.push_back({.title = title, .right = true});
    }
    table.columns.push_back({.title = "faults blamed", .flexible = true});
    std::uint64_t found = 0;
    std::vector<std::int64_t> times;
    std::vector<std::uint64_t> runs;
    for (const auto& row : rows) {
        if (row.wrong.empty()) ++found;
        if (row.runs != 0) times.push_back(row.shrinking.ns), runs.push_back(row.runs);
        std::string blamed = core::joined(row.blamed);
        if (!row.wrong.empty()) blamed = "✗ " + row.wrong;
        std::vector<std::string> cells = {row.system, row.bug, seeds_text(row.seeds)};
        if (full) cells.push_back(seeds_text(row.bare));
        for (auto& cell :
             {report::short_time(row.took), std::to_string(row.size.total()),
              std::to_string(row.size.nodes), report::short_time(row.shrinking),
              core::with_commas(row.runs), blamed.empty() ? std::string("none") : blamed}) {
            cells.push_back(cell);
        }
        table.rows.push_back(std::move(cells));
    }
    session.out.print(ui::draw(table, session.out.look()));
    session.out.print(fmt::format("{} of {} planted bugs found", found, rows.size()));
    if (!times.empty()) {
        session.out.print(
            fmt::format(" · made small in {} (median; worst {}) and {} (median)",
                        report::short_time(core::nanoseconds(median_of(times))),
                        report::short_time(core::nanoseconds(std::ranges::max(times))),
                        core::counted(median_of(runs), "run")));
    }
    session.out.print("\n");
    if (full) session.out.print(bare_text(rows));
}

/// Every bug again without faults inside the code: those must not be what finds the most of them.
int find_without_points(Session& session, const SelftestRequest& request, std::vector<Row>& rows) {
    for (Row& row : rows) {
        if (stopped_by() != 0) break;
        int exit_code = code::pass;
        const auto scenario = load(session, scenario_of(row.system),
                                   {"system.plant=" + row.bug, "code_points=off"}, exit_code);
        if (!scenario) return exit_code;
        if (session.err.interactive()) {
            session.err.print(fmt::format("  {}/{}, code points off\n", row.system, row.bug));
        }
        Duration ignored{};
        auto seeds = seeds_to_find(session, *scenario, request, ignored, {});
        if (!seeds) return session.fail(seeds.error());
        row.bare = std::move(*seeds);
    }
    return code::pass;
}

}  // namespace

int selftest(Session& session, const SelftestRequest& request) {
    std::vector<Row> rows;
    for (const auto& system : session.bench.systems) {
        for (const auto& plant : system.plants) {
            const std::string name = system.name + "/" + plant.name;
            if (!request.only.empty() && request.only != system.name && request.only != name) {
                continue;
            }
            int exit_code = code::pass;
            const auto scenario =
                load(session, scenario_of(system.name), {"system.plant=" + plant.name}, exit_code);
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
    if (request.full) {
        if (const int failed = find_without_points(session, request, rows); failed != code::pass) {
            return failed;
        }
        if (stopped_by() != 0) return 128 + stopped_by();
    }
    print(session, rows, request.full);
    const bool red = std::ranges::any_of(rows, [](const Row& row) { return !row.wrong.empty(); }) ||
                     (request.full && !enough_bare(rows));
    return red ? code::violated : code::pass;
}

}  // namespace storm::sdk
