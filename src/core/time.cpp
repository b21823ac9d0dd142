#include "core/time.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace storm::core {
namespace {

__extension__ using Wide = __int128;

struct Unit {
    std::string_view name;
    std::int64_t ns;
};
constexpr std::array<Unit, 6> units = {{{"ns", 1},
                                        {"us", 1'000},
                                        {"ms", 1'000'000},
                                        {"s", 1'000'000'000},
                                        {"m", 60'000'000'000},
                                        {"h", 3'600'000'000'000}}};
constexpr std::int64_t minute = units[4].ns;
constexpr std::int64_t hour = units[5].ns;

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
    return fail(ErrorKind::bad_input, fmt::format("'{}' is no duration: {}", text, why));
}

std::optional<Unit> unit_named(std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) return unit;
    }
    return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits with at most one point among them, as an integer and a power of ten below it.
struct Decimal {
    Wide digits = 0;
    Wide below = 1;
    std::size_t length = 0;  // Characters read; 0 if there is no number.
};

Decimal read_decimal(std::string_view text) {
    constexpr Wide digits_max = Wide{1} << 80U;  // Times an hour in nanoseconds: below 2^127.
    Decimal number;
    bool fraction = false;
    bool before = false;
    bool after = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        if (text[i] == '.' && before && !fraction) {
            fraction = true;
            continue;
        }
        if (!is_digit(text[i])) break;
        if (number.digits > digits_max || number.below > digits_max) return {};
        number.digits = number.digits * 10 + (text[i] - '0');
        if (fraction) number.below *= 10;
        (fraction ? after : before) = true;
    }
    if (before && fraction == after) number.length = i;
    return number;
}

/// |d| as an exact decimal count of `unit`: "1.204".
std::string exact_count(std::uint64_t magnitude, std::uint64_t unit) {
    std::string text = std::to_string(magnitude / unit);
    std::uint64_t rest = magnitude % unit;
    if (rest == 0) return text;
    text += '.';
    while (rest != 0) {
        unit /= 10;
        text += static_cast<char>('0' + rest / unit);
        rest %= unit;
    }
    return text;
}

std::uint64_t magnitude_of(std::int64_t ns) {
    const auto bits = static_cast<std::uint64_t>(ns);
    return ns < 0 ? 0 - bits : bits;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative) rest.remove_prefix(1);
    const Decimal number = read_decimal(rest);
    if (number.length == 0) return refuse(text, "want a number and a unit, such as 40ms or 1.5s");
    const std::string_view name = rest.substr(number.length);
    if (name.empty() && number.digits == 0) return Duration{};
    if (name.empty()) return refuse(text, "a unit is missing (ns, us, ms, s, m or h)");
    const auto unit = unit_named(name);
    if (!unit) {
        return refuse(text, fmt::format("'{}' is no unit (ns, us, ms, s, m or h)", name));
    }
    const Wide scaled = number.digits * unit->ns;
    if (scaled % number.below != 0) return refuse(text, "finer than a nanosecond");
    const Wide ns = scaled / number.below;
    if (ns > std::numeric_limits<std::int64_t>::max()) return refuse(text, "longer than 292 years");
    return Duration{static_cast<std::int64_t>(negative ? -ns : ns)};
}

std::string to_text(Duration d) {
    if (d.ns == 0) return "0";
    const std::uint64_t magnitude = magnitude_of(d.ns);
    std::string text = d.ns < 0 ? "-" : "";
    if (d.ns % hour == 0) return text + std::to_string(magnitude / units[5].ns) + "h";
    if (d.ns % minute == 0) return text + std::to_string(magnitude / units[4].ns) + "m";
    std::size_t unit = 3;
    while (magnitude < static_cast<std::uint64_t>(units[unit].ns)) --unit;
    return text + exact_count(magnitude, static_cast<std::uint64_t>(units[unit].ns)) +
           std::string(units[unit].name);
}

std::string to_text(Instant t) { return to_text(Duration{t.ns}); }

std::string to_human(Duration d) {
    if (d.ns == 0) return "0 s";
    const std::string sign = d.ns < 0 ? "-" : "";
    std::uint64_t magnitude = magnitude_of(d.ns);
    constexpr std::uint64_t second = 1'000'000'000;
    if (magnitude >= 600 * second) {
        const std::uint64_t whole = magnitude / second + (magnitude % second >= second / 2 ? 1 : 0);
        const std::uint64_t h = whole / 3600;
        const std::uint64_t m = whole / 60 % 60;
        const std::uint64_t s = whole % 60;
        const auto pair = [&](std::uint64_t big, std::string_view name, std::uint64_t small,
                              std::string_view small_name) {
            std::string text = sign + fmt::format("{} {}", big, name);
            return small == 0 ? text : text + fmt::format(" {} {}", small, small_name);
        };
        return h != 0 ? pair(h, "h", m, "min") : pair(m, "min", s, "s");
    }
    std::size_t unit = 3;
    while (magnitude < static_cast<std::uint64_t>(units[unit].ns)) --unit;
    // Three decimals, half up; 999.9996 ms becomes 1 s.
    const std::uint64_t grain = unit == 0 ? 1 : static_cast<std::uint64_t>(units[unit].ns) / 1000;
    magnitude = (magnitude + grain / 2) / grain * grain;
    if (unit < 3 && magnitude >= static_cast<std::uint64_t>(units[unit + 1].ns)) ++unit;
    return sign + exact_count(magnitude, static_cast<std::uint64_t>(units[unit].ns)) + " " +
           std::string(units[unit].name);
}

std::string to_human(Instant t) { return to_human(Duration{t.ns}); }

}  // namespace storm::core
