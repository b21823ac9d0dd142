// sdk/run_command.h - `run` and `demo`: a scenario to a verdict, with everything on the way.
//
//   load ─▶ known failures, sweep ─▶ for each new reason: shrink ─▶ smallest run ─▶ cause
//                                      └─▶ run directory, report ─▶ terminal
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/sweep.h"
#include "sdk/session.h"
#include "sdk/telling.h"

namespace storm::sdk {

struct RunRequest {
    std::string scenario;
    std::string world = "sim";
    std::optional<std::uint64_t> seed;
    std::string seeds;  // "1..100000" or "100000"; "": the scenario's.
    unsigned jobs = 0;
    std::string for_time;  // "10m"; "": bounded by seeds.
    bool keep_going = false;
    std::vector<std::string> settings;
    std::string swarm;  // "on", "off" or "".
    std::string out;    // "": below runs/ (sdk/places.h).
    bool cause = true;
    bool fork_only = false;      // main() is not ours: no fresh process can be executed.
    bool remember = true;        // Known failures in .stormproof/.
    std::string directory_name;  // Below runs/, before the seed; "": from the scenario.
};

int run(Session& session, const RunRequest& request);

/// What a sweep ended with. Without a report it never came to run.
struct Outcome {
    int exit_code = 0;
    std::optional<Tale> tale;  // Of its first failure, or of the pass.
    std::optional<runner::SweepReport> report;
};

/// The sweep itself, told on the way on stderr, and its result on stdout.
Outcome run_sweep(Session& session, const scenario::Scenario& scenario, const RunRequest& request);

/// The exit code of a verdict (runner/expected.h).
[[nodiscard]] int exit_code_of(check::Verdict verdict, bool met);
[[nodiscard]] int exit_code_of(const runner::StoredRun& run);

/// "1..100000", "5..9" or "1000" (from 1).
[[nodiscard]] core::Result<std::pair<std::uint64_t, std::uint64_t>> parse_seeds(
    const std::string& text);

/// Writes the directory of a tale with its page; fits the runs into it first.
[[nodiscard]] core::Result<void> write_tale(const Session& session, Tale& tale,
                                            const runner::ExtraFiles& extra);
/// write_tale(), or says why not and takes from the tale what only a directory could hold. Gives
/// `exit_code`, or that of the error: a run that cannot be kept is told all the same.
[[nodiscard]] int keep_tale(Session& session, Tale& tale, const runner::ExtraFiles& extra,
                            int exit_code);

}  // namespace storm::sdk
