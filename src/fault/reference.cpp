#include "fault/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"

namespace storm::fault {
namespace {

using core::Look;
using core::padded;
using core::padded_left;

constexpr std::size_t name_width = 11;
constexpr std::string_view known_worlds[] = {"sim", "local"};

bool is_number(const ParamSpec& param) {
    return param.type != ParamType::boolean && param.type != ParamType::text &&
           param.type != ParamType::groups;
}

std::string otherwise_text(const ParamSpec& param) {
    return param.otherwise ? to_text(param, *param.otherwise) : "required";
}

std::string param_text(const ParamSpec& param) {
    if (is_number(param) || !param.choices.empty()) {
        return fmt::format("{} ({})", param.summary, range_text(param));
    }
    return param.summary;
}

std::string drawn_text(const ParamSpec& param) {
    if (param.type == ParamType::groups) return "two, now and then with a bridge";
    if (param.draw_low >= param.draw_high) return "";
    if (param.type == ParamType::text) {
        const auto last = static_cast<std::size_t>(param.draw_high) + 1;
        return fmt::format("{}", fmt::join(param.choices.begin(),
                                           param.choices.begin() + static_cast<long>(last), " | "));
    }
    return fmt::format("{} to {}", number_to_text(param.type, param.draw_low),
                       number_to_text(param.type, param.draw_high));
}

std::string random_text(const FaultSpec& spec) {
    std::vector<std::string> drawn;
    bool by_hand = false;
    for (const ParamSpec& param : spec.params) {
        const std::string text = drawn_text(param);
        by_hand |= !param.otherwise && text.empty();
        if (!text.empty()) drawn.push_back(param.name + " " + text);
    }
    if (by_hand) return "never drawn: what it requires must be named";
    const std::string when = spec.random ? "" : "only where `from` names it";
    const std::string what = fmt::format("{}", fmt::join(drawn, "; "));
    return when.empty() && what.empty()   ? "drawn"
           : when.empty() || what.empty() ? when + what
                                          : when + ": " + what;
}

std::string target_text(const FaultSpec& spec) {
    const std::string words = R"(n2, [n1, n2], {any: 2}, leader, {where: role=backup})";
    return spec.aim == Aim::links ? "links of " + words : words;
}

std::string when_text(const FaultSpec& spec) {
    return spec.instant ? "when; it is done at once and stays" : "when and how long";
}

std::string worlds_text(const FaultSpec& spec) {
    std::vector<std::string> words;
    for (const std::string_view world : known_worlds) {
        const bool can = std::ranges::find(spec.worlds, world) != spec.worlds.end();
        words.push_back(std::string(world) + (can ? "" : " –"));
    }
    for (const std::string& world : spec.worlds) {
        if (std::ranges::find(known_worlds, world) == std::end(known_worlds)) {
            words.push_back(world);
        }
    }
    return fmt::format("{}", fmt::join(words, "  "));
}

/// Rows of a page: a name, a text that wraps below itself, and a short word at the right.
class Rows {
public:
    explicit Rows(const Look& look) : look_(look) {}
    void add(std::string_view name, std::string_view text, std::string_view right = {}) {
        const std::size_t indent = 2 + name_width;
        // A narrow screen has no column at the right: the word stands behind the text.
        const bool beside = look_.width >= 60;
        const std::size_t right_width = right.empty() || !beside ? 0 : right_column;
        const std::size_t room = look_.width - indent - right_width;
        std::string label(name);
        std::string told(text);
        if (!beside && !right.empty()) {
            told += fmt::format(" [{}]", right);
            right = {};
        }
        for (const std::string& line : core::wrapped(told, room)) {
            page_ += "  " + painted(padded(label, name_width), core::Paint::accent, look_);
            if (!right.empty()) {
                page_ += padded(line, room) + padded_left(right, right_column);
                right = {};
            } else {
                page_ += line;
            }
            while (page_.ends_with(' ')) page_.pop_back();
            page_ += '\n';
            label.clear();
        }
    }
    /// On one line however long, so that it can be pasted.
    void add_whole(std::string_view name, std::string_view text) {
        page_ += "  " + painted(padded(name, name_width), core::Paint::accent, look_);
        page_.append(text) += '\n';
    }
    [[nodiscard]] std::string text() && { return std::move(page_); }

private:
    static constexpr std::size_t right_column = 12;
    const Look& look_;
    std::string page_;
};

/// `label`, and beside it a text that wraps below itself; on a narrow screen, below the label.
std::string beside(const std::string& label, std::size_t indent, std::string_view text,
                   const Look& look) {
    constexpr std::size_t least = 20;
    const bool narrow = look.width < indent + least;
    std::string page = narrow ? label : "";
    while (narrow && page.ends_with(' ')) page.pop_back();
    if (narrow) page += '\n';
    const std::size_t margin = narrow ? 4 : indent;
    std::string head = narrow ? std::string(margin, ' ') : label;
    for (const std::string& line : core::wrapped(text, look.width - margin)) {
        page += head + line + "\n";
        head.assign(margin, ' ');
    }
    return page;
}

/// The cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string safe;
    for (const char c : text) safe += c == '|' ? "\\|" : std::string(1, c);
    return safe;
}

constexpr std::string_view reference_head = R"(# Faults

<!-- Generated from the catalogue; a test compares;
STORM_UPDATE=1 refreshes it. -->

A fault is data with a name, parameters and a meaning that is the same in every world. It counts
as injected only when its victim shows it: each fault of a run ends as *effective*, *no
opportunity* or *ineffective*, and an ineffective one makes a run inconclusive.

Every fault of a scenario takes, beside its own parameters:

| Key | Meaning | Default |
|---|---|---|
| `at` | when it strikes: `10s`, or `{after: leader, plus: 2s}`: each time that happens | required |
| `for` | how long it lasts | to the end of the chaos phase |
| `target` | whom: `n2`, `[n1, n2]`, `{any: 2}`, `leader`, `{where: role=backup}` | see below |
| `every` | strikes again this long after it struck | once |
| `times` | at most this often | no bound |
| `ramp` | grows to its full strength over this time | at once |
| `probability` | of each occurrence | 100% |
| `required` | no opportunity makes the run inconclusive | true |

Without a `target` a fault of links strikes all of them; one of nodes, clocks or disks needs one.

Faults that overlap on one link, node or disk compose in the order of this page; the first that
drops a packet or makes an operation fail does it alone. Steps of a clock add up, rates multiply:
two drifts of -50 % leave a quarter of the pace. However many overlap, a clock runs at least a
thousandth and at most a thousand times as fast as it should.

What several faults would each have done alone is evidence of the first of them. A kill that finds
a node down ends nothing and has no opportunity, however long it keeps the node down; a power loss
that finds it down counts if it takes data that was not synced. A pause inside another holds back
nothing; one that outlasts the other counts the steps that it makes wait on. A delay, a slow disk, a
slow node or a drifting clock counts where a step ran at another time than it would have: not where
it waited for the end of a pause, or in the queue of a slow node, for the same moment in any case.

With `ramp` all that has a strength grows evenly over that time: delays, shares, costs and steps
from 0, the rate of a link down from no limit; a drift grows in a hundred steps. What is all or
nothing (a partition, a kill, a pause, a full disk) strikes at once. A fault without strength yet
is no evidence.

)";

