// fault/effect.h - what a fault comes down to: a few primitives that every world carries out.
//
// The catalogue has many faults; a world has to know only these. A new fault is a new
// combination of them, so it works in every world that can do its primitives.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/id.h"
#include "core/result.h"
#include "core/time.h"
#include "fault/link.h"

namespace storm::fault {

/// All ordered pairs (a, b) with a in `from`, b in `to`, a != b.
struct Direction {
    std::vector<core::Id> from, to;
};
/// Hits each packet once, however many directions it goes in.
struct LinkEffect {
    LinkFault fault;
    std::vector<Direction> directions;
    Groups groups{};  // Also all ordered pairs (a, b) that stand in different ones.
};
inline constexpr std::size_t directions_max = 64;

enum class NodeAction : std::uint8_t {
    kill,        // The process ends; completed writes survive. Reverting restarts it.
    power_loss,  // Also what was not synced may be lost or torn.
    pause,       // No steps; what comes due waits. Reverting lets it go on.
    slow,        // Each step takes `cost` more.
    crash_at,    // Killed when it next reaches the code point `site`.
};
struct NodeEffect {
    NodeAction action = NodeAction::kill;
    std::vector<core::Id> nodes;
    Duration cost{};
    Duration jitter{};
    std::string site;
};

struct ClockEffect {
    std::vector<core::Id> nodes;
    Duration step{};             // Of the wall clock; stays for as long as the fault does.
    std::int64_t drift_ppm = 0;  // Of both clocks and the timers. Overlapping rates multiply.
    bool stays = false;          // A jump: not undone by reverting.
};

enum class DiskOps : std::uint8_t { any, read, write, sync };
struct DiskFault {
    Duration latency{};
    Duration jitter{};
    Spread spread = Spread::uniform;
    std::uint32_t share_ppm = 1'000'000;  // Of the operations that match.
    DiskOps ops = DiskOps::any;
    int error = 0;           // An errno value; 0: the operation is carried out.
    bool torn = false;       // Of a write only a first part reaches the disk.
    bool lost_sync = false;  // Sync reports success and does nothing.
    std::int64_t room = -1;  // Bytes left before ENOSPC; -1: no limit.
};
struct DiskEffect {
    DiskFault fault;
    std::vector<core::Id> nodes;
};

using Effect = std::variant<LinkEffect, NodeEffect, ClockEffect, DiskEffect>;

/// Rejects what no world can carry out: nobody to feel it, times or shares out of range.
[[nodiscard]] core::Result<void> check(const Effect& effect);
/// Millionths of its full strength that a fault has `passed` after it struck; all at once
/// without a ramp. Exact, rounded down.
[[nodiscard]] std::uint32_t strength(Duration ramp, Duration passed);
/// The same effect at `ppm` millionths of its strength, for ramps. What is all or nothing (a
/// cut, a kill, a full disk) stays as it is.
[[nodiscard]] Effect scaled(const Effect& effect, std::uint32_t ppm);

/// Proof that an effect took place, counted where the victim feels it.
///   claimed  how often the fault was to act    voided  of these: hidden by another, or nobody
///   there seen     how often the victim's own path showed it
struct Evidence {
    std::uint64_t claimed = 0, voided = 0, seen = 0;
    /// (victim, seen) in order of the victim; what "counted at n2, n3" says.
    std::vector<std::pair<core::Id, std::uint64_t>> at;
    std::string what;  // Of one: "packets dropped", "reads of the clock", "steps held".
};
enum class Effectiveness : std::uint8_t { effective, no_opportunity, ineffective };
[[nodiscard]] Effectiveness judge(const Evidence& evidence);
[[nodiscard]] std::string_view to_text(Effectiveness effectiveness);

}  // namespace storm::fault
