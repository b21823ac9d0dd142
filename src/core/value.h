// core/value.h - the small values that operations, histories and published state carry.
//
// nil, bool, integer, text or a list of values: what a key-value operation, a register read
// or a role name needs, and nothing whose order or printed form could differ between
// machines (no floating point, no hash maps).
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/dice.h"
#include "core/result.h"

namespace storm::core {

class Value {
public:
    using List = std::vector<Value>;
    enum class Kind : std::uint8_t { nil, boolean, integer, text, list };

    Value() = default;
    Value(bool b) : data_(b) {}                                      // NOLINT
    Value(std::int64_t i) : data_(i) {}                              // NOLINT
    Value(int i) : data_(static_cast<std::int64_t>(i)) {}            // NOLINT
    Value(unsigned i) : data_(static_cast<std::int64_t>(i)) {}       // NOLINT
    Value(std::uint64_t i) : data_(static_cast<std::int64_t>(i)) {}  // NOLINT
    Value(std::string s) : data_(std::move(s)) {}                    // NOLINT
    Value(std::string_view s) : data_(std::string(s)) {}             // NOLINT
    Value(const char* s) : data_(std::string(s)) {}                  // NOLINT
    Value(List l) : data_(std::move(l)) {}                           // NOLINT

    [[nodiscard]] Kind kind() const { return static_cast<Kind>(data_.index()); }
    [[nodiscard]] bool is_nil() const { return kind() == Kind::nil; }
    /// The content, or null if the value is of another kind.
    [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&data_); }
    [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&data_); }
    [[nodiscard]] const List* list() const { return std::get_if<List>(&data_); }

    /// The integer, or `otherwise` if it is none.
    [[nodiscard]] std::int64_t integer_or(std::int64_t otherwise) const {
        const auto* i = integer();
        return i != nullptr ? *i : otherwise;
    }

    friend bool operator==(const Value&, const Value&) = default;
    friend std::strong_ordering operator<=>(const Value& a, const Value& b);

private:
    std::variant<std::monostate, bool, std::int64_t, std::string, List> data_;
};

/// JSON, one line: null, true, 4, "x", [1,2].
[[nodiscard]] std::string to_json(const Value& value);
/// Reads what to_json wrote; floating point, objects, depth over 32 are refused.
[[nodiscard]] Result<Value> value_from_json(std::string_view text);
/// For sentences: 4, x, nil, [1, 2].
[[nodiscard]] std::string to_human(const Value& value);
/// A key that depends on content only.
[[nodiscard]] Key key_of(const Value& value);

}  // namespace storm::core

namespace storm {
using core::Value;
}
