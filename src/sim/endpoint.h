// sim/endpoint.h - one node or client in the simulated world, and one fault in force there.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/dice.h"
#include "core/id.h"
#include "core/time.h"
#include "core/value.h"
#include "fault/effect.h"
#include "node/io.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "world/world.h"

namespace storm::sim {

/// A fault in force on a node's clocks, and what these would show with it and without it,
/// everything else being as it is.
struct Bend {
    world::Token token = 0;
    Clock with, without;
};

/// A fault in force that does nothing but to set a node's wall clock wrong, at once and by one
/// length. All that is to be known of it is how often that clock has been read meanwhile.
struct Step {
    world::Token token = 0;
    std::uint64_t reads_before = 0;
};

/// A sync that reported success and made nothing durable: of a file or, with Disk::directory, of
/// names, up to that change. A power loss shows it, or does not.
struct Lie {
    world::Token token = 0;
    std::uint32_t file = 0;
    std::uint64_t upto = 0;
};

/// An event that waits for the end of a pause, and the fault that held it first.
struct Held {
    std::uint32_t event = 0;
    world::Token by = 0;
};

/// A fault that slows a node down, and when the node would be done with its steps without it.
struct Slowing {
    world::Token token = 0;
    Instant done{};
    Duration own{};  // Of the step at hand.
};

/// The steps that a slow node takes, since it was last idle.
struct Queue {
    struct Step {
        std::uint32_t event = 0;
        std::uint64_t sequence = 0;  // Of the event: indices are used again.
        Instant entered{}, until{};  // When it came and when it is done.
        Duration cost{};
    };
    Instant until{};          // When the last of them is done.
    std::size_t left = 0;     // Of these so many are done.
    std::vector<Step> steps;  // In the order in which they came.
};

/// The first cache line is all that an event at a node without faults reads.
struct alignas(64) Endpoint {
    std::unique_ptr<node::Io> io;  // Null before the first life and while down.
    core::Id id;
    std::uint32_t incarnation = 0;
    std::int64_t memory = 0;
    bool doomed = false;     // Sealed inside its own dispatch.
    bool troubled = false;   // Some of down, paused and slow is not empty.
    bool bent = false;       // Some fault changes, or changed, the rate of its clocks.
    bool turned = false;     // That rate has just changed: its timers are to move.
    bool unstarted = false;  // Its life has begun, its first step waits for the end of a pause.
    bool waited = false;     // Some of its timers may carry claims of faults that slow it.
    std::string name;

    core::Key next_life = 0;         // Root key of the next life.
    std::vector<world::Token> down;  // Faults that hold it down.
    std::vector<world::Token> paused;
    std::vector<Slowing> slow;
    std::vector<Bend> clocks;         // Faults that bend its clocks ...
    std::vector<Step> steps;          // ... but those that are plain steps, oldest first:
    Clock::Wide stepped = 0;          // ... what they come to,
    std::uint64_t wall_reads = 0;     // ... and reads of the wall clock under them.
    std::vector<world::Token> disks;  // In catalogue order.
    std::vector<world::Token> crash_at;
    Instant still_since{};             // Since when pauses hold it, if they do, ...
    std::uint64_t still_sequence = 0;  // ... and what was the first event after that, there.
    std::vector<Held> held;
    world::Token unstarted_by = 0;                   // Which pause the first step waited for first.
    std::size_t left = 0;                            // Of these: what one pause left to the next,
    world::Token left_to = 0;                        // ... this one,
    Instant left_since{};                            // ... and when.
    Queue queue;                                     // Of a slow node.
    Instant began{};                                 // Its last life.
    std::vector<std::pair<Instant, Instant>> lives;  // Those that ended, by incarnation.
    std::vector<world::Token> drifted;  // Faults that are over and left its clock wrong, unread.
    Clock clock;
    std::unique_ptr<Disk> storage;  // Made when first used.
    std::vector<Lie> lies;          // Of its disk, not shown yet.
    std::vector<std::pair<std::string, Value>> published;
    bool files_ended = false;        // It died with file operations in flight.
    std::uint32_t timers_ended = 0;  // Disarmed while its frames were destroyed.

    [[nodiscard]] bool up() const { return io != nullptr && !io->sealed(); }
    /// When that life ended; `now` if it has not.
    [[nodiscard]] Instant end_of(std::uint32_t life, Instant now) const {
        return life < lives.size() ? lives[life].second : now;
    }
    [[nodiscard]] bool lived(Instant when) const {
        if (up() && when >= began) return true;
        return std::ranges::any_of(
            lives, [&](const auto& life) { return when >= life.first && when < life.second; });
    }
    /// To be called when down, paused or slow has changed.
    void note() { troubled = !down.empty() || !paused.empty() || !slow.empty(); }
};

/// What the links of one direction remember, by (from, to); most never carry anything.
using LinkStates = std::unordered_map<std::uint64_t, fault::LinkState>;  // Never iterated.

inline fault::LinkState& state_of(LinkStates& states, std::uint32_t from, std::uint32_t to) {
    return states[(std::uint64_t{from} << 32U) | to];
}

/// One fault in force, or over: what the world keeps of it.
struct Force {
    std::string id, use;
    core::Key key = 0;  // Of its draws: id and occurrence.
    std::size_t order = 0;
    fault::Effect effect;
    fault::Effect whole, present;  // Without victims: at full strength, and as of now.
    Instant since{};
    Duration ramp{};
    std::int64_t drift_ppm = 0;  // Of a clock, as of now: grows in steps.
    bool growing = false;        // The ramp is not over.
    bool sabotaged = false;      // Judged, not carried out.
    bool over = false;
    bool due = false;                    // Victims of a kill had work due.
    std::vector<std::uint64_t> seen_at;  // By endpoint.
    std::uint64_t claimed = 0, voided = 0, seen = 0;
    LinkStates states;                              // For rates.
    std::vector<std::uint64_t> from_mask, to_mask;  // By endpoint: a bit for each direction.
    std::vector<std::uint32_t> group;               // By endpoint; 0: in none.
    std::vector<std::int64_t> room_used;            // By endpoint, for a full disk.

    /// Whether it is aimed at the link between two endpoints.
    [[nodiscard]] bool hits(std::uint32_t from, std::uint32_t to) const {
        if (!from_mask.empty() && (from_mask[from] & to_mask[to]) != 0) return true;
        return !group.empty() && group[from] != group[to] && group[from] != 0 && group[to] != 0;
    }
    /// The effect at its present strength.
    [[nodiscard]] const fault::Effect& now(Instant at) {
        if (growing) [[unlikely]]
            grow(at);
        return present;
    }
    void grow(Instant at) {
        const std::uint32_t ppm = fault::strength(ramp, at - since);
        growing = ppm < core::one_million;
        present = fault::scaled(whole, ppm);
    }
};

}  // namespace storm::sim
