// fault/link.h - what one direction of a link does to one packet.
//
// A LinkFault is data and judge() is a pure function of its arguments. Nothing here sleeps,
// sends or reads a clock: simulator, lab and proxy carry out the same Fate, each in its own
// time, so a seed names the same fates in all of them.
//
//   packet ──▶ cut? ─▶ rate & queue ─▶ loss ─▶ delay ─▶ reorder ─▶ corrupt ─▶ duplicate ──▶ Fate
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "core/dice.h"
#include "core/result.h"
#include "core/time.h"
#include "fault/decision.h"
#include "fault/param.h"

namespace storm::fault {

enum class Spread : std::uint8_t {
    uniform,    // delay ± jitter
    long_tail,  // delay + jitter × (2^k - 1), k geometric: half 0, a quarter 1 ×, an eighth 3 × ...
};

struct LinkFault {
    Duration delay{};            // Added to every packet.
    Duration jitter{};           // Never makes a delay negative.
    std::uint32_t loss_ppm = 0;  // Independent losses, or share of bad time with `burst`.
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t reorder_ppm = 0;  // Held back by `reorder_by`, so that later ones overtake.
    std::uint32_t corrupt_ppm = 0;
    Duration burst{};  // Not 0: time falls into slots of this length, each wholly
                       // lost with probability loss_ppm.
    Duration reorder_by{};
    std::int64_t rate = 0;   // Bytes per second; 0: no limit.
    std::int64_t queue = 0;  // Bytes that may wait for `rate`; beyond, dropped.
    Spread spread = Spread::uniform;
    bool cut = false;         // Nothing passes.
    bool undetected = false;  // Damage passes the checksum.

