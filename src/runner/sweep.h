// runner/sweep.h - one scenario under many seeds, on all cores, to one verdict.
//
//   known failures, then seeds first..last ──▶ Fleet ──▶ findings by reason ──▶ confirmation
//                                                └── 1 % of the passes ──▶ verifier
//
// Every failing seed (up to 16 a reason) runs again in a fresh process with another
// environment, and one pass in a hundred too: other bytes violate the built-in check
// "deterministic". The sweep passes only if nothing was violated, no fault was ineffective,
// and enough of the seeds that drew faults were struck by them (DESIGN §4).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/context.h"
#include "core/result.h"
#include "core/time.h"
#include "history/record.h"
#include "runner/bench.h"
#include "runner/expected.h"
#include "runner/known.h"
#include "runner/run.h"
#include "scenario/scenario.h"

namespace storm::runner {

/// All failing seeds that share a reason.
struct Group {
    std::string reason;      // check/anomaly/site
    check::Finding finding;  // Of the lowest seed.
    std::uint64_t lowest = 0;
    std::uint64_t failing = 0;         // Seeds.
    std::vector<std::uint64_t> seeds;  // The lowest 16, ascending.
    std::uint64_t confirmed = 0;       // Of those, run again in a fresh process, with the same end.
    bool known = false;                // Seen in an earlier sweep.
    std::vector<std::string> sentences;  // Of `seeds`, in their order.
    std::string directory;  // The run that shows it, and the line that replays it: filled by who
    std::string command;    // writes them.
};

/// A known reason of which this sweep cannot say that it is gone, and why.
struct Open {
    Known known;
    std::string why;  // "the scenario does not name linearizable"
};

/// How often one kind of fault was planned and what came of it, counted in occurrences.
struct Exercised {
    std::uint64_t effective = 0, no_opportunity = 0, ineffective = 0;
};

struct SweepProgress {
    std::uint64_t done = 0, total = 0;  // total 0: bounded by time.
    std::uint64_t failing = 0;
    Duration elapsed{};
};

struct SweepOptions {
    std::uint64_t first = 1, last = 1000;
    /// Not 0: seeds go on from `first`, whatever `last` says, until this much real time is over.
    Duration time_limit{};
    unsigned jobs = 0;             // 0: one a processor.
    std::uint64_t stop_after = 1;  // Failing seeds; then no higher seed is begun. 0: keep going.
    std::vector<Known> known;      // Their seeds run first.
    RunOptions run;
    Duration cpu_limit = core::seconds(20);   // Of one seed.
    Duration stuck_limit = core::seconds(2);  // Of one dispatch in it; elsewhere twice as much.
    bool confirm = true;
    std::uint32_t rerun_ppm = 10'000;  // Share of passing seeds that run again.
    /// What to execute with `__worker` for a fresh process: "/proc/self/exe" where main() calls
    /// run_command_line() or worker_main(). "": fork only (the address layout stays).
    std::string program;
    std::function<bool()> stop;  // True: end now, with what there is.
    std::function<void(const SweepProgress&)> progress;
    /// A new reason, at once, not yet confirmed; none of a seed above one that ends the sweep.
    std::function<void(const Group&)> found;
    /// The same, once all lower seeds have ended: then it is known which is the lowest that fails,
    /// and that it counts.
    std::function<void(const Group&)> settled;
};

/// A property that no seed met: a sometimes that never held, a reachable or an always never
/// reached.
struct Unmet {
    core::PropertyKind kind = core::PropertyKind::sometimes;
    std::string message;
};

struct SweepReport {
    check::Verdict verdict = check::Verdict::pass;
    std::string why;          // One sentence, when not a pass.
    std::uint64_t asked = 0;  // 0: bounded by time.
    std::uint64_t run = 0;
    std::uint64_t controls = 0;  // Drew no fault.
    std::uint64_t faulty = 0, effective = 0;
    std::uint64_t failing = 0;
    std::uint64_t inconclusive = 0;          // Seeds on which a check could not decide.
    std::uint64_t nothing = 0;               // Seeds on which a check had nothing to judge.
    std::uint64_t judged = 0;                // Of the effective: those on which none had.
    std::uint64_t rerun = 0;                 // Seeds that ran again in another environment.
    std::vector<std::uint64_t> ineffective;  // The lowest 16 seeds, ascending ...
    std::uint64_t ineffective_seeds = 0;     // ... of so many.
    std::string ineffective_why;             // Of the lowest.
    std::string inconclusive_why;            // Of the lowest.
    std::string nothing_why;                 // Of the lowest.
    std::string idle_why;                    // Of the lowest whose faults found nothing to do.
    std::uint64_t idle_seed = 0;             // Which that is; 0: there is none.
    std::vector<Group> groups;               // Fresh before known, then by lowest seed.
    std::vector<Known> gone;                 // Known reasons whose seeds pass their checks now.
    std::vector<Open> open;                  // Those whose seeds nobody judged.
    std::uint64_t events = 0, messages = 0, operations = 0;
    Duration took{};                                 // Real time.
    bool stopped = false;                            // By the user, before all was run.
    std::map<std::string, history::SiteHits> sites;  // Code points and properties, summed.
    std::vector<Unmet> never_met;                    // Of the system's own properties ...
    std::uint64_t properties = 0;                    // ... that are to be met, so many.
    std::map<std::string, Exercised> faults;         // By catalogue name.
    /// Named checks that the mode leaves out, and "deterministic" where runs have no digest.
    std::vector<std::string> not_judged;
    std::string world;                  // Where it ran.
    bool unchecked = false;             // No check is named: built-in ones alone.
    std::string trust;                  // What so many passes are worth.
    std::uint64_t first = 1, last = 0;  // Seeds that were run, known ones apart.
    Expected expect;                    // By the scenario, and whether it came.
    bool met = false;
    std::string directory;  // Where this report lies; filled by who writes it.
};

/// An error: the scenario cannot run here at all (no such world, a fault it cannot do).
[[nodiscard]] core::Result<SweepReport> sweep(const Bench& bench,
                                              const scenario::Scenario& scenario,
                                              const SweepOptions& options);

/// Why a check of `report.not_judged` is not.
[[nodiscard]] std::string why_not_judged(const SweepReport& report, const std::string& check);

/// The verdict of what `report` counted (DESIGN §4): fills verdict, why and trust.
void judge_sweep(SweepReport& report, const scenario::Scenario& scenario);

}  // namespace storm::runner
