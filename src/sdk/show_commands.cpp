#include "sdk/show_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/reference.h"
#include "core/guard.h"
#include "core/text.h"
#include "fault/plan.h"
#include "fault/reference.h"
#include "runner/fleet.h"
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

}  // namespace

int validate(Session& session, const std::vector<std::string>& files,
             const std::vector<std::string>& settings) {
    int worst = code::pass;
    for (const auto& file : files) {
        int exit_code = code::pass;
        const auto scenario = load(session, file, settings, exit_code);
        if (!scenario) {
            worst = std::max(worst, exit_code);
            continue;
        }
        if (!session.quiet) {
            session.out.print(fmt::format(
                "{}: valid   {} on {}, {}, expects {}\n", scenario->path, scenario->system->name,
                core::counted(scenario->nodes, "node"),
                core::counted(scenario->faults.size() + scenario->random.size(), "fault entry"),
                scenario::to_text(scenario->expect)));
        }
    }
    return worst;
}

int plan(Session& session, const std::string& file, std::uint64_t seed,
         const std::vector<std::string>& settings) {
    int exit_code = code::pass;
    const auto scenario = load(session, file, settings, exit_code);
    if (!scenario) return exit_code;
    session.out.print(fault::to_json(scenario::plan(*scenario, session.bench.faults, seed)));
    return code::pass;
}

int schema(Session& session) {
    session.out.print(scenario::json_schema(session.bench.vocabulary()));
    return code::pass;
}

int fault_list(Session& session) {
    session.out.print(fault::faults_list(session.bench.faults, session.out.look()));
    return code::pass;
}

int fault_explain(Session& session, const std::string& name) {
    const auto* spec = session.bench.faults.find(name);
    if (spec == nullptr) {
        return unknown(session, "fault", name, session.bench.faults.names(), "fault ls");
    }
    session.out.print(fault::explain(*spec, session.out.look()));
    return code::pass;
}

int checks_list(Session& session) {
    session.out.print(check::list(session.bench.checks));
    return code::pass;
}

int checks_explain(Session& session, const std::string& name) {
    const auto* spec = session.bench.checks.find(name);
    if (spec == nullptr) {
        return unknown(session, "check", name, session.bench.checks.names(), "checks ls");
    }
    session.out.print(check::explain(*spec));
    return code::pass;
}

int system_list(Session& session) {
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
    for (const auto& plant : system->plants) {
        lines.emplace_back("plant", plant.name + ": " + plant.summary);
    }
    session.out.print(fmt::format("{}   {}\n", system->name, system->summary));
    session.out.print(core::named_lines(lines, session.out.look()));
    return code::pass;
}

int doctor(Session& session) {
    const bool guarded = core::guards_installed();
    const bool counted = core::memory_counted();
    core::NamedLines lines;
    for (const auto& [name, make] : session.bench.worlds) {
        std::uint64_t able = 0;
        for (const auto& spec : session.bench.faults.all()) {
            if (std::ranges::find(spec.worlds, name) != spec.worlds.end()) ++able;
        }
        lines.emplace_back("world " + name, fmt::format("ready: {} of {} faults", able,
                                                        session.bench.faults.all().size()));
    }
    lines.emplace_back("guards", guarded ? "a node that asks the system for time, entropy, files, "
                                           "sockets or threads is caught"
                                         : "missing in this build (sanitizers): a node that asks "
                                           "the operating system is not caught");
    lines.emplace_back(
        "memory", counted ? "counted for each node" : "not counted in this build (sanitizers)");
    lines.emplace_back("processors", std::to_string(runner::processors()));
    for (const auto& [name, value] : environment()) lines.emplace_back(name, value);
    session.out.print(core::named_lines(lines, session.out.look()));
    for (const auto& spec : session.bench.faults.all()) {
        for (const auto& [name, make] : session.bench.worlds) {
            if (name == "sim" || std::ranges::find(spec.worlds, name) != spec.worlds.end())
                continue;
            if (session.verbose) {
                session.out.print(fmt::format("  {} is missing in world {}\n", spec.name, name));
            }
        }
    }
    return code::pass;
}

}  // namespace storm::sdk
