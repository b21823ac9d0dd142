// runner/systems_test.h - a bench of small systems that misbehave in every way a sweep must
// survive, and one that does not.
//
// One node counts requests and answers each with its count. A plant changes one thing: it
// breaks a property or ends the process. The systems of sim/leaky_systems_test.h let something
// into the run that is neither scenario nor seed nor plan.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/context.h"
#include "node/points.h"
#include "runner/bench.h"
#include "runner/sweep.h"
#include "scenario/scenario.h"
#include "sim/leaky_systems_test.h"
#include "sim/world.h"

/// Functions that nobody outside of this file can name: what stack traces must tell all the same.
namespace planted {  // Not of the bench, whose functions are left out of a site.
namespace {
[[gnu::noinline]] inline void store_to_nowhere() {
    int* volatile nowhere = nullptr;
    *nowhere = 1;
}
[[gnu::noinline]] inline void store_elsewhere() {
    int* volatile nowhere = nullptr;
    *nowhere = 2;
}
/// Falls at its very first instruction: one byte before it is no part of it.
#if defined(__aarch64__)
[[gnu::naked, gnu::noinline]] inline void fall_at_once() { asm("udf #0"); }
#else
[[gnu::naked, gnu::noinline]] inline void fall_at_once() { asm("ud2"); }
#endif
[[gnu::noinline]] inline void hoard() {
    std::vector<std::string> all;
    for (;;) all.emplace_back(1 << 20, 'x');
}
[[gnu::noinline]] inline void use_after_free() {
    auto* volatile gone = new int(7);
    delete gone;
    *gone = 8;  // NOLINT: what it is for.
}
}  // namespace
}  // namespace planted

namespace storm::runner::testing {

struct Ask {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ask, 1, n)
};
struct Told {
    std::uint64_t n = 0;
    STORM_MESSAGE(Told, 1, n)
};

/// What a plant adds at request number `n` of one node's life.
[[gnu::noinline]] inline std::uint64_t misbehave(std::string_view plant, std::uint64_t n) {
    if (plant == "segfault" && n == 3) planted::store_to_nowhere();
    if (plant == "other-segfault" && n == 3) planted::store_elsewhere();
    if (plant == "trap" && n == 3) planted::fall_at_once();
    if (plant == "hoard" && n == 3) planted::hoard();
    if (plant == "use-after-free" && n == 3) planted::use_after_free();
    if (plant == "abort" && n == 3) std::abort();
    if (plant == "old-age") {  // Of the process, not of the run.
        static std::uint64_t calls = 0;
        if (++calls == 5) std::abort();
    }
    if (plant == "exit" && n == 3) std::_Exit(0);
    if (plant == "exit-in-order" && n == 3) std::exit(0);  // NOLINT: what it is for.
    if (plant == "quick-exit" && n == 3) std::quick_exit(0);
    if (plant == "kill-itself" && n == 3) std::raise(SIGKILL);
    if (plant == "kill-its-parent" && n == 3) ::kill(::getppid(), SIGTERM);
    if (plant == "close-all" && n == 3) {
        for (int fd = 0; fd < 256; ++fd) ::close(fd);
    }
    if (plant == "close-unseen" && n == 3) {  // As a system call written by hand would.
        const core::HooksOff off;
        for (int fd = 3; fd < 256; ++fd) ::close(fd);
    }
    // As the kernel does it when memory is short: always, or only here.
    if (n == 3 && (plant == "killed" || plant == "crowded-out")) {
        const core::HooksOff off;  // It is the kernel who asks.
        const bool alone = std::getenv("STORMPROOF_ELSEWHERE") != nullptr;
        if (plant == "killed" || !alone) std::raise(SIGKILL);
    }
    if (plant == "require" && n == 3) STORM_REQUIRE(n != 3, n);
    if (plant == "loop" && n == 3) {
        for (volatile bool on = true; on;) {
        }
    }
    if (plant == "lock" && n == 3) {  // Nobody will ever wake it.
        std::mutex mutex;
        std::unique_lock held(mutex);
        for (std::condition_variable never;;) never.wait(held);
    }
    if (plant == "busy") {  // Much work, but each step of it ends.
        for (volatile int left = 20'000'000; left > 0;) left = left - 1;
    }
    return 0;
}

inline node::Task<> count(node::Io& io, const node::Options& options) {
    std::uint64_t served = 0;
    for (;;) {
        auto in = co_await io.receive();
        const auto ask = in.as<Ask>();
        if (!ask) continue;
        ++served;
        STORM_ALWAYS(!(options.plant == "wrong" && served >= 4), "counts below four");
        STORM_SOMETIMES(served >= 2, "counts twice");
        STORM_SOMETIMES(served > 1'000'000, "counts a million");
        if (served > 1'000'000) STORM_ALWAYS(served > 0, "a million is more than nothing");
        if (served > 1'000'000) STORM_ALWAYS_OR_UNREACHABLE(served > 0, "is never asked for");
        const auto more = misbehave(options.plant, served);
        io.publish("served", served + more);
        io.reply(in, Told{served + more});
    }
}

