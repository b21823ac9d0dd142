#include "check/breaches.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "core/glance.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

/// A law says what is wrong; when, we say.
std::string dated(const history::Breach& breach) {
    const bool ends = breach.sentence.ends_with('.');
    return fmt::format("At {}: {}{}", core::to_glance(breach.at), breach.sentence, ends ? "" : ".");
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
