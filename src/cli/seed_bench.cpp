// Goal: what a seed costs besides its events, and what running some seeds again costs a sweep.
// Method: five register nodes with random faults and one check, plan included, in runs of some 100
// to 10,000 events; the intercept of the line through CPU time over events. For reruns: the same
// sweep with and without them in turns, CPU time of its workers included; medians.
//
//   intercept_us   CPU time of a seed without its events; bar 30
//   shortest_us    CPU time of the shortest seed, its fewest_events included
//   rerun_percent  of the sweep's CPU time; bar 3
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/catalogues.h"
#include "core/require.h"
#include "runner/run.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"

namespace storm {
namespace {

double cpu_seconds(int whose) {
    rusage use{};
    getrusage(whose, &use);
    const auto seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

scenario::Scenario register_for(const Bench& bench, int milliseconds, int nodes) {
    const auto text = fmt::format(
        "stormproof: 1\n"
        "system: {{use: register, nodes: {}}}\n"
        "workload: {{use: mix, clients: 2, rate: 20/s}}\n"
        "for: {}ms\n"
        "settle: 50ms\n"
        "faults:\n"
        "  - {{use: random, from: [node.kill, net.loss, net.delay], every: 500ms,\n"
        "     for: 100ms..300ms}}\n"
        "checks: [linearizable]\n",
        nodes, milliseconds);
    auto read = scenario::read(text, "bench.yaml", bench.vocabulary());
    STORM_REQUIRE(read.scenario.has_value());
    return std::move(*read.scenario);
}

struct Cost {
    double events = 0, seconds = 0;  // Of one seed.
};

Cost cost_of(const Bench& bench, const scenario::Scenario& scenario, std::uint64_t seeds) {
    static std::uint64_t seed = 0;
    Cost cost;
    const double began = cpu_seconds(RUSAGE_SELF);
    for (std::uint64_t i = 0; i < seeds; ++i) {
        ++seed;
        const auto run = runner::run_plan(bench, scenario::plan(scenario, bench.faults, seed), seed,
                                          runner::RunOptions{});
        STORM_REQUIRE(run.has_value());
        cost.events += static_cast<double>(run->record.events);
    }
    cost.seconds = (cpu_seconds(RUSAGE_SELF) - began) / static_cast<double>(seeds);
    cost.events /= static_cast<double>(seeds);
    return cost;
}

/// Where the line of least squares meets no events at all.
double intercept(const std::vector<Cost>& costs) {
    const auto n = static_cast<double>(costs.size());
    double x = 0, y = 0, xx = 0, xy = 0;
    for (const auto& each : costs) {
        x += each.events / n;
        y += each.seconds / n;
    }
    for (const auto& each : costs) {
        xx += (each.events - x) * (each.events - x);
        xy += (each.events - x) * (each.seconds - y);
    }
    return y - xy / xx * x;
}

void a_seed_besides_its_events(benchmark::State& state) {
    const Bench bench = gallery_bench();
    std::vector<scenario::Scenario> scenarios;
    for (const int length : {100, 500, 1'000, 2'000, 5'000, 10'000, 14'000}) {
        scenarios.push_back(register_for(bench, length, 5));
    }
    std::vector<Cost> costs;
    for (auto _ : state) {
        costs.clear();
        for (const auto& scenario : scenarios) costs.push_back(cost_of(bench, scenario, 300));
    }
    state.counters["intercept_us"] = 1e6 * intercept(costs);
    state.counters["shortest_us"] = 1e6 * costs.front().seconds;
    state.counters["fewest_events"] = costs.front().events;
    state.counters["most_events"] = costs.back().events;
}
BENCHMARK(a_seed_besides_its_events)->Iterations(3)->Unit(benchmark::kMillisecond);

void reruns_of_a_sweep(benchmark::State& state) {
    const Bench bench = gallery_bench();
    const auto scenario = register_for(bench, 3'000, 3);
    constexpr std::uint64_t seeds = 20'000;  // A few tenths of a second are told by noise.
    const auto sweep_seconds = [&](std::uint32_t rerun_ppm) {
        runner::SweepOptions options;
        options.last = seeds;
        options.jobs = 1;
        options.rerun_ppm = rerun_ppm;
        options.program = "";
        const double began = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN);
        const auto report = runner::sweep(bench, scenario, options);
        STORM_REQUIRE(report.has_value() && report->run == seeds && report->failing == 0);
        return cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN) - began;
    };
    std::vector<double> shares;
    const auto with = runner::SweepOptions{}.rerun_ppm;
    for (auto _ : state) {
        const double without = sweep_seconds(0);
        shares.push_back(100 * (sweep_seconds(with) - without) / without);
    }
    std::ranges::sort(shares);
    state.counters["rerun_percent"] = shares[shares.size() / 2];
}
BENCHMARK(reruns_of_a_sweep)->Iterations(7)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace storm
