// runner/pulse.h - is a worker that takes long still getting on, or in one step without end?
//
//   parent ── SIGURG ──▶ worker: which dispatch into node code am I in? ──▶ Pulse ──▶ parent
//
// A long run is no endless loop, and a loop should not cost as much time as the longest run may
// take. So a worker that is at one item for a while is asked now and then which dispatch it is in.
// One that is inside node code, and in the same dispatch each time, for long enough, loops. One
// that sleeps there, for some times as long, waits for what no other thread will bring. Short items
// are never asked; who cannot answer is left to the limit of the whole item.
#pragma once
#include <sys/types.h>

#include <cstdint>

#include "core/time.h"

namespace storm::runner {

/// In memory that parent and worker share. Written by the worker's signal handler only.
struct Pulse {
    std::uint64_t answers = 0;
    std::uint64_t dispatch = 0;
    bool inside = false;  // Node code is running.
};

/// In a worker: answers from now on. `pulse` outlives the process.
void install_pulse(Pulse* pulse);

/// A machine under load may let a worker wait long that waits for nothing itself.
inline constexpr int blocked_factor = 3;

/// In the parent: what one worker's answers come to.
class StuckWatch {
public:
    /// A new item, begun at that much CPU time.
    void begin(Duration cpu);
    /// Asks again if it is time. True: it has been in one dispatch for more than `limit` of CPU
    /// time, as all answers say; or has slept in it for more than blocked_factor times `limit`.
    /// `cpu`: what the worker has used.
    [[nodiscard]] bool stuck(pid_t worker, const Pulse& pulse, Duration cpu, Duration limit);

private:
    Duration asked_{}, since_{};
    Duration real_asked_{}, slept_since_{};  // On the machine's clock.
    std::uint64_t answers_ = 0, dispatch_ = 0;
    bool inside_ = false;
};

}  // namespace storm::runner
