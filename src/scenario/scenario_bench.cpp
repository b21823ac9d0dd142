// What reading a scenario costs, and what each seed costs before its first event: five nodes,
// about twenty operations, three random faults.
#include <benchmark/benchmark.h>

#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace {

using namespace storm;

constexpr const char* text = R"(stormproof: 1
system: {use: store, nodes: 5}
workload: {use: mix, clients: 2, every: 400ms}
for: 3s
faults:
  - {use: random, count: 3}
checks: [linearizable, no-lost-acknowledged-writes]
)";

void read_a_scenario(benchmark::State& state) {
    const scenario::test::World world;
    for (auto _ : state) benchmark::DoNotOptimize(world.read(text));
}
BENCHMARK(read_a_scenario)->Unit(benchmark::kMicrosecond);

void plan_a_seed(benchmark::State& state) {
    const scenario::test::World world;
    const auto read = world.read(text);
    std::uint64_t seed = 0;
    std::uint64_t operations = 0;
    std::uint64_t faults = 0;
    for (auto _ : state) {
        const fault::Plan plan = scenario::plan(*read.scenario, world.faults, ++seed);
        operations += plan.operations.size();
        faults += plan.faults.size();
    }
    state.counters["operations"] = static_cast<double>(operations) / static_cast<double>(seed);
    state.counters["faults"] = static_cast<double>(faults) / static_cast<double>(seed);
}
BENCHMARK(plan_a_seed)->Unit(benchmark::kMicrosecond);

}  // namespace
