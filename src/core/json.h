// core/json.h - reads JSON in one pass, straight into typed values, and knows where it is.
//
// Files of a run directory are edited by people, cut off by full disks and handed over by
// strangers. So there is no tree in between: a reader asks for what it expects, memory stays
// with what it keeps, and the first thing that is wrong ends the reading with its line and
// column, what is wrong and what would be right. Refused: floating point, duplicate keys,
// depth over 32, bytes that are not UTF-8, anything after the document.
//
//     JsonReader in(text, "plan.json");
//     in.object([&](std::string_view key) {
//         if (key == "nodes") nodes = in.integer(1, 100);
//         else in.unknown_key({"nodes"});
//     });
//     STORM_CHECK(in.finish());
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/value.h"

namespace storm::core {

/// A place in a text, both counted from 1; columns are bytes.
struct Position {
    std::size_t line = 1, column = 1;
};
[[nodiscard]] Position position_of(std::string_view text, std::size_t offset);

class JsonReader {
public:
    enum class Kind : std::uint8_t { null, boolean, number, text, list, object, nothing };
    static constexpr int depth_max = 32;
    static constexpr std::size_t items_max = 10'000'000;  // Of lists inside values, in all.

    /// `name` opens every error: "plan.json:7:12: ...". `first_line` is the number of the first
    /// line, for one line out of many.
    JsonReader(std::string_view text, std::string name, std::size_t first_line = 1)
        : text_(text), name_(std::move(name)), first_line_(first_line) {}

    /// What stands next; `nothing` at the end and after an error.
    [[nodiscard]] Kind peek();
    /// Calls `member` with each key; it must read exactly one value.
    void object(const std::function<void(std::string_view key)>& member);
    /// Calls `item` before each item; it must read exactly one value.
    void list(const std::function<void()>& item);
    [[nodiscard]] std::string text();
    [[nodiscard]] bool boolean();
    /// An integer in [low, high].
    [[nodiscard]] std::int64_t integer(std::int64_t low = INT64_MIN, std::int64_t high = INT64_MAX);
    /// Any value that an operation or a published key can have.
    [[nodiscard]] Value value();
    /// Requires: inside the callback of object(). Refuses the key, with the nearest allowed.
    void unknown_key(std::span<const std::string> allowed);
    void unknown_key(std::initializer_list<std::string_view> allowed);

    /// Where the value that was read last (or the key, before its value) begins.
    [[nodiscard]] std::size_t last() const { return last_; }
    /// Where the next token begins.
    [[nodiscard]] std::size_t next();
    /// Ends the reading: `what` is wrong at `offset`. Only the first refusal counts.
    void refuse(std::size_t offset, std::string what);
    void refuse(std::string what) { refuse(last_, std::move(what)); }
    [[nodiscard]] bool good() const { return error_.empty(); }

    /// Nothing may follow. The first error, if there was one.
    [[nodiscard]] Result<void> finish();

private:
    void skip_space();
    [[nodiscard]] bool take(char c);
    void refuse_kind(std::string_view wanted);
    /// The extent of the string that begins here, quotes included; empty after an error.
    [[nodiscard]] std::string_view string_token();
    [[nodiscard]] std::string_view list_token();
    [[nodiscard]] Value from_token(std::string_view token);
    [[nodiscard]] std::string seen_here();

    std::string_view text_;
    std::string name_;
    std::size_t first_line_;
    std::size_t at_ = 0;
    std::size_t last_ = 0;
    std::size_t items_ = 0;
    int depth_ = 0;
    std::string key_;
    std::string error_;
    std::size_t error_at_ = 0;
};

}  // namespace storm::core
