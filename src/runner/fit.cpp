// runner/fit.cpp - what of a long run is kept, so that its directory can be read again.
//
// A hundred nodes for half a minute make five million events, over a gigabyte of text. Nobody
// reads that, and our own reader refuses it. So each file has a bound, and what is left out is
// what the reader of a report misses least: messages and timers long before the end.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "runner/directory.h"
#include "runner/events.h"

namespace storm::runner {
namespace {

using history::EventKind;

/// How much an event says by itself: lives and faults draw the lanes of the page; of messages,
/// timers and files there are most.
enum class Worth : std::uint8_t { lanes, states, traffic };
Worth worth(EventKind kind) {
    switch (kind) {
        case EventKind::up:
        case EventKind::down:
        case EventKind::fault_on:
        case EventKind::fault_off:
            return Worth::lanes;
        case EventKind::send:
        case EventKind::deliver:
        case EventKind::drop:
        case EventKind::timer:
        case EventKind::file:
        case EventKind::log:
            return Worth::traffic;
        default:
            return Worth::states;
    }
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
    const auto keep = [&](Worth of, std::size_t spare) {
        for (std::size_t i = sizes.size(); i-- > 0;) {
            if (worth(record.trace[i].kind) != of) continue;
            if (sizes[i] + spare > left) break;
            kept[i] = true;
            left -= sizes[i];
        }
    };
    keep(Worth::lanes, most / 2);
    keep(Worth::states, most / 4);
    keep(Worth::traffic, 0);
    std::size_t to = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (!kept[i]) continue;
        if (to != i) record.trace[to] = std::move(record.trace[i]);
        ++to;
    }
    record.trace.erase(record.trace.begin() + static_cast<std::ptrdiff_t>(to), record.trace.end());
    run.cut.push_back({"events.jsonl", to, kept.size()});
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
    run.cut.push_back({std::move(file), kept, items.size()});
    items.resize(kept);
}

}  // namespace

std::string Cut::text() const {
    return fmt::format("{}: {} of {} lines", file, core::with_commas(kept), core::with_commas(of));
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
