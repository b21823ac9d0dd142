#include "check/breaches.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/glance.h"
#include "core/text.h"
#include "core/time.h"
#include "node/points.h"

namespace storm::check {
namespace {

/// A law says what is wrong; when, we say.
std::string dated(const history::Breach& breach) {
    const bool ends = breach.sentence.ends_with('.');
    return fmt::format("At {}: {}{}", core::to_glance(breach.at), breach.sentence, ends ? "" : ".");
}

/// Whether a property was reached that this run could have broken, or one stands in the system's
/// code that breaks by being reached.
bool met_a_property(const Input& input) {
    return std::ranges::any_of(node::all_sites(), [&](const core::CodeSite* site) {
        if (site->is_maybe) return false;
        if (site->kind == core::PropertyKind::unreachable) {
            const auto& own = input.system.sources;
            return own.empty() || std::ranges::any_of(own, [&](const std::string& end) {
                       return std::string_view(site->file).ends_with(end);
                   });
        }
        const bool can_break = site->kind == core::PropertyKind::always ||
                               site->kind == core::PropertyKind::always_or_unreachable;
        const auto at = input.record.sites.find(site->message);
        return can_break && at != input.record.sites.end() && at->second.reached != 0;
    });
}

/// Why nothing in the run could have broken the check; "" if something could.
std::string nothing_met(const std::string& check, const Input& input) {
    if (check == "invariants") {
        const auto& name = input.system.name;
        if (input.system.invariants.empty()) return name + " has no invariant.";
        if (input.record.published.empty()) return "No node published a value to hold it against.";
    }
    if (check == "properties" && !met_a_property(input)) {
        return "The run met no property in the code of " + input.system.name + ".";
    }
    return {};
}

Finding judge_breaches(const std::string& check, const Input& input) {
    Finding finding;
    finding.check = check;
    std::uint64_t more = 0;
    for (const auto& breach : input.record.breaches) {
        if (breach.check != check) continue;
        const bool wrong = breach.anomaly != history::Breach::cut_short;
        if (finding.verdict == Verdict::violated) {
            more += wrong ? 1 : 0;
            continue;
        }
        finding.verdict = wrong ? Verdict::violated : Verdict::inconclusive;
        finding.anomaly = breach.anomaly;
        finding.site = breach.site;
        finding.sentence = breach.sentence;
        if (check == "invariants") finding.sentence = dated(breach);
        finding.moments.push_back({breach.at, breach.node, breach.anomaly});
        finding.detail = breach.trace;
    }
    // Unnamed it claims nothing. Whoever names it takes its pass for one.
    const bool named = std::ranges::find(input.plan.checks, check, &fault::PlannedCheck::use) !=
                       input.plan.checks.end();
    if (named && finding.verdict == Verdict::pass) {
        const std::string why = nothing_met(check, input);
        if (!why.empty()) return nothing_to_judge(why);
    }
    if (more != 0) {
        if (!finding.detail.empty()) finding.detail += "\n";
        finding.detail += fmt::format("and {} more of this check, later in the same run", more);
    }
    return finding;
}

CheckSpec breach_check(std::string name, std::string summary, std::string certificate,
                       std::string planted) {
    CheckSpec spec;
    spec.judge = [name](const Input& input, const fault::Params&) {
        return judge_breaches(name, input);
    };
    spec.name = std::move(name);
    spec.summary = std::move(summary);
    spec.certificate = std::move(certificate);
    spec.planted = std::move(planted);
    spec.built_in = true;
    return spec;
}

}  // namespace

std::vector<CheckSpec> breach_checks() {
    return {breach_check("invariants",
                         "the system's own laws over published values hold after each event",
                         "the law, and the instant and node at which it first did not hold",
                         "primary-backup/no-fencing-after-failover"),
            breach_check("properties", "what the code says is always true, is",
                         "the statement in the code, the instant and the node",
                         "raft/vote-not-persisted"),
            breach_check("no-crash", "no node crashes, hangs, leaks or throws",
                         "the kind of crash, the place in the code and a stack trace", ""),
            breach_check("deterministic", "the same plan and seed give the same bytes",
                         "the first event that differs, with both sides", "")};
}

}  // namespace storm::check
