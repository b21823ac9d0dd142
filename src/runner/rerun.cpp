#include "runner/rerun.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runner/groups.h"
#include "runner/worker.h"

namespace storm::runner {
namespace {

using check::Verdict;

/// A run that ended once may take long; that it takes another time as long is no finding.
constexpr Duration patience = core::seconds(3600);

/// The finding with its new verdict, behind all that are to be read before it.
void place(RunResult& result, check::Finding finding) {
    auto& all = result.findings;
    const auto at = std::ranges::find_if(all, [&](const check::Finding& each) {
        return each.verdict == Verdict::pass && finding.verdict != Verdict::pass;
    });
    all.insert(at, std::move(finding));
}

std::optional<check::Finding> taken(RunResult& result, Verdict verdict) {
    auto& all = result.findings;
    const auto at = std::ranges::find_if(all, [&](const check::Finding& each) {
        return each.check == determinism_check && each.verdict == verdict;
    });
    if (at == all.end()) return std::nullopt;
    auto finding = std::move(*at);
    all.erase(at);
    return finding;
}

core::Result<std::optional<Reading>> read_elsewhere(Elsewhere& elsewhere, const Probe& probe,
                                                    const std::function<bool()>& stop) {
    STORM_CHECK(elsewhere.ask(probe));
    for (unsigned killed = 0;;) {
        if (stop && stop()) return std::optional<Reading>();
        STORM_TRY(auto reading, elsewhere.answer(core::milliseconds(50)));
        if (!reading) continue;
        const bool outside = reading->death && reading->death->outside;
        if (!outside) return std::optional(std::move(*reading));
        if (++killed == outside_max) return std::optional<Reading>();
        STORM_CHECK(elsewhere.ask(probe));
    }
}

}  // namespace

std::string no_digest_text(const std::string& world) {
    return fmt::format(
        "The world {} is not deterministic: two runs of one plan and seed need not be the same, "
        "and there is nothing to compare.",
        world);
}

void leave_determinism_open(RunResult& result, const std::string& world) {
    auto finding = taken(result, Verdict::pass);
    if (!finding) return;
    finding->verdict = Verdict::not_judged;
    finding->anomaly = "not judged";
    finding->sentence = result.record.digest == 0
                            ? no_digest_text(world)
                            : "The run was made once, and only a second one could tell.";
    place(result, std::move(*finding));
}

void note_same_bytes(RunResult& result) {
    auto finding = taken(result, Verdict::not_judged);
    if (!finding) return;
    check::Finding pass;
    pass.check = std::move(finding->check);
    place(result, std::move(pass));
}

bool rerun(const Bench& bench, RunResult& result, const Rerun& how) {
    const std::uint64_t digest = result.record.digest;
    if (digest == 0) return false;
    using Surroundings = Elsewhere::Surroundings;
    Elsewhere same(bench, how.program, Surroundings::same, patience, patience);
    Elsewhere altered(bench, how.program, Surroundings::altered, patience, patience);
    const Probe probe{.plan = result.plan, .seed = result.record.seed, .run = how.run};
    const auto there = read_elsewhere(altered, probe, how.stop);
    if (there && !*there) return false;
    auto finding =
        there ? compare(probe, digest, **there, same, altered)
              : core::Result<std::optional<check::Finding>>(std::unexpected(there.error()));
    if (!finding) {
        // The run itself stands; that it could not be made again is said, and no more.
        if (auto open = taken(result, Verdict::not_judged)) {
            open->sentence = "The run could not be made again: " + finding.error().text() + ".";
            place(result, std::move(*open));
        }
        return false;
    }
    if (!*finding) {
        note_same_bytes(result);
        return true;
    }
    add_finding(result, std::move(**finding));
    return false;
}

void add_finding(RunResult& result, check::Finding finding) {
    std::erase_if(result.findings, [&](const auto& each) {
        const bool open = each.check == finding.check && each.verdict == Verdict::not_judged;
        return open || each.reason() == finding.reason();
    });
    result.judgement.verdict = Verdict::violated;
    result.judgement.why = finding.sentence;
    result.findings.insert(result.findings.begin(), std::move(finding));
}

}  // namespace storm::runner
