// fault/decision.h - what draws are for, and what they come out as when all is calm.
//
// A decision is one draw under its key. A plan can pin it to an outcome, and `ambient` says
// which purposes are drawn at all: what is not, has its neutral outcome. Outcomes are plain
// integers (0/1, nanoseconds, a choice), so that a pin means the same in every build.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/dice.h"

namespace storm::fault {

/// Part of every draw and of every recorded decision: never renumber.
enum class Purpose : std::uint8_t {
    none = 0,
    // The network's own noise.
    net_delay = 1,            // Nanoseconds on top of the base delay (may be negative).
    net_loss = 2,             // 1: lost.
    net_duplicate = 3,        // 1: a second copy.
    net_duplicate_delay = 4,  // As net_delay, for the second copy.
    net_reorder = 5,          // 1: held back.
    net_corrupt = 6,          // 0: intact; else 1 + where the damage sits.
    // What a planned fault draws on a packet; the key holds fault and occurrence too.
    fault_delay = 10,
    fault_loss = 11,
    fault_duplicate = 12,
    fault_reorder = 13,
    fault_corrupt = 14,
    fault_burst = 15,  // 1: the time slot is bad.
    fault_disk = 16,   // 1: this operation is hit.
    fault_disk_delay = 17,
    // Nodes and disks.
    disk_latency = 20,  // Nanoseconds on top of the base latency.
    write_fate = 21,    // After a crash: 0 keep, 1 drop, 2 + n: torn after n sectors.
    site_active = 22,   // 1: this code point may fire in this run.
    site_fires = 23,    // 1: it fires now.
    node_dice = 24,     // What the node's own dice show: never pinned.
    step_cost = 25,
    // The plan, and the conductor.
    workload = 30,
    fault_pick = 31,  // Which kind, when, how long, which parameters.
    target = 32,      // Which nodes an {any: n} means.
    occurs = 33,      // 1: this occurrence of a fault with a probability happens.
    swarm = 34,
};
inline constexpr std::size_t purpose_count = 40;

struct PurposeInfo {
    std::string_view name;  // As in decisions.jsonl and pins: "net.loss".
    std::int64_t neutral;   // The outcome of a calm world.
    bool ambient;           // Neutral unless `ambient: drawn`.
    bool timing;            // Still drawn under `ambient: calm`.
};
[[nodiscard]] const PurposeInfo& info(Purpose purpose);
[[nodiscard]] std::optional<Purpose> purpose_from(std::string_view name);
/// A draw, as records name it: "net.loss 7302 0".
[[nodiscard]] std::string name_of(Purpose purpose, core::Key key, std::uint32_t index);

/// How much of the network's own noise is drawn.
enum class Ambient : std::uint8_t { drawn, calm, neutral };
[[nodiscard]] std::string_view to_text(Ambient ambient);
[[nodiscard]] std::optional<Ambient> ambient_from(std::string_view text);

/// One draw and how it came out; also a pin, which makes it come out so.
struct Decision {
    Purpose purpose = Purpose::none;
    core::Key key = 0;
    std::uint32_t index = 0;
    std::int64_t outcome = 0;
    bool operator==(const Decision&) const = default;
};

}  // namespace storm::fault
