// sim/claim.h - what faults are to do to packets, timers and steps, until it shows whether they
// did.
#pragma once
#include <cstdint>

#include "core/time.h"
#include "fault/link.h"
#include "sim/event.h"
#include "world/world.h"

namespace storm::sim {

/// One fault's claim on one event; the claims on an event form a list.
struct Claim {
    enum class Kind : std::uint8_t { drop, delay, duplicate, corrupt, timer, slow };
    world::Token token = 0;
    std::uint32_t next = nil;
    Kind kind = Kind::drop;
    Duration own{};     // delay: by how much.
    Instant without{};  // moves: when the step would run without the fault, all else as it is.

    /// It changes nothing but when a step runs.
    [[nodiscard]] bool moves() const {
        return kind == Kind::delay || kind == Kind::timer || kind == Kind::slow;
    }
};

/// What becomes of a packet, as one fault after the other is asked.
struct Judged {
    fault::Fate fate;
    std::uint32_t claims = nil, copy_claims = nil;
    bool undetected = false;
};

}  // namespace storm::sim
