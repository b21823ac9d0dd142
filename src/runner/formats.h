// runner/formats.h - a sweep or a run in the words of other tools.
//
// JUnit for CI servers, TAP for everything that reads TAP, JSON lines for scripts, sweep.json
// for the run directory. Each is made from the report alone; pages for people are module
// report's.
#pragma once
#include <string>
#include <vector>

#include "runner/directory.h"
#include "runner/sweep.h"

namespace storm::runner {

/// One test case a check (a run), or one a reason and one for the whole (a sweep).
[[nodiscard]] std::string to_junit(const StoredRun& run);
[[nodiscard]] std::string to_junit(const SweepReport& report, const std::string& name);
/// TAP version 14.
[[nodiscard]] std::string to_tap(const StoredRun& run);
[[nodiscard]] std::string to_tap(const SweepReport& report, const std::string& name);
/// docs/formats/sweep.md; one line without the final newline is a JSON line.
[[nodiscard]] std::string sweep_json(const SweepReport& report, const std::string& name);
/// One line a reason, then one line for the sweep.
[[nodiscard]] std::string to_jsonl(const SweepReport& report, const std::string& name);
[[nodiscard]] std::string to_jsonl(const StoredRun& run);

}  // namespace storm::runner
