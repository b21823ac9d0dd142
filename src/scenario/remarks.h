// scenario/remarks.h - what is right in a scenario and cannot come to anything.
#pragma once
#include <string>

#include "scenario/scenario.h"

namespace storm::scenario {

/// One sentence, or "": faults whose effect no other fault of the scenario, listed or random, will
/// ever show.
[[nodiscard]] std::string remark(const Scenario& scenario, const fault::Catalogue& catalogue);

}  // namespace storm::scenario
