// core/glance.h - a point in time as exact as a sentence wants it.
#pragma once
#include <string>

#include "core/time.h"

namespace storm::core {

/// "1.204 s", "308 ms", "8.02 ms": to the millisecond; earlier than 10 ms, three digits.
[[nodiscard]] inline std::string to_glance(Instant t) {
    std::int64_t unit = 1'000'000;
    if (t.ns < 10 * unit) {
        for (unit = 1; t.ns / unit >= 1000; unit *= 10) {
        }
    }
    return to_human(Duration{(t.ns + unit / 2) / unit * unit});
}

}  // namespace storm::core
