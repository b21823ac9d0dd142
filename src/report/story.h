// report/story.h - all that a page, a summary or a terminal says of one verdict.
//
//   runner's results ──(sdk fills)──▶ Story ──▶ html() | markdown() | text()
//
// A Story looks at records and owns small facts. It knows no runner and no world, so that a
// report can be made again from a run directory alone. What is not known is left empty and
// nothing is said of it: a report never fills in what nobody measured.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/check.h"
#include "core/time.h"
#include "fault/plan.h"
#include "history/record.h"

namespace storm::report {

/// What a record no longer holds, because its file had no room for it.
struct LeftOut {
    std::uint64_t kept = 0, of = 0;
    std::string what;  // "messages, timers, files and logs before 43.2 s"; "": nothing.
};

/// One run as it stands in memory. The first three outlive the Story.
struct Run {
    const fault::Plan& plan;
    const history::RunRecord& record;
    const std::vector<check::Finding>& findings;  // Violated first.
    LeftOut events{}, operations{};
};

/// A reason to fail, seen against earlier runs of the same scenario.
struct Reason {
    /// open: known, and nobody judged it this time; the sentence says why.
    enum class News : std::uint8_t { fresh, known, gone, open };
    News news = News::fresh;
    std::string reason;    // "linearizable/stale read/"
    std::string sentence;  // Of one run that shows it.
    std::uint64_t seed = 0;
    std::uint64_t failing = 0;  // Seeds of this sweep.
    std::string place;          // Its run directory, or "".
};

/// One kind of fault over a sweep, counted in occurrences.
struct Kind {
    std::string fault;  // Its catalogue name.
    std::uint64_t effective = 0, no_opportunity = 0, ineffective = 0;
};

/// What a sweep of seeds came to.
struct Sweep {
    std::uint64_t asked = 0;  // Seeds wanted; 0: bounded by time.
    std::uint64_t run = 0;
    std::uint64_t controls = 0;   // Drew no fault.
    std::uint64_t effective = 0;  // All their faults took effect.
    std::uint64_t failing = 0;
    std::uint64_t ineffective = 0;
    std::uint64_t operations = 0;
    Duration took{};       // Real time.
    bool stopped = false;  // By the user, before `asked` were run.
    std::vector<Kind> kinds;
    std::string exercised;   // "14 of 15 fault kinds × 3 roles; never: ..."
    std::string never_met;   // Properties that no seed met.
    std::string not_judged;  // "converged: mode: unlimited checks safety only"
    std::string trust;       // "a bug that struck 1 seed in 2,000 would show with 99.3 %"
};

/// What shrinking did.
struct Shrink {
    std::size_t faults_before = 0, faults_after = 0;
    std::size_t operations_before = 0, operations_after = 0;
    std::size_t nodes_before = 0, nodes_after = 0;
    std::size_t pins = 0;
    std::uint64_t runs = 0;
    Duration took{};
    bool stopped = false;  // The time budget or the user ended it: smaller may exist.
};

/// The smallest plan, with and without one of its faults, on the same fresh seeds.
struct Cause {
    std::string fault;          // Its id.
    std::uint32_t with = 0;     // Seeds that fail with it ...
    std::uint32_t without = 0;  // ... and without it ...
    std::uint32_t of = 0;       // ... of so many.
};

/// One cell of the steady-state hypothesis: what was measured in a phase and promised for it.
struct Measured {
    enum class Held : std::uint8_t { yes, no, unsteady };  // Unsteady: not well before any fault.
    std::string value, promise;                            // "": nothing.
    Held held = Held::yes;
};

/// One line of the steady-state hypothesis.
struct Hypothesis {
    std::string what;
    Measured before, during, after;
};
/// The lines of each check `steady-state` of the run, in the order of its plan.
[[nodiscard]] std::vector<Hypothesis> hypothesis_of(const Run& run);

struct Command {
    std::string line;    // Ready to paste.
    std::string remark;  // What it does.
};

struct Story {
    check::Verdict verdict = check::Verdict::pass;
    std::string name;      // The check that fails, or the scenario.
    std::string sentence;  // The verdict in the user's words. "": that of the first finding.
    std::string world = "sim";
    std::string leader_key;  // Of the system: published non-zero by who believes to lead.
    std::string state_key;   // Of the system: the published digest that must converge.
    std::string expected;    // "violated linearizable" where the scenario expects that; else "".
    bool met = true;         // Whether what was expected came.

