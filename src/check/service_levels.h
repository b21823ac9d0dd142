// check/service_levels.h - how fast and how reliably, as promised to users.
//
//   latency   {p50, p90, p95, p99, p999, max: 50ms ...}   of operations that succeeded
//   errors    {max: 1%}                                   failed or unanswered, of all
//
// Both: `over` all, before, during or after the faults (check/samples.h); `every: 10s` judges
// each piece of that length alone; `operation` one kind only. A window without operations says
// nothing; if there is none at all, the verdict is inconclusive.
#pragma once
#include "check/check.h"

namespace storm::check {

[[nodiscard]] CheckSpec latency_check();
[[nodiscard]] CheckSpec errors_check();

}  // namespace storm::check
