// check/linearizable.h - every operation took effect at one instant between its two times.
//
// The strongest promise a register or a key-value store can make: clients cannot tell it from
// one that runs on a single machine (Herlihy & Wing 1990). Keys are judged one by one, which
// loses nothing: a history is linearizable if and only if each key's is. A violation names the
// smallest part of the history that is impossible (certificate.h) and tells it in a sentence;
// when the search is cut short the verdict is inconclusive.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check/check.h"
#include "check/linear_search.h"
#include "check/model.h"

namespace storm::check {

struct Linearizability {
    Verdict verdict = Verdict::pass;
    std::string why;                  // Of inconclusive.
    KeyHistory key;                   // Of a violation: the key it is about,
    std::vector<std::uint32_t> part;  // its smallest impossible part, and the operation
    std::uint32_t fatal = 0;          // that shows it: places in key.operations.
    std::vector<ValueId> instead;     // What it might have observed.
    std::uint64_t steps = 0;
    std::uint64_t observers = 0;  // Answered operations that some order had to explain.
};

/// Judges a history by a model (check/model.h). The first key that is violated is reported.
[[nodiscard]] Linearizability linearizability(const history::History& history,
                                              std::string_view model, const SearchBounds& bounds);

/// The verdict as a finding: sentence, anomaly, indices into the history; nothing to judge where
/// no answer had to be explained.
/// Anomalies: "stale read", "value never written", "refused write seen", "read from the
/// future", "cas result impossible", "orders disagree".
[[nodiscard]] Finding to_finding(const Linearizability& result, const history::History& history);

[[nodiscard]] CheckSpec linearizable_check();

}  // namespace storm::check
