// sim/event.h - one thing that will happen: 64 bytes, plain data.
#pragma once
#include <cstdint>

#include "core/dice.h"
#include "core/time.h"

namespace storm::sim {

inline constexpr std::uint32_t nil = ~0U;

enum class What : std::uint8_t {
    free,      // Not in use.
    dead,      // Cancelled after it was taken into the ready list; skipped.
    packet,    // A datagram arrives. `thing` is its detached buffer.
    ghost,     // A datagram would have arrived, had a fault not dropped it. Evidence only.
    timer,     // `thing` is the Waiter.
    file,      // A file operation ends; `extra` names it.
    callback,  // The conductor's; `extra` names it.
};

/// Hot part of an event. What only packets need stands beside it, at the same index.
struct Event {
    Instant at{};
    std::uint64_t sequence = 0;
    core::Key key = 0;
    void* thing = nullptr;
    std::uint32_t next = nil, previous = nil;
    std::uint32_t slot = 0;     // Of the wheel; see wheel.h.
    std::uint32_t to = 0;       // Endpoint, by index.
    std::uint32_t from = 0;     // Endpoint of a packet's sender; life of a timer's owner.
    std::uint32_t extra = nil;  // Packet: first claim. File, callback: where it stands.
    What what = What::free;
    std::uint8_t copy = 0;     // 1: the second copy of a packet.
    bool slowed = false;       // Has waited for a slow node.
    bool held = false;         // Has waited for a paused node.
    std::uint32_t damage = 0;  // 0: intact.
};
static_assert(sizeof(Event) == 64);

/// Cold part: what a packet is.
struct Cold {
    std::uint64_t ticket = 0;
    const char* name = nullptr;
    Instant undelayed{};  // When it would arrive without any fault.
    std::uint32_t type = 0;
    std::uint16_t version = 0;
    std::uint8_t kind = 0;
    bool undetected = false;  // Its damage passes the checksum.
};

}  // namespace storm::sim
