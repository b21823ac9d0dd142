// fault/draw.h - what a random fault looks like: parameters, targets, groups.
//
// A random fault is drawn once, when the plan is made, and then stands in the plan in numbers
// that a person would write ("230ms", not "231.482911ms"). Wide ranges are drawn evenly over
// their magnitudes, so that short and long delays come equally often.
//
// A fault that is drawn gets dice with a key of its own; what is drawn for one changes nothing
// for another.
#pragma once
#include <cstdint>

#include "core/dice.h"
#include "fault/catalogue.h"
#include "fault/plan.h"

namespace storm::fault {

/// Whether there is anything that the fault could be aimed at: a node; two for a cut; for links two
/// nodes, or one and a client.
[[nodiscard]] bool has_aim(const FaultSpec& spec, const Topology& topology);
/// Whether the fault can be drawn at all: it has an aim, and nothing that it requires must be named
/// by a person (the site of node.crash_at).
[[nodiscard]] bool can_draw(const FaultSpec& spec, const Topology& topology);

/// All parameters, complete and in range. A lone node's links lead to clients, which are then not
/// spared. Requires: can_draw(spec, topology).
[[nodiscard]] Params draw_params(const FaultSpec& spec, core::Dice& dice, const Topology& topology);

/// Whom it strikes: named nodes, {any: n} or the leader; all for a cut, and now and then for
/// links. At most `most` nodes. `leader`: whether the system has one. Requires: can_draw, and
/// most >= 1.
[[nodiscard]] Target draw_target(const FaultSpec& spec, core::Dice& dice, const Topology& topology,
                                 std::uint32_t most = 1, bool leader = false);

/// Two groups of nodes, or two and a bridge that hears both. One alone, halves and anything
/// between come up. Requires: nodes >= 2.
[[nodiscard]] Groups draw_groups(core::Dice& dice, std::uint32_t nodes);

/// A number in [low, high] as a person would write it: at most two digits that are not 0, unless
/// the range is narrower than that. Even over magnitudes if high is a hundred times low or more.
/// Requires: low <= high.
[[nodiscard]] std::int64_t draw_number(core::Dice& dice, std::int64_t low, std::int64_t high);

}  // namespace storm::fault
