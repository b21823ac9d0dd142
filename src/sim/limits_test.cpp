// Goal: what a run may not do (go on for ever, eat memory, throw, ask the operating system)
// ends as a breach with a name; and the world's callbacks come when they should. Method: a
// small system for each.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/guard.h"
#include "core/pool.h"
#include "sim/leaky_systems_test.h"
#include "sim/rig_test.h"

namespace storm::sim {
namespace {

const history::Breach* breach_of(const Rig& rig, std::string_view anomaly) {
    for (const auto& each : rig.record.breaches) {
        if (each.anomaly == anomaly) return &each;
    }
    return nullptr;
}

Task<> spinning(Io& io) {
    for (;;) co_await io.sleep({});
}

TEST(Limits, a_run_that_does_not_end_is_a_breach) {
    Rig rig(spinning);
    rig.plan.step_limit = 10'000;
    rig.pass(1_s);
    const auto* endless = breach_of(rig, "endless");
    ASSERT_NE(endless, nullptr);
    EXPECT_EQ(endless->check, "no-crash");
    EXPECT_NE(endless->trace.find("spinning"), std::string::npos) << endless->trace;
    EXPECT_EQ(rig.record.events, 10'000U);
}

Task<> waiting(Io& io) {
    for (;;) co_await io.sleep(1_ms);
}
/// Each round is half as long as the one before.
Task<> hurrying(Io& io) {
    for (Duration pause = 100_ms; pause.ns > 0; pause.ns /= 2) co_await io.sleep(pause);
    for (;;) co_await io.sleep({});
}

TEST(Limits, a_run_that_only_takes_more_events_than_it_may_is_cut_short) {
    for (auto* script : {&waiting, &hurrying}) {
        Rig rig(*script);
        rig.plan.chaos = 100_s;
        rig.plan.step_limit = 1'000;
        rig.pass(100_s);
        const bool sound = script == &waiting;
        EXPECT_EQ(breach_of(rig, "endless") == nullptr, sound);
        EXPECT_EQ(breach_of(rig, history::Breach::cut_short) != nullptr, sound);
        EXPECT_EQ(rig.record.events, 1'000U);
    }
}

Task<> hoarding(Io& io) {
    std::vector<std::string> all;
    for (;;) {
        all.emplace_back(1 << 20, 'x');
        co_await io.sleep(1_ms);
    }
}

TEST(Limits, a_node_that_eats_memory_is_a_breach) {
    if (!core::memory_counted()) GTEST_SKIP() << "memory is not counted in this build";
    Rig rig([](Io& io) { return io.self() == n1 ? hoarding(io) : ticking(io); });
    rig.plan.memory_limit = 32 << 20;
    rig.pass(1_s);
    const auto* memory = breach_of(rig, "memory limit");
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(memory->node, n1);
    EXPECT_NE(memory->trace.find("hoarding"), std::string::npos) << memory->trace;
    EXPECT_NE(memory->site.find("hoarding"), std::string::npos) << memory->site;
}

Task<> waiting_for_ever(Io& io) { co_await io.sleep(3600_s * 24); }
Task<> spawning(Io& io) {
    for (;;) {
        for (int i = 0; i < 1'500; ++i) io.spawn("one more", waiting_for_ever(io));
        co_await io.sleep(1_ms);
    }
}
Task<> keeping(Io& io) {
    std::vector<node::Incoming> all;
    for (;;) all.push_back(co_await io.receive());
}
struct Load {
    std::string bytes;
    STORM_MESSAGE(Load, 1, bytes)
};
Task<> loading(Io& io) {
    for (;;) {
        io.send(n2, Load{std::string(100'000, 'x')});
        co_await io.sleep(1_ms);
    }
}

TEST(Limits, frames_of_tasks_are_the_node_s_memory) {
    Rig rig([](Io& io) { return io.self() == n1 ? spawning(io) : ticking(io); });
    rig.plan.memory_limit = 32 << 20;
    const auto before = core::pool_bytes_in_use();
    rig.pass(10_s);
    const auto* memory = breach_of(rig, "memory limit");
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(memory->node, n1);
    EXPECT_LT(core::pool_bytes_in_use() - before, 40U << 20U);
}

TEST(Limits, datagrams_that_a_node_keeps_are_its_memory) {
    Rig rig([](Io& io) { return io.self() == n1 ? loading(io) : keeping(io); });
    rig.plan.memory_limit = 16 << 20;
    rig.pass(10_s);
    const auto* memory = breach_of(rig, "memory limit");
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(memory->node, n2);
}

TEST(Limits, what_comes_and_goes_leaves_no_count_behind) {
    Rig rig([](Io& io) { return io.self() == n1 ? loading(io) : silent(io); });
    rig.plan.memory_limit = 1 << 20;
    rig.pass(1_s);
    EXPECT_TRUE(rig.record.breaches.empty());
}

Task<> flooding(Io& io) {
    for (std::uint64_t n = 0;; ++n) {
        for (int i = 0; i < 1'000; ++i) io.send(n2, Ping{n});
        io.publish("n", n);
        co_await io.sleep(1_ms);
    }
}

TEST(Limits, what_the_world_keeps_for_a_node_is_not_the_node_s_memory) {
    Rig rig([](Io& io) { return io.self() == n1 ? flooding(io) : silent(io); });
    rig.detail = history::Detail::full;
    rig.plan.network.delay = 10_s;
    rig.plan.memory_limit = 1 << 20;
    rig.pass(100_ms);
    EXPECT_TRUE(rig.record.breaches.empty());
    EXPECT_GT(rig.record.trace.size(), 50'000U);
}

Task<> throwing(Io& io) {
    co_await io.sleep(1_ms);
    throw std::runtime_error("no such shard");
}

TEST(Limits, an_exception_that_leaves_a_node_is_a_breach) {
    Rig rig(throwing, 1);
    rig.pass(10_ms);
    const auto* thrown = breach_of(rig, "exception");
    ASSERT_NE(thrown, nullptr);
    EXPECT_EQ(thrown->site, "no such shard");
    if (!core::guards_installed()) return;  // It is they who see what is thrown.
    EXPECT_NE(thrown->trace.find("throwing"), std::string::npos) << thrown->trace;
}

TEST(Limits, asking_the_operating_system_is_a_breach_that_names_the_function) {
    if (!core::guards_installed()) GTEST_SKIP() << "guards are off in this build";
    for (const auto& [name, asks] : {std::pair{"wall-clock", "clock"}, {"entropy", "random"}}) {
        Rig rig([](Io& io) { return silent(io); });
        rig.system = leaky_system(name);
        rig.pass(100_ms);
        const auto* asked = breach_of(rig, "asked the operating system");
        ASSERT_NE(asked, nullptr) << name;
        EXPECT_EQ(asked->check, "deterministic");
        EXPECT_NE(asked->site.find(asks), std::string::npos) << asked->site;
        EXPECT_NE(asked->trace.find("leaky::"), std::string::npos) << asked->trace;
    }
}

TEST(Limits, static_state_shows_as_another_digest_in_the_second_run) {
    const auto digest = [](const char* leak) {
        Rig rig([](Io& io) { return silent(io); });
        rig.system = leaky_system(leak);
        rig.pass(1_s);
        return rig.world().digest();
    };
    EXPECT_NE(digest("static-state"), digest("static-state"));
    EXPECT_EQ(digest("none"), digest("none"));
}

class EveryEffect : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryEffect, is_in_the_digest) {
    const auto run = [](const std::string& carrier, const char* leak, history::Detail detail) {
        Rig rig([](Io& io) { return silent(io); }, 2, 1);
        rig.system = leaky_system(leak, carrier);
        rig.detail = detail;
        if (carrier == "lost-message") rig.plan.network.loss_ppm = 1'000'000;
        if (carrier == "late-message") rig.plan.network.delay = 3600_s;
        rig.pass(15_ms);  // Two leaks: one odd, one even.
        rig.operation(0, "read");
        rig.pass(10_ms);
        rig.stop();
        return rig.world().digest();
    };
    using enum history::Detail;
    EXPECT_NE(run(GetParam(), "static-state", verdict), run(GetParam(), "static-state", verdict));
    EXPECT_EQ(run(GetParam(), "none", verdict), run(GetParam(), "none", verdict));
    EXPECT_EQ(run(GetParam(), "none", verdict), run(GetParam(), "none", full));
}

INSTANTIATE_TEST_SUITE_P(Carriers, EveryEffect, ::testing::ValuesIn(carriers()),
                         [](const auto& each) {
                             std::string name = each.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(Limits, a_closer_look_tells_each_event_effect_and_draw_and_changes_no_digest) {
    const auto run = [](history::Window window, std::vector<history::Step>& steps) {
        Rig rig(pinging);
        rig.witness = window;
        rig.plan.network.jitter = 1_ms;
        rig.pass(60_s);
        rig.stop();
        steps = rig.record.steps;
        return rig.world().digest();
    };
    std::vector<history::Step> none, first, second, twice;
    const auto digest = run({}, none);
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(digest, run({0, 4096}, first));
    EXPECT_EQ(digest, run({4096, 8192}, second));
    EXPECT_EQ(digest, run({4096, 8192}, twice));
    ASSERT_FALSE(first.empty());
    EXPECT_EQ(first.front().event, 0U);
    EXPECT_EQ(second.front().event, 4096U);
    EXPECT_EQ(second.back().event, 8192U);
    ASSERT_EQ(second.size(), twice.size());
    EXPECT_EQ(second.back().digest, twice.back().digest);
    const auto has = [&](std::string_view who, std::string_view what, std::string_view value) {
        return std::ranges::any_of(second, [&](const history::Step& step) {
            return step.who == who && step.what.starts_with(what) && step.value.contains(value);
        });
    };
    EXPECT_TRUE(has("n1", "send Ping to n2", "8 bytes: "));
    EXPECT_TRUE(has("n2", "deliver Ping from n1", "8 bytes: "));
    EXPECT_TRUE(has("n2", "publish got", ""));
    EXPECT_TRUE(has("n1", "timer", "10ms"));
    EXPECT_TRUE(has("n1", "draw", ""));
}

TEST(Limits, each_leaky_system_runs) {
    for (const auto& leak : leaks()) {
        Rig rig([](Io& io) { return silent(io); });
        rig.system = leaky_system(leak);
        rig.pass(1_s);
        EXPECT_GT(rig.record.messages, 20U) << leak;
    }
}

TEST(Callbacks, come_at_their_time_in_order_and_at_once_if_it_is_past) {
    Rig rig(silent);
    rig.pass(10_ms);
    std::string order;
    auto& world = rig.world();
    world.at(Instant{} + 30_ms, 1, [&] { order += "c" + core::to_text(world.now()) + " "; });
    world.at(Instant{} + 20_ms, 2, [&] { order += "b" + core::to_text(world.now()) + " "; });
    world.at(Instant{} + 5_ms, 3, [&] { order += "a" + core::to_text(world.now()) + " "; });
    world.at(Instant{} + 30_ms, 4, [&] { order += "d" + core::to_text(world.now()); });
    EXPECT_EQ(order, "");  // Never from inside the call.
    rig.pass(100_ms);
    EXPECT_EQ(order, "a10ms b20ms c30ms d30ms");
}

TEST(Callbacks, wait_for_published_values_and_come_once) {
    Rig rig(ticking);
    rig.pass(5_ms);
    int met = 0;
    Instant when;
    rig.world().when(
        [](const node::Published& values) {
            const Value* ticks = values.get(n1, "ticks");
            return ticks != nullptr && ticks->integer_or(0) >= 3;
        },
        1,
        [&] {
            ++met;
            when = rig.world().now();
        });
    rig.pass(100_ms);
    EXPECT_EQ(met, 1);
    EXPECT_EQ(when, Instant{} + 30_ms);
    rig.world().when([](const node::Published&) { return true; }, 2, [&] { ++met; });
    EXPECT_EQ(met, 1);  // Already true: still an event of its own.
    rig.pass({});
    EXPECT_EQ(met, 2);
}

TEST(Callbacks, halt_ends_the_drive_after_the_present_event) {
    Rig rig(ticking);
    rig.start();
    rig.world().at(Instant{} + 33_ms, 1, [&] { rig.world().halt(); });
    rig.pass(1_s);
    EXPECT_EQ(rig.world().now(), Instant{} + 33_ms);
    rig.pass({});
    EXPECT_EQ(rig.shown(n1, "ticks"), 100);  // It can go on.
}

}  // namespace
}  // namespace storm::sim
