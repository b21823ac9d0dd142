#include "check/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "check/parameters.h"
#include "core/glance.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

using history::Operation;
using history::Outcome;

constexpr Duration within_default = 10_s;

bool unanswered(const Operation& op) {
    return op.outcome == Outcome::info || op.outcome == Outcome::pending;
}

std::string named(const Operation& op) {
    const auto args = op.args.is_nil() ? "" : " " + core::to_human(op.args);
    return fmt::format("{} of {} at {}", op.name + args, core::name_of(op.client),
                       core::to_glance(op.invoked));
}

/// Nobody succeeded in time.
Finding standstill(const history::History& history, std::vector<std::uint32_t> tried,
                   Duration within) {
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = "no progress after the heal";
    finding.fatal = tried.front();
    finding.sentence =
        fmt::format("Nothing succeeded in the {} after the heal: {} began, the first was {}.",
                    core::to_human(within), core::counted(tried.size(), "operation"),
                    named(history[tried.front()]));
    finding.expected = "ok";
    tried.resize(std::min<std::size_t>(tried.size(), 8));
    finding.operations = std::move(tried);
    return finding;
}

Finding judge_progress(const Input& input, const fault::Params& params) {
    const auto& record = input.record;
    const auto& history = record.history;
    const Duration within = duration_or(params, "within", within_default);
    const Instant deadline = record.healed + within;
    std::vector<std::uint32_t> tried;
    bool success = false;
    const Operation* stuck = nullptr;
    std::uint32_t stuck_index = 0;
    for (std::uint32_t i = 0; i < history.size(); ++i) {
        const auto& op = history[i];
        if (op.invoked < record.healed) continue;
        tried.push_back(i);
        success |= op.outcome == Outcome::ok && op.completed <= deadline;
        const bool had_time = record.ended - op.invoked >= within;
        if (stuck == nullptr && op.invoked >= deadline && unanswered(op) && had_time) {
            stuck = &op;
            stuck_index = i;
        }
    }
    if (!record.complete) return undecided("The run did not come to its end.");
    if (tried.empty()) {
        return nothing_to_judge(
            "No client asked for anything after the heal. Let the workload outlast the faults: "
            "give the scenario a top-level `for` shorter than the workload's.");
    }
    if (!success && record.ended < deadline) {
        return undecided(fmt::format("The run ended {} after the heal; progress waits {}.",
                                     core::to_human(record.ended - record.healed),
                                     core::to_human(within)));
    }
    if (!success) return standstill(history, std::move(tried), within);
    if (stuck == nullptr) return {};
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = "operation without answer";
    finding.operations = {stuck_index};
    finding.fatal = stuck_index;
    finding.expected = "ok or a refusal";
    finding.sentence = fmt::format("{} after the heal {} was never answered.",
                                   core::to_human(stuck->invoked - record.healed), named(*stuck));
    return finding;
}

/// Somebody succeeded, or nobody has asked yet.
bool satisfied(const Settling& run, const fault::Params&) {
    bool asked = false;
    for (const auto& op : run.record.history) {
        if (op.invoked < run.record.healed) continue;
        if (op.outcome == Outcome::ok) return true;
        asked = true;
    }
    return !asked;
}

}  // namespace

CheckSpec progress_check() {
    CheckSpec spec;
    spec.name = "progress";
    spec.demand = Demand::liveness;
    spec.summary = "after the heal operations succeed again";
    spec.params = {duration_param("within", "how long the first success may take", within_default),
                   text_param("after", "from when on it is counted", "heal", {"heal"})};
    spec.certificate = "the operations that were tried after the heal, or the one left unanswered";
    spec.judge = judge_progress;
    spec.settled = satisfied;
    return spec;
}

}  // namespace storm::check
