// runner/directory.h - everything one run leaves behind, on disk and back.
//
//   verdict.json   what it came to, and what it depends on       docs/formats/verdict.md
//   plan.json      what it was to carry out                      docs/formats/plan.md
//   decisions.jsonl, history.jsonl, events.jsonl                 docs/formats/*.md
//   metrics.om     OpenMetrics          junit.xml
//   report.html, story.json, sweep.json   (written by who calls)
//   whole/         the run before it was made small, as a directory of its own
//
// A directory appears as a whole or not at all: it is written beside its place, synced, and
// renamed into it. An older run of that name is replaced; anything else in its place, or any
// file beside it that no run leaves, is not touched. Readers are strict and bounded, and every
// error says file:line:column; what is written fits into these bounds (fit()).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "runner/expected.h"
#include "runner/run.h"

namespace storm::runner {

/// What a file of the directory had no room for.
struct Cut {
    std::string file;  // "events.jsonl"
    std::uint64_t kept = 0, of = 0;
    std::string what;  // Left out: "messages, timers, files and logs before 43.2 s".
    /// "events.jsonl: 400,000 of 5,000,000 lines; left out: messages, ..."
    [[nodiscard]] std::string text() const;
};

/// What verdict.json says of a file beside it, so that another's or a damaged one is noticed.
struct FileNote {
    std::string name;  // "events.jsonl"
    std::uint64_t bytes = 0;
    core::Key digest = 0;  // core::key_of() of its bytes.
};

/// A run with all that verdict.json says of it.
struct StoredRun {
    RunResult result;
    std::string world = "sim";
    std::string build;    // build_id() of who ran it.
    std::string version;  // Of the program.
    Expected expect;      // What the scenario expected.
    /// What was changed from the command line: "system.plant=x".
    std::vector<std::string> settings;
    std::string command;      // The line that replays it.
    bool confirmed = false;   // Run again in a fresh process, with the same bytes.
    std::string plan_digest;  // hex of fault::digest(plan) when written; what replay compares.
    std::vector<Cut> cut;     // What fit() left out.
    /// As they were read.
    std::vector<FileNote> files;
    /// The digest of verdict.json itself (seal_of()), as it was read.
    core::Key seal = 0;
};

/// A file of the directory that who calls wants in it: {"report.html", text}.
using ExtraFiles = std::vector<std::pair<std::string, std::string>>;

/// Whether a run could be written there; asked before the work, so that no work is lost. An error
/// (io, not_found) that names what is in the way. Makes and removes a folder to find out.
[[nodiscard]] core::Result<void> check_place(const std::string& path);
/// Whether the folder holds what no run leaves there, at any depth.
[[nodiscard]] bool holds_foreign(const std::string& path);
/// check_place() of one file.
[[nodiscard]] core::Result<void> check_file_place(const std::string& path);

/// Leaves out what would make a file longer than `most` bytes: of the events first messages and
/// timers long before the end, then requests and answers, then what nodes published, and lives and
/// faults last of all; of decisions and operations the last.
void fit(StoredRun& run, std::size_t most = 64U << 20U);

/// Requires: fit(run), fit(*whole). An error (io: full disk, read-only; not_found: something else
/// stands there); nothing is left behind.
[[nodiscard]] core::Result<void> write_run(const std::string& path, const StoredRun& run,
                                           const ExtraFiles& extra = {},
                                           const StoredRun* whole = nullptr);
/// The same for a sweep without a run to show: these files alone, sweep.json among them.
[[nodiscard]] core::Result<void> write_folder(const std::string& path, const ExtraFiles& files);
/// Reads verdict, plan, history, decisions and events. Bounded: 256 MB a file. The last three must
/// be the files that the verdict was written with; a plan may have been edited by hand. The verdict
/// must be the one that was written, and follow from its own findings and faults.
[[nodiscard]] core::Result<StoredRun> read_run(const std::string& path);
/// Adds or replaces one file of a directory that is there (temporary file and rename).
[[nodiscard]] core::Result<void> write_file(const std::string& path, std::string_view text);
/// Adds a line to a file, which is made if it is not there; synced. A line that somebody left half
/// written ends before it.
[[nodiscard]] core::Result<void> append_file(const std::string& path, std::string_view line);
/// The text of a file of at most `most` bytes.
[[nodiscard]] core::Result<std::string> read_file(const std::string& path,
                                                  std::size_t most = 256U << 20U);

/// The parts, as texts.
[[nodiscard]] std::string verdict_json(const StoredRun& run);
/// With notes of these files, which are record_files() of the run.
[[nodiscard]] std::string verdict_json(const StoredRun& run, const ExtraFiles& files);
/// decisions.jsonl, history.jsonl and events.jsonl: what verdict.json keeps notes of.
[[nodiscard]] ExtraFiles record_files(const history::RunRecord& record);
[[nodiscard]] std::string decision_json(const history::DecisionRecord& decision);
[[nodiscard]] std::string decisions_jsonl(const history::RunRecord& record);
[[nodiscard]] std::string events_jsonl(const history::RunRecord& record);
[[nodiscard]] std::string metrics_text(const StoredRun& run);
/// Fill `run`; errors carry `name`:line:column.
[[nodiscard]] core::Result<void> read_verdict(std::string_view text, const std::string& name,
                                              StoredRun& run);
/// Whether `text` is verdict.json as it was written, and what it says follows from its parts;
/// `run` is what read_verdict() made of it.
[[nodiscard]] core::Result<void> check_verdict(std::string_view text, const std::string& name,
                                               const StoredRun& run);
[[nodiscard]] core::Result<void> read_decisions(std::string_view text, const std::string& name,
                                                history::RunRecord& record);
[[nodiscard]] core::Result<void> read_events(std::string_view text, const std::string& name,
                                             history::RunRecord& record);

/// Identifies the program that runs: the linker's build id, or a hash of the executable.
[[nodiscard]] std::string build_id();

}  // namespace storm::runner
