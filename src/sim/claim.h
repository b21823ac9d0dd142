// sim/claim.h - what faults are to do to packets and timers, until it shows whether they did.
#pragma once
#include <cstdint>

#include "core/time.h"
#include "fault/link.h"
#include "sim/event.h"
#include "world/world.h"

namespace storm::sim {

/// One fault's claim on one event; the claims on an event form a list.
struct Claim {
    enum class Kind : std::uint8_t { drop, delay, duplicate, corrupt, timer };
    world::Token token = 0;
    std::uint32_t next = nil;
    Kind kind = Kind::drop;
    Instant without{};  // When a timer would fire without the fault.
};

/// What becomes of a packet, as one fault after the other is asked.
struct Judged {
    fault::Fate fate;
    Duration copy_undelayed{};  // When the second copy would arrive without any fault.
    std::uint32_t claims = nil, copy_claims = nil;
    bool undetected = false;
};

}  // namespace storm::sim
