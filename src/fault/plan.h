// fault/plan.h - what one run is to carry out: faults and operations with stable ids.
//
// A plan is made from a scenario and a seed, written to the run directory, edited by people
// and by the shrinker, and replayed. Triggers stay symbolic ("2 s after a leader is
// elected"), targets too ("any 2"), until the run meets them. Ids are names: taking one
// fault or operation out renames no other, so no other draw changes.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.h"
#include "core/result.h"
#include "core/time.h"
#include "core/value.h"
#include "fault/decision.h"
#include "fault/link.h"
#include "fault/param.h"

namespace storm::fault {

/// When: a time, or an event and a time after it.
struct Trigger {
    std::string after;  // "": the start. "leader": whenever somebody begins to lead.
                        // "KEY=VALUE": a node publishes it. "ID": the fault ID has ended.
    Duration plus{};
    bool operator==(const Trigger&) const = default;
};

/// Who: names, a draw, a role or a predicate over published values.
struct Target {
    enum class Kind : std::uint8_t { all, named, any, leader, where };
    Kind kind = Kind::all;
    std::vector<core::Id> names;  // named
    std::uint32_t count = 0;      // any: how many nodes, drawn when the fault strikes.
    std::string key;              // where: nodes that publish `key` as `value`.
    Value value;
    bool operator==(const Target&) const = default;
};

struct PlannedFault {
    std::string id;   // "net.partition#1", "random/node.kill/3"
    std::string use;  // The catalogue's name.
    Params params;
    Target target;
    Trigger at;
    std::optional<Duration> lasts;              // `for`; none: to the end of the chaos phase.
    std::optional<Duration> every;              // Strikes again this long after it struck.
    std::uint32_t times = 0;                    // At most this often; 0: no bound but the phase.
    Duration ramp{};                            // Grows to full strength over this time.
    std::uint32_t probability_ppm = 1'000'000;  // Of each occurrence.
    bool required = true;                       // No opportunity makes the run inconclusive.
    bool operator==(const PlannedFault&) const = default;
};

/// The most strikes that one fault may come to: each is kept with its evidence.
inline constexpr std::uint64_t strikes_max = 10'000;
/// How often `every` makes it strike in a chaos phase of that length, at most.
[[nodiscard]] std::uint64_t strikes(const PlannedFault& fault, Duration chaos);
/// Says that this is more than may be; "" if it is not.
[[nodiscard]] std::string too_many_strikes(const PlannedFault& fault, Duration chaos);
/// The limit, and what would do.
[[nodiscard]] std::string fewer_strikes();

struct PlannedOperation {
    core::Id client;
    std::uint32_t id = 0;  // Counts per client; kept when others are taken out.
    std::string name;      // Of the system's operation.
    Value args;
    Duration not_before{};  // Starts then, or when the client's previous one has ended.
    bool operator==(const PlannedOperation&) const = default;
};

struct PlannedCheck {
    std::string use;
    Params params;
    bool operator==(const PlannedCheck&) const = default;
};

/// How far random faults may go beyond what the system tolerates.
enum class Mode : std::uint8_t { recoverable, unlimited };

struct Plan {
    std::string scenario;         // Path as the user gave it.
    std::string scenario_digest;  // hex of the scenario's text.
    std::string title;
    std::string system;
    std::string plant;                            // The planted bug, or "".
    std::map<std::string, std::int64_t> numbers;  // Options of the system.
    std::uint32_t nodes = 0;
    std::uint32_t clients = 0;
    LinkFault network;  // The network's own behaviour.
    Duration chaos{};   // `for`: then all faults are reverted and nodes restarted.
    Duration settle{};  // How long checks `after: heal` may take.
    Mode mode = Mode::recoverable;
    Ambient ambient = Ambient::drawn;
    std::uint32_t site_active_ppm = 250'000;  // Code points; 0: off.
    std::uint32_t site_fires_ppm = 250'000;
    std::uint64_t step_limit = 0;    // Events before a run counts as endless; 0: default.
    std::uint64_t memory_limit = 0;  // Bytes a node may hold; 0: default.
    std::vector<core::Id> absent;    // Nodes that were dropped by shrinking: never started.
    std::vector<PlannedFault> faults;
    std::vector<PlannedOperation> operations;
    std::vector<PlannedCheck> checks;
    std::vector<Decision> pins;
    bool operator==(const Plan&) const = default;

    /// Faults, operations and pins: what shrinking makes small.
    [[nodiscard]] std::size_t size() const {
        return faults.size() + operations.size() + pins.size();
    }
};

/// Whether the chaos phase is over: no fault strikes any more, code points included. A plan
/// without such a phase never heals.
[[nodiscard]] inline bool healed(const Plan& plan, Instant now) {
    return plan.chaos.ns > 0 && now >= Instant{} + plan.chaos;
}

/// The plan as JSON (docs/formats/plan.md), keys in a fixed order, one item a line.
[[nodiscard]] std::string to_json(const Plan& plan);
/// Reads what to_json wrote or a person edited. The first error ends it: "plan.json:7:12: what
/// is wrong and what would be right", opened by `name`. Bounded: 256 MiB, depth 32, ten million
/// list items; memory stays below 16 times the text.
[[nodiscard]] core::Result<Plan> plan_from_json(std::string_view text,
                                                std::string name = "plan.json");
/// Of all that a run depends on: not of the scenario's path, digest and title, nor of how a
/// plan was written down.
[[nodiscard]] std::uint64_t digest(const Plan& plan);

/// As in plans: "n2", ["n1", "n2"], "all", "leader", {"any": 2}, {"where": "role", "is": "x"}.
[[nodiscard]] std::string to_json(const Target& target);
/// As in plans: "10s", {"after": "leader", "plus": "2s"}.
[[nodiscard]] std::string to_json(const Trigger& trigger);

}  // namespace storm::fault
