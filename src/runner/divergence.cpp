// Where two runs of one plan part: the ladders name the first block that differs, that block runs
// again on both sides, event by event, and the first step that differs is named with both sides.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "runner/worker.h"

namespace storm::runner {
namespace {

constexpr int looks_max = 3;           // A leak may show in another block when it runs again.
constexpr std::size_t shown = 100;     // Characters of a value on either side of the difference.
constexpr std::size_t before_max = 4;  // Steps told that both sides share.

/// The first block of 4,096 events after which the two differ.
history::Window first_difference(const Reading& a, const Reading& b) {
    const auto rungs = std::min(a.ladder.size(), b.ladder.size());
    std::uint64_t rung = 0;
    while (rung < rungs && a.ladder[rung] == b.ladder[rung]) ++rung;
    return {rung * history::block_events, (rung + 1) * history::block_events};
}

bool same_step(const history::Step& a, const history::Step& b) {
    return a.digest == b.digest && a.event == b.event && a.at == b.at && a.who == b.who &&
           a.what == b.what && a.value == b.value;
}

/// "event 12, 10 ms, n1".
std::string place_of(const history::Step& step) {
    std::string place = step.event == 0 ? "at the start" : fmt::format("event {}", step.event);
    place += ", " + core::to_human(step.at);
    return step.who.empty() ? place : place + ", " + step.who;
}

std::string in_words(const history::Step* step, std::size_t from) {
    if (step == nullptr) return "(the run is over)";
    std::string value = step->value;
    if (value.size() > from + shown) value.resize(from + shown), value += " ...";
    if (from > shown) value = "... " + value.substr(from - shown);
    return fmt::format("{}: {}{}{}, digest {}", place_of(*step), step->what,
                       value.empty() ? "" : " = ", value, core::hex(step->digest));
}

struct Parting {
    std::string first;   // "event 12, 10 ms, n1: send Vote to n2"
    std::string detail;  // Both sides.
};

std::optional<Parting> parting(const Reading& here, const Reading& there, const Sides& sides) {
    const auto most = std::max(here.steps.size(), there.steps.size());
    for (std::size_t i = 0; i < most; ++i) {
        const auto* a = i < here.steps.size() ? &here.steps[i] : nullptr;
        const auto* b = i < there.steps.size() ? &there.steps[i] : nullptr;
        if (a != nullptr && b != nullptr && same_step(*a, *b)) continue;
        std::size_t from = 0;  // Where the values part.
        while (a != nullptr && b != nullptr && from < a->value.size() && from < b->value.size() &&
               a->value[from] == b->value[from]) {
            ++from;
        }
        const history::Step& named = a != nullptr ? *a : *b;
        Parting out;
        out.first = place_of(named) + ": " + named.what;
        const auto width = std::max(sides.here.size(), sides.there.size());
        out.detail = fmt::format("The first difference:\n  {:<{}}  {}\n  {:<{}}  {}\n", sides.here,
                                 width, in_words(a, from), sides.there, width, in_words(b, from));
        if (i > 0) out.detail += "Before it, on both sides:\n";
        for (std::size_t j = i - std::min(i, before_max); j < i; ++j) {
            out.detail += "  " + in_words(&here.steps[j], 0) + "\n";
        }
        return out;
    }
    return std::nullopt;
}

}  // namespace

void name_first_difference(check::Finding& finding, const Probe& probe, const Reading& here,
                           const Reading& there, const Sides& sides, const RunAgain& one,
                           const RunAgain& two) {
    Probe again = probe;
    again.run.witness = first_difference(here, there);
    finding.detail = fmt::format("Digests {} {}, {} {}; the first {} events agree.\n",
                                 core::hex(here.digest), sides.here, core::hex(there.digest),
                                 sides.there, core::with_commas(again.run.witness.first));
    for (int look = 0; look < looks_max; ++look) {
        const auto a = one(again);
        const auto b = two(again);
        if (!a || !b || a->death || b->death) return;
        if (const auto found = parting(*a, *b, sides)) {
            finding.detail += found->detail;
            finding.sentence += fmt::format(" First difference: {}.", found->first);
            return;
        }
        if (a->digest == b->digest) break;
        again.run.witness = first_difference(*a, *b);
    }
    finding.detail += "Run again event by event, both sides agree: it comes and goes.\n";
}

check::Finding name_divergence(const Probe& probe, const Reading& here, const Reading& there,
                               Elsewhere& same, Elsewhere& altered) {
    check::Finding finding;
    finding.verdict = check::Verdict::violated;
    finding.check = "deterministic";
    finding.anomaly = "divergence";
    finding.sentence = fmt::format(
        "Seed {} gives other bytes in another process: something the run reads is not of the "
        "scenario, the seed or the plan.",
        probe.seed);
    if (here.death || there.death) {
        const Death& death = here.death ? *here.death : *there.death;
        finding.detail = fmt::format("Only {} died: {}\n{}", here.death ? "here" : "there",
                                     death.sentence, death.trace);
        if (here.death && there.death) {
            finding.detail = fmt::format("Here: {}\nThere: {}\n{}", here.death->sentence,
                                         there.death->sentence, death.trace);
        }
        return finding;
    }
    const auto on = [](Elsewhere& side) {
        return [&side](const Probe& again) {
            side.renew();
            return side.run(again);
        };
    };
    name_first_difference(finding, probe, here, there, {}, on(same), on(altered));
    return finding;
}

check::Finding name_crossing(const Probe& probe, std::uint64_t before, const Reading& fresh,
                             Elsewhere& same) {
    check::Finding finding;
    finding.verdict = check::Verdict::violated;
    finding.check = "deterministic";
    finding.anomaly = "state crosses seeds";
    finding.sentence = fmt::format(
        "Seed {} gave other bytes after other runs than in fresh processes, which agree: something "
        "outlives a run and reaches the next, such as a static variable.",
        probe.seed);
    const auto told = fmt::format("Digest {} after other runs, {} in a fresh process.\n",
                                  core::hex(before), core::hex(fresh.digest));
    // Twice in one process: what the first run leaves, the second meets.
    same.renew();
    const auto first = same.run(probe);
    const auto second = same.run(probe);
    const bool both = first && second && !first->death && !second->death;
    if (both && second->digest != first->digest) {
        const RunAgain fresh_run = [&](const Probe& again) {
            same.renew();
            return same.run(again);
        };
        const RunAgain next_run = [&](const Probe& again) { return same.run(again); };
        name_first_difference(finding, probe, *first, *second,
                              {"in a fresh process", "in the next run there"}, fresh_run, next_run);
    }
    finding.detail = told + finding.detail;
    return finding;
}

}  // namespace storm::runner
