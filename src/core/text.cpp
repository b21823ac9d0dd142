#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace storm::core {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

struct Range {
    char32_t first, last;
};

// Sorted. Combining marks, joiners and variation selectors: the blocks that hold nothing else.
constexpr std::array<Range, 20> no_column = {
    {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
     {0x06d6, 0x06dc}, {0x0730, 0x074a}, {0x07a6, 0x07b0}, {0x0816, 0x0819}, {0x0900, 0x0902},
     {0x093c, 0x093c}, {0x0941, 0x0948}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x1ab0, 0x1aff},
     {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xe0100, 0xe01ef}}};
// East Asian Wide and Fullwidth (Unicode 15, EastAsianWidth.txt), and emoji shown as pictures.
constexpr std::array<Range, 39> two_columns = {
    {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a},   {0x23e9, 0x23ec},  {0x23f0, 0x23f0},
     {0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615},   {0x2648, 0x2653},  {0x267f, 0x267f},
     {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab},   {0x26bd, 0x26be},  {0x26c4, 0x26c5},
     {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},   {0x26f2, 0x26f3},  {0x26f5, 0x26f5},
     {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705},   {0x270a, 0x270b},  {0x2728, 0x2728},
     {0x274c, 0x274c}, {0x2753, 0x2755}, {0x2757, 0x2757},   {0x2795, 0x2797},  {0x2b1b, 0x2b1c},
     {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97f},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},
     {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}}};

bool within(std::span<const Range> ranges, char32_t point) {
    const auto above = std::ranges::upper_bound(ranges, point, std::ranges::less{}, &Range::first);
    return above != ranges.begin() && point <= std::prev(above)->last;
}

std::size_t columns_of(char32_t point) {
    if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return 0;
    if (within(no_column, point)) return 0;
    return within(two_columns, point) ? 2 : 1;
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t gap = candidate.size() > word.size() ? candidate.size() - word.size()
                                                               : word.size() - candidate.size();
        if (gap >= best_distance) continue;
        const std::size_t d = distance(word, candidate);
        if (d >= best_distance) continue;
        best = &candidate;
        best_distance = d;
    }
    return best != nullptr ? std::optional(*best) : std::nullopt;
}

std::string with_commas(std::uint64_t n) {
    std::string text = std::to_string(n);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
    return text;
}

std::string short_number(double n) {
    if (!std::isfinite(n)) return std::isnan(n) ? "?" : n < 0 ? "-inf" : "inf";
    constexpr std::array<std::string_view, 6> units = {"", " k", " M", " G", " T", " P"};
    double size = std::fabs(n);
    std::size_t unit = 0;
    while (size >= 999.5 && unit + 1 < units.size()) {
        size /= 1000;
        ++unit;
    }
    const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    std::string text = fmt::format("{:.{}f}", size, decimals);
    if (text.contains('.')) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    return (n < 0 && text != "0" ? "-" : "") + text + std::string(units[unit]);
}

std::string counted(std::uint64_t n, std::string_view singular) {
    std::string text = with_commas(n) + " " + std::string(singular);
    if (n == 1) return text;
    const auto ends = [&](std::string_view with) { return singular.ends_with(with); };
    if (ends("y") && !ends("ay") && !ends("ey") && !ends("oy") && !ends("uy")) {
        text.pop_back();
        return text + "ies";
    }
    return text + (ends("s") || ends("x") || ends("z") || ends("ch") || ends("sh") ? "es" : "s");
}

std::string joined(std::span<const std::string> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) text += i + 1 == words.size() ? " and " : ", ";
        text += words[i];
    }
    return text;
}

std::string hex(std::uint64_t n) { return fmt::format("{:016x}", n); }

std::optional<std::uint64_t> from_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (text.size() != 16) return std::nullopt;
    std::uint64_t n = 0;
    for (const char c : text) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        n = n << 4U | digit;
    }
    return n;
}

char32_t take_character(std::string_view& utf8) {
    constexpr char32_t broken = 0xfffd;
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(utf8[i]));
    };
    const char32_t lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    char32_t point = length <= 1 ? lead : lead & (0x7fU >> length);
    std::size_t good = 1;
    while (good < length && good < utf8.size() && (byte(good) & 0xc0U) == 0x80) {
        point = point << 6U | (byte(good) & 0x3fU);
        ++good;
        // Overlong forms, surrogates and points past U+10FFFF show in the second byte.
        if (good == 2 && ((lead == 0xe0 && point < 0x20) || (lead == 0xed && point >= 0x360) ||
                          (lead == 0xf0 && point < 0x10) || (lead == 0xf4 && point >= 0x110))) {
            good = 1;
            break;
        }
    }
    utf8.remove_prefix(good);
    return good == length ? point : broken;
}

std::size_t columns(std::string_view utf8) {
    std::size_t total = 0;
    while (!utf8.empty()) total += columns_of(take_character(utf8));
    return total;
}

std::string json_quoted(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t point = take_character(text);
        switch (point) {
            case '"':
                quoted += "\\\"";
                break;
            case '\\':
                quoted += "\\\\";
                break;
            case '\b':
                quoted += "\\b";
                break;
            case '\f':
                quoted += "\\f";
                break;
            case '\n':
                quoted += "\\n";
                break;
            case '\r':
                quoted += "\\r";
                break;
            case '\t':
                quoted += "\\t";
                break;
            case 0xfffd:
                quoted += "\xef\xbf\xbd";
                break;
            default:
                if (point < 0x20) {
                    quoted += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
                } else {
                    quoted += before.substr(0, before.size() - text.size());
                }
        }
    }
    return quoted + '"';
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

}  // namespace storm::core
