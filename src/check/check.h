// check/check.h - oracles: a run's record to a verdict with a certificate.
//
// A check never guesses: pass, violated with a certificate that points into the history, or
// inconclusive with the reason. Checks are values in a list that main() builds; a program
// adds its own. Every check ships a planted bug or a history that it must reject.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.h"
#include "core/time.h"
#include "fault/param.h"
#include "fault/plan.h"
#include "history/record.h"
#include "node/system.h"

namespace storm::check {

/// not_judged: of a check that the plan's mode leaves out, never of a run.
enum class Verdict : std::uint8_t { pass, violated, inconclusive, not_judged };
[[nodiscard]] std::string_view to_text(Verdict verdict);

/// Something that happened at a node and belongs to the story.
struct Moment {
    Instant at{};
    core::Id who;
    std::string text;  // "elected, x = 3"
};

/// What one check says of one run.
struct Finding {
    Verdict verdict = Verdict::pass;
    std::string check;
    std::string anomaly;   // The kind: "stale read", "lost write"; never times, names, values.
    std::string site;      // Normalised place of an assertion, or "".
    std::string sentence;  // One or two sentences in the user's words: client, key, value, node.
    std::vector<std::uint32_t> operations;  // Certificate: indices into the history, in order.
    std::uint32_t fatal = ~0U;              // The one of them that shows it.
    std::string expected;                   // What the fatal one should have shown: "4".
    std::vector<Moment> moments;
    std::string detail;  // A longer proof: a linearization, a cycle, figures.

    /// Two findings with the same reason are the same bug as far as we can tell.
    [[nodiscard]] std::string reason() const { return check + "/" + anomaly + "/" + site; }
    /// See nothing_to_judge().
    [[nodiscard]] bool had_nothing() const {
        return verdict == Verdict::inconclusive && anomaly == nothing;
    }
    static constexpr std::string_view nothing = "nothing to judge";
};

/// The check cannot tell, though there was something to judge: it got too little time, the run was
/// cut short, a parameter is missing.
[[nodiscard]] Finding undecided(std::string why);
/// Nothing in the run could have violated the check: what "no opportunity" is to a fault. A pass
/// would be empty, so the run is inconclusive; in a sweep the seed counts for nothing.
[[nodiscard]] Finding nothing_to_judge(std::string why);

struct Input {
    const node::System& system;
    const fault::Plan& plan;
    const history::RunRecord& record;
};

/// A run that goes on after its heal, as it stands now.
struct Settling {
    const node::System& system;
    const fault::Plan& plan;
    const history::RunRecord& record;
    const node::Published& published;
    Instant now{};
};

/// What a check demands: that nothing bad ever happens, or that something good does in the end
/// or often enough. More damage than a system tolerates excuses it from the second only, so
/// unlimited mode judges safety alone.
enum class Demand : std::uint8_t { safety, liveness };
[[nodiscard]] std::string_view to_text(Demand demand);

struct CheckSpec {
    std::string name;
    std::string summary;
    std::vector<fault::ParamSpec> params;
    std::string certificate;  // What a violation points at.
    std::string planted;      // A bug of the gallery that it must catch.
    bool built_in = false;    // Judged in every run without being named.
    Demand demand = Demand::safety;
    std::vector<std::string> models;  // Models of systems it understands; empty: any.
    std::function<Finding(const Input&, const fault::Params&)> judge;
    /// For checks that decide after the heal: whether they are already satisfied. Empty: the
    /// check waits for nothing.
    std::function<bool(const Settling&, const fault::Params&)> settled;
};

class Checks {
public:
    void add(CheckSpec spec);
    [[nodiscard]] const CheckSpec* find(std::string_view name) const;
    [[nodiscard]] const std::vector<CheckSpec>& all() const { return specs_; }
    [[nodiscard]] std::vector<std::string> names() const;

private:
    std::vector<CheckSpec> specs_;
};

/// linearizable, no-lost-acknowledged-writes, converged, progress, latency, errors and
/// steady-state; and the built-in invariants, properties, no-crash and deterministic.
[[nodiscard]] Checks standard_checks();

/// Judges a record by all checks of its plan and the built-in ones; violated findings first. In
/// unlimited mode checks of liveness are not judged, and say so; a plan that names no other check
/// is inconclusive.
[[nodiscard]] std::vector<Finding> judge(const Checks& checks, const Input& input);

/// The names of those of `planned` that the mode leaves out.
[[nodiscard]] std::vector<std::string> not_judged(const Checks& checks,
                                                  std::span<const fault::PlannedCheck> planned,
                                                  fault::Mode mode);

/// Whether no check of the plan waits for anything any more: what a conductor asks after the
/// heal.
[[nodiscard]] bool settled(const Checks& checks, const Settling& run);

}  // namespace storm::check
