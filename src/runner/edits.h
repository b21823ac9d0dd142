// runner/edits.h - how a plan is made smaller: pure edits, most hopeful first.
//
// An edit takes a plan and gives a smaller or simpler one; whether that still fails is for
// others to find out. Ids stay, so all other draws stay too. Each list is in a fixed order
// that depends on the plan alone.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/time.h"
#include "fault/plan.h"
#include "history/record.h"
#include "node/system.h"

namespace storm::runner {

using Edit = std::function<fault::Plan(const fault::Plan&)>;
/// Operations by (client index, id).
using Names = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Ends the chaos phase soon after `fatal`, without what would begin later.
[[nodiscard]] fault::Plan cut_at(fault::Plan plan, Instant fatal);
/// Only these operations.
[[nodiscard]] fault::Plan only(fault::Plan plan, const Names& operations);
/// Only these operations, and all that other operations of the same clients asked before.
[[nodiscard]] fault::Plan only_clients(fault::Plan plan, const Names& operations);

/// Without items [from, from + count) of one of its lists.
enum class Part : std::uint8_t { faults, operations, pins };
[[nodiscard]] std::size_t count(const fault::Plan& plan, Part part);
[[nodiscard]] fault::Plan without(fault::Plan plan, Part part, std::size_t from, std::size_t count);

/// Without one client each.
[[nodiscard]] std::vector<Edit> client_edits(const fault::Plan& plan);
/// One node more absent each, as far as the system and its tolerance allow: an absent node is
/// one that crashed before it began. `majority`: more than half of the nodes must stay.
[[nodiscard]] std::vector<Edit> node_edits(const fault::Plan& plan, const node::System& system,
                                           bool majority = false);
/// Each fault simpler: once instead of repeatedly, shorter, fewer targets, without ramp and
/// chance, smaller groups.
[[nodiscard]] std::vector<Edit> fault_edits(const fault::Plan& plan);
/// Everything earlier; times rounded to seconds, tenths, hundredths, milliseconds; a shorter
/// chaos phase.
[[nodiscard]] std::vector<Edit> time_edits(const fault::Plan& plan);

/// `plan` with the network's noise neutral but for what `record` (Detail::full) saw of it.
[[nodiscard]] fault::Plan pinned(fault::Plan plan, const history::RunRecord& record);
/// The link of each pin, as its decision named it ("n1>n2").
using PinNames = std::map<std::tuple<fault::Purpose, core::Key, std::uint32_t>, std::string>;
[[nodiscard]] PinNames pin_names(const history::RunRecord& record);
/// Without all pins of one link, or of one purpose, each.
[[nodiscard]] std::vector<Edit> pin_edits(const fault::Plan& plan, const PinNames& names);

}  // namespace storm::runner
