// sdk/story_file.h - story.json: what a page says beyond its run (docs/formats/story.md).
//
// The sweep that found a run, how it was made small, which fault is the cause and what changed
// are in no other file of a run directory. They stand here, so that the page can be made again
// from the directory alone, word for word, and so that a directory says whose it is.
#pragma once
#include <string>
#include <string_view>

#include "core/result.h"
#include "sdk/telling.h"

namespace storm::sdk {

inline constexpr const char* story_name = "story.json";

/// Of a tale without a run (kind "sweep") the verdict stands there, too.
[[nodiscard]] std::string story_json(const Tale& tale);
/// Fills `tale`; strict, errors carry `name`:line:column.
[[nodiscard]] core::Result<void> read_story(std::string_view text, const std::string& name,
                                            Tale& tale);

/// A run directory with its story, as written by write_tale(): all that its page says. An error
/// names the file that is missing, damaged or of another run.
[[nodiscard]] core::Result<Tale> read_tale(const std::string& directory);

/// A run directory of which a file is missing is bad input, not a wrong command.
[[nodiscard]] core::Error damaged(core::Error error);

}  // namespace storm::sdk
