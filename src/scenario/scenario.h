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
#include "scenario/workload.h"

namespace storm::scenario {

/// One thing wrong with a file. Lines and columns count from 1.
struct Problem {
    int line = 0, column = 0;
    int width = 1;          // Columns to underline.
    std::string what;       // "unknown unit in \"40parsecs\""
    std::string help;       // "a duration is a number and ns, us, ms, s, m or h, as in 40ms"
};

/// A check that a scenario may name (what check::CheckSpec says of itself).
struct CheckName {
    std::string name, summary;
    std::vector<fault::ParamSpec> params;
    std::vector<std::string> models;  // Models of systems it understands; empty: any.
};

/// What names a scenario may use.
struct Vocabulary {
    const fault::Catalogue* faults = nullptr;
    const Workloads* workloads = nullptr;
    const std::vector<node::System>* systems = nullptr;
    std::vector<CheckName> checks;
};

/// `{use: random, from: [...], every: 10s}`.
struct RandomFaults {
    std::vector<std::string> from;   // Catalogue names.
    Duration every{};
    Duration lasts_low{}, lasts_high{};
    std::optional<std::uint32_t> count;
};

struct WorkloadUse {
    const WorkloadSpec* spec = nullptr;
    fault::Params params;
    std::uint32_t clients = 0;
};

enum class Expect : std::uint8_t { pass, violated, inconclusive };

struct Scenario {
    std::string path, digest, title;
    const node::System* system = nullptr;
    std::uint32_t nodes = 0;
    std::string plant;
    std::map<std::string, std::int64_t> numbers;
    fault::LinkFault network;
    std::vector<WorkloadUse> workloads;
    std::vector<fault::PlannedFault> faults;     // Listed ones, as they stand.
    std::vector<RandomFaults> random;
    std::vector<fault::PlannedCheck> checks;
    Duration chaos{}, settle{};
    fault::Mode mode = fault::Mode::recoverable;
    bool swarm = true;
    bool code_points = true;
    Expect expect = Expect::pass;
    std::string expect_check;                    // `expect: {violated: NAME}`
    std::uint64_t seed_first = 1, seed_last = 1000;
    std::uint32_t min_effective_ppm = 500'000;   // Share of faulty seeds that must be effective.
    std::vector<std::string> must_reach;         // Sites that a sweep must meet.
    std::string text;                            // As read, for the report.
};

/// A change from the command line: --set network.delay=10ms.
struct Setting {
    std::string path, value;
};

struct ReadResult {
    std::optional<Scenario> scenario;  // Absent if there are problems.
    std::vector<Problem> problems;
};

/// Bounded: 1 MiB of text, depth 32, 64 aliases.
[[nodiscard]] ReadResult read(std::string_view text, const std::string& path,
                              const Vocabulary& vocabulary,
                              const std::vector<Setting>& settings = {});

/// The plan of one seed. Swarm: each seed enables a random subset of random faults and code
/// points; listed faults and the network always stand.
[[nodiscard]] fault::Plan plan(const Scenario& scenario, const fault::Catalogue& faults,
                               std::uint64_t seed);

/// "my.yaml:7:12: error: ..." with the source line and a marker, as compilers print it.
[[nodiscard]] std::string to_text(const std::vector<Problem>& problems, const std::string& path,
                                  std::string_view text);

/// JSON Schema (2020-12) of scenario files that use this vocabulary.
[[nodiscard]] std::string json_schema(const Vocabulary& vocabulary);

/// A scenario that replays one plan's faults: what `shrink --save` writes.
[[nodiscard]] std::string to_yaml(const fault::Plan& plan, const std::string& why);

}  // namespace storm::scenario
