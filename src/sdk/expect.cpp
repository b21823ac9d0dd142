#include "sdk/expect.h"

#include <ostream>
#include <utility>

#include "report/text.h"
#include "sdk/run_command.h"
#include "sdk/standard.h"

namespace storm {

std::ostream& operator<<(std::ostream& out, const Expectation& e) { return out << e.text(); }

Expectation expect(const Bench& bench, const std::string& path) {
    sdk::Session session{.bench = bench, .program = bench.program};
    session.quiet = true;
    int exit_code = 0;
    const auto scenario = sdk::load(session, path, {}, exit_code);
    if (!scenario) return {false, path + " cannot be read; see above"};
    sdk::RunRequest request;
    request.scenario = path;
    request.cause = false;
    request.fork_only = true;
    const auto outcome = sdk::run_sweep(session, *scenario, request);
    if (!outcome.report) return {false, path + " could not be run; see above"};
    // A run that could not be kept does not change what it showed.
    return {outcome.report->met, report::text(sdk::story_of(session, *outcome.tale), core::Look{})};
}

Expectation expect(const std::string& scenario, std::vector<node::System> systems,
                   const std::string& program) {
    Bench bench = standard_bench();
    bench.systems = std::move(systems);
    bench.program = program;
    return expect(bench, scenario);
}

}  // namespace storm
