// What `steady-state` promised for each phase, what was measured, and where it was not held. A
// number is shown with the digits that it takes to stand on its side of the promise.
#include <fmt/format.h>

#include <algorithm>

#include "check/samples.h"
#include "check/steady_state.h"
#include "core/text.h"
#include "report/story.h"

namespace storm::report {
namespace {

using check::HypothesisRow;
using Held = Measured::Held;

/// All its digits, as a person reads it: "13.4830001 ms".
std::string exact(Duration d) {
    const std::string human = core::to_human(d);
    std::string text = core::to_text(d);
    const auto unit = text.find_first_not_of("-.0123456789");
    if (unit == std::string::npos || d.ns == 0) return human;
    text.insert(unit, " ");
    return human.size() >= text.size() ? human : text;
}

/// Whether `shown` stands on the side of `bound` where `value` stands.
bool same_side(std::int64_t shown, std::int64_t value, std::int64_t bound) {
    return (shown < bound) == (value < bound) && (shown > bound) == (value > bound);
}

/// At most three digits where these tell, else all.
std::string latency(Duration took, Duration most) {
    if (most.ns <= 0) return short_time(took);
    std::int64_t unit = 1;
    while (took.ns / unit >= 1000) unit *= 10;
    const std::int64_t shown =
        unit == 1 ? took.ns : (took.ns / unit + (took.ns % unit * 2 >= unit ? 1 : 0)) * unit;
    return same_side(shown, took.ns, most.ns) ? short_time(took) : exact(took);
}

/// Tenths of a percent, never more than it was; all digits where these do not tell.
std::string share(std::uint32_t ppm, std::uint32_t least) {
    const std::uint32_t shown = ppm / 1'000 * 1'000;
    return check::share_text(least == 0 || same_side(shown, ppm, least) ? shown : ppm);
}

/// Of one use of the check: success and latency, by phase.
void add_rows(const std::vector<HypothesisRow>& rows, bool violated, std::vector<Hypothesis>& out) {
    const bool unsteady = rows[0].verdict == check::Verdict::violated;
    const auto cell = [&](const HypothesisRow& row, std::string value, std::string promise,
                          bool held) {
        Measured each{std::move(value), std::move(promise), Held::yes};
        if (row.operations == 0) each.value.clear();
        if (held || row.operations == 0) return each;
        if (&row == &rows[0]) each.held = Held::unsteady;
        // Nothing is held or not after that, nor where nothing was judged.
        if (&row != &rows[0] && !unsteady && violated) each.held = Held::no;
        return each;
    };
    const auto success = [&](const HypothesisRow& row) {
        const auto least = row.success_ppm_min;
        return cell(row, share(row.success_ppm, least),
                    least == 0 ? "" : "≥ " + check::share_text(least), row.success_held);
    };
    const auto slow = [&](const HypothesisRow& row) {
        return cell(row, row.p99.ns == 0 ? "" : latency(row.p99, row.p99_max),
                    row.p99_max.ns <= 0 ? "" : "≤ " + exact(row.p99_max), row.p99_held);
    };
    out.push_back({"success rate", success(rows[0]), success(rows[1]), success(rows[2])});
    out.push_back({"p99 latency", slow(rows[0]), slow(rows[1]), slow(rows[2])});
}

}  // namespace

std::vector<Hypothesis> hypothesis_of(const Run& run) {
    std::vector<Hypothesis> out;
    const bool violated = std::ranges::any_of(run.findings, [](const check::Finding& finding) {
        return finding.check == "steady-state" && finding.verdict == check::Verdict::violated;
    });
    for (const auto& use : run.plan.checks) {
        if (use.use != "steady-state") continue;
        const auto rows = check::hypothesis(run.record, use.params);
        if (rows.size() == 3) add_rows(rows, violated, out);
    }
    return out;
}

}  // namespace storm::report
