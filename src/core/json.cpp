#include "core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "core/text.h"

namespace storm::core {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The offset of the first byte that is not UTF-8, or nothing.
std::optional<std::size_t> broken_utf8(std::string_view text) {
    const std::size_t size = text.size();
    while (!text.empty()) {
        if (static_cast<unsigned char>(text[0]) < 0x80) {
            text.remove_prefix(1);
            continue;
        }
        const std::string_view before = text;
        if (take_character(text) == 0xfffd && !before.starts_with("\xef\xbf\xbd")) {
            return size - before.size();
        }
    }
    return std::nullopt;
}

std::string_view word_of(JsonReader::Kind kind) {
    constexpr std::string_view words[] = {"null",   "true or false", "a number", "text",
                                          "a list", "an object",     "nothing"};
    return words[static_cast<std::size_t>(kind)];
}

}  // namespace

Position position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
    return {lines + 1, before.size() - line_start + 1};
}

void JsonReader::refuse(std::size_t offset, std::string what) {
    if (!error_.empty()) return;
    error_ = std::move(what);
    error_at_ = offset;
    at_ = text_.size();
}

void JsonReader::skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

std::size_t JsonReader::next() {
    skip_space();
    return at_;
}

bool JsonReader::take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
}

JsonReader::Kind JsonReader::peek() {
    skip_space();
    if (!good() || at_ >= text_.size()) return Kind::nothing;
    switch (text_[at_]) {
        case '{':
            return Kind::object;
        case '[':
            return Kind::list;
        case '"':
            return Kind::text;
        case 't':
        case 'f':
            return Kind::boolean;
        case 'n':
            return Kind::null;
        default:
            return Kind::number;
    }
}

std::string JsonReader::seen_here() {
    const Kind kind = peek();
    if (kind == Kind::nothing) return "the end of the file (was it cut off?)";
    const auto byte = static_cast<unsigned char>(text_[at_]);
    const bool printable = byte >= 0x20 && byte < 0x7f;
    if (kind != Kind::number) return std::string(word_of(kind));
    if (byte == '-' || (byte >= '0' && byte <= '9')) return "a number";
    return printable ? fmt::format("'{}'", text_[at_])
                     : fmt::format("byte 0x{:02x} (is this a text file?)", byte);
}

void JsonReader::refuse_kind(std::string_view wanted) {
    if (!good()) return;
    skip_space();
    std::string what = key_.empty() ? "" : fmt::format("\"{}\": ", key_);
    const std::string found = seen_here();
    what += fmt::format("want {}", wanted);
    if (found != wanted) what += ", found " + found;  // A misspelt "truth" looks like one.
    refuse(at_, std::move(what));
}

void JsonReader::object(const std::function<void(std::string_view)>& member) {
    if (peek() != Kind::object) return refuse_kind("an object in { }");
    if (depth_ == depth_max) return refuse(at_, fmt::format("nested deeper than {}", depth_max));
    const std::size_t begin = at_++;
    ++depth_;
    std::set<std::string, std::less<>> seen;
    bool first = true;
    while (good() && !take('}')) {
        if (!first && !take(',')) {
            key_.clear();
            refuse_kind("',' or '}'");
            break;
        }
        first = false;
        key_.clear();
        if (peek() != Kind::text) {
            refuse_kind("a key in quotes");
            break;
        }
        const std::size_t key_at = at_;
        const Value key = from_token(string_token());
        if (!good()) break;
        key_ = *key.text();
        if (!seen.insert(key_).second) {
            refuse(key_at, fmt::format("the key {} stands here twice", json_quoted(key_)));
            break;
        }
        if (!take(':')) {
            refuse_kind("':' after a key");
            break;
        }
        last_ = key_at;
        const std::string name = key_;
        member(name);
    }
    --depth_;
    key_.clear();
    last_ = begin;
}

void JsonReader::list(const std::function<void()>& item) {
    if (peek() != Kind::list) return refuse_kind("a list in [ ]");
    if (depth_ == depth_max) return refuse(at_, fmt::format("nested deeper than {}", depth_max));
    const std::size_t begin = at_++;
    const std::string key = key_;
    ++depth_;
    bool first = true;
    while (good() && !take(']')) {
        if (!first && !take(',')) {
            refuse_kind("',' or ']'");
            break;
        }
        first = false;
        key_ = key;
        skip_space();
        last_ = at_;
        item();
    }
    --depth_;
    last_ = begin;
}

std::string_view JsonReader::string_token() {
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
        end += text_[end] == '\\' ? 2 : 1;
    }
    if (end >= text_.size()) {
        refuse(begin, "text without a closing quote (was the file cut off?)");
        return {};
    }
    if (text_[end] == '\n') {
        refuse(begin, "text without a closing quote");
        return {};
    }
    at_ = end + 1;
    return text_.substr(begin, at_ - begin);
}

