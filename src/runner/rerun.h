// runner/rerun.h - whether a run is a function of scenario, seed and plan, which no single run can
// tell: so the check "deterministic" is not judged until a second run has been compared.
//
//   run_plan ──▶ "deterministic: not judged" ── the same bytes again ──▶ pass
//                                            └─ other bytes ──▶ violated, first difference named
//
// A world without a digest (real processes) promises no equal bytes: there it stays not judged.
#pragma once
#include <functional>
#include <string>

#include "runner/bench.h"
#include "runner/run.h"

namespace storm::runner {

/// The built-in check that a second run decides.
inline constexpr const char* determinism_check = "deterministic";
/// Why it is not judged in a world without a digest.
[[nodiscard]] std::string no_digest_text(const std::string& world);

/// Of a run that was made once, and in which nothing was caught at it.
void leave_determinism_open(RunResult& result, const std::string& world);
/// A second run of the same plan and seed gave the same bytes.
void note_same_bytes(RunResult& result);

/// How a run is made again.
struct Rerun {
    RunOptions run;
    std::string program;         // See SweepOptions::program.
    std::function<bool()> stop;  // True: leave it not judged.
};
/// Makes the run again in a fresh process where everything that must not matter is different, and
/// judges by it. True: it gave the same bytes. Other bytes are a violation, first of the findings.
/// False without one: there was nothing to compare (no digest, it was stopped, or it could not be
/// made again, as the finding then says).
[[nodiscard]] bool rerun(const Bench& bench, RunResult& result, const Rerun& how);

/// Adds what was found over several runs to the result of one: first of its findings.
void add_finding(RunResult& result, check::Finding finding);

}  // namespace storm::runner
