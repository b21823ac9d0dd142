// sdk/guarded.h - one run in this process, after a child has shown that it can be survived.
//
// The code under test may crash, and what it takes with it must not be the command that tells of
// it. So a forked child runs the plan first; if that dies, its death is the result: a violation
// of "no-crash". Only then does the plan run here, with everything recorded.
#pragma once
#include <cstdint>
#include <optional>

#include "runner/rerun.h"
#include "runner/run.h"
#include "sdk/session.h"

namespace storm::sdk {

/// The finding of a run that ends its process; nothing if it does not.
[[nodiscard]] core::Result<std::optional<check::Finding>> death_of(
    const Bench& bench, const fault::Plan& plan, std::uint64_t seed,
    const runner::RunOptions& options);

/// What is known of a run that ended its process.
[[nodiscard]] runner::RunResult fallen(fault::Plan plan, std::uint64_t seed,
                                       check::Finding finding);

/// run_plan(), or fallen().
[[nodiscard]] core::Result<runner::RunResult> run_guarded(const Bench& bench, fault::Plan plan,
                                                          std::uint64_t seed,
                                                          const runner::RunOptions& options);

/// Makes the run again and judges whether it is deterministic (runner/rerun.h). `fork_only`: see
/// RunRequest.
bool rerun_of(const Session& session, runner::RunResult& result, const runner::RunOptions& options,
              bool fork_only = false);

}  // namespace storm::sdk
