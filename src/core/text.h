// core/text.h - small helpers for words that people read.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace storm::core {

/// The candidate nearest to `word` by edit distance (transpositions count one), or nothing
/// if none is near enough to be meant: at most a third of the word's length, at least 1.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// "17,918"
[[nodiscard]] std::string with_commas(std::uint64_t n);
/// At most three digits and a unit: "6.1 k", "4.1 M", "812".
[[nodiscard]] std::string short_number(double n);
/// "1 fault", "14 faults".
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view singular);
/// "a, b and c".
[[nodiscard]] std::string joined(std::span<const std::string> words);
/// 16 lower-case hex digits.
[[nodiscard]] std::string hex(std::uint64_t n);
/// The reverse of hex(); nothing on any other form.
[[nodiscard]] std::optional<std::uint64_t> from_hex(std::string_view text);
/// Columns a terminal needs for UTF-8 text (combining marks 0, wide CJK and emoji 2).
[[nodiscard]] std::size_t columns(std::string_view utf8);
/// Takes the first character off valid or broken UTF-8 (not empty): its code point, or U+FFFD
/// for bytes that are none (as many as a valid character could have begun with).
[[nodiscard]] char32_t take_character(std::string_view& utf8);
/// JSON string with quotes; invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_quoted(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char at);
/// Calls f(line, number) for each line that is not empty, counted from 1, as long as that says
/// true.
template <class F>
void each_line(std::string_view text, F&& f) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && !f(line, number)) return;
    }
}

}  // namespace storm::core
