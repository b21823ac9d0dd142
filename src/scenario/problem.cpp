#include "scenario/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/text.h"

namespace storm::scenario {
namespace {

constexpr std::size_t line_shown_max = 160;  // Columns of a source line that are printed.

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// The bytes of `text` from character `from`, at most `count` characters.
std::string_view piece(std::string_view text, std::size_t from, std::size_t count) {
    std::size_t begin = text.size();
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!begins_character(text[i])) continue;
        if (seen == from) begin = i;
        if (seen == from + count) return text.substr(begin, i - begin);
        ++seen;
    }
    return text.substr(begin);
}

std::string_view line_of(std::string_view text, int line) {
    for (int i = 1; i < line; ++i) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

/// Tabs and what a terminal would obey become one space each, so that markers stand right.
std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return out;
}

/// The source line under a problem and the marker below it; "" if there is no such line.
std::string quoted_line(const Problem& problem, std::string_view line, bool with_line) {
    const std::string number = problem.line > 0 ? std::to_string(problem.line) : "";
    const auto before = static_cast<std::size_t>(std::max(problem.column - 1, 0));
    const std::size_t from = before > line_shown_max / 2 ? before - line_shown_max / 4 : 0;
    const std::string shown = printable(piece(line, from, line_shown_max));
    std::string out;
    if (with_line) {
        out += fmt::format("{:>3} | {}{}\n", number, from > 0 ? "…" : "", shown);
    }
    if (problem.width == 0) {
        if (!problem.help.empty()) out += fmt::format("    |     {}\n", problem.help);
        return out;
    }
    const std::string lead = printable(piece(line, from, before - from));
    const std::string marked =
        printable(piece(line, before, static_cast<std::size_t>(problem.width)));
    const std::size_t width = std::clamp<std::size_t>(core::columns(marked), 1, line_shown_max);
    out += fmt::format("    | {}{:{}}^{:~<{}}", from > 0 ? " " : "", "", core::columns(lead), "",
                       width - 1);
    return out + (problem.help.empty() ? "\n" : " " + problem.help + "\n");
}

}  // namespace

void Problems::locate(const Place& place, Problem& problem) const {
    std::string_view source = text_;
    if (place.setting >= 0) {
        problem.setting = settings_[static_cast<std::size_t>(place.setting)];
        source = problem.setting;
    }
    const std::size_t offset = std::min<std::size_t>(place.offset, source.size());
    const std::string_view before = source.substr(0, offset);
    const auto line_start =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    problem.line = place.setting >= 0 ? 0 : 1 + static_cast<int>(std::ranges::count(before, '\n'));
    problem.column = 1 + static_cast<int>(characters(before.substr(line_start)));
    std::string_view marked = source.substr(offset, place.length);
    marked = marked.substr(0, marked.find_first_of("\r\n"));
    problem.width = std::max(1, static_cast<int>(characters(marked)));
}

void Problems::add(const Place& place, std::string what, std::string help) {
    if (list_.size() == most) {
        ++dropped_;
        return;
    }
    Problem problem;
    locate(place, problem);
    problem.what = std::move(what);
    problem.help = std::move(help);
    list_.push_back(std::move(problem));
    places_.push_back(place);
}

void Problems::missing(const Place& place, std::string what, std::string help) {
    const std::size_t before = list_.size();
    add(place, std::move(what), std::move(help));
    if (list_.size() > before) list_.back().width = 0;
}

std::string Problems::place_text(const Place& place) const {
    Problem problem;
    locate(place, problem);
    if (place.setting >= 0) return "--set " + problem.setting;
    return fmt::format("{}:{}", problem.line, problem.column);
}

std::vector<Problem> Problems::take() {
    std::vector<std::size_t> order(list_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // What stands inside an entry comes before what the entry as a whole lacks.
    std::ranges::sort(order, {}, [&](std::size_t i) {
        return std::tuple(places_[i].setting, list_[i].line, list_[i].width == 0, places_[i].offset,
                          i);
    });
    std::vector<Problem> sorted;
    for (const std::size_t i : order) {
        if (sorted.empty() || !(sorted.back() == list_[i])) sorted.push_back(list_[i]);
    }
    if (dropped_ > 0) {
        Problem rest;
        rest.width = 0;
        rest.what = fmt::format("and {} more", dropped_);
        rest.line = sorted.back().line;
        rest.column = sorted.back().column;
        sorted.push_back(std::move(rest));
    }
    return sorted;
}

std::string to_text(const std::vector<Problem>& problems, const std::string& path,
                    std::string_view text) {
    std::string out;
    const Problem* above = nullptr;
    for (const Problem& problem : problems) {
        std::string_view line;
        if (!problem.setting.empty()) {
            out += fmt::format("--set: error: {}\n", problem.what);
            line = problem.setting;
        } else {
            out += fmt::format("{}:{}:{}: error: {}\n", path, problem.line, problem.column,
                               problem.what);
            line = line_of(text, problem.line);
        }
        const bool seen = above != nullptr && above->line == problem.line &&
                          above->setting == problem.setting && problem.width == 0;
        const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
        if (blank) {
            if (!problem.help.empty()) out += fmt::format("    |     {}\n", problem.help);
        } else {
            out += quoted_line(problem, line, !seen);
        }
        above = &problem;
    }
    return out + core::counted(problems.size(), "error") + "\n";
}

}  // namespace storm::scenario
