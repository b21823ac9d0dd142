#include "check/samples.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/dice.h"
#include "core/require.h"

namespace storm::check {
namespace {

using history::Outcome;

std::size_t rank(std::size_t count, std::uint32_t ppm) {
    STORM_REQUIRE(count > 0);
    const std::uint64_t wanted =
        (std::uint64_t{count} * ppm + core::one_million - 1) / core::one_million;
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(wanted, 1, count)) - 1;
}

}  // namespace

Window whole(const history::RunRecord& record) {
    Instant last = record.ended;
    for (const auto& op : record.history) last = std::max(last, op.invoked);
    return {Instant{}, last + 1_ns};
}

Phases phases_of(const history::RunRecord& record) {
    Phases phases;
    const Window all = whole(record);
    Instant first = all.to;
    Instant last = all.from;
    for (const auto& fault : record.faults) {
        if (!fault.occurred) continue;
        phases.faulty = true;
        first = std::min(first, fault.from);
        last = std::max({last, fault.from, fault.to});
    }
    if (!phases.faulty) last = first;
    first = std::clamp(first, all.from, all.to);
    last = std::clamp(last, first, all.to);
    phases.before = {all.from, first};
    phases.during = {first, last};
    phases.after = {last, all.to};
    return phases;
}

std::optional<Window> window_of(const history::RunRecord& record, std::string_view phase) {
    const Phases phases = phases_of(record);
    if (phase == "all" || phase.empty()) return whole(record);
    if (phase == "before") return phases.before;
    if (phase == "during") return phases.during;
    if (phase == "after") return phases.after;
    return std::nullopt;
}

std::uint32_t Tally::success_ppm() const {
    if (operations == 0) return core::one_million;
    return static_cast<std::uint32_t>(succeeded * core::one_million / operations);
}

Duration Tally::percentile(std::uint32_t ppm) const {
    return latencies[rank(latencies.size(), ppm)];
}

std::uint32_t Tally::index_at(std::uint32_t ppm) const {
    return by_latency[rank(by_latency.size(), ppm)];
}

Tally tally(const history::History& history, const Selection& selection) {
    Tally result;
    for (std::uint32_t i = 0; i < history.size(); ++i) {
        const auto& op = history[i];
        if (op.invoked < selection.window.from || op.invoked >= selection.window.to) continue;
        if (!selection.operation.empty() && op.name != selection.operation) continue;
        ++result.operations;
        if (op.outcome == Outcome::ok) {
            ++result.succeeded;
            result.by_latency.push_back(i);
        } else if (op.outcome == Outcome::fail) {
            ++result.refused;
            if (!selection.may_refuse.empty() && op.name == selection.may_refuse) {
                ++result.succeeded;
            } else {
                result.errors.push_back(i);
            }
        } else {
            ++result.unknown;
            result.errors.push_back(i);
        }
    }
    const auto latency = [&](std::uint32_t i) { return history[i].completed - history[i].invoked; };
    std::ranges::sort(result.by_latency, [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(latency(a), a) < std::pair(latency(b), b);
    });
    for (const auto i : result.by_latency) result.latencies.push_back(latency(i));
    return result;
}

std::vector<Window> pieces(const Window& window, Duration every) {
    if (every <= Duration{}) return {window};
    constexpr std::int64_t most = 10'000;
    const Duration length = window.to - window.from;
    const Duration step = std::max(every, length / most);
    std::vector<Window> cut;
    for (Instant from = window.from; from < window.to; from += step) {
        cut.push_back({from, std::min(from + step, window.to)});
    }
    return cut;
}

std::string share_text(std::uint32_t ppm) {
    std::string decimals = fmt::format("{:04}", ppm % 10'000);
    while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
    return fmt::format("{}{}{} %", ppm / 10'000, decimals.empty() ? "" : ".", decimals);
}

}  // namespace storm::check
