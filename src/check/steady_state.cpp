#include "check/steady_state.h"

#include <fmt/core.h>

#include <utility>

#include "check/parameters.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

constexpr std::uint32_t p99_ppm = 990'000;
constexpr std::uint32_t success_default = 990'000;

HypothesisRow row(const history::RunRecord& record, std::string phase, const Window& window,
                  std::uint32_t success_min, Duration p99_max, std::string_view may_refuse) {
    const Tally counted = tally(record.history, {window, {}, may_refuse});
    HypothesisRow out;
    out.phase = std::move(phase);
    out.window = window;
    out.operations = counted.operations;
    out.success_ppm = counted.success_ppm();
    if (!counted.latencies.empty()) out.p99 = counted.percentile(p99_ppm);
    out.success_ppm_min = success_min;
    out.p99_max = p99_max;
    out.success_held = counted.succeeded * 1'000'000 >= counted.operations * success_min;
    out.p99_held = p99_max.ns <= 0 || out.p99 <= p99_max;
    if (counted.operations == 0) {
        out.verdict = Verdict::inconclusive;
    } else if (!out.success_held || !out.p99_held) {
        out.verdict = Verdict::violated;
    }
    return out;
}

std::string in_words(const HypothesisRow& row) {
    std::string text = fmt::format("{} of {} succeeded", share_text(row.success_ppm),
                                   core::counted(row.operations, "operation"));
    if (row.p99.ns > 0) text += fmt::format(", 99 % within {}", core::to_human(row.p99));
    return text;
}

std::string wanted(const HypothesisRow& row) {
    std::string text = fmt::format("at least {}", share_text(row.success_ppm_min));
    if (row.p99_max.ns > 0) text += fmt::format(" and 99 % within {}", core::to_human(row.p99_max));
    return text;
}

std::string table(const std::vector<HypothesisRow>& rows) {
    std::string text;
    for (const auto& each : rows) {
        text += fmt::format("{:<7} {:>9} .. {:<9} {}; expected {}: {}\n", each.phase,
                            core::to_human(each.window.from), core::to_human(each.window.to),
                            each.operations == 0 ? "no operation" : in_words(each), wanted(each),
                            each.operations == 0            ? "not known"
                            : each.verdict == Verdict::pass ? "holds"
                                                            : "does not hold");
    }
    if (!text.empty()) text.pop_back();
    return text;
}

Finding violated(const HypothesisRow& row, const history::History& history,
                 std::string_view may_refuse) {
    const bool during = row.phase == "during";
    const Tally counted = tally(history, {row.window, {}, may_refuse});
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = during ? "degraded too far" : "did not recover";
    finding.sentence =
        fmt::format("{} {}; {} was promised.", during ? "Under the faults" : "After the faults",
                    in_words(row), wanted(row));
    finding.expected = wanted(row);
    for (const auto i : counted.errors) {
        if (finding.operations.size() < 8) finding.operations.push_back(i);
    }
    if (finding.operations.empty() && !counted.by_latency.empty()) {
        finding.operations.push_back(counted.index_at(p99_ppm));
    }
    if (!finding.operations.empty()) finding.fatal = finding.operations.front();
    return finding;
}

Finding judge_steady_state(const Input& input, const fault::Params& params) {
    const auto rows = hypothesis(input.record, params);
    const auto may_refuse = text_or(params, "may_refuse", "cas");
    Finding finding;
    const auto& before = rows[0];
    const auto& during = rows[1];
    const auto& after = rows[2];
    if (before.verdict == Verdict::inconclusive) {
        finding = nothing_to_judge(
            "No operation was asked for before the first fault: what is normal is not known.");
    } else if (before.verdict == Verdict::violated) {
        finding = undecided(
            fmt::format("The system was not steady before the first fault: {}; {} expected.",
                        in_words(before), wanted(before)));
    } else if (!phases_of(input.record).faulty) {
        // Steady, and nothing ever disturbed it.
    } else if (during.verdict == Verdict::violated) {
        finding = violated(during, input.record.history, may_refuse);
    } else if (after.verdict == Verdict::violated) {
        finding = violated(after, input.record.history, may_refuse);
    } else if (during.verdict == Verdict::inconclusive &&
               (during.success_ppm_min != 0 || during.p99_max.ns > 0)) {
        finding = nothing_to_judge(
            "No operation was asked for under the faults: what was promised for that time was not "
            "seen.");
    } else if (after.verdict == Verdict::inconclusive) {
        finding = nothing_to_judge(
            "No operation was asked for after the last fault: recovery was not seen.");
    }
    finding.detail = table(rows);
    return finding;
}

}  // namespace

std::vector<HypothesisRow> hypothesis(const history::RunRecord& record,
                                      const fault::Params& params) {
    const Phases phases = phases_of(record);
    const auto success = static_cast<std::uint32_t>(number_or(params, "success", success_default));
    const Duration p99 = duration_or(params, "p99", {});
    const auto under = static_cast<std::uint32_t>(number_or(params, "during_success", 0));
    const Duration under_p99 = duration_or(params, "during_p99", {});
    const auto may_refuse = text_or(params, "may_refuse", "cas");
    return {row(record, "before", phases.before, success, p99, may_refuse),
            row(record, "during", phases.during, under, under_p99, may_refuse),
            row(record, "after", phases.after, success, p99, may_refuse)};
}

CheckSpec steady_state_check() {
    CheckSpec spec;
    spec.name = "steady-state";
    spec.demand = Demand::liveness;
    spec.summary = "well before the faults, well enough during, well again after";
    spec.params = {
        share_param("success", "share that must succeed before and after", success_default),
        duration_param("p99", "what 99 % of them may take; 0: any time", Duration{}),
        share_param("during_success", "share that must succeed under the faults", 0),
        duration_param("during_p99", "what 99 % may take under the faults; 0: any time",
                       Duration{}),
        text_param("may_refuse", "operation whose refusal is an answer", "cas")};
    spec.certificate = "the table of the three phases, and the first operations that failed";
    spec.judge = judge_steady_state;
    return spec;
}

}  // namespace storm::check
