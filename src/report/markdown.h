// report/markdown.h - a verdict as a comment on a change: the essentials in Markdown.
#pragma once
#include <string>

#include "report/story.h"

namespace storm::report {

/// Names from outside are escaped: none of them can make a link, a heading or a tag.
[[nodiscard]] std::string markdown(const Story& story);

}  // namespace storm::report
