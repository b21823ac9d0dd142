// report/drawing.h - a trace as a drawing in a terminal: one column per lane.
//
//   1.200 s    ├─ write x = 4 ─▶│
//   1.203 s    │                ├─ replicate ──✂ │    ✂ net.partition n1 | n2 n3
//
// The columns are as wide as their labels need and the screen allows. Without Unicode the
// same drawing stands in ASCII.
#pragma once
#include <string>

#include "core/lines.h"
#include "report/trace.h"

namespace storm::report {

/// Lines of at most look.width columns (never below 40), each ended by a newline.
[[nodiscard]] std::string draw(const Trace& trace, const core::Look& look);

}  // namespace storm::report
