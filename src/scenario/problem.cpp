#include "scenario/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/lines.h"
#include "core/text.h"

namespace storm::scenario {
namespace {

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) (void)core::take_character(text);
    return count;
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

/// Takes the first character off `text`, as it can stand on a terminal: tabs and what it would
/// obey become one space, bytes that are no text a sign that says so. So markers stand right.
std::string take_printable(std::string_view& text) {
    const std::string_view before = text;
    const char32_t code = core::take_character(text);
    if (code < 0x20 || code == 0x7f) return " ";
    if (code == 0xFFFD) return "\uFFFD";
    return core::plain(before.substr(0, before.size() - text.size()));
}

/// As much of a source line as fits, around what is marked in it.
struct Window {
    std::string text;
    std::size_t lead = 0, marked = 0;  // Columns before the marker, and its own.
};

bool fits(std::string_view line, std::size_t room) {
    std::size_t used = 0;
    while (!line.empty() && used <= room) used += core::columns(take_printable(line));
    return used <= room;
}

/// `before` and `width` are characters of the line, `room` is columns.
Window window(std::string_view line, std::size_t before, std::size_t width, std::size_t room) {
    const bool whole = fits(line, room);
    const std::size_t from = whole || before <= room * 3 / 4 ? 0 : before - room / 4;
    Window out;
    if (from > 0) out = {"…", 1, 0};
    std::size_t used = out.lead;
    for (std::size_t i = 0; !line.empty(); ++i) {
        const std::string shown = take_printable(line);
        if (i < from) continue;
        const std::size_t columns = core::columns(shown);
        if (!whole && used + columns + (line.empty() ? 0 : 1) > room) {
            out.text += "…";
            break;
        }
        out.text += shown;
        used += columns;
        if (i < before) out.lead += columns;
        if (i >= before && i < before + width) out.marked += columns;
    }
    out.marked = std::max<std::size_t>(out.marked, 1);
    return out;
}

/// What would be right, on lines of its own: under the marker, or as far right as it fits. What
/// stands in brackets behind a wide blank is a command: it begins a line if it needs one.
std::string help_below(const std::string& help, const std::string& blank, std::size_t lead,
                       std::size_t room) {
    constexpr std::size_t least = 4;
    std::vector<std::string> lines{core::plain(help)};
    if (const std::string whole = lines.front(); core::columns(whole) > room - least) {
        const auto gap = whole.find("   (");
        const auto end = whole.find_last_not_of(' ', gap);
        lines =
            core::wrapped(whole.substr(0, gap == std::string::npos ? gap : end + 1), room - least);
        if (gap != std::string::npos) lines.push_back(whole.substr(whole.find('(', gap)));
    }
    std::size_t widest = 0;
    for (const std::string& each : lines) widest = std::max(widest, core::columns(each));
    const std::size_t spare = room > widest ? room - widest : 0;
    const std::size_t indent = std::max(least, std::min(lead, spare));
    std::string out;
    for (const std::string& each : lines) {
        out += fmt::format("{} | {:{}}{}\n", blank, "", indent, each);
    }
    return out;
}

/// The source line under a problem, the marker below it, and what would be right.
std::string quoted_line(const Problem& problem, std::string_view line, bool with_line,
                        std::size_t screen) {
    const std::string number = problem.line > 0 ? std::to_string(problem.line) : "";
    const std::size_t gutter = std::max<std::size_t>(number.size(), 3);
    const std::string blank(gutter, ' ');
    const std::size_t room = std::max<std::size_t>(screen, 40) - gutter - 3;
    const Window shown = window(line, static_cast<std::size_t>(std::max(problem.column - 1, 0)),
                                static_cast<std::size_t>(std::max(problem.width, 0)), room);
    std::string out;
    if (with_line) out += fmt::format("{:>{}} | {}\n", number, gutter, shown.text);
    bool told = problem.help.empty();
    if (problem.width > 0) {
        const std::size_t used = shown.lead + shown.marked;
        out += fmt::format("{} | {:{}}^{:~<{}}", blank, "", shown.lead, "", shown.marked - 1);
        if (!told && used + 1 + core::columns(problem.help) <= room) {
            out += " " + core::plain(problem.help);
            told = true;
        }
        out += '\n';
    }
    return told ? out
                : out + help_below(problem.help, blank, problem.width > 0 ? shown.lead : 0, room);
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
                    std::string_view text, const core::Look& look) {
    std::string out;
    const Problem* above = nullptr;
    for (const Problem& problem : problems) {
        const std::string what = core::plain(problem.what);  // It may quote what is wrong.
        std::string_view line;
        if (!problem.setting.empty()) {
            out += fmt::format("--set: error: {}\n", what);
            line = problem.setting;
        } else {
            out += fmt::format("{}:{}:{}: error: {}\n", core::plain(path), problem.line,
                               problem.column, what);
            line = line_of(text, problem.line);
        }
        const bool seen = above != nullptr && above->line == problem.line &&
                          above->setting == problem.setting && problem.width == 0;
        if (line.find_first_not_of(" \t") != std::string_view::npos) {
            out += quoted_line(problem, line, !seen, look.width);
        } else if (!problem.help.empty()) {
            out += fmt::format("    |     {}\n", problem.help);
        }
        above = &problem;
    }
    return out + core::counted(problems.size(), "error") + "\n";
}

}  // namespace storm::scenario
