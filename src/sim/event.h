// sim/event.h - one thing that will happen: plain data, one cache line.
#pragma once
#include <cstdint>

#include "core/dice.h"
#include "core/time.h"

namespace storm::sim {

inline constexpr std::uint32_t nil = ~0U;

enum class What : std::uint8_t {
    free,      // Not in use.
    packet,    // A datagram arrives. `thing` is its detached buffer.
    ghost,     // A datagram would have arrived, had a fault not dropped it. Evidence only.
    timer,     // `thing` is the Waiter.
    file,      // A file operation ends; `extra` names it.
    callback,  // The conductor's; `extra` names it.
};

/// Whoever makes an event fills in what its kind needs; the wheel sets `at`, `what`, `extra`
/// and the flags.
struct alignas(64) Event {
    Instant at{};
    core::Key key = 0;
    void* thing = nullptr;
    std::uint64_t ticket = 0;  // Of a packet, as are name, type, version, kind and copy. Of a
                               // timer on a bent clock: what that shows when it is due.
    const char* name = nullptr;
    std::uint32_t to = 0;       // Endpoint, by index.
    std::uint32_t from = 0;     // Endpoint of a packet's sender; life of a timer's or call's owner.
    std::uint32_t extra = nil;  // Packet, timer: first claim. File, callback: where it stands.
    std::uint32_t type = 0;     // Of a packet. Of a file operation: first claim.
    std::uint16_t version = 0;
    What what = What::free;
    std::uint8_t kind = 0;
    std::uint8_t lines = 0;     // Of a packet: cache lines of its payload.
    std::uint8_t copy : 1 = 0;  // 1: the second copy of a packet.
    bool slowed : 1 = false;    // Has waited for a slow node.
    bool touched : 1 = false;   // A fault touched the packet: its Cold part counts.
};
static_assert(sizeof(Event) == 64);

/// The first of the claims on an event that a node takes.
inline std::uint32_t& claims_on(Event& e) { return e.what == What::file ? e.type : e.extra; }
inline std::uint32_t claims_on(const Event& e) { return e.what == What::file ? e.type : e.extra; }

/// How a packet came to its receiver.
enum class Arrival : std::uint8_t { intact, damaged, refused };

/// What only packets have that a fault touched, at the same index.
struct Cold {
    std::uint32_t damage = 0;  // 0: intact.
    bool undetected = false;   // Its damage passes the checksum.
};

}  // namespace storm::sim
