// sdk/telling.h - from the runner's results to a report::Story.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/story.h"
#include "runner/cause.h"
#include "runner/directory.h"
#include "runner/shrink.h"
#include "runner/sweep.h"
#include "sdk/session.h"

namespace storm::sdk {

/// All that is known of one verdict; owns what its story looks at.
struct Tale {
    runner::StoredRun stored;                // The run that shows it, the smallest there is.
    std::optional<runner::RunResult> whole;  // Before shrinking.
    std::optional<runner::SweepReport> sweep;
    std::optional<runner::Shrunk> shrunk;
    std::vector<runner::CauseRate> causes;
    std::vector<runner::Known> known;  // Before the sweep.
    bool compared = false;
    std::string directory;  // Where the run lies, or will.
};

/// Requires: tale outlives the story.
[[nodiscard]] report::Story story_of(const Session& session, const Tale& tale);
[[nodiscard]] report::Sweep sweep_of(const runner::SweepReport& report);
/// The story of a sweep in which nothing failed: told of an empty run.
[[nodiscard]] report::Story story_of_pass(const scenario::Scenario& scenario,
                                          const runner::SweepReport& report,
                                          const runner::RunResult& sample);

}  // namespace storm::sdk
