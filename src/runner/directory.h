// runner/directory.h - everything one run leaves behind, on disk and back.
//
//   verdict.json   what it came to, and what it depends on       docs/formats/verdict.md
//   plan.json      what it was to carry out                      docs/formats/plan.md
//   decisions.jsonl, history.jsonl, events.jsonl                 docs/formats/*.md
//   metrics.om     OpenMetrics          junit.xml
//   report.html    (written by who calls: module report)
//
// A directory appears as a whole or not at all: it is written beside its place, synced, and
// renamed into it. An older run of that name is replaced; anything else in its place is not
// touched. Readers are strict and bounded, and every error says file:line:column.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "runner/run.h"

namespace storm::runner {

/// A run with all that verdict.json says of it.
struct StoredRun {
    RunResult result;
    std::string world = "sim";
    std::string build;        // build_id() of who ran it.
    std::string version;      // Of the program.
    std::string expect;       // What the scenario expected: "pass", "violated", ...
    std::string command;      // The line that replays it.
    bool confirmed = false;   // Run again in a fresh process, with the same bytes.
    std::string plan_digest;  // hex of fault::digest(plan) when written; what replay compares.
};

/// A file of the directory that who calls wants in it: {"report.html", text}.
using ExtraFiles = std::vector<std::pair<std::string, std::string>>;

/// An error (io): full disk, read-only, something else stands there; nothing is left behind.
[[nodiscard]] core::Result<void> write_run(const std::string& path, const StoredRun& run,
                                           const ExtraFiles& extra = {});
/// Reads verdict, plan, history, decisions and events. Bounded: 256 MB a file.
[[nodiscard]] core::Result<StoredRun> read_run(const std::string& path);
/// Adds or replaces one file of a directory that is there (temporary file and rename).
[[nodiscard]] core::Result<void> write_file(const std::string& path, std::string_view text);
/// The text of a file of at most `most` bytes.
[[nodiscard]] core::Result<std::string> read_file(const std::string& path,
                                                  std::size_t most = 256U << 20U);

/// The parts, as texts.
[[nodiscard]] std::string verdict_json(const StoredRun& run);
[[nodiscard]] std::string decisions_jsonl(const history::RunRecord& record);
[[nodiscard]] std::string events_jsonl(const history::RunRecord& record);
[[nodiscard]] std::string metrics_text(const StoredRun& run);
/// Fill `run`; errors carry `name`:line:column.
[[nodiscard]] core::Result<void> read_verdict(std::string_view text, const std::string& name,
                                              StoredRun& run);
[[nodiscard]] core::Result<void> read_decisions(std::string_view text, const std::string& name,
                                                history::RunRecord& record);
[[nodiscard]] core::Result<void> read_events(std::string_view text, const std::string& name,
                                             history::RunRecord& record);

/// Identifies the program that runs: the linker's build id, or a hash of the executable.
[[nodiscard]] std::string build_id();

}  // namespace storm::runner
