// sim/clock.h - the clocks of one node.
//
// The monotonic clock moves at a rate of its own; the wall clock is that and a step. Where the
// rate changes, what was shown is the base of what is shown next: a clock never jumps because
// it begins to drift. Timers are set by what the clock will show, so that they move with it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/dice.h"
#include "core/time.h"

namespace storm::sim {

class Clock {
public:
    static constexpr std::int64_t even = core::one_million;  // The rate of the world itself.
    /// However many drifts overlap, a clock neither stands still nor outruns everything.
    static constexpr std::int64_t slowest = even / 1'000, fastest = even * 1'000;

    __extension__ using Wide = __int128;

    Wide step = 0;  // Offsets and jumps: nanoseconds of the wall clock alone, however many add up.

    [[nodiscard]] std::int64_t rate() const { return rate_; }
    /// What the monotonic clock shows at `now`. Requires: not before the last change of rate.
    [[nodiscard]] Instant local(Instant now) const {
        const Duration passed = now - world_base_;
        if (rate_ == even) return local_base_ + passed;
        return bounded(Wide{local_base_.ns} + Wide{passed.ns} * rate_ / even);
    }
    /// What the wall clock shows at `now`, whose zero is at `epoch`, with `more` steps.
    [[nodiscard]] Instant wall(Instant now, Wide epoch, Wide more) const {
        return bounded(epoch + local(now).ns + step + more);
    }
    /// When it will first show `shown`: never, for what it cannot reach, is the end of time.
    [[nodiscard]] Instant world(Instant shown) const {
        const Wide left = Wide{shown.ns} - local_base_.ns;
        const Wide rounded_up = left > 0 ? (left * even + rate_ - 1) / rate_ : left * even / rate_;
        return bounded(Wide{world_base_.ns} + rounded_up);
    }
    /// What it will show `length` after `now`.
    [[nodiscard]] Instant after(Instant now, Duration length) const {
        return bounded(Wide{local(now).ns} + length.ns);
    }
    /// From `now` on it moves `ppm` nanoseconds in a million of the world's.
    void set_rate(Instant now, std::int64_t ppm) {
        local_base_ = local(now);
        world_base_ = now;
        rate_ = ppm;
    }
    /// The rate of a clock that one more fault makes drift.
    [[nodiscard]] static std::int64_t drifted(std::int64_t rate, std::int64_t drift_ppm) {
        return std::clamp(static_cast<std::int64_t>(Wide{rate} * (even + drift_ppm) / even),
                          slowest, fastest);
    }

private:
    static Instant bounded(Wide ns) {
        constexpr Wide begin = std::numeric_limits<std::int64_t>::min();
        constexpr Wide end = std::numeric_limits<std::int64_t>::max();
        return Instant{static_cast<std::int64_t>(std::clamp(ns, begin, end))};
    }

    Instant world_base_{};  // When the present rate began ...
    Instant local_base_{};  // ... and what was shown then.
    std::int64_t rate_ = even;
};

}  // namespace storm::sim
