#include "sdk/demo_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/lines.h"
#include "core/text.h"
#include "report/text.h"
#include "sdk/run_command.h"

namespace storm::sdk {
namespace {

constexpr const char* broken = "scenarios/demo/primary-backup.yaml";
constexpr const char* repaired = "scenarios/demo/primary-backup-repaired.yaml";

void introduce(Session& session, const scenario::Scenario& scenario) {
    const auto& look = session.out.look();
    const std::size_t whole = core::columns(scenario.title) + 3 + core::columns(scenario.path);
    session.out.print(fmt::format("{}{}{}\n",
                                  core::painted(scenario.title, core::Paint::strong, look),
                                  whole > look.width ? "\n" : " · ", scenario.path));
    for (const auto& line : core::wrapped("A failover is allowed to be slow. It is not allowed to "
                                          "lose what a client was told is safe.",
                                          look.width)) {
        session.out.print(line + "\n");
    }
    session.out.print("\n");
}

}  // namespace

int demo(Session& session, unsigned jobs) {
    int exit_code = code::pass;
    const auto first = load(session, broken, {}, exit_code);
    if (!first) return exit_code;
    const auto second = load(session, repaired, {}, exit_code);
    if (!second) return exit_code;
    introduce(session, *first);
    RunRequest request;
    request.scenario = first->path;
    request.jobs = jobs;
    request.remember = false;
    request.directory_name = "demo";
    const auto failure = run_sweep(session, *first, request);
    if (!failure.report) return failure.exit_code;
    if (failure.report->groups.empty()) {
        return session.fail(code::internal, "the demo's planted bug was not found");
    }
    session.out.print(report::text(story_of(session, *failure.tale), session.out.look()));
    if (stopped_by() != 0) return failure.exit_code;

    session.out.print(
        fmt::format("\nThe repaired store (acknowledge after replication) on {} seeds:\n",
                    core::with_commas(second->seed_last - second->seed_first + 1)));
    request.scenario = second->path;
    const auto pass = run_sweep(session, *second, request);
    if (!pass.report) return pass.exit_code;
    session.out.print(report::text(story_of(session, *pass.tale), session.out.look()));
    const std::string start = session.program + " init my-system";
    const std::string list = session.program + " fault ls";
    const std::size_t width = std::max(start.size(), list.size());
    const std::string faults =
        fmt::format("{}, and which world can do each",
                    core::counted(session.bench.faults.all().size(), "fault"));
    // A long way to the program pushes what is said of it onto a line of its own.
    const bool one_line = 6 + width + 5 + core::columns(faults) <= session.out.look().width;
    const auto next = [&](const std::string& command, const std::string& what) {
        return one_line ? fmt::format("{}  ·  {}\n", core::padded(command, width), what)
                        : fmt::format("{}\n      · {}\n", command, what);
    };
    session.out.print("\nNext: " + next(start, "your own node in 40 lines"));
    session.out.print("      " + next(list, faults));
    return failure.exit_code != 0 ? failure.exit_code : pass.exit_code;
}

}  // namespace storm::sdk
