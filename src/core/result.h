// core/result.h - an operating failure is a value that says what happened and where.
//
// Result<T> is std::expected with an Error: a kind that maps to an exit code, a sentence,
// and the chain of what was being done when it happened (outermost last). We throw nothing;
// a bug of our own is STORM_REQUIRE, a misbehaving system under test is a Verdict.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storm::core {

/// What kind of failure: decides the exit code of a command that ends on it.
enum class ErrorKind : std::uint8_t {
    timeout,    // No answer in time: whether it happened is unknown.
    refused,    // The other side said no: it surely did not happen.
    not_found,  // What was named does not exist.
    bad_input,  // A file or argument is wrong (65 for a scenario, 64 for usage).
    io,         // The machine refused: disk full, permission, broken pipe.
    missing,    // A capability this machine or world does not have (69).
    stopped,    // Interrupted or sealed.
    internal,   // Our own fault (70).
};

[[nodiscard]] std::string_view to_text(ErrorKind kind);

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;
    std::vector<std::string> context;  // What was being done; innermost first.

    /// "reading plan.json: line 3: ...": context outermost first, then the message.
    [[nodiscard]] std::string text() const;

    bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
    return std::unexpected(Error{kind, std::move(message), {}});
}

/// Adds what was being done to an error on its way up.
[[nodiscard]] inline std::unexpected<Error> within(Error error, std::string doing) {
    error.context.push_back(std::move(doing));
    return std::unexpected(std::move(error));
}

}  // namespace storm::core

#define STORM_CONCAT_2(a, b) a##b
#define STORM_CONCAT(a, b) STORM_CONCAT_2(a, b)
#define STORM_TRY_AS(name, declaration, ...)                    \
    auto name = (__VA_ARGS__);                                  \
    if (!name) return std::unexpected(std::move(name).error()); \
    declaration = std::move(*name)
/// STORM_TRY(auto x, expression): x is the value, or the function returns the error.
#define STORM_TRY(declaration, ...) \
    STORM_TRY_AS(STORM_CONCAT(storm_try_, __LINE__), declaration, __VA_ARGS__)
/// The same for a Result<void>.
#define STORM_CHECK(...)                                                          \
    do {                                                                          \
        auto storm_check = (__VA_ARGS__);                                         \
        if (!storm_check) return std::unexpected(std::move(storm_check).error()); \
    } while (false)
