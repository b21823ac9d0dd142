// runner/shrink.h - from a failing plan to the smallest that fails for the same reason.
//
//   failing plans ─▶ structure ─▶ ambient: neutral, calm, or neutral and pinned ─▶ structure
//                    drop faults, shorten, narrow targets, round times,
//                    drop nodes, clients and operations            (DESIGN §5, Shrinking)
//
// Every candidate is an edit of the plan; stable keys keep all other draws as they were. A
// candidate is kept if a run of it finds the same reason (check, kind of anomaly, normalised
// site), never by times, names or values, and if no fault loses its effect: a smallest run
// blames no fault that nobody felt. Candidates run in forked workers, several at once;
// which one is kept depends on their order only, so the result does not depend on `jobs`, nor on
// the machine unless time ran out (`stopped`).
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "core/time.h"
#include "fault/plan.h"
#include "runner/bench.h"
#include "runner/run.h"

namespace storm::runner {

/// What shrinking makes small.
struct PlanSize {
    std::size_t faults = 0, operations = 0, nodes = 0, pins = 0;
    [[nodiscard]] std::size_t total() const { return faults + operations + pins; }
    bool operator==(const PlanSize&) const = default;
};
[[nodiscard]] PlanSize size_of(const fault::Plan& plan);

struct Failure {
    fault::Plan plan;
    std::uint64_t seed = 0;
};

struct ShrinkProgress {
    std::string doing;  // "dropping faults", "dropping operations", ...
    std::uint64_t runs = 0;
    PlanSize size;
};

struct ShrinkOptions {
    RunOptions run;
    unsigned jobs = 0;                       // 0: one a processor.
    Duration budget = core::seconds(10);     // Real time.
    Duration cpu_limit = core::seconds(20);  // Of one run.
    std::function<bool()> stop;              // True: end with the best so far.
    std::function<void(const ShrinkProgress&)> progress;
};

struct Shrunk {
    fault::Plan plan;
    std::uint64_t seed = 0;
    check::Finding finding;  // Of the smallest plan.
    PlanSize before, after;  // before: of the failure that became the smallest.
    std::uint64_t runs = 0;
    Duration took{};
    bool stopped = false;  // Time or the user ended it: smaller may exist.
};

/// Shrinks up to 16 failures of one reason and gives the smallest; ties go to the lowest seed.
/// The first runs whatever the budget. An error (not_found): none of them fails for `reason` when
/// run again, or the smallest does not in a process of its own; (stopped): ended before that was
/// known.
[[nodiscard]] core::Result<Shrunk> shrink(const Bench& bench, const std::vector<Failure>& failures,
                                          const std::string& reason, const ShrinkOptions& options);

}  // namespace storm::runner
