// Goal: judge() is a pure function whose shares, delays and rates come out as declared, and in
// which one aspect never moves the draws of another.
// Method: properties over arbitrary link faults; binomial bounds at five sigma over 20,000 keyed
// packets; rate measured over a saturated second.
#include "fault/link.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>

#include "fault/links_test.h"

namespace storm::fault {
namespace {

using core::milliseconds;
using core::seconds;

/// Draws as a world does: each purpose has a lane, each packet a key.
struct Draws {
    std::uint64_t seed = 1;
    core::Key packet = 0;
    std::map<Purpose, std::int64_t> seen;

    template <class F>
    std::int64_t operator()(Purpose purpose, std::uint32_t index, std::int64_t, F&& scale) {
        const auto number = static_cast<std::uint64_t>(purpose);
        // A burst's slot is the same for all packets of the link.
        const core::Key key = purpose == Purpose::fault_burst ? 7 : packet;
        const std::int64_t outcome = scale(core::draw(seed, number, key, index));
        seen[purpose] = outcome;
        return outcome;
    }
};

Fate judge_one(const LinkFault& fault, std::uint64_t packet, Instant sent = {},
               std::size_t size = 100) {
    LinkState state;
    Draws draws{.packet = core::combine(1, packet), .seen = {}};
    return judge(fault, fault_purposes, state, sent, size, draws);
}

bool equal(const Fate& a, const Fate& b) {
    return a.lost == b.lost && a.queue_full == b.queue_full && a.extra == b.extra &&
           a.duplicated == b.duplicated && a.duplicate_extra == b.duplicate_extra &&
           a.damage == b.damage;
}

/// Expects `hits` of `tries` to be a binomial sample of `ppm`, within five sigma.
void expect_share(std::uint64_t hits, std::uint64_t tries, std::uint32_t ppm) {
    const double p = ppm / 1e6;
    const double mean = static_cast<double>(tries) * p;
    const double bound = 5 * std::sqrt(mean * (1 - p)) + 1;
    EXPECT_NEAR(static_cast<double>(hits), mean, bound) << ppm;
}

RC_GTEST_PROP(Judge, is_a_pure_function, (const LinkFault& fault, std::uint64_t packet)) {
    RC_ASSERT(equal(judge_one(fault, packet), judge_one(fault, packet)));
}

RC_GTEST_PROP(Judge, never_makes_a_packet_arrive_before_it_was_sent,
              (const LinkFault& fault, std::uint64_t packet)) {
    const Fate fate = judge_one(fault, packet, Instant{5'000'000'000});
    RC_ASSERT(fate.extra.ns >= 0);
    RC_ASSERT(fate.duplicate_extra.ns >= 0);
    RC_ASSERT(!fate.lost || (!fate.duplicated && fate.damage == 0));
}

RC_GTEST_PROP(Judge, draws_each_aspect_alone, (LinkFault fault, std::uint64_t packet)) {
    fault.cut = false;
    fault.burst = {};
    fault.rate = 0;
    fault.loss_ppm = 0;  // What is lost draws nothing more.
    const Fate whole = judge_one(fault, packet);
    LinkFault less = fault;
    less.duplicate_ppm = 0;
    RC_ASSERT(judge_one(less, packet).extra == whole.extra);
    RC_ASSERT(judge_one(less, packet).damage == whole.damage);
    less = fault;
    less.reorder_ppm = 0;
    const Fate in_order = judge_one(less, packet);
    RC_ASSERT(whole.extra - in_order.extra == Duration{} ||
              whole.extra - in_order.extra == fault.reorder_by);
    RC_ASSERT(in_order.duplicated == whole.duplicated);
    RC_ASSERT(in_order.damage == whole.damage);
    less = fault;
    less.jitter = {};
    RC_ASSERT(judge_one(less, packet).duplicated == whole.duplicated);
    RC_ASSERT(judge_one(less, packet).damage == whole.damage);
    less = fault;
    less.loss_ppm = 500'000;
    const Fate lossy = judge_one(less, packet);
    RC_ASSERT(lossy.lost || equal(lossy, whole));
}

TEST(Judge, hits_the_declared_share) {
    for (const std::uint32_t ppm : {0U, 1'000U, 50'000U, 500'000U, 990'000U, 1'000'000U}) {
        std::uint64_t lost = 0;
        std::uint64_t doubled = 0;
        std::uint64_t held = 0;
        std::uint64_t damaged = 0;
        constexpr std::uint64_t packets = 20'000;
        for (std::uint64_t i = 0; i < packets; ++i) {
            lost += judge_one({.loss_ppm = ppm}, i).lost ? 1 : 0;
            doubled += judge_one({.duplicate_ppm = ppm}, i).duplicated ? 1 : 0;
            const LinkFault reorder{.reorder_ppm = ppm, .reorder_by = milliseconds(1)};
            held += judge_one(reorder, i).extra.ns > 0 ? 1 : 0;
            damaged += judge_one({.corrupt_ppm = ppm}, i).damage != 0 ? 1 : 0;
        }
        for (const std::uint64_t hits : {lost, doubled, held, damaged}) {
            expect_share(hits, packets, ppm);
        }
    }
}

TEST(Judge, spreads_uniform_delays_over_the_whole_range_and_around_the_middle) {
    const LinkFault fault{.delay = milliseconds(40), .jitter = milliseconds(10)};
    std::int64_t low = INT64_MAX;
    std::int64_t high = 0;
    std::int64_t sum = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const std::int64_t ns = judge_one(fault, i).extra.ns;
        low = std::min(low, ns);
        high = std::max(high, ns);
        sum += ns;
    }
    EXPECT_GE(low, milliseconds(30).ns);
    EXPECT_LT(low, milliseconds(30).ns + 50'000);
    EXPECT_LE(high, milliseconds(50).ns);
    EXPECT_GT(high, milliseconds(50).ns - 50'000);
    EXPECT_NEAR(static_cast<double>(sum) / 20'000, 40e6, 0.25e6);
}

TEST(Judge, gives_a_long_tail_of_halving_steps) {
    const LinkFault fault{
        .delay = milliseconds(5), .jitter = milliseconds(1), .spread = Spread::long_tail};
    std::map<std::int64_t, std::uint64_t> steps;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const Duration over = judge_one(fault, i).extra - milliseconds(5);
        ++steps[over.ns / milliseconds(1).ns];
    }
    for (const auto& [over, count] : steps) {
        EXPECT_EQ((over + 1) & over, 0) << over << " is not 2^k - 1";
        EXPECT_LE(over, 1023);
    }
    expect_share(steps[0], 20'000, 500'000);
    expect_share(steps[1], 20'000, 250'000);
    expect_share(steps[3], 20'000, 125'000);
}

TEST(Judge, loses_whole_slots_of_a_burst) {
    const LinkFault fault{.loss_ppm = 300'000, .burst = milliseconds(10)};
    std::uint64_t bad = 0;
    constexpr std::uint64_t slots = 5'000;
    for (std::uint64_t slot = 0; slot < slots; ++slot) {
        const auto begin = static_cast<std::int64_t>(slot) * milliseconds(10).ns;
        const bool first = judge_one(fault, slot * 3, Instant{begin}).lost;
        EXPECT_EQ(first, judge_one(fault, slot * 3 + 1, Instant{begin + 5'000'000}).lost);
        EXPECT_EQ(first, judge_one(fault, slot * 3 + 2, Instant{begin + 9'999'999}).lost);
        bad += first ? 1 : 0;
    }
    expect_share(bad, slots, 300'000);
}

TEST(Judge, drops_all_on_a_cut_and_draws_nothing) {
    LinkState state;
    Draws draws{.packet = 3, .seen = {}};
    const LinkFault fault{.delay = seconds(1), .jitter = seconds(1), .loss_ppm = 1, .cut = true};
    EXPECT_TRUE(judge(fault, fault_purposes, state, Instant{}, 1, draws).lost);
    EXPECT_TRUE(draws.seen.empty());
}

TEST(Judge, carries_as_many_bytes_a_second_as_the_rate_says) {
    for (const std::int64_t rate : {1'000, 56'000, 1'000'000, 125'000'000}) {
        const LinkFault fault{.rate = rate, .queue = 0};
        LinkState state;
        Draws draws;
        std::int64_t carried = 0;
        constexpr std::int64_t size = 100;
        for (int i = 0; i < 5'000; ++i) {
            const Fate fate = judge(fault, fault_purposes, state, Instant{}, size, draws);
            ASSERT_FALSE(fate.lost);
            if (fate.extra <= seconds(1)) carried += size;
        }
        const std::int64_t want = std::min<std::int64_t>(rate, 5'000 * size);
        EXPECT_NEAR(static_cast<double>(carried), static_cast<double>(want),
                    std::max(100.0, static_cast<double>(want) * 0.001))
            << rate;
    }
}

TEST(Judge, drops_what_the_queue_has_no_room_for_and_takes_up_again) {
    const LinkFault fault{.rate = 1'000, .queue = 500};
    LinkState state;
    Draws draws;
    std::vector<bool> full;
    for (int i = 0; i < 8; ++i) {
        const Fate fate = judge(fault, fault_purposes, state, Instant{}, 100, draws);
        EXPECT_EQ(fate.lost, fate.queue_full);
        full.push_back(fate.queue_full);
    }
    EXPECT_EQ(full, (std::vector<bool>{false, false, false, false, false, true, true, true}));
    const Fate later = judge(fault, fault_purposes, state, Instant{seconds(2).ns}, 100, draws);
    EXPECT_FALSE(later.lost);
    EXPECT_EQ(later.extra, milliseconds(100));
}

TEST(LinkFault, that_no_link_can_do_is_refused_by_name) {
    const auto error = [](const LinkFault& fault) {
        const auto checked = check(fault);
        return checked ? "" : checked.error().message;
    };
    EXPECT_EQ(error({.delay = Duration{-1}}), "delay: -1ns is out of range: want 0 to 24h");
    EXPECT_EQ(error({.jitter = seconds(100'000)}),
              "jitter: 100000s is out of range: want 0 to 24h");
    EXPECT_EQ(error({.loss_ppm = 1'000'001}), "loss: 100.0001% is out of range: want 0% to 100%");
    EXPECT_EQ(error({.rate = -1}), "rate: -1B/s is out of range: want 0 to 100GB/s");
    EXPECT_EQ(error({.queue = -5}), "queue: -5B is out of range: want 0 to 1000GB");
    EXPECT_EQ(error({.burst = Duration{10}}),
              "burst: 10ns is out of range: want 0 or at least 1us");
    EXPECT_EQ(error({}), "");
}

RC_GTEST_PROP(LinkFault, comes_back_from_its_parameters, (const LinkFault& fault)) {
    RC_ASSERT(link_from(params_of(fault)) == fault);
    RC_ASSERT(complete(link_params(), params_of(fault)).has_value());
}

RC_GTEST_PROP(Scaled, fault_is_valid_and_no_stronger_than_the_whole, (const LinkFault& fault)) {
    const auto ppm = *rc::gen::inRange<std::uint32_t>(0, 1'000'001);
    const LinkFault weaker = scaled(fault, ppm);
    RC_ASSERT(check(weaker).has_value());
    RC_ASSERT(weaker.delay <= fault.delay);
    RC_ASSERT(weaker.jitter <= fault.jitter);
    RC_ASSERT(weaker.loss_ppm <= fault.loss_ppm);
    RC_ASSERT(weaker.duplicate_ppm <= fault.duplicate_ppm);
    RC_ASSERT(weaker.reorder_ppm <= fault.reorder_ppm);
    RC_ASSERT(weaker.corrupt_ppm <= fault.corrupt_ppm);
    RC_ASSERT(weaker.rate == 0 || weaker.rate >= fault.rate);
    RC_ASSERT(weaker.cut == fault.cut);
    RC_ASSERT(scaled(fault, 1'000'000) == fault);
    const LinkFault none = scaled(fault, 0);
    RC_ASSERT(none.calm() || fault.cut);
    RC_ASSERT(none.delay.ns == 0);
}

TEST(Scaled, half_of_a_fault_is_half_of_each_aspect) {
    const LinkFault half =
        scaled({.delay = milliseconds(40), .loss_ppm = 10'001, .rate = 1'000}, 500'000);
    EXPECT_EQ(half.delay, milliseconds(20));
    EXPECT_EQ(half.loss_ppm, 5'000U);
    EXPECT_EQ(half.rate, 2'000);
}

/// All that a fate says, in one line.
std::string shown(const Fate& fate) {
    std::string text = std::to_string(fate.lost) + std::to_string(fate.queue_full) + " " +
                       std::to_string(fate.extra.ns) + " " + std::to_string(fate.duplicated) + " " +
                       std::to_string(fate.duplicate_extra.ns);
    return text + " " + std::to_string(fate.damage);
}

TEST(Judge, never_changes_its_golden_fates) {
    LinkFault fault;
    fault.delay = milliseconds(20);
    fault.jitter = milliseconds(10);
    fault.loss_ppm = 200'000;
    fault.duplicate_ppm = 400'000;
    fault.reorder_ppm = 300'000;
    fault.reorder_by = milliseconds(5);
    fault.corrupt_ppm = 300'000;
    std::vector<std::string> fates;
    for (std::uint64_t packet = 0; packet < 8; ++packet) {
        fates.push_back(shown(judge_one(fault, packet)));
    }
    fault.spread = Spread::long_tail;
    for (std::uint64_t packet = 0; packet < 3; ++packet) {
        fates.push_back(shown(judge_one(fault, packet)));
    }
    EXPECT_EQ(fates, (std::vector<std::string>{
                         "00 25777666 0 0 0", "10 0 0 0 0", "00 19376391 0 0 51036", "10 0 0 0 0",
                         "00 20740523 0 0 0", "00 10213135 0 0 0", "10 0 0 0 0",
                         "00 19628482 1 17091522 0", "00 20000000 0 0 0", "10 0 0 0 0",
                         "00 30000000 0 0 51036"}));
}

}  // namespace
}  // namespace storm::fault
