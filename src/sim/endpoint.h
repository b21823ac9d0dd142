// sim/endpoint.h - one node or client in the simulated world.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/id.h"
#include "core/time.h"
#include "core/value.h"
#include "fault/effect.h"
#include "node/io.h"
#include "sim/disk.h"
#include "world/world.h"

namespace storm::sim {

/// The clocks of one node: local time runs at 1 + drift of world time.
struct Clock {
    Instant world_base{};  // When the present rate began ...
    Instant local_base{};  // ... and what the node's monotonic clock showed then.
    std::int64_t drift_ppm = 0;
    Duration wall_step{};  // Offsets and jumps, added to the wall clock.

    [[nodiscard]] Instant local(Instant now) const {
        const Duration passed = now - world_base;
        if (drift_ppm == 0) return local_base + passed;
        __extension__ using Wide = __int128;
        const Wide drifted = static_cast<Wide>(passed.ns) * drift_ppm / 1'000'000;
        return local_base + passed + Duration{static_cast<std::int64_t>(drifted)};
    }
    /// World time that passes until the node's clock has moved on by `length`; rounded up.
    [[nodiscard]] Duration world_length(Duration length) const {
        if (drift_ppm == 0) return length;
        __extension__ using Wide = __int128;
        const Wide rate = 1'000'000 + drift_ppm;
        return Duration{static_cast<std::int64_t>(
            (static_cast<Wide>(length.ns) * 1'000'000 + rate - 1) / rate)};
    }
    void set_drift(Instant now, std::int64_t ppm) {
        local_base = local(now);
        world_base = now;
        drift_ppm = ppm;
    }
};

/// The first cache line is all that an event at a node without faults reads.
struct alignas(64) Endpoint {
    std::unique_ptr<node::Io> io;  // Null before the first life and while down.
    core::Id id;
    std::uint32_t incarnation = 0;
    std::int64_t memory = 0;
    bool doomed = false;    // Sealed inside its own dispatch.
    bool troubled = false;  // Some of down, paused and slow is not empty.
    bool bent = false;      // Some fault bends, or bent, its clocks.
    std::string name;

    core::Key next_life = 0;         // Root key of the next life.
    std::vector<world::Token> down;  // Faults that hold it down.
    std::vector<world::Token> paused;
    std::vector<world::Token> slow;
    std::vector<world::Token> clocks;  // Faults that bend its clocks.
    std::vector<world::Token> disks;
    std::vector<world::Token> crash_at;
    std::vector<std::uint32_t> held;  // Events that wait for the end of a pause.
    Instant busy_until{};             // Of a slow node.
    Clock clock;
    std::unique_ptr<Disk> storage;  // Made when first used.
    std::vector<std::pair<std::string, Value>> published;
    std::uint32_t timers_ended = 0;  // Disarmed while its frames were destroyed.

    [[nodiscard]] bool up() const { return io != nullptr && !io->sealed(); }
    /// To be called when down, paused or slow has changed.
    void note() { troubled = !down.empty() || !paused.empty() || !slow.empty(); }
};

/// One fault in force, or over: what the world keeps of it.
struct Force {
    std::string id, use;
    core::Key key = 0;  // Of its draws: id and occurrence.
    std::size_t order = 0;
    fault::Effect effect;
    Instant since{};
    Duration ramp{};
    bool sabotaged = false;  // Judged, not carried out.
    bool over = false;
    bool due = false;                    // Victims of a kill had work due.
    std::vector<std::uint64_t> seen_at;  // By endpoint.
    std::uint64_t claimed = 0, voided = 0, seen = 0;
    std::vector<fault::LinkState> states;          // By (from, to), for rates.
    std::vector<std::uint8_t> from_mask, to_mask;  // By endpoint: bits of up to 8 directions.
    std::vector<std::int64_t> room_used;           // By endpoint, for a full disk.
};

}  // namespace storm::sim
