#include "check/service_levels.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "check/parameters.h"
#include "check/samples.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

struct Limit {
    std::string_view name;
    std::uint32_t ppm;
    std::string_view meaning;
};
constexpr std::array<Limit, 6> limits{{{"p50", 500'000, "half of all"},
                                       {"p90", 900'000, "the slowest tenth"},
                                       {"p95", 950'000, "the slowest twentieth"},
                                       {"p99", 990'000, "the slowest 1 %"},
                                       {"p999", 999'000, "the slowest 0.1 %"},
                                       {"max", 1'000'000, "the slowest"}}};

std::vector<Window> windows(const Input& input, const fault::Params& params) {
    const auto window = window_of(input.record, text_or(params, "over", "all"));
    if (!window || window->empty()) return {};
    return pieces(*window, duration_or(params, "every", {}));
}

std::string between(const Window& window) {
    return fmt::format("Between {} and {}", core::to_human(window.from), core::to_human(window.to));
}

Finding too_slow(const Tally& tally, const Limit& limit, Duration allowed, const Window& window) {
    const Duration took = tally.percentile(limit.ppm);
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = fmt::format("{} too high", limit.name);
    finding.fatal = tally.index_at(limit.ppm);
    finding.operations = {finding.fatal};
    finding.expected = fmt::format("at most {}", core::to_human(allowed));
    finding.sentence =
        fmt::format("{} {} of {} took {} or more; {} is allowed.", between(window), limit.meaning,
                    core::counted(tally.latencies.size(), "operation"), core::to_human(took),
                    core::to_human(allowed));
    return finding;
}

Finding judge_latency(const Input& input, const fault::Params& params) {
    bool some_limit = false;
    for (const auto& limit : limits) some_limit |= number_or(params, limit.name, 0) > 0;
    if (!some_limit) return undecided("latency names no limit, as in {use: latency, p99: 50ms}.");
    std::uint64_t judged = 0;
    std::string figures;
    for (const auto& window : windows(input, params)) {
        const Tally counted =
            tally(input.record.history, {window, text_or(params, "operation", ""), {}});
        if (counted.latencies.empty()) continue;
        judged += counted.latencies.size();
        for (const auto& limit : limits) {
            const Duration allowed = duration_or(params, limit.name, {});
            if (allowed.ns <= 0) continue;
            const Duration took = counted.percentile(limit.ppm);
            if (took > allowed) return too_slow(counted, limit, allowed, window);
            if (figures.size() < 400) {
                figures += fmt::format("{}{} {}", figures.empty() ? "" : ", ", limit.name,
                                       core::to_human(took));
            }
        }
    }
    if (judged == 0) return nothing_to_judge("No operation succeeded in the time that is judged.");
    Finding finding;
    finding.detail = fmt::format("{}: {}", core::counted(judged, "operation"), figures);
    return finding;
}

Finding too_many_errors(const Tally& counted, std::uint32_t allowed, const Window& window) {
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = "too many errors";
    finding.fatal = counted.errors.front();
    finding.operations = counted.errors;
    finding.operations.resize(std::min<std::size_t>(counted.errors.size(), 8));
    finding.expected = fmt::format("at most {} errors", share_text(allowed));
    const auto share = static_cast<std::uint32_t>(1'000'000 - counted.success_ppm());
    finding.sentence = fmt::format(
        "{} {} of {} ({}) failed: {} refused, {} without an answer; {} may.", between(window),
        counted.failed(), core::counted(counted.operations, "operation"), share_text(share),
        counted.failed() - counted.unknown, counted.unknown, share_text(allowed));
    return finding;
}

Finding judge_errors(const Input& input, const fault::Params& params) {
    const auto allowed = static_cast<std::uint32_t>(number_or(params, "max", 10'000));
    std::uint64_t judged = 0;
    std::uint64_t failed = 0;
    for (const auto& window : windows(input, params)) {
        const Tally counted = tally(input.record.history, {window, text_or(params, "operation", ""),
                                                           text_or(params, "may_refuse", "cas")});
        judged += counted.operations;
        failed += counted.failed();
        // Exact, without a division: failed / operations > allowed / 1,000,000.
        if (counted.failed() * 1'000'000 > counted.operations * allowed) {
            return too_many_errors(counted, allowed, window);
        }
    }
    if (judged == 0)
        return nothing_to_judge("No operation was asked for in the time that is judged.");
    Finding finding;
    finding.detail = fmt::format("{} of {} failed", failed, core::counted(judged, "operation"));
    return finding;
}

void add_common(CheckSpec& spec) {
    spec.params.push_back(text_param("over", "which part of the run is judged", "all",
                                     {"all", "before", "during", "after"}));
    spec.params.push_back(duration_param(
        "every", "judge each piece of this length alone; 0: all as one", Duration{}));
    spec.params.push_back(text_param("operation", "only operations of this name", ""));
}

}  // namespace

CheckSpec latency_check() {
    CheckSpec spec;
    spec.name = "latency";
    spec.demand = Demand::liveness;
    spec.summary = "operations that succeed take no longer than promised";
    for (const auto& limit : limits) {
        spec.params.push_back(
            duration_param(std::string(limit.name),
                           fmt::format("what {} of them may take; 0: any time",
                                       limit.name == "max" ? "each" : share_text(limit.ppm)),
                           Duration{}));
    }
    add_common(spec);
    spec.certificate = "the operation at the percentile, and the window it lies in";
    spec.judge = judge_latency;
    return spec;
}

CheckSpec errors_check() {
    CheckSpec spec;
    spec.name = "errors";
    spec.demand = Demand::liveness;
    spec.summary = "no more operations fail than promised";
    spec.params = {share_param("max", "how many of all may fail or stay unanswered", 10'000)};
    add_common(spec);
    spec.params.push_back(text_param("may_refuse", "operation whose refusal is an answer", "cas"));
    spec.certificate = "the first operations that failed, and the window they lie in";
    spec.judge = judge_errors;
    return spec;
}

}  // namespace storm::check
