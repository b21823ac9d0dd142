// runner/clocks.h - how long a process has worked, and how late it is.
#pragma once
#include <sys/types.h>

#include "core/time.h"

namespace storm::runner {

/// CPU time that a process has used; 0 if there is none.
[[nodiscard]] Duration cpu_time(pid_t pid);
/// Time of a clock that never goes back, from some start.
[[nodiscard]] Duration real_time();

}  // namespace storm::runner