std::string reference_of(const FaultSpec& spec) {
    std::string page =
        fmt::format("## {}\n\n{}{}.\n\n", spec.name,
                    static_cast<char>(std::toupper(spec.summary[0])), spec.summary.substr(1));
    if (!spec.params.empty()) {
        page +=
            "| Parameter | Meaning | Range | Default | Drawn at random |\n|---|---|---|---|---|\n";
        for (const ParamSpec& param : spec.params) {
            page += fmt::format("| `{}` | {} | {} | {} | {} |\n", param.name, cell(param.summary),
                                cell(range_text(param)), cell(otherwise_text(param)),
                                cell(drawn_text(param)));
        }
        page += "\n";
    }
    page += fmt::format("- worlds: {}\n", fmt::join(spec.worlds, ", "));
    page += fmt::format("- evidence: {}\n", spec.evidence);
    page += fmt::format("- known as: {}\n", spec.known_as);
    page += fmt::format("- {}\n", spec.random ? "drawn by `{use: random}`"
                                              : "never drawn at random without being named");
    if (spec.instant) page += "- done at once: `for` means nothing\n";
    if (!spec.example.empty()) page += fmt::format("- example: [{0}](../../{0})\n", spec.example);
    return page + fmt::format("\n```yaml\nfaults:\n  - {}\n```\n\n", scenario_use(spec));
}

}  // namespace

