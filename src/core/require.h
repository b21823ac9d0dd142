// core/require.h - STORM_REQUIRE: a law of our own code, on in release.
//
// STORM_REQUIRE(a < b, a, b) aborts with the condition, the operands' values, the seed and
// the world time. It is for our bugs and for callers who break a contract; what the
// operating system refuses is a Result, what the system under test does wrong is a Verdict.
#pragma once
#include <fmt/core.h>

#include <string>

namespace storm::core {

/// Prints and aborts. Under a world the message names seed, world time and node.
[[noreturn]] void require_failed(const char* condition, const char* file, int line,
                                 const std::string& operands);

namespace detail {
template <class... T>
std::string operands(const char* names, const T&... values) {
    std::string text = names;
    text += " =";
    ((text += fmt::format(" {}", values)), ...);
    return text;
}
inline std::string operands(const char*) { return {}; }
}  // namespace detail

/// Ends the process: a node has allocated so much that the step it is in must not go on. `who` says
/// who holds how much.
[[noreturn]] void memory_exceeded(const std::string& who);
inline constexpr const char* memory_exceeded_mark = "stormproof: memory limit: ";
/// Ends the process: a node was about to, by `how`. One of the marks below tells which way.
[[noreturn]] void node_ended(const char* mark, const char* how);
inline constexpr const char* exit_mark = "stormproof: a node called ";
inline constexpr const char* signal_mark = "stormproof: a node sent a signal: ";

}  // namespace storm::core

#define STORM_REQUIRE(condition, ...)                                                      \
    do {                                                                                   \
        if (!(condition)) [[unlikely]] {                                                   \
            ::storm::core::require_failed(                                                 \
                #condition, __FILE__, __LINE__,                                            \
                ::storm::core::detail::operands(#__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__)); \
        }                                                                                  \
    } while (false)