    [[nodiscard]] bool calm() const {
        return loss_ppm == 0 && duplicate_ppm == 0 && reorder_ppm == 0 && corrupt_ppm == 0 &&
               rate == 0 && !cut;
    }
    bool operator==(const LinkFault&) const = default;
};

/// What a rate-limited direction remembers: when its line is free again.
struct LinkState {
    Instant free_at{};
};

/// What one fault does to one packet.
struct Fate {
    bool lost = false;
    bool queue_full = false;  // Why it is lost.
    Duration extra{};         // How much later it arrives.
    bool duplicated = false;
    Duration duplicate_extra{};  // Of the second copy.
    std::uint32_t damage = 0;    // 0: intact; else 1 + where.
};

/// Rejects what no link can do: a share above one million, a negative time or rate.
[[nodiscard]] core::Result<void> check(const LinkFault& fault);

/// The same fault at `ppm` millionths of its strength (for ramps). A cut stays a cut.
[[nodiscard]] LinkFault scaled(const LinkFault& fault, std::uint32_t ppm);

/// A LinkFault as parameters, for a scenario's `network:` and for plans: delay, jitter, spread,
/// loss, burst, duplicate, reorder, reorder_by, corrupt, undetected, rate, queue, cut.
[[nodiscard]] std::vector<ParamSpec> link_params();
/// Requires: `params` complete for link_params(). The result may still fail check().
[[nodiscard]] LinkFault link_from(const Params& params);
/// The reverse of link_from: all parameters, defaults too.
[[nodiscard]] Params params_of(const LinkFault& fault);

/// Where a delay falls for `bits`: nanoseconds to add to fault.delay, at least -fault.delay.
[[nodiscard]] inline std::int64_t jitter_of(const LinkFault& fault, std::uint64_t bits) {
    if (fault.jitter.ns == 0) return 0;
    if (fault.spread == Spread::uniform) {
        const auto width = static_cast<std::uint64_t>(fault.jitter.ns) * 2 + 1;
        const auto drawn = static_cast<std::int64_t>(core::scale(bits, width)) - fault.jitter.ns;
        return std::max(drawn, -fault.delay.ns);
    }
    const int halvings = std::min(std::countl_zero(bits | 1), 10);
    return fault.jitter.ns * ((std::int64_t{1} << halvings) - 1);
}

/// Which purposes a judgement draws for: the network's own, or a planned fault's.
struct LinkPurposes {
    Purpose delay, loss, duplicate, duplicate_delay, reorder, corrupt;
};
inline constexpr LinkPurposes ambient_purposes{Purpose::net_delay,     Purpose::net_loss,
                                               Purpose::net_duplicate, Purpose::net_duplicate_delay,
                                               Purpose::net_reorder,   Purpose::net_corrupt};
inline constexpr LinkPurposes fault_purposes{Purpose::fault_delay,     Purpose::fault_loss,
                                             Purpose::fault_duplicate, Purpose::fault_delay,
                                             Purpose::fault_reorder,   Purpose::fault_corrupt};

/// The fate of one packet of `size` bytes sent at `sent`. `decide(purpose, index, neutral, f)`
/// gives the outcome of a draw: f(bits) where it is drawn.
/// Requires: check(fault) succeeded. Each draw has a purpose of its own, so changing one rate
/// reshuffles nothing else.
template <class Decide>
[[nodiscard]] inline Fate judge(const LinkFault& fault, const LinkPurposes& purposes,
                                LinkState& state, Instant sent, std::size_t size, Decide&& decide) {
    Fate fate;
    if (fault.cut) {
        fate.lost = true;
        return fate;
    }
    if (fault.rate > 0) {
        const Instant start = std::max(state.free_at, sent);
        const std::int64_t waiting = (start - sent).ns / 1'000 * fault.rate / 1'000'000;
        if (fault.queue > 0 && waiting + static_cast<std::int64_t>(size) > fault.queue) {
            fate.lost = fate.queue_full = true;
            return fate;
        }
        const Duration wire{static_cast<std::int64_t>(size) * 1'000'000'000 / fault.rate};
        state.free_at = start + wire;
        fate.extra = state.free_at - sent;
    }
    if (fault.loss_ppm != 0) {
        if (fault.burst.ns > 0) {
            const auto slot = static_cast<std::uint32_t>(sent.ns / fault.burst.ns);
            fate.lost = decide(Purpose::fault_burst, slot, 0, [&](std::uint64_t bits) {
                            return std::int64_t{core::happens(bits, fault.loss_ppm)};
                        }) != 0;
        } else {
            fate.lost = decide(purposes.loss, 0, 0, [&](std::uint64_t bits) {
                            return std::int64_t{core::happens(bits, fault.loss_ppm)};
                        }) != 0;
        }
        if (fate.lost) return fate;
    }
    fate.extra += fault.delay;
    if (fault.jitter.ns != 0) {
        fate.extra.ns += decide(purposes.delay, 0, 0,
                                [&](std::uint64_t bits) { return jitter_of(fault, bits); });
    }
    if (fault.reorder_ppm != 0 && decide(purposes.reorder, 0, 0, [&](std::uint64_t bits) {
                                      return std::int64_t{core::happens(bits, fault.reorder_ppm)};
                                  }) != 0) {
        fate.extra += fault.reorder_by;
    }
    if (fault.corrupt_ppm != 0) {
        fate.damage = static_cast<std::uint32_t>(
            decide(purposes.corrupt, 0, 0, [&](std::uint64_t bits) -> std::int64_t {
                if (!core::happens(bits, fault.corrupt_ppm)) return 0;
                return static_cast<std::int64_t>(1 + (bits & 0xffffU));
            }));
    }
    if (fault.duplicate_ppm != 0 &&
        decide(purposes.duplicate, 0, 0, [&](std::uint64_t bits) {
            return std::int64_t{core::happens(bits, fault.duplicate_ppm)};
        }) != 0) {
        fate.duplicated = true;
        fate.duplicate_extra = fault.delay;
        fate.duplicate_extra.ns += decide(purposes.duplicate_delay, 1, 0, [&](std::uint64_t bits) {
            return jitter_of(fault, bits);
        });
    }
    return fate;
}

}  // namespace storm::fault