    Run smallest;              // The run that shows the verdict.
    std::optional<Run> whole;  // As it was before shrinking, if that is another.

    std::optional<Sweep> sweep;
    std::optional<Shrink> shrink;
    std::string not_small;  // Why nothing was made small, where that was tried; one sentence.
    bool compared = false;  // Whether there was an earlier run to compare with.
    std::vector<Reason> reasons;
    std::vector<Cause> causes;
    std::vector<Hypothesis> hypothesis;
    std::vector<Command> commands;  // The first replays the run.
    /// Further lines below the proof in a terminal: ("replayed", "every event is the same").
    std::vector<std::pair<std::string, std::string>> remarks;
    /// Lines to paste below those, never wrapped: ("saved", "stormproof run x.yaml").
    std::vector<std::pair<std::string, std::string>> more_commands;
    std::string page;  // Path of report.html, for the terminal.
    /// Build id, compiler, machine, ...: what the verdict depends on, in order.
    std::vector<std::pair<std::string, std::string>> environment;

    /// The finding that the verdict rests on; none if it is a pass.
    [[nodiscard]] const check::Finding* finding() const;
    /// The run that the overview shows.
    [[nodiscard]] const Run& overview() const { return whole ? *whole : smallest; }
    /// A sweep in which nothing failed shows no run: there is nothing to draw.
    [[nodiscard]] bool without_run() const {
        return sweep && smallest.record.events == 0 && smallest.findings.empty();
    }
    /// verdict_word(), or "STOPPED" of a sweep that the user ended before anything failed.
    [[nodiscard]] std::string word() const;
    /// "expected violated linearizable, not met"; "" where what was expected came.
    [[nodiscard]] std::string unmet_text() const;
    /// Of one run: each check that was not judged, and why: "converged: mode: unlimited ...".
    [[nodiscard]] std::vector<std::string> not_judged() const;
    /// `sentence`, or the first finding's, or a plain statement.
    [[nodiscard]] std::string verdict_sentence() const;
};

/// "PASSED", "VIOLATED", "INCONCLUSIVE".
[[nodiscard]] std::string verdict_word(check::Verdict verdict);
/// "simulation", "local processes", or the name itself.
[[nodiscard]] std::string world_word(const std::string& world);

/// "write x = 4", "read x", "cas x 3 → 4": a request as a person would write it.
[[nodiscard]] std::string request_text(const std::string& name, const Value& args);
/// "ok", "3", "nil": an answer.
[[nodiscard]] std::string answer_text(const history::Operation& operation);
/// "net.partition n1 | n2 n3": a fault by its catalogue name and what it did.
[[nodiscard]] std::string fault_text(const history::FaultRecord& fault);
/// "dropped 9 packets, counted at n2 and n3; effective".
[[nodiscard]] std::string evidence_text(const history::FaultRecord& fault);
/// "effective", "no opportunity", "ineffective".
[[nodiscard]] std::string effect_word(const history::FaultRecord& fault);
/// At most three digits, rounded: "16.9 ms", "1.2 s".
[[nodiscard]] std::string short_time(Duration d);
/// "AppendEntries" -> "append entries".
[[nodiscard]] std::string message_text(const std::string& name);
/// "on 200 fresh seeds: with net.partition 37 fail, without it none"; of several faults "on 200
/// fresh seeds 16 fail; without net.partition none, without node.pause 15". Says so where too
/// few seeds were run, or none fails. "" for no causes.
[[nodiscard]] std::string causes_text(const std::vector<Cause>& causes);
/// "6 faults → 1, 54 operations → 2, 3 nodes → 2 · 61 runs, 1.9 s"
[[nodiscard]] std::string shrink_text(const Shrink& shrink);

}  // namespace storm::report
