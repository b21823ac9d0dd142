// fault/reference.h - the catalogue as pages that people read.
//
// Generated from the same data that scenarios are read and faults are drawn with, so that no
// page says what the program does not do.
#pragma once
#include <span>
#include <string>

#include "core/lines.h"
#include "fault/catalogue.h"

namespace storm::fault {

/// A use of the fault as it stands in a scenario, with all that it requires:
/// "{at: 10s, for: 5s, use: net.delay, delay: 100ms}".
[[nodiscard]] std::string scenario_use(const FaultSpec& spec);

/// The page of one fault for a terminal: what `fault explain` prints.
[[nodiscard]] std::string explain(const FaultSpec& spec, const core::Look& look = {});

/// A line or two per fault, for `fault ls`: name, which of the worlds can do it, and summary.
[[nodiscard]] std::string faults_list(const Catalogue& faults, std::span<const std::string> worlds,
                                      const core::Look& look = {});

/// All faults as Markdown: docs/reference/faults.md.
[[nodiscard]] std::string faults_reference(const Catalogue& faults);

}  // namespace storm::fault
