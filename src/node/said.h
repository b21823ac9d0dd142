// node/said.h - what a log line says, as a hash that needs no formatting.
//
// Every line that a node logs is part of the digest of its run, whether anybody reads it or not.
#pragma once
#include <fmt/core.h>

#include <bit>
#include <string_view>
#include <type_traits>

#include "core/dice.h"

namespace storm::node {

/// A hash over what one argument of a log line says, as a rule without formatting it.
template <class T>
[[nodiscard]] core::Key said_of(const T& argument) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        return static_cast<core::Key>(argument);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return core::key_of(std::string_view(argument));
    } else if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<core::Key>(argument);
    } else if constexpr (std::is_same_v<T, double>) {
        return std::bit_cast<core::Key>(argument);
    } else if constexpr (fmt::is_formattable<const T&>::value) {
        return core::key_of(std::string_view(fmt::format("{}", argument)));
    } else {
        return 0;
    }
}

}  // namespace storm::node
