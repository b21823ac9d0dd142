// runner/place.h - where a run directory may stand, and what an end in the middle left there.
//
// A directory is written as NAME.new-PID and renamed; one that it replaces is NAME.old-PID for a
// moment. Whoever was killed in between leaves them. The next who writes there removes what
// belongs to a process that is gone, and puts back an old run that has no successor.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"

namespace storm::runner {

/// Without a slash at the end.
[[nodiscard]] std::filesystem::path tidy(const std::string& path);

/// ".new-4711": the ending of what this process has not finished.
[[nodiscard]] std::string temporary(std::string_view kind);

/// Nothing, an empty folder or an older run may stand where a run goes; whose run, the caller
/// knows. A folder that holds what no run leaves (a file of the user's, at any depth) is none. An
/// error (not_found for what the user can name otherwise, else io) says what is in the way.
[[nodiscard]] core::Result<void> nothing_in_the_way(const std::filesystem::path& place);

/// Removes what dead processes left of `place`; below runs/ and findings/ of all its neighbours.
void clear_leftovers(const std::filesystem::path& place);

}  // namespace storm::runner
