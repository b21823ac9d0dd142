#include "core/value.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/text.h"

namespace storm::core {
namespace {

constexpr int depth_max = 32;

/// Appends a code point as UTF-8.
void append_utf8(std::string& to, std::uint32_t point) {
    const auto byte = [&](std::uint32_t bits) { to += static_cast<char>(bits); };
    if (point < 0x80) return byte(point);
    if (point < 0x800) {
        byte(0xc0U | point >> 6U);
    } else {
        if (point < 0x10000) {
            byte(0xe0U | point >> 12U);
        } else {
            byte(0xf0U | point >> 18U);
            byte(0x80U | (point >> 12U & 0x3fU));
        }
        byte(0x80U | (point >> 6U & 0x3fU));
    }
    byte(0x80U | (point & 0x3fU));
}

/// Reads the one line of JSON that a value can be. The first thing that is wrong stands in
/// `error`, and nothing is read after it.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<Value> document() {
        Value value = next(0);
        skip_space();
        if (error_.empty() && at_ != text_.size()) refuse("more after the value");
        if (error_.empty()) return value;
        return fail(ErrorKind::bad_input, fmt::format("column {}: {}", where_ + 1, error_));
    }

private:
    Value refuse(std::string_view why) {
        if (error_.empty()) {
            error_ = why;
            where_ = at_;
        }
        return {};
    }
    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
    }
    bool take(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    Value next(int depth) {
        skip_space();
        if (at_ == text_.size()) return refuse("a value is missing");
        if (take("null")) return {};
        if (take("true")) return true;
        if (take("false")) return false;
        const char c = text_[at_];
        if (c == '"') return string();
        if (c == '[') return list(depth);
        if (c == '-' || (c >= '0' && c <= '9')) return number();
        if (c == '{') return refuse("an object is no value here");
        return refuse("want null, true, false, an integer, \"text\" or [a list]");
    }

    Value number() {
        std::int64_t n = 0;
        const char* first = text_.data() + at_;
        const char* last = text_.data() + text_.size();
        const auto [end, error] = std::from_chars(first, last, n);
        const std::string_view digits(first, static_cast<std::size_t>(end - first));
        if (error == std::errc::result_out_of_range) {
            return refuse("an integer outside 64 bits");
        }
        if (error != std::errc{}) return refuse("want a digit after '-'");
        if (end != last && (*end == '.' || *end == 'e' || *end == 'E')) {
            return refuse("a number with fraction or exponent is no value here");
        }
        const std::string_view bare = digits.substr(digits.starts_with('-') ? 1 : 0);
        if (bare.size() > 1 && bare[0] == '0') return refuse("a leading zero");
        at_ += digits.size();
        return n;
    }

    Value string() {
        std::string content;
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return content;
            }
            if (static_cast<unsigned char>(c) < 0x20) return refuse("a control character in text");
            ++at_;
            if (c != '\\') {
                content += c;
            } else if (!escape(content)) {
                return refuse("an unknown escape in text");
            }
        }
        return refuse("text without a closing quote");
    }

    bool escape(std::string& content) {
        if (at_ == text_.size()) return false;
        const char c = text_[at_++];
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        if (const auto i = names.find(c); i != std::string_view::npos) {
            content += meant[i];
            return true;
        }
        if (c != 'u') return false;
        const auto high = four_digits();
        if (!high || (*high >= 0xdc00 && *high < 0xe000)) return false;
        if (*high < 0xd800 || *high >= 0xe000) {
            append_utf8(content, *high);
            return true;
        }
        if (!take("\\u")) return false;
        const auto low = four_digits();
        if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
        append_utf8(content, 0x10000U + ((*high - 0xd800U) << 10U) + (*low - 0xdc00U));
        return true;
    }
    std::optional<std::uint32_t> four_digits() {
        std::uint32_t n = 0;
        if (text_.size() - at_ < 4) return std::nullopt;
        const char* first = text_.data() + at_;
        const auto [end, error] = std::from_chars(first, first + 4, n, 16);
        if (error != std::errc{} || end != first + 4) return std::nullopt;
        at_ += 4;
        return n;
    }

    Value list(int depth) {
        if (depth == depth_max) return refuse(fmt::format("lists deeper than {}", depth_max));
        ++at_;
        Value::List items;
        skip_space();
        if (take("]")) return items;
        while (error_.empty()) {
            items.push_back(next(depth + 1));
            skip_space();
            if (take("]")) return items;
            if (!take(",")) return refuse("want ',' or ']' in a list");
        }
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t where_ = 0;
    std::string error_;
};

void write_json(std::string& to, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::nil:
            to += "null";
            return;
        case Value::Kind::boolean:
            to += *value.boolean() ? "true" : "false";
            return;
        case Value::Kind::integer:
            to += std::to_string(*value.integer());
            return;
        case Value::Kind::text:
            to += json_quoted(*value.text());
            return;
        case Value::Kind::list:
            break;
    }
    to += '[';
    bool first = true;
    for (const Value& item : *value.list()) {
        if (!first) to += ',';
        first = false;
        write_json(to, item);
    }
    to += ']';
}

}  // namespace

std::strong_ordering operator<=>(const Value& a, const Value& b) {
    if (a.kind() != b.kind()) return a.kind() <=> b.kind();
    switch (a.kind()) {
        case Value::Kind::nil:
            return std::strong_ordering::equal;
        case Value::Kind::boolean:
            return *a.boolean() <=> *b.boolean();
        case Value::Kind::integer:
            return *a.integer() <=> *b.integer();
        case Value::Kind::text:
            return *a.text() <=> *b.text();
        case Value::Kind::list:
            break;
    }
    const Value::List& left = *a.list();
    const Value::List& right = *b.list();
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        if (const auto order = left[i] <=> right[i]; order != 0) return order;
    }
    return left.size() <=> right.size();
}

std::string to_json(const Value& value) {
    std::string text;
    write_json(text, value);
    return text;
}

Result<Value> value_from_json(std::string_view text) { return Reader(text).document(); }

std::string to_human(const Value& value) {
    if (value.is_nil()) return "nil";
    if (const auto* text = value.text()) return *text;
    const auto* list = value.list();
    if (list == nullptr) return to_json(value);
    std::string text = "[";
    for (const Value& item : *list) {
        if (text.size() > 1) text += ", ";
        text += to_human(item);
    }
    return text + "]";
}

Key key_of(const Value& value) {
    Key key = combine(hash_salt[3], static_cast<std::uint64_t>(value.kind()));
    switch (value.kind()) {
        case Value::Kind::nil:
            return key;
        case Value::Kind::boolean:
            return combine(key, *value.boolean() ? 1 : 0);
        case Value::Kind::integer:
            return combine(key, static_cast<std::uint64_t>(*value.integer()));
        case Value::Kind::text:
            return combine(key, key_of(std::string_view(*value.text())));
        case Value::Kind::list:
            break;
    }
    key = combine(key, value.list()->size());
    for (const Value& item : *value.list()) key = combine(key, key_of(item));
    return key;
}

}  // namespace storm::core
