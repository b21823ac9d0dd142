// runner/sweep_verdict.cpp - what the counts of a sweep come to (DESIGN §4, Evidence and
// verdicts), and what so many passes are worth.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "runner/rerun.h"
#include "runner/sweep.h"

namespace storm::runner {
namespace {

using check::Verdict;

std::string percent(std::uint64_t part, std::uint64_t whole) {
    return fmt::format("{} %", whole == 0 ? 0 : part * 100 / whole);
}

/// Why a sweep without violations is no pass; "" if it is one.
std::string doubt(const SweepReport& report, const scenario::Scenario& scenario) {
    if (report.ineffective_seeds != 0) {
        return fmt::format("a fault was to act and no victim felt it, in {}; {}",
                           core::counted(report.ineffective_seeds, "seed"), report.ineffective_why);
    }
    if (report.inconclusive != 0) {
        return fmt::format("a check could not decide in {}; {}",
                           core::counted(report.inconclusive, "seed"), report.inconclusive_why);
    }
    if (report.run == 0) return "no seed was run";
    const auto judged = report.run - report.nothing;
    if (judged == 0 || judged < report.run * scenario.min_effective_ppm / core::one_million) {
        return fmt::format("a check had nothing to judge in {} of {}; {}",
                           core::with_commas(report.nothing), core::counted(report.run, "seed"),
                           report.nothing_why);
    }
    const auto least = report.faulty * scenario.min_effective_ppm / core::one_million;
    if (report.effective < least) {
        std::string text = fmt::format(
            "only {} of {} seeds that drew faults were struck by all they required ({}); the "
            "scenario asks for {} %",
            core::with_commas(report.effective), core::with_commas(report.faulty),
            percent(report.effective, report.faulty), scenario.min_effective_ppm / 10'000);
        if (report.idle_seed == 0) return text;
        return text + fmt::format(". In seed {} (run it alone, with --seed {}) {}",
                                  report.idle_seed, report.idle_seed, report.idle_why);
    }
    for (const auto& site : scenario.must_reach) {
        const auto at = report.sites.find(site);
        if (at == report.sites.end() || at->second.held == 0) {
            return fmt::format("\"{}\" must be reached, and no seed did", site);
        }
    }
    return {};
}

/// Of a sweep without a failure or a doubt. The rule of three: after n passes, what strikes more
/// often than 3 seeds in n would have shown with 95 %.
std::string trust_in(const SweepReport& report) {
    const bool faulty = report.faulty != 0;
    const std::uint64_t passes = faulty ? report.judged : report.controls - report.nothing;
    if (passes < 3) return {};
    return fmt::format(
        "{}{} without a failure{}: a bug that strikes 1 such seed in {} would have shown with "
        "95 % probability",
        core::counted(passes, faulty ? "effective seed" : "seed"),
        report.nothing != 0 ? " with something to judge for every check" : "",
        report.unchecked ? " of a built-in check" : "", core::with_commas(passes / 3));
}

void judge_findings(SweepReport& report, const scenario::Scenario& scenario) {
    if (!report.groups.empty()) {
        report.verdict = Verdict::violated;
        report.why = report.groups.front().finding.sentence;
        return;
    }
    report.why = doubt(report, scenario);
    if (report.why.empty()) report.trust = trust_in(report);
    if (report.why.empty() && report.stopped) {
        report.why = "stopped after " + core::counted(report.run, "seed");
        if (report.asked > report.run) report.why += " of " + core::with_commas(report.asked);
        report.why += ", no failure so far";
    }
    report.verdict = report.why.empty() ? Verdict::pass : Verdict::inconclusive;
}

}  // namespace

std::string why_not_judged(const SweepReport& report, const std::string& check) {
    if (check == determinism_check) {
        return fmt::format("the world {} is not deterministic", report.world);
    }
    return "mode: unlimited checks safety only";
}

void judge_sweep(SweepReport& report, const scenario::Scenario& scenario) {
    report.trust.clear();
    judge_findings(report, scenario);
    report.expect = expected_of(scenario);
    std::vector<check::Finding> confirmed;
    for (const auto& group : report.groups) {
        // A sweep that was stopped had no time for it.
        if (group.confirmed != 0 || report.stopped) confirmed.push_back(group.finding);
    }
    report.met = report.expect.met(report.verdict, confirmed);
}

}  // namespace storm::runner
