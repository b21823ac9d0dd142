// core/lines.h - lines of text for people: what their screen can do, padding, wrapping.
//
// Whoever writes for a terminal takes a Look and gives back a string, so that every drawing
// can be tested without a terminal. Widths are columns, not bytes. Names come from users and
// from systems under test, and may hold anything: plain() leaves nothing in them that could
// move a cursor, ring a bell or turn text round.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storm::core {

/// What the reader's screen can show.
struct Look {
    std::size_t width = 80;
    bool colour = false;
    bool unicode = true;
};

/// Valid UTF-8 on one line: control characters, bidirectional overrides and broken bytes
/// become U+FFFD, line ends and tabs a space.
[[nodiscard]] std::string plain(std::string_view text);

/// The same, but line ends and tabs stay: text of several lines.
[[nodiscard]] std::string plain_lines(std::string_view text);
/// Of control characters only line ends, tabs, our colours and the redrawing of a line stay: the
/// last thing before a terminal, whatever came through until there.
[[nodiscard]] std::string for_screen(std::string_view text);

/// Without what ASCII lacks: arrows, boxes, dots and dashes become their nearest sign, any
/// other character '?'.
[[nodiscard]] std::string to_ascii(std::string_view utf8);

/// Filled with spaces to `width` columns, never cut.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);
/// At most `width` columns; what is cut off leaves an ellipsis.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

enum class Paint : std::uint8_t { none, bad, good, warn, accent, faint, strong };
/// `text` in colour if the look has colour, else as it is. Whatever a colour says, a word or a
/// sign beside it says too.
[[nodiscard]] std::string painted(std::string_view text, Paint paint, const Look& look);

/// "  evidence   text that wraps below itself": one pair a line, names in one column.
using NamedLines = std::vector<std::pair<std::string, std::string>>;
/// The column of names is `name_width` wide at least: two calls can then be one block.
[[nodiscard]] std::string named_lines(const NamedLines& lines, const Look& look,
                                      std::size_t name_width = 8);
/// The width that these lines need for their names.
[[nodiscard]] std::size_t name_width_of(const NamedLines& lines);

/// The characters of UTF-8 text, one string each; broken bytes as U+FFFD.
[[nodiscard]] std::vector<std::string> characters(std::string_view utf8);

}  // namespace storm::core