std::string scenario_use(const FaultSpec& spec) {
    std::string use = spec.instant ? "{at: 10s, use: " : "{at: 10s, for: 5s, use: ";
    use += spec.name;
    if (spec.aim == Aim::nodes) use += ", target: n2";
    for (const ParamSpec& param : spec.params) {
        if (param.otherwise) continue;
        const bool groups = param.type == ParamType::groups;
        use += fmt::format(", {}: {}", param.name, groups ? "[[n1], [n2, n3]]" : "wal/appended");
    }
    // The first parameter says how strong; the rest can wait.
    if (!spec.params.empty() && spec.params[0].otherwise) {
        use += fmt::format(", {}: {}", spec.params[0].name, otherwise_text(spec.params[0]));
    }
    return use + "}";
}

std::string explain(const FaultSpec& spec, const Look& look) {
    Rows rows(look);
    for (const ParamSpec& param : spec.params) {
        rows.add(param.name, param_text(param), otherwise_text(param));
    }
    if (spec.aim == Aim::nodes) rows.add("target", target_text(spec), "all");
    if (spec.aim == Aim::links) rows.add("target", target_text(spec), "all links");
    rows.add(spec.instant ? "at" : "at, for", when_text(spec), "at required");
    rows.add("random", random_text(spec));
    rows.add("worlds", worlds_text(spec));
    rows.add("evidence", spec.evidence);
    rows.add("known as", spec.known_as);
    rows.add_whole("in a file", "- " + scenario_use(spec));
    if (!spec.example.empty()) rows.add("example", spec.example);
    const std::string name = painted(spec.name, core::Paint::strong, look) + "   ";
    const std::string page =
        beside(name, spec.name.size() + 3, spec.summary, look) + std::move(rows).text();
    return look.unicode ? page : core::to_ascii(page);
}

std::string faults_list(const Catalogue& faults, std::span<const std::string> worlds,
                        const Look& look) {
    std::size_t longest = 0;
    for (const FaultSpec& spec : faults.all()) longest = std::max(longest, spec.name.size());
    std::string page;
    for (const FaultSpec& spec : faults.all()) {
        std::string cells = std::string(longest + 2 - spec.name.size(), ' ');
        for (const std::string& world : worlds) {
            const bool can = std::ranges::find(spec.worlds, world) != spec.worlds.end();
            cells += padded(can ? world : "–", core::columns(world) + 2);
        }
        const std::size_t indent = spec.name.size() + core::columns(cells);
        page += beside(painted(spec.name, core::Paint::strong, look) + cells, indent, spec.summary,
                       look);
    }
    return look.unicode ? page : core::to_ascii(page);
}

std::string faults_reference(const Catalogue& faults) {
    std::string page(reference_head);
    for (const FaultSpec& spec : faults.all()) page += reference_of(spec);
    page.pop_back();
    return page;
}

}  // namespace storm::fault
