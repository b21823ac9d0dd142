#include "runner/clocks.h"

#include <ctime>

namespace storm::runner {

Duration cpu_time(pid_t pid) {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
    return core::seconds(time.tv_sec) + core::nanoseconds(time.tv_nsec);
}
Duration real_time() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return core::seconds(time.tv_sec) + core::nanoseconds(time.tv_nsec);
}

}  // namespace storm::runner
