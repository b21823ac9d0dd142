// fault/shown.h - faults whose effect only another fault can show.
#pragma once
#include <string>
#include <vector>

#include "fault/catalogue.h"
#include "fault/plan.h"

namespace storm::fault {

/// Whether one of this kind cuts the power of a node.
[[nodiscard]] bool cuts_power(const FaultSpec& spec, const Params& params,
                              const Topology& topology);
/// What is to be known of faults that nothing in this list can show (syncs that lie, without a
/// power loss that takes what they promised), and what to add; "" if there are none.
[[nodiscard]] std::string never_shown(const std::vector<PlannedFault>& faults,
                                      const Catalogue& catalogue, const Topology& topology);

}  // namespace storm::fault
