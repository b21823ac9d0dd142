#include "sdk/demo_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "report/text.h"
#include "sdk/run_command.h"

namespace storm::sdk {
namespace {

constexpr const char* broken = "scenarios/demo/primary-backup.yaml";
constexpr const char* repaired = "scenarios/demo/primary-backup-repaired.yaml";

void introduce(Session& session, const scenario::Scenario& scenario) {
    const auto& look = session.out.look();
    session.out.print(fmt::format(
        "{} · {}\n", core::painted(scenario.title, core::Paint::strong, look), scenario.path));
}

}  // namespace

int demo(Session& session, unsigned jobs) {
    int exit_code = code::pass;
    const auto first = load(session, broken, {}, exit_code);
    if (!first) return exit_code;
    const auto second = load(session, repaired, {}, exit_code);
    if (!second) return exit_code;
    introduce(session, *first);
    session.out.print(
        "A failover is allowed to be slow. It is not allowed to lose what a client was "
        "told is safe.\n\n");
    RunRequest request;
    request.scenario = first->path;
    request.jobs = jobs;
    request.remember = false;
    request.directory_name = "demo";
    const auto failure = run_sweep(session, *first, request);
    if (!failure.report) return failure.exit_code;
    if (!failure.tale) {
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
    const runner::RunResult nothing;
    session.out.print(pass.tale ? report::text(story_of(session, *pass.tale), session.out.look())
                                : report::text(story_of_pass(*second, *pass.report, nothing),
                                               session.out.look()));
    const std::string start = session.program + " init my-system";
    const std::string list = session.program + " fault ls";
    const std::size_t width = std::max(start.size(), list.size());
    session.out.print(fmt::format(
        "\nNext: {}  ·  your own node in 40 lines\n      {}  ·  {}, and which world can do each\n",
        core::padded(start, width), core::padded(list, width),
        core::counted(session.bench.faults.all().size(), "fault")));
    return failure.exit_code != 0 ? failure.exit_code : pass.exit_code;
}

}  // namespace storm::sdk
