// sdk/plan_names.h - a plan that a person edited, held against what this program has.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "history/record.h"
#include "runner/bench.h"

namespace storm::sdk {

/// Whether every system, bug, fault, check and operation that the plan names is there. An error
/// (bad_input) says file:line:column and the nearest name. `text`: the file it was read from.
[[nodiscard]] core::Result<void> check_plan_names(const Bench& bench, const fault::Plan& plan,
                                                  std::string_view text, const std::string& name);

/// What found no place in a replay, in words and bounded: "3 × delay of n1>n2 replicate".
/// `unplaced` as in RunRecord; `decisions`: the recorded ones, which know of what they were.
[[nodiscard]] std::vector<std::string> unplaced_texts(
    const std::vector<std::string>& unplaced,
    const std::vector<history::DecisionRecord>& decisions);

}  // namespace storm::sdk
