// check/converged.h - after the heal all nodes come to hold the same.
//
// A system that lets its nodes differ for a while must bring them together again once the
// network works and everybody is up. Each node publishes a digest of what it holds under the
// system's state key; `within` after the heal, or when the run ended satisfied before that, all
// of them must be equal. What a node published before it last went down does not count if the
// world records the end of published values (a nil).
#pragma once
#include "check/check.h"

namespace storm::check {

[[nodiscard]] CheckSpec converged_check();

}  // namespace storm::check
