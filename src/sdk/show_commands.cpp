#include "sdk/show_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "check/reference.h"
#include "core/text.h"
#include "fault/plan.h"
#include "fault/reference.h"
#include "runner/worker.h"
#include "scenario/remarks.h"
#include "sdk/catalogue_json.h"
#include "sdk/doctor.h"
#include "ui/table.h"

namespace storm::sdk {
namespace {

int unknown(Session& session, const std::string& kind, const std::string& name,
            const std::vector<std::string>& names, const std::string& list) {
    const auto meant = core::nearest(name, names);
    return session.fail(
        code::usage, fmt::format("no {} is called \"{}\"", kind, name),
        meant ? fmt::format("did you mean {}?   ({} {})", *meant, session.program, list)
              : fmt::format("{} {} lists them", session.program, list));
}

std::vector<std::string> worlds_of(const Bench& bench) {
    std::vector<std::string> names;
    for (const auto& [name, make] : bench.worlds) names.push_back(name);
    return names;
}

}  // namespace

int validate(Session& session, const std::vector<std::string>& files,
             const std::vector<std::string>& settings) {
    int worst = code::pass;
    std::string shown;
    for (const auto& file : files) {
        const auto loaded = read_scenario(session, file, settings, Source::file_or_stdin);
        if (!loaded) {
            worst = std::max(worst, session.fail(loaded.error()));
            continue;
        }
        if (!loaded->scenario) worst = std::max(worst, code::bad_scenario);
        if (!session.text()) {
            shown += (shown.empty() ? "" : ",\n") + validated_json(*loaded);
        } else if (!loaded->scenario) {
            session.err.print(problems_text(session, *loaded));
        } else if (!session.quiet) {
            const auto& scenario = *loaded->scenario;
            session.out.print(fmt::format(
                "{}: valid   {} on {}, {}, expects {}\n", core::plain(loaded->path),
                scenario.system->name, core::counted(scenario.nodes, "node"),
                core::counted(scenario.faults.size() + scenario.random.size(), "fault entry"),
                scenario::to_text(scenario.expect)));
            const std::string remark = scenario::remark(scenario, session.bench.faults);
            if (!remark.empty()) {
                session.err.print(fmt::format("{}: note: {}\n", core::plain(loaded->path), remark));
            }
        }
    }
    if (!session.text()) session.out.print("[\n" + shown + "\n]\n");
    return worst;
}

int plan(Session& session, const std::string& file, std::uint64_t seed,
         const std::vector<std::string>& settings) {
    int exit_code = code::pass;
    const auto scenario = load(session, file, settings, exit_code, Source::file_or_stdin);
    if (!scenario) return exit_code;
    session.out.print(fault::to_json(scenario::plan(*scenario, session.bench.faults, seed)));
    return code::pass;
}

int schema(Session& session) {
    session.out.print(scenario::json_schema(session.bench.vocabulary()));
    return code::pass;
}

int fault_list(Session& session) {
    const auto& faults = session.bench.faults;
    session.out.print(session.text()
                          ? fault::faults_list(faults, worlds_of(session.bench), session.out.look())
                          : listed_json(faults.all()));
    return code::pass;
}

int fault_explain(Session& session, const std::string& name) {
    const auto* spec = session.bench.faults.find(name);
    if (spec == nullptr) {
        return unknown(session, "fault", name, session.bench.faults.names(), "fault ls");
    }
    session.out.print(session.text() ? fault::explain(*spec, session.out.look())
                                     : explained_json(*spec));
    return code::pass;
}

int checks_list(Session& session) {
    const auto& checks = session.bench.checks;
    session.out.print(session.text() ? check::list(checks, session.out.look())
                                     : listed_json(checks.all()));
    return code::pass;
}

int checks_explain(Session& session, const std::string& name) {
    const auto* spec = session.bench.checks.find(name);
    if (spec == nullptr) {
        return unknown(session, "check", name, session.bench.checks.names(), "checks ls");
    }
    session.out.print(session.text() ? check::explain(*spec, session.out.look())
                                     : explained_json(*spec));
    return code::pass;
}

int system_list(Session& session) {
    if (!session.text()) {
        session.out.print(listed_json(session.bench.systems, session.bench.vocabulary()));
        return code::pass;
    }
    ui::Table table;
    table.columns = {{.title = "system"},
                     {.title = "nodes", .right = true},
                     {.title = "bugs", .right = true},
                     {.title = "what it is", .flexible = true}};
    for (const auto& system : session.bench.systems) {
        table.rows.push_back({system.name, std::to_string(system.nodes),
                              std::to_string(system.plants.size()), system.summary});
    }
    session.out.print(ui::draw(table, session.out.look()));
    return code::pass;
}

int system_explain(Session& session, const std::string& name) {
    const auto* system = session.bench.system(name);
    if (system == nullptr) {
        std::vector<std::string> names;
        for (const auto& each : session.bench.systems) names.push_back(each.name);
        return unknown(session, "system", name, names, "system ls");
    }
    if (!session.text()) {
        session.out.print(explained_json(*system, session.bench.vocabulary()));
        return code::pass;
    }
    std::vector<std::string> operations;
    for (const auto& operation : system->operations) operations.push_back(operation.name);
    core::NamedLines lines{
        {"nodes", fmt::format("{}, at least {}", system->nodes, system->nodes_min)},
        {"clients ask", core::joined(operations)}};
    if (!system->model.empty()) lines.emplace_back("model", system->model);
    if (system->tolerates) {
        const auto t = system->tolerates(system->nodes);
        lines.emplace_back("tolerates", fmt::format("{} of {} nodes down, {} with a damaged disk",
                                                    t.crashed, system->nodes, t.damaged));
    }
    for (const auto& law : system->invariants) {
        lines.emplace_back("invariant", law.name + ": " + law.summary);
    }
    for (const auto& [number, meaning] : system->numbers) {
        lines.emplace_back("with", number + ": " + meaning);
    }
    const auto points = session.bench.vocabulary().code_points(*system);
    if (!points.empty()) lines.emplace_back("code points", core::joined(points));
    for (const auto& plant : system->plants) {
        lines.emplace_back("plant", plant.name + ": " + plant.summary);
    }
    std::string head = system->name + "   ";
    const std::size_t indent = core::columns(head);
    for (const auto& line : core::wrapped(system->summary, session.out.look().width - indent)) {
        session.out.print(head + line + "\n");
        head.assign(indent, ' ');
    }
    session.out.print(core::named_lines(lines, session.out.look()));
    return code::pass;
}

int doctor(Session& session) {
    const auto found = examine(session.bench);
    if (!session.text()) {
        session.out.print(doctor_json(found));
        return code::pass;
    }
    core::NamedLines lines;
    for (const auto& world : found.worlds) {
        const auto all = session.bench.faults.all().size();
        lines.emplace_back("world " + world.name,
                           fmt::format("ready: {} of {} faults", all - world.missing(), all));
        for (const auto& lack : world.lacks) {
            lines.emplace_back("  missing",
                               fmt::format("{}: {}", core::joined(lack.faults), lack.why));
        }
    }
    lines.emplace_back("guards", found.guarded
                                     ? "a node that asks the system for time, entropy, files, "
                                       "sockets or threads is caught"
                                     : "missing in this build (sanitizers): a node that asks "
                                       "the operating system is not caught");
    lines.emplace_back("memory", found.counted ? "counted for each node"
                                               : "not counted in this build (sanitizers)");
    const std::string locale = runner::decimal_comma_locale();
    lines.emplace_back("reruns", locale.empty()
                                     ? "no locale with a decimal comma is installed: what depends "
                                       "on it alone is not caught"
                                     : "under the locale " + locale + ", among other changes");
    lines.emplace_back("processors", std::to_string(found.processors));
    for (const auto& [name, value] : environment()) lines.emplace_back(name, value);
    session.out.print(core::named_lines(lines, session.out.look()));
    return code::pass;
}

}  // namespace storm::sdk
