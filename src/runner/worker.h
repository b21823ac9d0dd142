// runner/worker.h - a run again in a fresh process: other address layout, heap fill, stack
// scribble, environment, working directory, time zone, locale and floating-point mode.
//
//   sweep ── plan, seed ──▶ __worker (fork + exec) ── digest, ladder, findings ──▶ compare
//
// What is the same in both is a function of scenario, seed and plan; what is not, is a leak.
// The first divergent event is found by comparing ladders (the hash every 4,096 events), then
// by running that block again on both sides, event by event.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "fault/plan.h"
#include "runner/bench.h"
#include "runner/fleet.h"
#include "runner/run.h"

namespace storm::runner {

/// The name of the hidden subcommand.
inline constexpr std::string_view worker_command = "__worker";

/// Serves probes until its parent hangs up. argv as main() got it; argv[1] == "__worker".
[[nodiscard]] int worker_main(const Bench& bench, int argc, char** argv);

/// A locale that this machine has and that writes one and a half as "1,5"; "" if it has none. Then
/// an altered process differs in the name of its locale only.
[[nodiscard]] std::string decimal_comma_locale();

/// What is to be run.
struct Probe {
    const fault::Plan& plan;
    std::uint64_t seed = 0;
    RunOptions run;
};

/// What came of it.
struct Reading {
    std::uint64_t digest = 0, events = 0;
    std::vector<std::uint64_t> ladder;
    std::vector<check::Finding> findings;  // Violated ones.
    std::vector<history::Step> steps;      // Of the window that the probe asked for.
    std::unique_ptr<Death> death;          // The process died instead; the rest is empty.
    [[nodiscard]] bool fails_for(const std::string& reason) const;
};

/// A process that runs probes, started when it is first asked and again after a death.
class Elsewhere {
public:
    enum class Surroundings : std::uint8_t {
        same,     // As here: a forked child.
        altered,  // Everything that must not matter is different.
    };
    /// program: see SweepOptions::program.
    /// cpu_limit: of one run; stuck_limit: of one dispatch in it, see pulse.h.
    Elsewhere(const Bench& bench, std::string program, Surroundings surroundings,
              Duration cpu_limit, Duration stuck_limit);
    ~Elsewhere();
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;

    [[nodiscard]] core::Result<Reading> run(const Probe& probe);
    /// The same in two steps: the parent may do other things between them.
    [[nodiscard]] core::Result<void> ask(const Probe& probe);
    /// Nothing yet, or the reading of the oldest question. Requires: one is unanswered. Several
    /// may be asked before the first is answered; a death answers them all.
    [[nodiscard]] core::Result<std::optional<Reading>> answer(Duration patience);
    /// CPU time that the present process has used.
    [[nodiscard]] Duration used() const;
    /// False after a death: what was asked before it is not answered any more.
    [[nodiscard]] bool alive() const { return process_ != nullptr; }
    /// The next run has a process to itself.
    void renew();

private:
    struct Process;
    const Bench& bench_;
    std::string program_;
    Surroundings surroundings_;
    Duration cpu_limit_, stuck_limit_;
    std::unique_ptr<Process> process_;
};

/// How the two sides of a difference are called.
struct Sides {
    std::string here = "here", there = "there";
};
using RunAgain = std::function<core::Result<Reading>(const Probe&)>;

/// Runs the first block that differs again on both sides, event by event, and adds to the finding
/// the first event, effect or draw that differs, both sides named. Requires: the digests differ.
void name_first_difference(check::Finding& finding, const Probe& probe, const Reading& here,
                           const Reading& there, const Sides& sides, const RunAgain& one,
                           const RunAgain& two);
/// The finding for a run that gave digest `before` after others and another in fresh processes.
/// What outlives a run is looked for by running it twice in one process.
[[nodiscard]] check::Finding name_crossing(const Probe& probe, std::uint64_t before,
                                           const Reading& fresh, Elsewhere& same);
/// Where two readings part: the finding of the built-in check "deterministic", both sides named.
/// Runs the divergent block again on both sides. Requires: the digests differ.
[[nodiscard]] check::Finding name_divergence(const Probe& probe, const Reading& here,
                                             const Reading& there, Elsewhere& same,
                                             Elsewhere& altered);

}  // namespace storm::runner
