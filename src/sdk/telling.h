// sdk/telling.h - from the runner's results to a report::Story.
//
// A tale is one verdict with all that is known of it: the run that shows it, the run before it
// was made small, and the facts that no run holds (the sweep, the shrinking, what is the cause,
// what changed). Facts go into story.json, so that a page can be made again from its directory.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/story.h"
#include "runner/cause.h"
#include "runner/directory.h"
#include "runner/shrink.h"
#include "runner/sweep.h"
#include "sdk/session.h"

namespace storm::sdk {

/// What is known of a verdict beside its runs (docs/formats/story.md).
struct Facts {
    /// "finding": of a sweep, made small. "seed": one seed. "small": what `shrink` made.
    /// "sweep": no seed failed, so there is no run.
    std::string kind = "seed";
    std::string scenario;  // Its path.
    std::vector<std::string> settings;
    std::string world = "sim";
    bool met = true;  // The scenario got what it expects.
    std::optional<report::Sweep> sweep;
    std::optional<report::Shrink> shrink;
    std::string not_small;  // Why shrinking gave nothing, or "".
    std::vector<report::Cause> causes;
    std::vector<report::Reason> reasons;
    bool compared = false;
    std::vector<report::Command> commands;
    std::vector<std::pair<std::string, std::string>> environment;
};

/// All that is known of one verdict; owns what its story looks at.
struct Tale {
    runner::StoredRun stored;                // The run that shows it, the smallest there is.
    std::optional<runner::RunResult> whole;  // Before shrinking ...
    std::vector<runner::Cut> whole_cut;      // ... and what its files had no room for.
    Facts facts;
    std::string directory;            // Where the run lies, or will; "": nowhere.
    std::vector<std::string> edited;  // Its plans that are no longer those of the runs.
};

/// Requires: tale outlives the story.
[[nodiscard]] report::Story story_of(const Session& session, const Tale& tale);

/// A sweep in which no seed failed, told of an empty run.
[[nodiscard]] Tale tale_of_pass(const scenario::Scenario& scenario,
                                const runner::SweepReport& report);

[[nodiscard]] report::Sweep sweep_of(const runner::SweepReport& report);
/// Of the faults of `run`, by their catalogue names.
[[nodiscard]] std::vector<report::Cause> causes_of(const runner::RunResult& run,
                                                   const std::vector<runner::CauseRate>& rates);
[[nodiscard]] report::Shrink shrink_of(const runner::Shrunk& shrunk);
[[nodiscard]] std::vector<report::Reason> reasons_of(const runner::SweepReport& report);

}  // namespace storm::sdk
