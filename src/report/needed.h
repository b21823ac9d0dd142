// report/needed.h - what a smallest run needs beside its faults: nodes left out, decisions of
// the network and the disks that are pinned or still drawn, code points. A run that needs any of
// these did not fail by itself.
#pragma once
#include <string>
#include <vector>

#include "report/story.h"

namespace storm::report {

/// In words, one line each: "n3 left out, as if it had crashed", "1 message lost by the network:
/// n1 to n2, store". Never more than `most` lines of pins; the others are counted. Noise
/// that is drawn counts where shrinking tried to do without it, or where there is no fault.
[[nodiscard]] std::vector<std::string> also_needed(const Story& story, std::size_t most = 4);

}  // namespace storm::report
