// core/time.h - time as integer nanoseconds, never a bare number.
//
// A Duration is a length and an Instant is a point; both count nanoseconds in 64 bits, so
// every comparison is exact and a run means the same on every machine. An Instant counts
// from the start of the run on the clock of whoever made it: the world's own time, a node's
// monotonic clock. A wall clock reading is a WallTime, so that it cannot be mistaken for
// either. Nothing here reads a real clock.
#pragma once
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/result.h"

namespace storm::core {

/// A length of time in nanoseconds; may be negative where a difference is.
struct Duration {
    std::int64_t ns = 0;

    constexpr auto operator<=>(const Duration&) const = default;
    constexpr Duration operator+(Duration other) const { return {ns + other.ns}; }
    constexpr Duration operator-(Duration other) const { return {ns - other.ns}; }
    constexpr Duration operator-() const { return {-ns}; }
    constexpr Duration operator*(std::int64_t times) const { return {ns * times}; }
    constexpr Duration operator/(std::int64_t parts) const { return {ns / parts}; }
    constexpr Duration& operator+=(Duration other) { return ns += other.ns, *this; }
    constexpr Duration& operator-=(Duration other) { return ns -= other.ns, *this; }
};

/// A point in time, in nanoseconds since the start of the run.
struct Instant {
    std::int64_t ns = 0;

    constexpr auto operator<=>(const Instant&) const = default;
    constexpr Instant operator+(Duration d) const { return {ns + d.ns}; }
    constexpr Instant operator-(Duration d) const { return {ns - d.ns}; }
    constexpr Duration operator-(Instant other) const { return {ns - other.ns}; }
    constexpr Instant& operator+=(Duration d) { return ns += d.ns, *this; }

    static constexpr Instant max() { return {std::numeric_limits<std::int64_t>::max()}; }
};

/// What a wall clock shows: nanoseconds since 1970-01-01 UTC.
struct WallTime {
    std::int64_t ns = 0;

    constexpr auto operator<=>(const WallTime&) const = default;
    constexpr WallTime operator+(Duration d) const { return {ns + d.ns}; }
    constexpr Duration operator-(WallTime other) const { return {ns - other.ns}; }
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

/// Reads "40ms", "1.5s", "-2us", "0". Units: ns us ms s m h; digits past a nanosecond, a
/// missing unit on anything but 0 and overflow are refused.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration reads back: "40ms", "1.204s", "150us".
[[nodiscard]] std::string to_text(Duration d);
[[nodiscard]] std::string to_text(Instant t);

/// For people: at most three decimals and a space before the unit: "1.204 s", "40 ms".
[[nodiscard]] std::string to_human(Duration d);
[[nodiscard]] std::string to_human(Instant t);

inline namespace literals {
constexpr Duration operator""_ns(unsigned long long n) { return {static_cast<std::int64_t>(n)}; }
constexpr Duration operator""_us(unsigned long long n) {
    return microseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_ms(unsigned long long n) {
    return milliseconds(static_cast<std::int64_t>(n));
}
constexpr Duration operator""_s(unsigned long long n) {
    return seconds(static_cast<std::int64_t>(n));
}
}  // namespace literals

}  // namespace storm::core

namespace storm {
using core::Duration;
using core::Instant;
using core::microseconds;
using core::milliseconds;
using core::seconds;
using namespace core::literals;
}  // namespace storm
