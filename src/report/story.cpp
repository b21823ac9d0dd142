#include "report/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "fault/effect.h"

namespace storm::report {
namespace {

fault::Effectiveness effectiveness(const history::FaultRecord& fault) {
    if (!fault.occurred) return fault::Effectiveness::no_opportunity;
    return fault::judge({fault.claimed, fault.voided, fault.seen, fault.seen_at, fault.evidence});
}

/// What a world that does not say counts: for the faults we know, else by their family.
std::string family_evidence(const std::string& use) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 20> known = {
        {{"net.partition", "packets dropped"},
         {"net.loss", "packets dropped"},
         {"net.delay", "packets late"},
         {"net.rate", "packets late or dropped"},
         {"net.duplicate", "packets twice"},
         {"net.reorder", "packets out of order"},
         {"net.corrupt", "packets damaged"},
         {"node.kill", "processes ended"},
         {"node.power_loss", "nodes lost power"},
         {"node.crash_at", "processes ended"},
         {"node.pause", "steps held back"},
         {"node.slow", "steps slowed down"},
         {"clock.offset", "readings of the clock changed"},
         {"clock.jump", "readings of the clock changed"},
         {"clock.drift", "effects on clock and timers"},
         {"disk.latency", "file operations late"},
         {"disk.error", "file operations refused"},
         {"disk.torn", "writes torn"},
         {"disk.lost_fsync", "syncs undone by a power loss"},
         {"disk.full", "writes refused"}}};
    const auto* at = std::ranges::find(known, use, [](const auto& each) { return each.first; });
    if (at != known.end()) return std::string(at->second);
    if (use.starts_with("net.")) return "packets";
    if (use.starts_with("disk.")) return "file operations";
    if (use.starts_with("clock.")) return "readings of the clock";
    if (use.starts_with("node.")) return "times";
    return "effects";
}

/// "18 packets dropped", "1 packet dropped": `what` is in the plural.
std::string counted_evidence(std::uint64_t n, std::string what) {
    if (n == 1) {
        const auto end = std::min(what.find(' '), what.size());
        const std::string_view first = std::string_view(what).substr(0, end);
        const bool long_plural = first.ends_with("sses") || first.ends_with("ches");
        if (first.ends_with('s')) what.erase(end - (long_plural ? 2 : 1), long_plural ? 2 : 1);
    }
    return core::with_commas(n) + " " + what;
}

std::string pass_sentence(const Story& story) {
    if (!story.sweep) {
        const auto& [plan, record, findings, events, operations] = story.smallest;
        const auto answered = std::ranges::count_if(record.history, [](const auto& op) {
            return op.outcome == history::Outcome::ok || op.outcome == history::Outcome::fail;
        });
        return fmt::format("{}: {} of {} answered, and {}.", plan.system,
                           core::with_commas(static_cast<std::uint64_t>(answered)),
                           core::counted(record.history.size(), "operation"),
                           plan.checks.empty()
                               ? "no built-in check is violated; the scenario names no other"
                               : "no check is violated");
    }
    const Sweep& sweep = *story.sweep;
    return fmt::format("{}, {} with effective faults, no failure.",
                       core::counted(sweep.run, "seed"), core::with_commas(sweep.effective));
}

}  // namespace

const check::Finding* Story::finding() const {
    for (const auto& each : smallest.findings) {
        if (verdict != check::Verdict::pass && each.verdict == verdict) return &each;
    }
    return nullptr;
}

std::vector<std::string> Story::not_judged() const {
    std::vector<std::string> lines;
    if (without_run()) return lines;
    for (const auto& each : smallest.findings) {
        if (each.verdict != check::Verdict::not_judged) continue;
        lines.push_back(each.check + ": " + each.sentence);
    }
    return lines;
}

std::string Story::verdict_sentence() const {
    if (!sentence.empty()) return sentence;
    if (const auto* found = finding(); found != nullptr && !found->sentence.empty()) {
        return found->sentence;
    }
    if (verdict == check::Verdict::pass) return pass_sentence(*this);
    return verdict == check::Verdict::violated ? "The check says no, and gave no reason."
                                               : "Nothing can be said of this run.";
}

std::string Story::word() const {
    const bool stopped = sweep && sweep->stopped && verdict != check::Verdict::violated;
    return stopped ? "STOPPED" : verdict_word(verdict);
}

std::string Story::unmet_text() const {
    if (met || expected.empty()) return {};
    return expected + ", not met: the verdict is " + std::string(check::to_text(verdict));
}

std::string verdict_word(check::Verdict verdict) {
    switch (verdict) {
        case check::Verdict::pass:
            return "PASSED";
        case check::Verdict::violated:
            return "VIOLATED";
        case check::Verdict::not_judged:
            return "NOT JUDGED";
        case check::Verdict::inconclusive:
            return "INCONCLUSIVE";
    }
    return "INCONCLUSIVE";
}

std::string world_word(const std::string& world) {
    if (world == "sim") return "simulation";
    if (world == "local") return "processes on this machine";
    return world;
}

std::string request_text(const std::string& name, const Value& args) {
    if (args.is_nil()) return name == "read" ? "read x" : name;
    const auto* list = args.list();
    // The one key of a register is called x, as in every sentence of a check.
    if (list == nullptr && name == "write") return "write x = " + core::to_human(args);
    if (list == nullptr) return name + " " + core::to_human(args);
    const bool swaps =
        name.find("cas") != std::string::npos || name.find("swap") != std::string::npos;
    if (swaps && (list->size() == 2 || list->size() == 3)) {
        const std::string key = list->size() == 3 ? core::to_human(list->front()) + " "
                                : name == "cas"   ? "x "
                                                  : "";
        return fmt::format("{} {}{} → {}", name, key, core::to_human((*list)[list->size() - 2]),
                           core::to_human(list->back()));
    }
    if (list->size() == 2 && list->front().text() != nullptr) {
        return fmt::format("{} {} = {}", name, core::to_human((*list)[0]),
                           core::to_human((*list)[1]));
    }
    std::string text = name;
    for (const auto& each : *list) text += " " + core::to_human(each);
    return text;
}

