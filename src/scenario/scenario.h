// scenario/scenario.h - the file that says what a system must survive, and how it becomes a
// plan.
//
//   YAML text ──read()──▶ Scenario (typed, complete, checked) ──plan(seed)──▶ fault::Plan
//
// read() reports every error at once, each with line, column, what is wrong, what would be
// right and the nearest valid name. A Scenario is immutable and shared by all seeds; plan()
// draws only keyed dice, so the same scenario and seed give the same plan everywhere.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "fault/catalogue.h"
#include "fault/plan.h"
#include "node/system.h"
#include "scenario/problem.h"
#include "scenario/workload.h"

namespace storm::scenario {

/// A check that a scenario may name (what check::CheckSpec says of itself).
struct CheckName {
    std::string name, summary;
    std::vector<fault::ParamSpec> params;
    std::vector<std::string> models;  // Models of systems it understands; empty: any.
    bool built_in = false;            // Judged in every run, named or not.
};

/// A code point or a property that stands in the program.
struct SiteName {
    std::string name, file;
    bool is_point = true;  // Else a property.
};

/// What names a scenario may use. What it points to must outlive the scenarios read with it.
struct Vocabulary {
    const fault::Catalogue* faults = nullptr;
    const Workloads* workloads = nullptr;
    const std::vector<node::System>* systems = nullptr;
    std::vector<CheckName> checks;
    std::string program = "stormproof";  // In help: "(stormproof fault ls)".
    /// What stands in the program; nothing: nobody knows it.
    std::optional<std::vector<SiteName>> sites{};

    /// The code points in the system's own sources, or all if it names none; sorted, each once.
    [[nodiscard]] std::vector<std::string> code_points(const node::System& system) const;
};

/// What a fault of one kind costs the system while it lasts, and after.
struct Harm {
    bool holds = false;    // Nodes are down, paused or cut off: counts against `crashed`.
    bool damages = false;  // Synced data may be gone for good: counts against `damaged`.
};

/// One kind that `{use: random}` may draw.
struct RandomKind {
    const fault::FaultSpec* spec = nullptr;
    core::Key key = 0;  // key_of(name).
    Harm harm;
};

/// `{use: random, from: [...], every: 10s}`: time falls into slots of length `every`; each slot
/// gets one fault, of the kind that draws highest there, at a drawn instant.
struct RandomFaults {
    std::vector<RandomKind> kinds;
    Duration every{};
    Duration lasts_low{}, lasts_high{};
    std::uint32_t slots = 0;  // How many slots are used at most.
    std::string prefix;       // Of ids: "random/", for further entries "random2/".
};

struct WorkloadUse {
    const WorkloadSpec* spec = nullptr;
    fault::Params params;  // Complete.
    std::uint32_t clients = 0;
};

enum class Expect : std::uint8_t { pass, violated, inconclusive };
[[nodiscard]] std::string_view to_text(Expect expect);

struct Scenario {
    std::string path, digest, title;
    const node::System* system = nullptr;
    std::uint32_t nodes = 0;
    std::uint32_t clients = 0;
    std::string plant;
    std::map<std::string, std::int64_t> numbers;
    fault::LinkFault network;
    std::vector<WorkloadUse> workloads;
    std::vector<fault::PlannedOperation> operations;  // Listed ones, besides the workloads'.
    std::vector<fault::PlannedFault> faults;          // Listed ones, as they stand.
    std::vector<RandomFaults> random;
    std::vector<fault::PlannedCheck> checks;
    std::vector<fault::Decision> pins;
    std::vector<core::Id> absent;
    Duration chaos{}, settle{};
    fault::Mode mode = fault::Mode::recoverable;
    fault::Ambient ambient = fault::Ambient::drawn;
    bool swarm = true;
    std::uint32_t site_active_ppm = 250'000;  // 0: code points are off in every seed.
    std::uint32_t site_fires_ppm = 250'000;
    std::uint64_t step_limit = 0, memory_limit = 0;
    Expect expect = Expect::pass;
    std::string expect_check;  // `expect: {violated: NAME}`
    std::uint64_t seed_first = 1, seed_last = 1000;
    std::uint32_t min_effective_ppm = 500'000;  // Share of faulty seeds that must be effective.
    std::vector<std::string> must_reach;        // Sites that a sweep must meet.
    std::string text;                           // As read, for the report.
};

/// A change from the command line: --set network.delay=10ms.
struct Setting {
    std::string path, value;
};

struct ReadResult {
    std::optional<Scenario> scenario;  // Absent if there are problems.
    std::vector<Problem> problems;
};

/// Bounded: 1 MiB of text, depth 32, 64 aliases. Opens no file.
[[nodiscard]] ReadResult read(std::string_view text, const std::string& path,
                              const Vocabulary& vocabulary,
                              const std::vector<Setting>& settings = {});

/// The plan of one seed. Swarm: each seed enables a random subset of random faults and code
/// points; listed faults and the network always stand. In recoverable mode the plan never holds
/// down more nodes at once than the system tolerates, as far as targets stand in it.
[[nodiscard]] fault::Plan plan(const Scenario& scenario, const fault::Catalogue& faults,
                               std::uint64_t seed);

/// JSON Schema (2020-12) of scenario files that use this vocabulary.
[[nodiscard]] std::string json_schema(const Vocabulary& vocabulary);

/// What to_yaml cannot see in a plan.
struct Regression {
    std::string why;  // One line for a comment on top.
    std::uint64_t seed = 1;
    /// The check that must report it; it alone stays, for few others can decide on a run so small,
    /// and what nobody can decide never passes. "": all checks, and expect pass.
    std::string violates;
};

/// A scenario that says again what one plan says: what `shrink --save` writes. read() and
/// plan() under the same seed give an equal plan (but for path, digest, title and what `violates`
/// says of checks).
[[nodiscard]] std::string to_yaml(const fault::Plan& plan, const Regression& regression);

}  // namespace storm::scenario
