// fault/param.h - typed parameters: one description serves parsing, help, schema and drawing.
//
// Faults, checks and workloads declare their parameters once, as data. From that come the
// scenario reader's errors, `explain` pages, the JSON Schema and what a random fault draws.
// Values are exact: times in nanoseconds, shares in parts per million, no floating point.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/id.h"
#include "core/result.h"
#include "core/time.h"

namespace storm::fault {

enum class ParamType : std::uint8_t {
    duration,  // 40ms
    share,     // 5%, 0.5%: parts per million
    integer,   // 3
    ppm,       // 200ppm: signed, parts per million
    bytes,     // 64KiB, 1MB, 512: bytes
    rate,      // 1MB/s, 56kbit/s: bytes per second
    boolean,   // true | false
    text,      // free, or one of `choices`
    groups,    // [[n1, n2], [n3]]
};
[[nodiscard]] std::string_view to_text(ParamType type);

using Groups = std::vector<std::vector<core::Id>>;

/// Durations, shares, integers, ppm, bytes and rates share the integer alternative; which
/// one it is stands in the ParamSpec.
using ParamValue = std::variant<std::int64_t, bool, std::string, Groups>;

struct ParamSpec {
    std::string name;
    ParamType type = ParamType::integer;
    std::string summary;                  // Meaning, one line.
    std::optional<ParamValue> otherwise;  // Default; none: the parameter is required.
    std::int64_t low = 0;                 // Range, both included; for numbers.
    std::int64_t high = INT64_MAX;
    std::int64_t draw_low = 0, draw_high = 0;  // What a random fault draws from; equal: default.
    std::vector<std::string> choices;          // For text: what is allowed; empty: anything.
    bool names_site = false;                   // For text: a code point of the program.
};

/// Values by name, in the order of the spec. Each may know its type, so that a plan can be
/// written in human units without the catalogue at hand; equality looks at values only.
class Params {
public:
    /// Replaces the value in place (its type stays, unless given), or appends it.
    void set(std::string_view name, ParamValue value, std::optional<ParamType> type = {});
    /// What the value was declared or written as; nothing if nobody said.
    [[nodiscard]] std::optional<ParamType> type_of(std::string_view name) const;
    [[nodiscard]] const ParamValue* find(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    /// The number, or 0 if absent. Requires: not of another alternative.
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    [[nodiscard]] Duration duration(std::string_view name) const { return Duration{number(name)}; }
    [[nodiscard]] std::uint32_t share(std::string_view name) const {
        return static_cast<std::uint32_t>(number(name));
    }
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::string_view text(std::string_view name) const;
    [[nodiscard]] const Groups& groups(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, ParamValue>>& all() const {
        return values_;
    }
    bool operator==(const Params& other) const { return values_ == other.values_; }

private:
    std::vector<std::pair<std::string, ParamValue>> values_;
    std::vector<std::optional<ParamType>> types_;  // One for each value.
};

/// Reads "40ms", "5%", "64KiB", "1MB/s", "200ppm", "3", "true" as `spec` says; the error says
/// what is wrong and what is expected, without a position.
[[nodiscard]] core::Result<ParamValue> parse_param(const ParamSpec& spec, std::string_view text);
/// The form parse_param reads back; groups as [[n1, n2], [n3]].
[[nodiscard]] std::string to_text(const ParamSpec& spec, const ParamValue& value);
/// A number as its type is written: "40ms", "0.5%", "200ppm", "64KiB", "1MB/s", "3".
[[nodiscard]] std::string number_to_text(ParamType type, std::int64_t number);
/// A number with a unit, of whatever type the unit says; nothing if `text` is none.
[[nodiscard]] std::optional<std::pair<ParamType, std::int64_t>> number_with_unit(
    std::string_view text);
/// "0 to 10s", "uniform | long-tail", "any".
[[nodiscard]] std::string range_text(const ParamSpec& spec);
/// Says what `value` violates of the spec's type, range and choices.
[[nodiscard]] core::Result<void> check_range(const ParamSpec& spec, const ParamValue& value);
/// Fills what is absent with the defaults, in the order of the specs, and notes each type. The
/// error names what is unknown, out of range, of another type, or required and missing.
[[nodiscard]] core::Result<Params> complete(const std::vector<ParamSpec>& specs, Params given);

}  // namespace storm::fault