Value JsonReader::from_token(std::string_view token) {
    if (!good()) return {};
    const auto begin = static_cast<std::size_t>(token.data() - text_.data());
    if (const auto broken = broken_utf8(token)) {
        refuse(begin + *broken, fmt::format("byte 0x{:02x} is not UTF-8 (is this a text file?)",
                                            static_cast<unsigned char>(token[*broken])));
        return {};
    }
    auto value = value_from_json(token);
    if (value) return std::move(*value);
    // "column 4: what": the column counts bytes of the token.
    std::string_view message = value.error().message;
    std::size_t column = 1;
    if (message.starts_with("column ")) {
        const char* first = message.data() + 7;
        const auto [end, error] = std::from_chars(first, message.data() + message.size(), column);
        if (error == std::errc{}) {
            message.remove_prefix(static_cast<std::size_t>(end - message.data()));
            if (message.starts_with(": ")) message.remove_prefix(2);
        }
    }
    refuse(begin + std::max<std::size_t>(column, 1) - 1, std::string(message));
    return {};
}

std::string JsonReader::text() {
    if (peek() != Kind::text) return refuse_kind("text in quotes"), std::string();
    last_ = at_;
    const Value value = from_token(string_token());
    const std::string* content = value.text();
    return content != nullptr ? *content : std::string();
}

bool JsonReader::boolean() {
    skip_space();
    last_ = at_;
    for (const bool value : {false, true}) {
        const std::string_view word = value ? "true" : "false";
        if (!good() || !text_.substr(at_).starts_with(word)) continue;
        at_ += word.size();
        return value;
    }
    refuse_kind("true or false");
    return false;
}

std::int64_t JsonReader::integer(std::int64_t low, std::int64_t high) {
    skip_space();
    if (!good()) return 0;
    last_ = at_;
    std::int64_t number = 0;
    const char* first = text_.data() + at_;
    const char* end_of_text = text_.data() + text_.size();
    const auto [end, error] = std::from_chars(first, end_of_text, number);
    if (error == std::errc::invalid_argument) {
        return refuse_kind("a whole number"), 0;
    }
    const auto size = static_cast<std::size_t>(end - first);
    const std::string name = key_.empty() ? "" : fmt::format("\"{}\": ", key_);
    const bool leading_zero = size > 1 && (*first == '0' || (*first == '-' && first[1] == '0'));
    if (leading_zero || (end != end_of_text && (*end == '.' || *end == 'e' || *end == 'E'))) {
        return refuse(name + "want a whole number, without point, exponent or leading 0"), 0;
    }
    if (error == std::errc::result_out_of_range || number < low || number > high) {
        return refuse(fmt::format("{}{} is out of range: want {} to {}", name,
                                  std::string_view(first, std::min<std::size_t>(size, 40)), low,
                                  high)),
               0;
    }
    at_ += size;
    return number;
}

std::string_view JsonReader::list_token() {
    const std::size_t begin = at_;
    int depth = 0;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '"') {
            if (string_token().empty()) return {};
            continue;
        }
        ++at_;
        if (c == '[' || c == '{') ++depth;
        if (c == ',' || c == '[') {
            if (++items_ > items_max) {
                refuse(begin, fmt::format("more than {} items in lists", with_commas(items_max)));
                return {};
            }
        }
        if ((c == ']' || c == '}') && --depth == 0) return text_.substr(begin, at_ - begin);
        if (depth + depth_ > depth_max) {
            refuse(at_ - 1, fmt::format("nested deeper than {}", depth_max));
            return {};
        }
    }
    refuse(begin, "a list without its closing ']' (was the file cut off?)");
    return {};
}

Value JsonReader::value() {
    const Kind kind = peek();
    last_ = at_;
    switch (kind) {
        case Kind::nothing:
        case Kind::object:
            refuse_kind("null, true, false, a whole number, text or a list");
            return {};
        case Kind::text:
            return from_token(string_token());
        case Kind::list:
            return from_token(list_token());
        case Kind::boolean:
            return boolean();
        case Kind::number:
            return integer();
        case Kind::null:
            break;
    }
    if (!text_.substr(at_).starts_with("null")) {
        refuse_kind("null, true, false, a whole number, text or a list");
        return {};
    }
    at_ += 4;
    return {};
}

void JsonReader::unknown_key(std::span<const std::string> allowed) {
    if (!good()) return;
    std::string help;
    if (const auto near = nearest(key_, allowed)) {
        help = fmt::format("; did you mean \"{}\"?", *near);
    } else {
        help = "; known here: " + joined(allowed);
    }
    refuse(last_, fmt::format("unknown key {}{}", json_quoted(key_), help));
}

void JsonReader::unknown_key(std::initializer_list<std::string_view> allowed) {
    const std::vector<std::string> words(allowed.begin(), allowed.end());
    unknown_key(words);
}

Result<void> JsonReader::finish() {
    if (good()) {
        skip_space();
        if (at_ < text_.size()) refuse(at_, "want the end of the file, found " + seen_here());
    }
    if (good()) return {};
    const Position where = position_of(text_, error_at_);
    return fail(
        ErrorKind::bad_input,
        fmt::format("{}:{}:{}: {}", name_, where.line + first_line_ - 1, where.column, error_));
}

}  // namespace storm::core
