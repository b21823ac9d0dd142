#include "core/lines.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace storm::core {
namespace {

constexpr std::string_view replacement = "\uFFFD";

/// One character at the front of `text`: its code point and bytes. Broken bytes: one, U+FFFD.
struct Character {
    char32_t code = 0xFFFD;
    std::size_t bytes = 1;
};

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) return {};
        code = code << 6U | (next & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {code, length};
}

/// Would act on the screen instead of standing on it.
bool is_unsafe(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB);
}

struct Likeness {
    std::string_view sign, ascii;
};
constexpr std::array<Likeness, 38> likenesses{{
    {"│", "|"}, {"├", "|"}, {"┤", "|"},  {"┆", ":"},      {"╎", ":"},      {"─", "-"},
    {"━", "="}, {"╸", "="}, {"▶", ">"},  {"◀", "<"},      {"→", "->"},     {"←", "<-"},
    {"✂", "x"}, {"✗", "X"}, {"✓", "+"},  {"…", "..."},    {"·", "-"},      {"–", "-"},
    {"—", "-"}, {"×", "x"}, {"≥", ">="}, {"≤", "<="},     {"±", "+-"},     {"≠", "!="},
    {"●", "o"}, {"○", "o"}, {"▲", "^"},  {"▼", "v"},      {"“", "\""},     {"”", "\""},
    {"‘", "'"}, {"’", "'"}, {"µ", "u"},  {"\u00A0", " "}, {"\u202F", " "}, {"└", "`"},
    {"┌", ","}, {"█", "#"},
}};

/// Words, but "x = 4" and "1.204 s" are one: a line must not end inside them.
std::vector<std::string> unbroken_words(std::string_view text) {
    constexpr std::array<std::string_view, 8> units{"ns", "us", "µs", "ms", "s", "m", "h", "%"};
    std::vector<std::string> words;
    bool open = false;  // The word before waits for its right side.
    for (const auto& word : split(text, ' ')) {
        const std::string bare = word.substr(0, word.find_first_of(".,:;)"));
        const bool unit = std::find(units.begin(), units.end(), bare) != units.end();
        const bool after_digit = !words.empty() && !words.back().empty() &&
                                 words.back().back() >= '0' && words.back().back() <= '9';
        const bool glue = !words.empty() && (open || word == "=" || (unit && after_digit));
        if (glue) {
            words.back() += " " + word;
        } else {
            words.push_back(word);
        }
        open = word == "=";
    }
    return words;
}

std::string_view code_of(Paint paint) {
    switch (paint) {
        case Paint::none:
            return "";
        case Paint::bad:
            return "1;31";
        case Paint::good:
            return "32";
        case Paint::warn:
            return "33";
        case Paint::accent:
            return "36";
        case Paint::faint:
            return "2";
        case Paint::strong:
            return "1";
    }
    return "";
}

}  // namespace

std::vector<std::string> characters(std::string_view utf8) {
    std::vector<std::string> all;
    while (!utf8.empty()) {
        const auto [code, bytes] = first_character(utf8);
        all.emplace_back(code == 0xFFFD ? replacement : utf8.substr(0, bytes));
        utf8.remove_prefix(bytes);
    }
    return all;
}

namespace {

std::string cleaned(std::string_view text, std::string_view kept) {
    std::string clean;
    while (!text.empty()) {
        const auto [code, bytes] = first_character(text);
        if (code < 0x80 && kept.find(static_cast<char>(code)) != std::string_view::npos) {
            clean += static_cast<char>(code);
        } else if (code == '\n' || code == '\t' || code == '\r') {
            clean += ' ';
        } else if (code == 0xFFFD || is_unsafe(code)) {
            clean += replacement;
        } else {
            clean += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    return clean;
}

/// How long a sequence of ours is at the front of `text`: a colour or the redrawing of a line.
std::size_t own_sequence(std::string_view text) {
    constexpr std::string_view redraw = "\r\033[K";
    if (text.starts_with(redraw)) return redraw.size();
    if (!text.starts_with("\033[")) return 0;
    const auto end = text.find_first_not_of("0123456789;", 2);
    return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

}  // namespace

std::string plain(std::string_view text) { return cleaned(text, {}); }

std::string plain_lines(std::string_view text) { return cleaned(text, "\n\t"); }

std::string for_screen(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t own = own_sequence(text);
        const auto [code, bytes] = first_character(text);
        const bool acts = code == 0xFFFD || (code < 0x20 && code != '\n' && code != '\t') ||
                          (code >= 0x7F && code < 0xA0);
        shown += own == 0 && acts ? replacement : text.substr(0, own != 0 ? own : bytes);
        text.remove_prefix(own != 0 ? own : bytes);
    }
    return shown;
}

std::string to_ascii(std::string_view utf8) {
    std::string ascii;
    for (const auto& each : characters(utf8)) {
        if (each.size() == 1) {
            ascii += each;
            continue;
        }
        const auto* at = std::find_if(likenesses.begin(), likenesses.end(),
                                      [&](const Likeness& like) { return like.sign == each; });
        ascii += at != likenesses.end() ? at->ascii : "?";
    }
    return ascii;
}

std::string padded(std::string_view text, std::size_t width) {
    std::string line(text);
    const std::size_t have = columns(text);
    if (have < width) line.append(width - have, ' ');
    return line;
}

std::string padded_left(std::string_view text, std::size_t width) {
    const std::size_t have = columns(text);
    return std::string(have < width ? width - have : 0, ' ').append(text);
}

std::string shortened(std::string_view text, std::size_t width) {
    if (columns(text) <= width) return std::string(text);
    std::string line;
    std::size_t used = 0;
    for (const auto& each : characters(text)) {
        const std::size_t wide = columns(each);
        if (used + wide + 1 > width) break;
        line += each;
        used += wide;
    }
    return width == 0 ? line : line + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    for (const auto& word : unbroken_words(text)) {
        if (line.empty()) {
            line = word;
        } else if (columns(line) + 1 + columns(word) <= width) {
            line += ' ';
            line += word;
        } else {
            lines.push_back(std::move(line));
            line = word;
        }
    }
    if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
    return lines;
}

std::string painted(std::string_view text, Paint paint, const Look& look) {
    if (!look.colour || paint == Paint::none || text.empty()) return std::string(text);
    return std::string("\033[").append(code_of(paint)).append("m").append(text).append("\033[0m");
}

std::size_t name_width_of(const NamedLines& lines) {
    std::size_t width = 8;
    for (const auto& [name, text] : lines) width = std::max(width, columns(name));
    return width;
}

std::string named_lines(const NamedLines& lines, const Look& look, std::size_t name_width) {
    name_width = std::max(name_width, name_width_of(lines));
    const std::size_t indent = 2 + name_width + 3;
    const std::size_t room = look.width > indent + 20 ? look.width - indent : 20;
    std::string out;
    for (const auto& [name, text] : lines) {
        std::string head = "  " + painted(padded(name, name_width), Paint::faint, look) + "   ";
        for (const auto& line : wrapped(text, room)) {
            out += head + line + "\n";
            head.assign(indent, ' ');
        }
    }
    return look.unicode ? out : to_ascii(out);
}

}  // namespace storm::core
