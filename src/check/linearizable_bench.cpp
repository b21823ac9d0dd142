// Goal: what linearizability costs: small histories as in a sweep, long ones, violated ones.
// Method: histories from a simulated register whose operations take effect at a random instant
// between their two times; `bad` reads show what was stored a quarter of the history ago; `wall`
// is the hardest: 30 clients at once, values that repeat, violated. Figures per history.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "check/linearizable.h"
#include "check/lost_writes.h"
#include "core/dice.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;
using history::Outcome;

struct Shape {
    std::int64_t operations = 60;
    std::int64_t clients = 5;
    std::int64_t values = 0;     // 0: every write stores a new one.
    std::uint64_t info_ppm = 0;  // Writes whose outcome nobody learnt.
    std::uint64_t bad_ppm = 0;   // Reads that show another value.
};

History make(const Shape& shape, std::uint64_t seed) {
    core::Dice dice(seed, 1);
    History history;
    std::vector<std::pair<std::int64_t, std::size_t>> effects;
    std::vector<std::int64_t> free_at(static_cast<std::size_t>(shape.clients), 0);
    for (std::int64_t i = 0; i < shape.operations; ++i) {
        const auto client =
            static_cast<std::size_t>(std::ranges::min_element(free_at) - free_at.begin());
        history::Operation op;
        op.client = core::Id::client(static_cast<std::uint32_t>(client));
        op.id = static_cast<std::uint32_t>(i);
        op.invoked = Instant{free_at[client] + dice.between(1, 1'000)};
        op.completed = op.invoked + Duration{dice.between(1'000, 20'000)};
        const bool writes = dice.happens(500'000);
        op.name = writes ? "write" : "read";
        op.outcome = writes && dice.happens(shape.info_ppm) ? Outcome::info : Outcome::ok;
        if (writes) op.args = shape.values == 0 ? i + 1 : dice.between(1, shape.values);
        const auto effect = dice.between(op.invoked.ns, op.completed.ns);
        free_at[client] = op.completed.ns;
        if (op.outcome == Outcome::ok || dice.happens(500'000)) {
            effects.emplace_back(effect, history.size());
        }
        history.push_back(std::move(op));
    }
    std::ranges::sort(effects);
    Value held;
    std::vector<Value> past{Value{}};
    for (const auto& [when, which] : effects) {
        auto& op = history[which];
        if (op.name == "write") {
            held = op.args;
            past.push_back(held);
        } else {
            op.result = dice.happens(shape.bad_ppm) ? past[past.size() * 3 / 4] : held;
        }
    }
    std::ranges::sort(history, {}, [](const history::Operation& op) { return op.invoked; });
    return history;
}

void run(benchmark::State& state, const Shape& shape) {
    std::vector<History> histories;
    const std::uint64_t many = shape.operations > 5'000 ? 1 : 64;
    for (std::uint64_t seed = 1; seed <= many; ++seed) histories.push_back(make(shape, seed));
    std::size_t next = 0;
    std::uint64_t steps = 0;
    std::size_t part = 0;
    std::uint64_t verdicts[3] = {};
    for (auto _ : state) {
        const auto result = linearizability(histories[next++ % histories.size()], "register", {});
        benchmark::DoNotOptimize(result.verdict);
        steps += result.steps;
        part = std::max(part, result.part.size());
        ++verdicts[static_cast<std::size_t>(result.verdict)];
    }
    const auto share = [&](std::uint64_t n) {
        return static_cast<double>(n) / static_cast<double>(state.iterations());
    };
    state.counters["steps"] = share(steps);
    state.counters["part_max"] = static_cast<double>(part);
    state.counters["violated"] = share(verdicts[1]);
    state.counters["inconclusive"] = share(verdicts[2]);
}

void sweep_unique(benchmark::State& s) { run(s, {60, 5, 0, 0, 0}); }
void sweep_repeated(benchmark::State& s) { run(s, {60, 5, 5, 0, 0}); }
void sweep_lost_answers(benchmark::State& s) { run(s, {60, 5, 5, 200'000, 0}); }
void sweep_violated(benchmark::State& s) { run(s, {60, 5, 0, 50'000, 100'000}); }
void sweep_violated_repeated(benchmark::State& s) { run(s, {60, 5, 5, 50'000, 100'000}); }
void long_repeated(benchmark::State& s) { run(s, {10'000, 10, 5, 0, 0}); }
void long_unique(benchmark::State& s) { run(s, {10'000, 10, 0, 0, 0}); }
void long_lost_answers(benchmark::State& s) { run(s, {10'000, 10, 5, 20'000, 0}); }
void long_violated(benchmark::State& s) { run(s, {10'000, 10, 0, 0, 200}); }
void long_violated_repeated(benchmark::State& s) { run(s, {10'000, 10, 20, 0, 1'000}); }
void wall(benchmark::State& s) { run(s, {10'000, 30, 20, 0, 1'000}); }
void hundred_thousand(benchmark::State& s) { run(s, {100'000, 10, 5, 0, 0}); }
void hundred_thousand_30(benchmark::State& s) { run(s, {100'000, 30, 5, 0, 0}); }
void million(benchmark::State& s) { run(s, {1'000'000, 10, 5, 0, 0}); }

void lost_writes(benchmark::State& state) {
    const auto history = make({60, 5, 0, 50'000, 0}, 1);
    for (auto _ : state) {
        const auto keys = lower(history, "register");
        benchmark::DoNotOptimize(lost_write(keys->front(), false));
    }
}

BENCHMARK(sweep_unique)->Unit(benchmark::kMicrosecond);
BENCHMARK(sweep_repeated)->Unit(benchmark::kMicrosecond);
BENCHMARK(sweep_lost_answers)->Unit(benchmark::kMicrosecond);
BENCHMARK(sweep_violated)->Unit(benchmark::kMicrosecond);
BENCHMARK(sweep_violated_repeated)->Unit(benchmark::kMicrosecond);
BENCHMARK(lost_writes)->Unit(benchmark::kMicrosecond);
BENCHMARK(long_unique)->Unit(benchmark::kMillisecond);
BENCHMARK(long_repeated)->Unit(benchmark::kMillisecond);
BENCHMARK(long_lost_answers)->Unit(benchmark::kMillisecond);
BENCHMARK(long_violated)->Unit(benchmark::kMillisecond);
BENCHMARK(long_violated_repeated)->Unit(benchmark::kMillisecond);
BENCHMARK(wall)->Unit(benchmark::kMillisecond);
BENCHMARK(hundred_thousand)->Unit(benchmark::kMillisecond);
BENCHMARK(hundred_thousand_30)->Unit(benchmark::kMillisecond);
BENCHMARK(million)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace storm::check
