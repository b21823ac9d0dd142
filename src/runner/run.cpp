#include "runner/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/glance.h"
#include "core/text.h"
#include "fault/shown.h"
#include "runner/rerun.h"
#include "world/conductor.h"

namespace storm::runner {
namespace {

using check::Verdict;
using core::ErrorKind;
using fault::Effectiveness;

core::Result<void> unknown(std::string_view what, const std::string& name,
                           const std::vector<std::string>& known) {
    std::string text = fmt::format("there is no {} \"{}\"", what, name);
    if (const auto near = core::nearest(name, known)) text += "; did you mean " + *near + "?";
    return core::fail(ErrorKind::bad_input, std::move(text));
}

core::Result<void> check_names(const Bench& bench, const fault::Plan& plan) {
    const auto* system = bench.system(plan.system);
    if (system == nullptr) {
        std::vector<std::string> names;
        for (const auto& each : bench.systems) names.push_back(each.name);
        return unknown("system", plan.system, names);
    }
    if (!plan.plant.empty()) {
        std::vector<std::string> names;
        for (const auto& each : system->plants) names.push_back(each.name);
        if (std::ranges::find(names, plan.plant) == names.end()) {
            return unknown(system->name + " with the planted bug", plan.plant, names);
        }
    }
    for (const auto& check : plan.checks) {
        if (bench.checks.find(check.use) == nullptr) {
            return unknown("check", check.use, bench.checks.names());
        }
    }
    return {};
}

/// True when every check of the plan that waits for something has it.
world::Settled settled_by(const Bench& bench, const node::System& system, const fault::Plan& plan) {
    return [&](const node::Published& published, const history::RunRecord& record, Instant now) {
        return check::settled(bench.checks, {system, plan, record, published, now});
    };
}

fault::Evidence evidence_of(const history::FaultRecord& fault) {
    fault::Evidence evidence;
    evidence.claimed = fault.claimed;
    evidence.voided = fault.voided;
    evidence.seen = fault.seen;
    return evidence;
}

/// What became of all occurrences of one planned fault.
struct Sum {
    bool effective = false, ineffective = false, required = false;
    const history::FaultRecord* first = nullptr;
    const history::FaultRecord* unseen = nullptr;
};

std::map<std::string_view, Sum> sums(const history::RunRecord& record) {
    std::map<std::string_view, Sum> out;
    for (const auto& fault : record.faults) {
        Sum& sum = out[fault.id];
        if (sum.first == nullptr) sum.first = &fault;
        sum.required = sum.required || fault.required;
        switch (effectiveness(fault)) {
            case Effectiveness::effective:
                sum.effective = true;
                break;
            case Effectiveness::ineffective:
                sum.ineffective = true;
                if (sum.unseen == nullptr) sum.unseen = &fault;
                break;
            case Effectiveness::no_opportunity:
                break;
        }
    }
    return out;
}

/// Of an instant fault no: its end is its beginning.
bool lasted(const history::FaultRecord& fault) { return fault.to > fault.from; }

/// "net.loss n1 found nothing to act on between 1.2 s and 2.6 s"
std::string no_opportunity(const history::FaultRecord& fault) {
    if (!fault.occurred) return fmt::format("{} never struck: {}", fault.use, fault.what);
    const std::string whom = fault.what.empty() ? "" : " " + fault.what;
    if (!lasted(fault)) {
        return fmt::format("{}{} found nothing to act on from {} on", fault.use, whom,
                           core::to_glance(fault.from));
    }
    return fmt::format("{}{} found nothing to act on between {} and {}", fault.use, whom,
                       core::to_glance(fault.from), core::to_glance(fault.to));
}

/// All required faults without an opportunity, and what can be done about it; "" if none is.
std::string idle_text(const std::map<std::string_view, Sum>& each) {
    constexpr std::size_t most = 4;
    std::string text;
    std::size_t count = 0;
    bool struck = false;
    bool window = false;
    for (const auto& [id, sum] : each) {
        if (!sum.required || sum.effective || sum.ineffective) continue;
        struck = struck || sum.first->occurred;
        window = window || (sum.first->occurred && lasted(*sum.first));
        if (++count <= most) text += (count == 1 ? "" : "; ") + no_opportunity(*sum.first);
    }
    if (count == 0) return {};
    if (count > most) text += fmt::format("; and {} more", count - most);
    text += count == 1 ? ", and the scenario requires it." : ", and the scenario requires them.";
    if (struck) {
        text += fmt::format(" {}, or a target with more going on, may give it something.",
                            window ? "A longer window" : "Another time");
    }
    return text;
}

}  // namespace

Effectiveness effectiveness(const history::FaultRecord& fault) {
    if (!fault.occurred) return Effectiveness::no_opportunity;
    return fault::judge(evidence_of(fault));
}

Judgement judge(const fault::Plan& plan, const history::RunRecord& record,
                const std::vector<check::Finding>& findings) {
    Judgement out;
    out.faulty = !plan.faults.empty();
    const auto each = sums(record);
    std::string idle = idle_text(each);
    for (const auto& [id, sum] : each) {
        out.effective = out.effective || sum.effective;
        out.ineffective = out.ineffective || sum.ineffective;
    }
    out.effective = out.effective && !out.ineffective && idle.empty();
    out.idle = !idle.empty();

    const auto first = [&](Verdict verdict) {
        return std::ranges::find(findings, verdict, &check::Finding::verdict);
    };
    if (const auto at = first(Verdict::violated); at != findings.end()) {
        out.verdict = Verdict::violated;
        out.why = at->sentence;
        return out;
    }
    out.verdict = Verdict::inconclusive;
    for (const auto& [id, sum] : each) {
        if (!sum.ineffective) continue;
        out.why = fmt::format("{} was to act {}, and no victim felt it", id,
                              core::counted(sum.unseen->claimed - sum.unseen->voided, "time"));
        return out;
    }
    const auto cut =
        std::ranges::find(findings, history::Breach::cut_short, &check::Finding::anomaly);
    if (cut != findings.end()) {  // Whatever else is open is so because of that.
        out.why = cut->sentence;
    } else if (!idle.empty()) {
        out.why = std::move(idle);
    } else if (const auto at = first(Verdict::inconclusive); at != findings.end()) {
        out.why = at->check + ": " + at->sentence;
    } else if (!record.complete) {
        out.why = "the run did not come to its end";
    } else {
        out.verdict = Verdict::pass;
    }
    return out;
}

void lead_with(RunResult& result, const std::string& reason) {
    auto& findings = result.findings;
    const auto at = std::ranges::find_if(findings, [&](const check::Finding& finding) {
        return finding.verdict == Verdict::violated && finding.reason() == reason;
    });
    if (at == findings.end()) return;
    std::rotate(findings.begin(), at, at + 1);
    result.judgement.why = findings.front().sentence;
}

core::Result<RunResult> run_plan(const Bench& bench, fault::Plan plan, std::uint64_t seed,
                                 const RunOptions& options) {
    STORM_CHECK(check_names(bench, plan));
    const auto maker = bench.worlds.find(options.world);
    if (maker == bench.worlds.end()) {
        std::vector<std::string> names;
        for (const auto& [name, make] : bench.worlds) names.push_back(name);
        return core::fail(ErrorKind::missing, fmt::format("there is no world \"{}\" here, only {}",
                                                          options.world, core::joined(names)));
    }
    const node::System& system = *bench.system(plan.system);
    RunResult result;
    result.plan = std::move(plan);
    {
        const auto world = maker->second();
        const world::Setup setup{.system = system,
                                 .plan = result.plan,
                                 .seed = seed,
                                 .detail = options.detail,
                                 .directory = options.directory,
                                 .sabotage = options.sabotage,
                                 .witness = options.witness};
        STORM_TRY(result.record, world::conduct(*world, setup, bench.faults,
                                                settled_by(bench, system, result.plan)));
    }
    result.findings = check::judge(bench.checks, {system, result.plan, result.record});
    leave_determinism_open(result, options.world);
    result.judgement = judge(result.plan, result.record, result.findings);
    if (result.judgement.idle && result.judgement.verdict == Verdict::inconclusive) {
        const auto& whole = result.plan;
        const std::string why =
            fault::never_shown(whole.faults, bench.faults, {whole.nodes, whole.clients});
        if (!why.empty()) {  // No window is long enough.
            auto& told = result.judgement.why;
            constexpr std::string_view alone = "and the scenario requires it.";
            const auto end = told.find(alone);
            if (end != std::string::npos) told.resize(end + alone.size());
            told += " " + why + ".";
        }
    }
    return result;
}

}  // namespace storm::runner
