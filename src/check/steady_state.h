// check/steady_state.h - a hypothesis of what is normal, held against before, during and after.
//
// Chaos engineering's question: is the system well, does it stay well enough under the fault, and
// is it well again afterwards? "Well" is a share of operations that succeed and a latency. Not
// well before any fault: inconclusive, since nothing could be learnt. Not well enough during, or
// not well after: violated. The rows are data, so that a report can draw them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "check/check.h"
#include "check/samples.h"

namespace storm::check {

/// One phase: what was expected and what was found. A limit of 0 is not judged.
struct HypothesisRow {
    std::string phase;  // "before", "during", "after"
    Window window;
    std::uint64_t operations = 0;
    std::uint32_t success_ppm = 0;
    Duration p99{};  // Of those that succeeded; 0 if none did.
    std::uint32_t success_ppm_min = 0;
    Duration p99_max{};
    bool success_held = true, p99_held = true;
    Verdict verdict = Verdict::pass;  // Inconclusive: no operation in the phase.
};

/// The table, always three rows. Judges nothing but each row by itself.
[[nodiscard]] std::vector<HypothesisRow> hypothesis(const history::RunRecord& record,
                                                    const fault::Params& params);

[[nodiscard]] CheckSpec steady_state_check();

}  // namespace storm::check