std::string answer_text(const history::Operation& operation) {
    switch (operation.outcome) {
        case history::Outcome::ok:
            break;
        case history::Outcome::fail:
            return operation.error.empty() ? "refused" : "refused: " + operation.error;
        case history::Outcome::info:
            return "no answer";
        case history::Outcome::pending:
            return "still waiting";
    }
    const auto* yes = operation.result.boolean();
    const bool done = operation.result.is_nil() || (yes != nullptr && *yes);
    // A write answers with nothing or with what it wrote; a read of nothing answers nil.
    if (done && operation.name.find("read") == std::string::npos &&
        operation.name.find("get") == std::string::npos) {
        return "ok";
    }
    return core::to_human(operation.result);
}

std::string fault_text(const history::FaultRecord& fault) {
    // Of a fault that never struck `what` says why.
    return fault.what.empty() || !fault.occurred ? fault.use : fault.use + " " + fault.what;
}

std::string effect_word(const history::FaultRecord& fault) {
    switch (effectiveness(fault)) {
        case fault::Effectiveness::effective:
            return "effective";
        case fault::Effectiveness::no_opportunity:
            return "no opportunity";
        case fault::Effectiveness::ineffective:
            return "ineffective";
    }
    return "ineffective";
}

std::string evidence_text(const history::FaultRecord& fault) {
    if (!fault.occurred) {
        return "never struck: " + (fault.what.empty() ? "its trigger was never met" : fault.what);
    }
    if (fault.claimed == 0) return "met nothing that it could act on";
    const std::string what = fault.evidence.empty() ? family_evidence(fault.use) : fault.evidence;
    if (fault.seen == 0 && fault.claimed == fault.voided) {
        if (fault.use.starts_with("node.")) {
            return "struck where nothing was due, or another fault had struck before";
        }
        return fmt::format("acted {}, and {}", core::counted(fault.claimed, "time"),
                           fault.use == "disk.lost_fsync"
                               ? "no power loss showed it"
                               : "nothing would have been different without it");
    }
    std::string text = counted_evidence(fault.seen, what);
    if (!fault.seen_at.empty()) {
        std::vector<std::string> victims;
        const std::size_t shown = std::min<std::size_t>(fault.seen_at.size(), 6);
        for (std::size_t i = 0; i < shown; ++i) {
            victims.push_back(core::name_of(fault.seen_at[i].first));
        }
        if (shown < fault.seen_at.size()) {
            victims.push_back(fmt::format("{} more", fault.seen_at.size() - shown));
        }
        text += ", counted at " + core::joined(victims);
    }
    return text;
}

std::string short_time(Duration d) {
    std::int64_t unit = 1;
    while (d.ns / unit >= 1000 || d.ns / unit <= -1000) unit *= 10;
    const std::int64_t rest = d.ns % unit;
    const std::int64_t up = 2 * rest >= unit ? 1 : -2 * rest >= unit ? -1 : 0;
    return core::to_human(Duration{(d.ns / unit + (unit > 1 ? up : 0)) * unit});
}

std::string message_text(const std::string& name) {
    std::string text;
    bool was_lower = false;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && was_lower) text += ' ';
        text += upper ? static_cast<char>(c - 'A' + 'a') : c == '_' ? ' ' : c;
        was_lower = !upper;
    }
    return text.empty() ? "message" : text;
}

std::string causes_text(const std::vector<Cause>& causes) {
    if (causes.empty()) return {};
    constexpr std::uint32_t enough = 20;
    const auto count = [](std::uint32_t n) { return n == 0 ? "none" : core::with_commas(n); };
    const Cause& first = causes.front();
    const std::string seeds = core::counted(first.of, "fresh seed");
    if (first.of < enough) return fmt::format("not known: stopped after {}", seeds);
    const bool any = std::ranges::any_of(
        causes, [](const Cause& each) { return each.with != 0 || each.without != 0; });
    if (!any) {
        return fmt::format(
            "on {} none fails, with {} or without: it takes what this seed drew, too", seeds,
            causes.size() == 1 ? first.fault : "all faults");
    }
    if (causes.size() == 1) {
        return fmt::format("on {}: with {} {} {}, without it {}", seeds, first.fault,
                           count(first.with), first.with == 1 ? "fails" : "fail",
                           count(first.without));
    }
    std::string text =
        fmt::format("on {} {} {}", seeds, count(first.with), first.with == 1 ? "fails" : "fail");
    for (const auto& each : causes) {
        text += fmt::format("{} without {} {}", &each == &first ? ";" : ",", each.fault,
                            count(each.without));
    }
    return text;
}

std::string shrink_text(const Shrink& shrink) {
    std::string text = fmt::format(
        "{} → {}, {} → {}", core::counted(shrink.faults_before, "fault"), shrink.faults_after,
        core::counted(shrink.operations_before, "operation"), shrink.operations_after);
    if (shrink.nodes_after < shrink.nodes_before) {
        text += fmt::format(", {} → {}", core::counted(shrink.nodes_before, "node"),
                            shrink.nodes_after);
    }
    if (shrink.runs > 0) text += ", " + core::counted(shrink.runs, "run");
    if (shrink.took.ns > 0) text += ", " + short_time(shrink.took);
    if (shrink.stopped) text += "; stopped early, smaller may exist";
    return text;
}

}  // namespace storm::report
