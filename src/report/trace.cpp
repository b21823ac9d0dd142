#include "report/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/text.h"
#include "report/stable.h"
#include "report/teller.h"

namespace storm::report {
namespace {

using history::EventKind;

/// Of rows that only surround the story: weight 3, once weights leave room for repetitions.
constexpr std::uint32_t filler_weight = 12;

}  // namespace

/// Rows are taken by weight; among equals what was not yet said comes first, then the earlier.
Trace Teller::choose(const TraceLimits& limits) {
    sort_stably(offered_, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.step.at, a.sequence) < std::tie(b.step.at, b.sequence);
    });
    using Said = std::tuple<Step::Kind, core::Id, core::Id, std::string>;
    std::map<Said, std::uint32_t> said;
    std::vector<Candidate> rows;
    for (auto& each : offered_) {
        const auto again = said[{each.step.kind, each.step.from, each.step.to, each.step.label}]++;
        // What repeats itself, or repeats what a nearer row says of a fault, is not needed.
        const bool elsewhere = each.weight == 3 && each.step.kind == Step::Kind::lost &&
                               explained_.contains(each.step.remark);
        if (each.weight > 0 && (again > 1 || elsewhere || (each.weight > 2 && again > 0))) continue;
        if (each.weight != 0) each.weight = each.weight * 4 + again;
        rows.push_back(each);
    }
    sort_stably(rows, [](const Candidate& a, const Candidate& b) { return a.weight < b.weight; });
    Trace trace;
    trace.operations = finding_.operations.size();
    trace.operations_shown = told_.size();
    choose_lanes(trace, rows, limits);
    sort_stably(rows, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.step.at, a.sequence) < std::tie(b.step.at, b.sequence);
    });
    for (const auto& row : rows) trace.steps.push_back(row.step);
    if (!trace.steps.empty()) {
        count_skipped(trace, rows);
        add_bands(trace);
    }
    return trace;
}

/// Keeps the rows for which there is room and whose nodes have a lane.
void Teller::choose_lanes(Trace& trace, std::vector<Candidate>& rows,
                          const TraceLimits& limits) const {
    std::set<core::Id> lanes;
    const auto room_for = [&](core::Id a, core::Id b) {
        std::set<core::Id> more = lanes;
        more.insert(a);
        more.insert(b);
        if (more.size() > limits.lanes) return false;
        lanes = std::move(more);
        return true;
    };
    std::vector<Candidate> kept;
    for (auto& row : rows) {
        // What only surrounds the story does not fill the page.
        const bool filler = row.weight >= filler_weight && kept.size() >= limits.rows_with_filler;
        if (kept.size() >= limits.rows || filler) break;
        if (room_for(row.step.from, row.step.to)) kept.push_back(std::move(row));
    }
    rows = std::move(kept);
    const auto& plan = story_.smallest.plan;
    for (std::uint32_t i = 0; i < plan.nodes && lanes.size() < limits.lanes; ++i) {
        const auto node = core::Id::node(i);
        const bool absent =
            std::find(plan.absent.begin(), plan.absent.end(), node) != plan.absent.end();
        if (!absent && plan.nodes <= limits.lanes) lanes.insert(node);
    }
    for (const bool clients : {true, false}) {
        for (const auto who : lanes) {
            if (who.is_client() != clients) continue;
            const auto role = roles_.find(who);
            trace.lanes.push_back({who, role != roles_.end() ? role->second : ""});
        }
    }
}

namespace {

/// Messages between two rows that are not drawn.
struct Gap {
    std::size_t before = 0;
    std::uint64_t messages = 0;
    std::map<std::string, std::uint64_t> names;
};

std::string text_of(const Gap& gap) {
    std::vector<std::pair<std::uint64_t, std::string>> names;
    for (const auto& [name, count] : gap.names) names.emplace_back(count, name);
    sort_stably(names, [](const auto& a, const auto& b) { return a.first > b.first; });
    if (names.size() == 1) {
        return fmt::format("{} × {}", core::with_commas(gap.messages), names[0].second);
    }
    std::string what = fmt::format("{} more messages", core::with_commas(gap.messages));
    if (!names.empty()) {
        what += fmt::format(", {} of them {}", core::with_commas(names[0].first), names[0].second);
    }
    return what;
}

}  // namespace

/// Counts what is not drawn. The three widest gaps get a row that says so, and what is missing in
/// the others is told together at the end: the rows and what is drawn come to all messages.
void Teller::count_skipped(Trace& trace, const std::vector<Candidate>& rows) const {
    std::set<std::uint64_t> drawn;
    for (const auto& row : rows) {
        if (row.message != 0) drawn.insert(row.message);
    }
    trace.messages = trace.messages_shown = drawn.size();
    std::vector<Gap> gaps(trace.steps.size());
    Gap rest{.before = trace.steps.size()};
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::send || is_absent(event.peer)) continue;
        if (event.at < trace.steps.front().at || event.at > trace.steps.back().at) continue;
        if (drawn.contains(event.message)) continue;
        ++trace.messages;
        std::size_t before = 1;
        while (before + 1 < trace.steps.size() && trace.steps[before].at < event.at) ++before;
        Gap& gap = before < gaps.size() ? gaps[before] : rest;
        gap.before = before;
        ++gap.messages;
        ++gap.names[message_text(event.name)];
    }
    sort_stably(gaps, [](const Gap& a, const Gap& b) { return a.messages > b.messages; });
    while (!gaps.empty() && (gaps.size() > 3 || gaps.back().messages < 3)) {
        rest.messages += gaps.back().messages;
        for (const auto& [name, count] : gaps.back().names) rest.names[name] += count;
        gaps.pop_back();
    }
    sort_stably(gaps, [](const Gap& a, const Gap& b) { return a.before > b.before; });
    const auto& lane = trace.lanes.front().who;
    const auto insert = [&](std::size_t before, std::string what) {
        trace.steps.insert(trace.steps.begin() + static_cast<std::ptrdiff_t>(before),
                           Step{Step::Kind::skipped,
                                trace.steps[before - 1].at,
                                lane,
                                lane,
                                std::move(what),
                                {},
                                Accent::plain});
    };
    if (rest.messages != 0) {
        const std::string what =
            rest.names.size() == 1 ? text_of(rest) : core::counted(rest.messages, "more message");
        insert(trace.steps.size(), what + " between the rows above");
    }
    for (const auto& gap : gaps) insert(gap.before, text_of(gap));
}

void Teller::add_bands(Trace& trace) const {
    for (const auto& fault : record_.faults) {
        // Where a row says that a node is down, its lane shows for how long.
        if (down_by_.contains(fault.id)) continue;
        if (!fault.occurred || fault.from > to_ || fault.to < from_ || fault.to == fault.from)
            continue;
        trace.bands.push_back({fault_text(fault), fault.from, fault.to, fault.nodes});
    }
}

Trace smallest_trace(const Story& story, const TraceLimits& limits) {
    const auto* finding = story.finding();
    if (finding == nullptr || story.smallest.record.trace.empty()) return {};
    return Teller(story, *finding).tell(limits);
}

}  // namespace storm::report
