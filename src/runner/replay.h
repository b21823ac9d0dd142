// runner/replay.h - a run again, from its directory.
//
// In the same build an unedited plan gives the same bytes, and that is checked. In another
// build, or after an edit, the plan's pins and the recorded decisions apply by their keys:
// what still happens comes out as it did, and decisions that found no place are listed. A world
// without a digest (real processes) is not deterministic: there only outcomes are compared.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "runner/bench.h"
#include "runner/directory.h"
#include "runner/run.h"

namespace storm::runner {

struct ReplayOptions {
    std::optional<Instant> until;        // Keep the trace up to here.
    std::optional<std::uint64_t> event;  // Keep the trace up to this sequence number.
    std::optional<fault::Plan> plan;     // Instead of the stored one.
};

struct Replay {
    RunResult result;  // Detail::full; the trace cut as asked.
    bool same_build = false;
    bool edited = false;        // The plan is not the one that the verdict was written for.
    bool comparable = true;     // The world has a digest, so there are bytes to compare.
    bool identical = false;     // Every byte of the run: same digest.
    bool same_reasons = false;  // Same verdict, for the same reasons.
    std::string change;  // Else, the two: "was violated (linearizable: stale read), now pass".
    std::vector<std::string> unplaced;  // Pins and decisions that found no place.
    std::string sentence;               // What the above comes to, in words.
    std::string beyond;                 // That the run ended before what options ask for, or "".
};

[[nodiscard]] core::Result<Replay> replay(const Bench& bench, const StoredRun& stored,
                                          const ReplayOptions& options);

}  // namespace storm::runner
