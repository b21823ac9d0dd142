// Goal: a fault with a ramp grows evenly from nothing to its full strength, of whatever family it
// is, and what has no strength yet is no evidence. Method: one fault at a time on nodes that
// measure it; times at which the strength is a round number.
#include <gtest/gtest.h>

#include <vector>

#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;

/// The node `at` runs `what`, all others nothing but listen.
template <class T>
Rig::Script only(core::Id at, Task<> (*what)(Io&, std::vector<T>&), std::vector<T>& list) {
    return [at, what, &list](Io& io) { return io.self() == at ? what(io, list) : silent(io); };
}

/// n2 notes how long after its sending, 1 ms after each tenth, a ping came.
Rig::Script travelling(std::vector<std::int64_t>& took) {
    return [&took](Io& io) -> Task<> {
        return io.self() == n1 ? pinging(io)
                               : [](Io& on, std::vector<std::int64_t>& list) -> Task<> {
            for (;;) {
                const auto in = co_await on.receive();
                const auto ping = in.as<Ping>();
                if (!ping) continue;
                const auto sent = (1_ms).ns + (10_ms).ns * static_cast<std::int64_t>(ping->n);
                list.resize(ping->n + 1, -1);
                list[ping->n] = (on.now() - Instant{}).ns - sent;
            }
        }(io, took);
    };
}

TEST(Ramps, of_delays_grow_evenly) {
    std::vector<std::int64_t> took;
    Rig rig(travelling(took));
    rig.pass(1_ms - 1_ns);
    (void)rig.strike(on_link(n1, n2, {.delay = 100_ms}), "it", 0, 1_s);
    rig.pass(2_s);
    for (const std::size_t n : {0U, 10U, 50U, 90U, 100U, 110U}) {
        const auto part = std::min<std::int64_t>(static_cast<std::int64_t>(n), 100);
        EXPECT_EQ(took[n], (5_ms).ns + (1_ms).ns * part) << n;
    }
}

TEST(Ramps, of_losses_grow_evenly) {
    std::vector<std::int64_t> took;
    Rig rig(travelling(took));
    (void)rig.strike(on_link(n1, n2, {.loss_ppm = core::one_million}), "it", 0, 10_s);
    rig.pass(9_s);
    const auto came = [&](std::size_t from) {
        const auto first = took.begin() + static_cast<std::ptrdiff_t>(from);
        return 200 - std::ranges::count(first, first + 200, -1);
    };
    EXPECT_NEAR(static_cast<double>(came(0)), 180, 12);    // A tenth is lost on average,
    EXPECT_NEAR(static_cast<double>(came(300)), 120, 16);  // two fifths,
    EXPECT_NEAR(static_cast<double>(came(600)), 60, 16);   // seven tenths.
    rig.pass(1_s);
    const auto last = took.size();
    rig.pass(1_s);
    EXPECT_EQ(took.size(), last);
}

TEST(Ramps, of_rates_narrow_the_link_evenly) {
    std::vector<std::int64_t> took;
    Rig rig(travelling(took));
    rig.pass(1_ms - 1_ns);
    (void)rig.strike(on_link(n1, n2, {.rate = 1'000, .queue = 1'000}), "it", 0, 1_s);
    rig.pass(2_s);
    EXPECT_EQ(took[0], (5_ms).ns);     // No limit yet.
    EXPECT_EQ(took[50], (9_ms).ns);    // 8 bytes at 2,000 a second,
    EXPECT_EQ(took[150], (13_ms).ns);  // and at 1,000.
}

