// check/progress.h - after the heal the system works again.
//
// Safety alone is kept by a system that does nothing. Once all faults are healed and all nodes
// are up, an operation that a client then begins must succeed within a time, and from that time
// on none may be left without an answer. A refusal is an answer. Without an operation after the
// heal there is nothing to judge by: inconclusive.
#pragma once
#include "check/check.h"

namespace storm::check {

[[nodiscard]] CheckSpec progress_check();

}  // namespace storm::check
