// core/id.h - who sends and receives: nodes n1, n2, ... and clients c1, c2, ...
#pragma once
#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/dice.h"

namespace storm::core {

/// A node or a client of the system under test, by its place in the scenario. Printed and
/// keyed by name, so that dropping n2 does not rename n3.
struct Id {
    static constexpr std::uint32_t client_bit = 1U << 31;
    std::uint32_t value = 0;

    static constexpr Id node(std::uint32_t index) { return {index}; }
    static constexpr Id client(std::uint32_t index) { return {index | client_bit}; }
    [[nodiscard]] constexpr bool is_client() const { return (value & client_bit) != 0; }
    /// Counts from 0: n1 and c1 both have index 0.
    [[nodiscard]] constexpr std::uint32_t index() const { return value & ~client_bit; }
    constexpr auto operator<=>(const Id&) const = default;
};

/// "n1", "c2".
[[nodiscard]] inline std::string name_of(Id id) {
    return (id.is_client() ? "c" : "n") + std::to_string(id.index() + 1);
}

/// The reverse of name_of; nothing for anything else (n0, n01 and x1 are no names).
[[nodiscard]] inline std::optional<Id> id_from(std::string_view name) {
    if (name.size() < 2 || (name[0] != 'n' && name[0] != 'c') || name[1] == '0') return {};
    std::uint32_t number = 0;
    const auto* end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + 1, end, number);
    if (error != std::errc{} || at != end || number == 0 || number >= Id::client_bit) return {};
    return name[0] == 'c' ? Id::client(number - 1) : Id::node(number - 1);
}

}  // namespace storm::core

namespace storm {
using NodeId = core::Id;
}