TEST(Ramps, as_short_as_a_millisecond_are_as_exact_and_end_without_a_leap) {
    std::vector<std::int64_t> took;
    Rig rig(travelling(took));
    rig.pass(1_ms - core::microseconds(999));
    (void)rig.strike(on_link(n1, n2, {.delay = 100_ms}), "it", 0, 1_ms);
    rig.pass(200_ms);
    EXPECT_EQ(took[0], core::microseconds(104'900).ns);
    EXPECT_EQ(took[1], (105_ms).ns);
}

/// How long each listing took, one after the other.
Task<> listing(Io& io, std::vector<std::int64_t>& took) {
    for (;;) {
        const Instant began = io.now();
        (void)co_await io.list();
        took.push_back((io.now() - began).ns);
        co_await io.sleep(10_ms);
    }
}

TEST(Ramps, of_slow_disks_grow_evenly_however_little_there_is_to_grow) {
    std::vector<std::int64_t> took;
    Rig rig(only(n1, listing, took));
    (void)rig.strike(on_disk(n1, {.latency = core::microseconds(900)}), "it", 0, 1_s);
    rig.pass(2_s);
    const auto about = [&](std::size_t n, Duration want) {
        EXPECT_GE(took[n], want.ns) << n;
        EXPECT_LE(took[n], want.ns + core::microseconds(70).ns) << n;
    };
    about(0, core::microseconds(20));
    about(48, core::microseconds(20 + 432));  // After 48 rounds of 10 ms and what they took.
    about(150, core::microseconds(20 + 900));
}

Task<> failing(Io& io, std::vector<bool>& failed) {
    for (;;) {
        failed.push_back(!(co_await io.list()).has_value());
        co_await io.sleep(10_ms);
    }
}

TEST(Ramps, of_bad_disks_break_more_and_more) {
    std::vector<bool> failed;
    Rig rig(only(n1, failing, failed));
    (void)rig.strike(on_disk(n1, {.error = 5}), "it", 0, 4_s);
    rig.pass(5_s);
    const auto count = [&](std::size_t from) {
        const auto first = failed.begin() + static_cast<std::ptrdiff_t>(from);
        return static_cast<double>(std::count(first, first + 90, true));
    };
    EXPECT_NEAR(count(0), 10, 8);
    EXPECT_NEAR(count(300), 78, 9);
    EXPECT_EQ(count(400), 90);
}

/// How far the wall clock is ahead of the monotonic one, every 10 ms, beside the epoch.
Task<> comparing(Io& io, std::vector<std::int64_t>& ahead) {
    const auto epoch = io.wall().ns - io.now().ns;
    for (;;) {
        ahead.push_back(io.wall().ns - io.now().ns - epoch);
        co_await io.sleep(10_ms);
    }
}

TEST(Ramps, of_offsets_grow_evenly) {
    std::vector<std::int64_t> ahead;
    Rig rig(only(n1, comparing, ahead));
    rig.pass({});
    const auto token = rig.strike(bend(n1, -1_s, 0), "it", 0, 1_s);
    rig.pass(2_s);
    for (const std::size_t n : {1U, 50U, 99U, 100U, 150U}) {
        const auto part = std::min<std::int64_t>(static_cast<std::int64_t>(n), 100);
        EXPECT_EQ(ahead[n], -(10_ms).ns * part) << n;
    }
    EXPECT_EQ(rig.verdict(token), Effectiveness::effective);
}

TEST(Ramps, of_drifts_bend_clocks_and_timers_as_much_as_they_have_grown) {
    Rig rig([](Io& io) -> Task<> {
        for (std::int64_t n = 0;; ++n) {
            io.publish("ticks", n);
            io.publish("now", (io.now() - Instant{}).ns);
            co_await io.sleep(10_ms);
        }
    });
    (void)rig.strike(bend(n1, {}, 1'000'000), "it", 0, 10_s);
    // At the end twice as fast: after a tenth, 1 s and 1/2 · 1 s · 10 %. A fast clock does not
    // show each nanosecond: a tick comes a little late.
    rig.pass(1_s + 1_us);
    EXPECT_EQ(rig.shown(n1, "ticks"), 105);
    rig.pass(4_s);
    EXPECT_EQ(rig.shown(n1, "ticks"), 625);
    rig.pass(5_s);
    EXPECT_EQ(rig.shown(n1, "ticks"), 1'500);
    EXPECT_NEAR(static_cast<double>(rig.shown(n1, "now")), 15e9, 1e3);
    rig.pass(1_s);
    EXPECT_EQ(rig.shown(n1, "ticks"), 1'700);
    EXPECT_EQ(rig.shown(n2, "ticks"), 1'100);
}

TEST(Ramps, of_slow_nodes_grow_evenly) {
    std::vector<std::int64_t> took;
    Rig rig(travelling(took));
    rig.pass(6_ms - 1_ns);  // When the first ping arrives.
    (void)rig.strike(act(NodeAction::slow, {n2}, 8_ms), "it", 0, 1_s);
    rig.pass(2_s);
    EXPECT_EQ(took[0], (5_ms).ns);
    EXPECT_EQ(took[50], (9_ms).ns);
    EXPECT_EQ(took[150], (13_ms).ns);
}

/// Does all that a fault without strength could be seen in.
Task<> busy(Io& io) {
    auto file = co_await io.open("f");
    for (;;) {
        (void)io.wall();
        (void)io.now();
        for (const auto peer : io.peers()) io.send(peer, Ping{1});
        if (file) (void)co_await file->write(0, std::vector<std::byte>(100));
        co_await io.sleep(100_us);
    }
}

TEST(Ramps, that_have_not_begun_to_be_felt_are_neither_claimed_nor_seen) {
    const std::vector<fault::Effect> effects = {
        on_link(n1, n2, {.delay = 100_ms, .jitter = 1_ms}),
        on_link(n1, n2, {.loss_ppm = core::one_million}),
        on_link(n1, n2, {.corrupt_ppm = core::one_million}),
        on_link(n1, n2, {.rate = 1'000, .queue = 1'000}),
        bend(n1, 1_ms, 0),
        bend(n1, {}, 90),
        act(NodeAction::slow, {n1}, 1_ms),
        on_disk(n1, {.latency = 900_us}),
        on_disk(n1, {.error = 5}),
        on_disk(n1, {.torn = true}),
    };
    for (const char* sabotage : {"", "it"}) {
        for (std::size_t i = 0; i < effects.size(); ++i) {
            Rig rig(busy);
            rig.sabotage = sabotage;
            const auto token = rig.strike(effects[i], "it", 0, 24_s * 3'600);
            rig.pass(80_ms);  // Not a millionth of a day.
            const auto proof = rig.proof(token);
            EXPECT_EQ(proof.claimed, 0U) << i;
            EXPECT_EQ(proof.seen, 0U) << i;
        }
    }
}

}  // namespace
}  // namespace storm::sim
