// runner/fit.cpp - what of a long run is kept, so that its directory can be read again.
//
// A hundred nodes for half a minute make five million events, over a gigabyte of text. Nobody
// reads that, and our own reader refuses it. So each file has a bound, and what is left out first
// is what the reader of a report misses least: messages and timers long before the end. Whatever
// is left out is named.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/text.h"
#include "runner/directory.h"
#include "runner/events.h"

namespace storm::runner {
namespace {

using history::EventKind;

/// What of a trace is kept or left out together, the most telling first.
struct Group {
    std::string name;                 // In words, of many: "messages, timers, files and logs".
    std::vector<std::size_t> events;  // Their places, in order.
    std::size_t bytes = 0;
    std::size_t spare = 0;  // Of the room, what it leaves for those after it.
};

enum class Worth : std::uint8_t { lanes, published, operations, traffic };
/// Lives and faults draw the lanes of the page, and what nodes publish says who leads; operations
/// stand in the history, too; of messages, timers and files there are most.
Worth worth(EventKind kind) {
    switch (kind) {
        case EventKind::up:
        case EventKind::down:
        case EventKind::fault_on:
        case EventKind::fault_off:
        case EventKind::violated:
            return Worth::lanes;
        case EventKind::publish:
            return Worth::published;
        case EventKind::invoke:
        case EventKind::complete:
            return Worth::operations;
        default:
            return Worth::traffic;
    }
}

/// Of what is published the rare comes first: a role changes less often than a counter.
std::vector<Group> grouped(const std::vector<history::Event>& trace,
                           const std::vector<std::size_t>& sizes, std::size_t most) {
    Group lanes{"lives and faults", {}, 0, most / 8};
    Group operations{"requests and answers", {}, 0, most / 4};
    Group traffic{"messages, timers, files and logs", {}, 0, 0};
    std::map<std::string_view, Group> keys;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        const auto kind = worth(trace[i].kind);
        Group& group = kind == Worth::lanes        ? lanes
                       : kind == Worth::published  ? keys[trace[i].name]
                       : kind == Worth::operations ? operations
                                                   : traffic;
        group.events.push_back(i);
        group.bytes += sizes[i];
    }
    std::vector<Group> all = {std::move(lanes)};
    for (auto& [key, group] : keys) {
        group.name = fmt::format("published \"{}\"", key);
        group.spare = most / 8;
        all.push_back(std::move(group));
    }
    std::ranges::sort(all.begin() + 1, all.end(), {},
                      [](const Group& group) { return std::tie(group.bytes, group.name); });
    all.push_back(std::move(operations));
    all.push_back(std::move(traffic));
    return all;
}

/// Marks the last events of the group for which there is room. What is left out, in words: "" if
/// nothing is.
std::string keep(const Group& group, const std::vector<history::Event>& trace,
                 const std::vector<std::size_t>& sizes, std::size_t& left,
                 std::vector<bool>& kept) {
    std::size_t first = group.events.size();
    for (; first > 0; --first) {
        const std::size_t event = group.events[first - 1];
        if (sizes[event] + group.spare > left) break;
        kept[event] = true;
        left -= sizes[event];
    }
    if (first == 0) return {};
    if (first == group.events.size()) return "all " + group.name;
    return fmt::format("{} before {}", group.name, core::to_human(trace[group.events[first]].at));
}

void fit_events(StoredRun& run, std::size_t most) {
    auto& record = run.result.record;
    std::vector<std::size_t> sizes;
    sizes.reserve(record.trace.size());
    std::size_t total = 0;
    for (const auto& event : record.trace) {
        sizes.push_back(event_json(event).size() + 1);
        total += sizes.back();
    }
    if (total <= most) return;
    std::vector<bool> kept(sizes.size());
    std::size_t left = most;
    std::vector<std::string> missing;
    for (const auto& group : grouped(record.trace, sizes, most)) {
        auto what = keep(group, record.trace, sizes, left, kept);
        if (!what.empty()) missing.insert(missing.begin(), std::move(what));
    }
    constexpr std::size_t missing_max = 6;
    if (missing.size() > missing_max) {
        const auto more = missing.size() - missing_max + 1;
        missing.resize(missing_max - 1);
        missing.push_back(fmt::format("{} kinds more", more));
    }
    std::size_t to = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (!kept[i]) continue;
        if (to != i) record.trace[to] = std::move(record.trace[i]);
        ++to;
    }
    record.trace.erase(record.trace.begin() + static_cast<std::ptrdiff_t>(to), record.trace.end());
    run.cut.push_back(
        {"events.jsonl", to, kept.size(), fmt::format("{}", fmt::join(missing, "; "))});
    // What the directory will say was published, and no more: the page is made of it.
    record.published.clear();
    for (const auto& event : record.trace) {
        if (event.kind != EventKind::publish) continue;
        record.published.push_back({event.node, event.name, event.value, event.at});
    }
}

/// Keeps the first items that fit.
template <class Items, class SizeOf>
void fit_front(StoredRun& run, Items& items, std::string file, std::size_t most, SizeOf size_of) {
    std::size_t total = 0;
    std::size_t kept = 0;
    for (; kept < items.size(); ++kept) {
        total += size_of(items[kept]) + 1;
        if (total > most) break;
    }
    if (kept == items.size()) return;
    run.cut.push_back({std::move(file), kept, items.size(), "the last"});
    items.resize(kept);
}

}  // namespace

std::string Cut::text() const {
    return fmt::format("{}: {} of {} lines; left out: {}", file, core::with_commas(kept),
                       core::with_commas(of), what);
}

void fit(StoredRun& run, std::size_t most) {
    auto& record = run.result.record;
    fit_events(run, most);
    fit_front(run, record.decisions, "decisions.jsonl", most,
              [](const auto& decision) { return decision_json(decision).size(); });
    fit_front(run, record.history, "history.jsonl", most,
              [](const auto& operation) { return history::to_jsonl({operation}).size(); });
    for (auto& finding : run.result.findings) {
        const auto outside = [&](auto index) { return index >= record.history.size(); };
        std::erase_if(finding.operations, outside);
        if (finding.fatal != ~0U && outside(finding.fatal)) finding.fatal = ~0U;
    }
}

}  // namespace storm::runner