inline node::Task<core::Result<Value>> ask(node::Io& io, const node::Options&, Value args) {
    auto told = co_await io.call<Told>(core::Id::node(0),
                                       Ask{static_cast<std::uint64_t>(args.integer_or(0))}, 50_ms);
    if (!told) co_return std::unexpected(told.error());
    co_return Value(told->n);
}

inline node::System counter() {
    node::System system;
    system.name = "counter";
    system.summary = "One node counts, two stand by.";
    system.nodes = 3;
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    system.start = count;
    node::Operation operation;
    operation.name = "ask";
    operation.generate = [](core::Dice& dice, std::uint32_t, std::uint32_t) {
        return Value(static_cast<std::int64_t>(dice.below(100)));
    };
    operation.run = ask;
    system.operations.push_back(operation);
    for (const auto* plant : {"wrong",          "segfault",
                              "other-segfault", "trap",
                              "old-age",        "hoard",
                              "use-after-free", "abort",
                              "exit",           "exit-in-order",
                              "lock",           "quick-exit",
                              "kill-itself",    "kill-its-parent",
                              "close-all",      "close-unseen",
                              "require",        "loop",
                              "static",         "uninitialised",
                              "pointer",        "environment",
                              "rounding",       "killed",
                              "crowded-out",    "busy"}) {
        system.plants.push_back({plant, "", {"properties"}});
    }
    return system;
}

/// A law of the system's whose judging takes for ever: no step of a node, and not its loop.
inline bool ponder(const node::Published&) {
    for (volatile bool on = true; on;) {
    }
    return true;
}

inline Bench bench() {
    Bench out;
    out.faults = fault::standard_faults();
    out.checks = check::standard_checks();
    out.workloads = scenario::standard_workloads();
    out.systems.push_back(counter());
    for (const auto& leak : sim::leaks()) out.systems.push_back(sim::leaky_system(leak));
    for (const auto& carrier : sim::carriers()) {
        out.systems.push_back(sim::leaky_system("pointer-hash", carrier));
        out.systems.back().name += "-by-" + carrier;
    }
    out.worlds["sim"] = [] { return sim::make_world(); };
    return out;
}

/// Two seconds of two clients under loss and delay.
inline std::string scenario_text(const std::string& plant) {
    return "stormproof: 1\n"
           "title: A counter\n"
           "system: {use: counter, nodes: 3" +
           (plant.empty() ? "" : ", plant: " + plant) +
           "}\n"
           "network: {delay: 2ms, jitter: 1ms, loss: 1%}\n"
           "workload:\n"
           "  - {use: mix, clients: 2, rate: 5/s}\n"
           "faults:\n"
           "  - {use: random, from: [node.kill, net.delay, clock.drift], every: 500ms, "
           "for: 100ms..300ms}\n"
           "for: 2s\n"
           "settle: 1s\n"
           "checks: [properties]\n";
}

/// Two seconds of a leaky system, by the name that bench() gives it.
inline std::string leaky_text(const std::string& name) {
    return "stormproof: 1\n"
           "title: A leak\n"
           "system: {use: leaky-" +
           name +
           ", nodes: 2}\n"
           "network: {delay: 2ms, loss: " +
           (name.ends_with("lost-message") ? "100%" : "1%") +
           "}\n"
           "workload:\n"
           "  - {use: mix, clients: 1, rate: 5/s}\n"
           "for: 2s\n"
           "settle: 1s\n";
}

/// Requires: `text` is right. `bench` outlives the result.
inline scenario::Scenario scenario_of(const Bench& bench, const std::string& text) {
    const auto vocabulary = bench.vocabulary();
    auto read = scenario::read(text, "counter.yaml", vocabulary);
    EXPECT_TRUE(read.scenario.has_value())
        << scenario::to_text(read.problems, "counter.yaml", text);
    return std::move(read.scenario).value();
}

/// Everything a sweep test varies from.
inline SweepOptions options(std::uint64_t last, unsigned jobs = 2) {
    SweepOptions out;
    out.last = last;
    out.jobs = jobs;
    out.program = "/proc/self/exe";
    return out;
}

inline SweepReport sweep_plant(const std::string& plant, const SweepOptions& options) {
    const auto bench = testing::bench();
    const auto scenario = scenario_of(bench, scenario_text(plant));
    auto report = sweep(bench, scenario, options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().text());
    return report ? std::move(*report) : SweepReport{};
}

/// ThreadSanitizer delivers a signal from outside when the program next calls the system. A loop
/// never does: it can neither answer nor leave its last words, and is only killed in the end.
#if __has_feature(thread_sanitizer)
inline constexpr bool loops_hear = false;
#else
inline constexpr bool loops_hear = true;
#endif

}  // namespace storm::runner::testing
