// sdk/standard.h - the bench as it comes: every fault, check, workload and world that
// Stormproof brings, and no system. A program adds its own systems and hands it on.
#pragma once
#include "runner/bench.h"

namespace storm {

[[nodiscard]] Bench standard_bench();

}  // namespace storm
