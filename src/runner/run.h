// runner/run.h - one plan, one world, one verdict.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "fault/effect.h"
#include "fault/plan.h"
#include "history/record.h"
#include "runner/bench.h"

namespace storm::runner {

/// How a run is judged as a whole (DESIGN §4): a confirmed violation is violated; else any
/// ineffective fault, or no opportunity for a required one, is inconclusive.
struct Judgement {
    check::Verdict verdict = check::Verdict::pass;
    std::string why;         // One sentence, when not a pass.
    bool faulty = false;     // At least one fault was planned.
    bool effective = false;  // At least one fault took effect, none was ineffective.
    bool ineffective = false;
    bool idle = false;  // A required fault had no opportunity.
};

/// What the evidence of one occurrence comes to (DESIGN §4).
[[nodiscard]] fault::Effectiveness effectiveness(const history::FaultRecord& fault);

struct RunResult {
    fault::Plan plan;
    history::RunRecord record;
    std::vector<check::Finding> findings;  // Violated first.
    Judgement judgement;
};

struct RunOptions {
    std::string world = "sim";
    history::Detail detail = history::Detail::verdict;
    std::string directory;  // For worlds that keep files.
    std::string sabotage;
    history::Window witness{};  // Of record.steps.
};

/// Runs `plan` under `seed` and judges it; the plan stands in the result again. Whether the run is
/// deterministic is not judged (rerun.h). An error: the plan names what is not there, or the world
/// itself failed.
[[nodiscard]] core::Result<RunResult> run_plan(const Bench& bench, fault::Plan plan,
                                               std::uint64_t seed, const RunOptions& options);

/// Puts the finding with this reason first, which the verdict then speaks of. A run often fails
/// for several reasons; who looks for one must not be told another.
void lead_with(RunResult& result, const std::string& reason);

/// The verdict over findings and evidence.
[[nodiscard]] Judgement judge(const fault::Plan& plan, const history::RunRecord& record,
                              const std::vector<check::Finding>& findings);

}  // namespace storm::runner
