// runner/known.h - failures that were seen before: they run first, and are told apart.
//
// One file of JSON lines a scenario, .stormproof/known/<name>.jsonl, one reason a line:
//   {"reason":"linearizable/stale read/","seed":42,"sentence":"...","scenario":"<digest>"}
// Each variant of a scenario (--set, --world) has a file of its own.
// It is a memory, not an archive: 16 seeds a reason, and a reader that finds a line it does
// not understand says where and gives back the rest.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace storm::runner {

struct Known {
    std::string reason;
    std::uint64_t seed = 0;
    std::string sentence;
    std::string scenario;  // Digest of its text when it was seen.
    bool operator==(const Known&) const = default;
};

struct KnownFile {
    std::vector<Known> known;           // In the file's order.
    std::vector<std::string> problems;  // "path:3:14: ...", one for each line left out.
};

/// Where the known failures of a scenario lie, below `root` (a project's directory). What
/// `variant` says (its settings, its world) makes other runs of it, which know other failures.
[[nodiscard]] std::string known_path(const std::string& root, const std::string& scenario_path,
                                     const std::vector<std::string>& variant = {});
/// No file: nothing known. An error: it cannot be read at all.
[[nodiscard]] core::Result<KnownFile> read_known(const std::string& path);
/// Replaces the file as a whole (temporary file and rename); makes the folders. Empty: removes it.
[[nodiscard]] core::Result<void> write_known(const std::string& path,
                                             const std::vector<Known>& known);
/// Adds one line, on disk before it returns: for a sweep that may be killed at any moment.
[[nodiscard]] core::Result<void> append_known(const std::string& path, const Known& known);
[[nodiscard]] std::string to_jsonl(const std::vector<Known>& known);
[[nodiscard]] KnownFile known_from_jsonl(std::string_view text, const std::string& path);

}  // namespace storm::runner
