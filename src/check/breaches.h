// check/breaches.h - what the run itself found wrong, as findings.
//
// Invariants, properties in the code, crashes and divergences are noticed while a run goes on,
// where the evidence is; the record holds them as breaches. These checks only hand them on, so a
// breach can never be forgotten because a scenario did not name its check: all four are built in.
#pragma once
#include <vector>

#include "check/check.h"

namespace storm::check {

/// invariants, properties, no-crash, deterministic.
[[nodiscard]] std::vector<CheckSpec> breach_checks();

}  // namespace storm::check
