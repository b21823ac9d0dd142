#include "sdk/telling.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"

namespace storm::sdk {
namespace {

// "net.partition"; "net.partition n1 | n2 n3" where the plan has more of them.
std::string name_of_fault(const runner::RunResult& run, const std::string& id) {
    const auto named = std::ranges::find(run.plan.faults, id, &fault::PlannedFault::id);
    if (named == run.plan.faults.end()) return id;
    const auto alike = std::ranges::count(run.plan.faults, named->use, &fault::PlannedFault::use);
    const auto record = std::ranges::find(run.record.faults, id, &history::FaultRecord::id);
    if (alike < 2 || record == run.record.faults.end()) return named->use;
    return report::fault_text(*record);
}

std::string exercised_text(const runner::SweepReport& report) {
    std::vector<std::string> never;
    std::uint64_t kinds = 0;
    for (const auto& [name, times] : report.faults) {
        ++kinds;
        if (times.effective == 0) never.push_back(name);
    }
    if (kinds == 0) return {};
    std::string text =
        fmt::format("{} of {}", kinds - never.size(), core::counted(kinds, "fault kind"));
    if (!never.empty()) text += "; never: " + core::joined(never);
    return text;
}

// sometimes "a follower truncates a conflict", always "a snapshot is whole" (41 of 43 met)
std::string never_met_text(const runner::SweepReport& report) {
    if (report.never_met.empty()) return {};
    std::vector<std::string> each;
    for (const auto& unmet : report.never_met) {
        const char* kind = unmet.kind == core::PropertyKind::always      ? "always"
                           : unmet.kind == core::PropertyKind::reachable ? "reachable"
                                                                         : "sometimes";
        each.push_back(fmt::format("{} \"{}\"", kind, unmet.message));
    }
    return fmt::format("{} ({} of {} met)", core::joined(each),
                       report.properties - report.never_met.size(), report.properties);
}

std::string not_judged_text(const runner::SweepReport& report) {
    // Checks that are left out for one reason stand together.
    std::string text;
    if (report.unchecked) text = "what clients were told: the scenario names no check";
    std::vector<std::string> names;
    for (std::size_t i = 0; i < report.not_judged.size(); ++i) {
        names.push_back(report.not_judged[i]);
        const auto why = runner::why_not_judged(report, names.back());
        const bool last = i + 1 == report.not_judged.size();
        if (!last && runner::why_not_judged(report, report.not_judged[i + 1]) == why) continue;
        text += (text.empty() ? "" : "; ") + core::joined(names) + ": " + why;
        names.clear();
    }
    return text;
}

}  // namespace

std::vector<report::Reason> reasons_of(const runner::SweepReport& report) {
    std::vector<report::Reason> reasons;
    for (const auto& group : report.groups) {
        reasons.push_back(
            {.news = group.known ? report::Reason::News::known : report::Reason::News::fresh,
             .reason = group.reason,
             .sentence = group.finding.sentence,
             .seed = group.lowest,
             .failing = group.failing,
             .place = group.directory});
    }
    for (const auto& each : report.gone) {
        reasons.push_back({.news = report::Reason::News::gone,
                           .reason = each.reason,
                           .sentence = each.sentence,
                           .seed = each.seed,
                           .failing = 0,
                           .place = {}});
    }
    for (const auto& [known, why] : report.open) {
        reasons.push_back({.news = report::Reason::News::open,
                           .reason = known.reason,
                           .sentence = why,
                           .seed = known.seed,
                           .failing = 0,
                           .place = {}});
    }
    return reasons;
}

report::Sweep sweep_of(const runner::SweepReport& report) {
    report::Sweep sweep;
    sweep.asked = report.asked;
    sweep.run = report.run;
    sweep.controls = report.controls;
    sweep.effective = report.effective;
    sweep.failing = report.failing;
    sweep.ineffective = report.ineffective_seeds;
    sweep.operations = report.operations;
    sweep.took = report.took;
    sweep.stopped = report.stopped;
    for (const auto& [name, times] : report.faults) {
        sweep.kinds.push_back({name, times.effective, times.no_opportunity, times.ineffective});
    }
    sweep.exercised = exercised_text(report);
    sweep.never_met = never_met_text(report);
    sweep.not_judged = not_judged_text(report);
    sweep.trust = report.trust;
    return sweep;
}

std::vector<report::Cause> causes_of(const runner::RunResult& run,
                                     const std::vector<runner::CauseRate>& rates) {
    std::vector<report::Cause> causes;
    for (const auto& each : rates) {
        causes.push_back({name_of_fault(run, each.fault), each.with, each.without, each.of});
    }
    return causes;
}

report::Shrink shrink_of(const runner::Shrunk& s) {
    return {s.before.faults, s.after.faults, s.before.operations, s.after.operations,
            s.before.nodes,  s.after.nodes,  s.after.pins,        s.runs,
            s.took,          s.stopped};
}

namespace {

report::Run run_of(const runner::RunResult& run, const std::vector<runner::Cut>& cut) {
    report::Run out{run.plan, run.record, run.findings};
    for (const auto& each : cut) {
        if (each.file == "events.jsonl") out.events = {each.kept, each.of, each.what};
        if (each.file == "history.jsonl") out.operations = {each.kept, each.of, each.what};
    }
    return out;
}

}  // namespace

report::Story story_of(const Session& session, const Tale& tale) {
    const auto& run = tale.stored.result;
    const auto& facts = tale.facts;
    report::Story story{.smallest = run_of(run, tale.stored.cut)};
    story.verdict = run.judgement.verdict;
    if (!run.findings.empty() && story.verdict == check::Verdict::violated) {
        story.name = run.findings.front().check;
    } else {
        story.name = run.plan.system;
        story.sentence = run.judgement.why;
    }
    story.world = tale.stored.world;
    if (const auto* system = session.bench.system(run.plan.system)) {
        story.leader_key = system->leader_key;
        story.state_key = system->state_key;
    }
    const auto& expect = tale.stored.expect;
    story.expected = expect.verdict == "pass" ? "" : expect.text();
    story.met = facts.met;
    if (tale.whole) story.whole.emplace(run_of(*tale.whole, tale.whole_cut));
    story.sweep = facts.sweep;
    story.shrink = facts.shrink;
    story.not_small = facts.not_small;
    story.compared = facts.compared;
    story.reasons = facts.reasons;
    story.causes = facts.causes;
    story.hypothesis = report::hypothesis_of(story.overview());
    story.commands = facts.commands;
    story.page = tale.directory.empty() ? "" : tale.directory + "/report.html";
    story.environment = facts.environment;
    if (facts.kind != "sweep") {
        story.environment.emplace_back("seed", std::to_string(run.record.seed));
        if (run.record.digest != 0) {
            story.environment.emplace_back("digest", core::hex(run.record.digest));
        }
    }
    for (const auto& cut : tale.stored.cut) story.environment.emplace_back("kept", cut.text());
    return story;
}

Tale tale_of_pass(const scenario::Scenario& scenario, const runner::SweepReport& report) {
    Tale tale;
    auto& plan = tale.stored.result.plan;
    plan.scenario = scenario.path;
    plan.scenario_digest = scenario.digest;
    plan.title = scenario.title;
    plan.system = scenario.system != nullptr ? scenario.system->name : scenario.title;
    plan.plant = scenario.plant;
    tale.stored.result.judgement.verdict = report.verdict;
    tale.stored.result.judgement.why = report.why;
    tale.stored.expect = report.expect;
    tale.facts.kind = "sweep";
    return tale;
}

}  // namespace storm::sdk
