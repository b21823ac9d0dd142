// Goal: what a draw and a key cost; a draw must stay at two multiplications.
// Method: draws that do not depend on one another, as a link makes them, and chains in which
// each waits for the one before.
#include "core/dice.h"

#include <benchmark/benchmark.h>

#include <string>

namespace storm::core {
namespace {

void draw_independent(benchmark::State& state) {
    const std::uint64_t lane = lane_of(1, 2);
    const Key key = key_of("n1");
    std::uint64_t index = 0;
    for (auto _ : state) benchmark::DoNotOptimize(draw(lane, key, index++));
}
BENCHMARK(draw_independent);

void draw_chained(benchmark::State& state) {
    const std::uint64_t lane = lane_of(1, 2);
    Key key = key_of("n1");
    for (auto _ : state) benchmark::DoNotOptimize(key = draw(lane, key, 0));
}
BENCHMARK(draw_chained);

void combine_chained(benchmark::State& state) {
    Key key = key_of("n1");
    std::uint64_t part = 0;
    for (auto _ : state) benchmark::DoNotOptimize(key = combine(key, part++));
}
BENCHMARK(combine_chained);

void key_of_a_name(benchmark::State& state) {
    const std::string name = "net.partition#1";
    for (auto _ : state) benchmark::DoNotOptimize(key_of(name));
}
BENCHMARK(key_of_a_name);

}  // namespace
}  // namespace storm::core
