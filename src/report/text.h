// report/text.h - a verdict in a terminal: one sentence, the picture, the proof, what to do.
#pragma once
#include <string>

#include "core/lines.h"
#include "report/story.h"

namespace storm::report {

/// "VIOLATED   no-lost-acknowledged-writes" and the sentence below it.
[[nodiscard]] std::string verdict_text(const Story& story, const core::Look& look);
/// The smallest trace.
[[nodiscard]] std::string trace_text(const Story& story, const core::Look& look);
/// evidence, cause, others, replay, look: what is known, a line each.
[[nodiscard]] std::string proof_text(const Story& story, const core::Look& look);
/// All of the above; for a pass and an inconclusive run what was and was not exercised.
[[nodiscard]] std::string text(const Story& story, const core::Look& look);

}  // namespace storm::report
