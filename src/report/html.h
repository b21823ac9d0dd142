// report/html.h - a verdict as one page: no network, no script, one file.
//
//   verdict · what changed · smallest failing trace · the whole run · did each fault happen
//   · is it the cause · hypothesis and result · do it again · where
//
// Plots are inline SVG. The page is bounded: a hundred nodes and a million operations stay
// under 5 MB, because what is too dense to tell apart is drawn in cells, and the page says so.
// Every name from outside is escaped; it may hold anything.
#pragma once
#include <string>

#include "report/story.h"

namespace storm::report {

[[nodiscard]] std::string html(const Story& story);

}  // namespace storm::report
