#include "runner/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/text.h"
#include "runner/rerun.h"

namespace storm::runner {
namespace {

/// Adds what was recorded as pins, where the plan has none. The dice of nodes and workloads are
/// drawn again: code that asks them another question must get another answer.
fault::Plan with_decisions(fault::Plan plan, const history::RunRecord& record) {
    std::set<std::tuple<fault::Purpose, core::Key, std::uint32_t>> pinned;
    for (const auto& pin : plan.pins) pinned.insert({pin.purpose, pin.key, pin.index});
    for (const auto& decision : record.decisions) {
        const auto purpose = static_cast<fault::Purpose>(decision.purpose);
        if (purpose == fault::Purpose::node_dice || purpose == fault::Purpose::none) continue;
        if (!pinned.insert({purpose, decision.key, decision.index}).second) continue;
        plan.pins.push_back({purpose, decision.key, decision.index, decision.outcome});
    }
    return plan;
}

std::set<std::string> reasons(const std::vector<check::Finding>& findings) {
    std::set<std::string> out;
    for (const auto& finding : findings) {
        if (finding.verdict == check::Verdict::violated) out.insert(finding.reason());
    }
    return out;
}

/// "linearizable: stale read", for each that is violated.
std::vector<std::string> violations(const RunResult& result) {
    std::vector<std::string> all;
    for (const auto& finding : result.findings) {
        if (finding.verdict != check::Verdict::violated) continue;
        auto each = finding.check + (finding.anomaly.empty() ? "" : ": " + finding.anomaly);
        if (!finding.site.empty()) each += ", " + finding.site;
        if (std::ranges::find(all, each) == all.end()) all.push_back(std::move(each));
    }
    return all;
}

/// "violated (linearizable: stale read)".
std::string outcome(const RunResult& result) {
    const auto all = violations(result);
    std::string text(check::to_text(result.judgement.verdict));
    return all.empty() ? text : text + " (" + core::joined(all) + ")";
}

/// The two outcomes, or, of a run that is violated both times, what is not as before.
std::string change_of(const RunResult& before, const RunResult& after) {
    using check::Verdict;
    if (before.judgement.verdict != Verdict::violated ||
        after.judgement.verdict != Verdict::violated) {
        return fmt::format("was {}, now {}", outcome(before), outcome(after));
    }
    auto fresh = violations(after);
    auto gone = violations(before);
    const auto kept = gone;
    std::erase_if(gone,
                  [&](const auto& each) { return std::ranges::find(fresh, each) != fresh.end(); });
    std::erase_if(fresh,
                  [&](const auto& each) { return std::ranges::find(kept, each) != kept.end(); });
    if (gone.empty()) return "violated as before, and now for " + core::joined(fresh) + ", too";
    if (fresh.empty()) return "violated as before, but no longer for " + core::joined(gone);
    return fmt::format("still violated, now for {} and no longer for {}", core::joined(fresh),
                       core::joined(gone));
}

std::string in_words(const Replay& replay, const std::string& world) {
    if (replay.identical) return "Replayed: every event is the same.";
    std::string why = replay.edited        ? "The plan was edited"
                      : !replay.same_build ? "This is another build"
                                           : "The same build and plan gave other bytes";
    if (!replay.comparable) {
        why = fmt::format(
            "{}made again in the world {}, which is not deterministic, so nothing can be compared "
            "event for event",
            replay.edited        ? "The plan was edited, and the run "
            : !replay.same_build ? "This is another build, and the run "
                                 : "",
            world);
    }
    why += replay.same_reasons ? "; the outcome is the same."
                               : "; the outcome is another: " + replay.change + ".";
    if (replay.comparable && replay.same_build && !replay.edited)
        why += " The run is not deterministic.";
    if (!replay.unplaced.empty()) {
        why += fmt::format(" {} found no place.",
                           core::counted(replay.unplaced.size(), "recorded decision"));
    }
    return why;
}

/// That nothing is there that was asked for; "" if it is.
std::string beyond(const history::RunRecord& record, const ReplayOptions& options) {
    const auto& trace = record.trace;
    const auto last = std::ranges::max_element(trace, {}, &history::Event::sequence);
    if (options.event && (last == trace.end() || last->sequence < *options.event)) {
        return fmt::format("there is no event {}: the run has {}{}", *options.event,
                           core::counted(trace.size(), "event"),
                           trace.empty() ? "" : fmt::format(", the last is {}", last->sequence));
    }
    if (options.until && *options.until > record.ended) {
        return fmt::format("the run ended at {}, before {}", core::to_human(record.ended),
                           core::to_human(*options.until));
    }
    return {};
}

}  // namespace

core::Result<Replay> replay(const Bench& bench, const StoredRun& stored,
                            const ReplayOptions& options) {
    Replay out;
    const fault::Plan& written = stored.result.plan;
    fault::Plan plan = options.plan.value_or(written);
    out.same_build = stored.build == build_id();
    out.edited = core::hex(fault::digest(plan)) != stored.plan_digest;
    const bool exact = out.same_build && !out.edited;
    if (!exact) plan = with_decisions(std::move(plan), stored.result.record);
    RunOptions run;
    run.world = stored.world;
    run.detail = history::Detail::full;
    STORM_TRY(out.result, run_plan(bench, std::move(plan), stored.result.record.seed, run));
    out.comparable = out.result.record.digest != 0;
    out.identical = out.comparable && out.result.record.digest == stored.result.record.digest;
    if (out.identical) note_same_bytes(out.result);
    out.same_reasons = out.result.judgement.verdict == stored.result.judgement.verdict &&
                       reasons(out.result.findings) == reasons(stored.result.findings);
    if (!out.same_reasons) {
        out.change = change_of(stored.result, out.result);
    }
    out.unplaced = out.result.record.unplaced;
    // What is shown and stored again is the plan, not what kept it in place.
    if (!exact) out.result.plan = options.plan.value_or(written);
    out.sentence = in_words(out, stored.world);
    out.beyond = beyond(out.result.record, options);
    auto& trace = out.result.record.trace;
    if (options.until) {
        std::erase_if(trace, [&](const auto& event) { return event.at > *options.until; });
    }
    if (options.event) {
        std::erase_if(trace, [&](const auto& event) { return event.sequence > *options.event; });
    }
    return out;
}

}  // namespace storm::runner
