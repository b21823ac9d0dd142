// Goal: draws are as good as random along every input, the same for ever, and independent of
// which other draws are made; keys do not collide.
// Method: golden vectors; statistics over long streams whose inputs differ in the smallest
// steps, with bounds at five standard deviations (nothing here is random from run to run, so
// a test that passes once passes always); exhaustive search for collisions among a few
// million keys. dice_long_test.cpp adds a packaged battery.
#include "core/dice.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/dice_streams_test.h"
#include "core/value.h"

namespace storm::core {
namespace {

constexpr double sigmas = 5;

/// How far `count` of `n` trials at `share` lies from what is expected, in standard deviations.
double deviation(double count, double n, double share) {
    return (count - n * share) / std::sqrt(n * share * (1 - share));
}

/// The same for a chi-square sum over equal cells.
double chi_square_deviation(const std::vector<std::uint32_t>& cells, double n) {
    const double expected = n / static_cast<double>(cells.size());
    double sum = 0;
    for (const auto cell : cells) sum += (cell - expected) * (cell - expected) / expected;
    const double freedom = static_cast<double>(cells.size()) - 1;
    return (sum - freedom) / std::sqrt(2 * freedom);
}

// ---- For ever -------------------------------------------------------------------------------

TEST(Dice, never_change_their_golden_vectors) {
    EXPECT_EQ(fold_multiply(3, 5), 15U);
    EXPECT_EQ(fold_multiply(~0ULL, ~0ULL), ~0ULL);
    EXPECT_EQ(draw(0, 0, 0, 0), 0x61f39a150d4ed6c6ULL);
    EXPECT_EQ(draw(1, 2, 3, 4), 0xce0fa9ae315dcc00ULL);
    EXPECT_EQ(lane_of(1, 2), 0x8bdcc3925c2f8639ULL);
    EXPECT_EQ(combine(1, 2), 0x25cb4ec2414fa5b6ULL);
    EXPECT_EQ(key_of("n1"), 0xc4a8070f3e324751ULL);
    EXPECT_EQ(key_of(""), 0x94d049bb133111ebULL);
}

TEST(Dice, of_one_lane_show_the_frozen_sequence) {
    Dice dice(lane_of(1, 2), key_of("n1"));
    std::vector<std::uint64_t> shown;
    for (int i = 0; i < 8; ++i) shown.push_back(dice.below(1000));
    EXPECT_EQ(shown, (std::vector<std::uint64_t>{317, 415, 916, 726, 975, 109, 503, 119}));
}

static_assert(draw(1, 2, 3, 4) == draw(lane_of(1, 2), 3, 4), "draws are known when compiling");

// ---- Statistics -----------------------------------------------------------------------------

class Draws : public testing::TestWithParam<DrawStream> {
protected:
    static constexpr std::uint32_t count = 1U << 18U;
    std::uint64_t at(std::uint64_t n) const { return GetParam().at(n); }
};
INSTANTIATE_TEST_SUITE_P(along, Draws, testing::ValuesIn(draw_streams()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Draws, have_each_bit_set_half_of_the_time) {
    std::array<std::uint32_t, 64> set{};
    for (std::uint32_t n = 0; n < count; ++n) {
        const std::uint64_t bits = at(n);
        for (std::uint32_t i = 0; i < 64; ++i) set[i] += bits >> i & 1U;
    }
    for (std::uint32_t i = 0; i < 64; ++i) {
        EXPECT_LT(std::fabs(deviation(set[i], count, 0.5)), sigmas) << "bit " << i;
    }
}

TEST_P(Draws, fill_every_byte_evenly) {
    for (std::uint32_t byte = 0; byte < 8; ++byte) {
        std::vector<std::uint32_t> cells(256);
        for (std::uint32_t n = 0; n < count; ++n) ++cells[at(n) >> (8 * byte) & 0xffU];
        EXPECT_LT(std::fabs(chi_square_deviation(cells, count)), sigmas) << "byte " << byte;
    }
}

TEST_P(Draws, tell_nothing_about_their_neighbours) {
    for (const std::uint32_t apart : {1U, 2U, 3U, 16U, 256U}) {
        // High bits, which decide, and low bits, which are weakest in a product.
        for (const std::uint32_t shift : {60U, 30U, 0U}) {
            std::vector<std::uint32_t> cells(256);
            for (std::uint32_t n = 0; n < count; ++n) {
                ++cells[(at(n) >> shift & 0xfU) << 4U | (at(n + apart) >> shift & 0xfU)];
            }
            EXPECT_LT(std::fabs(chi_square_deviation(cells, count)), sigmas)
                << apart << " apart, bits from " << shift;
        }
    }
}

TEST_P(Draws, have_no_serial_correlation) {
    const auto unit = [](std::uint64_t bits) {
        return static_cast<double>(bits >> 11U) / static_cast<double>(1ULL << 53U) - 0.5;
    };
    for (const std::uint32_t apart : {1U, 2U, 7U, 64U, 256U}) {
        double sum = 0;
        for (std::uint32_t n = 0; n < count; ++n) sum += unit(at(n)) * unit(at(n + apart));
        const double correlation = sum / count * 12;  // A uniform unit has variance 1/12.
        EXPECT_LT(std::fabs(correlation) * std::sqrt(count), sigmas) << apart << " apart";
    }
}

TEST_P(Draws, differ_from_a_neighbour_in_half_of_their_bits) {
    double flipped = 0;
    for (std::uint32_t n = 0; n < count; ++n) flipped += std::popcount(at(n) ^ at(n + 1));
    EXPECT_LT(std::fabs(deviation(flipped, 64.0 * count, 0.5)), sigmas);
}

TEST_P(Draws, repeat_no_value) {
    std::vector<std::uint64_t> all;
    for (std::uint32_t n = 0; n < count; ++n) all.push_back(at(n));
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

/// Flipping any one bit of an input flips each bit of the draw half of the time.
template <class Function>
void expect_avalanche(const char* input, Function&& function) {
    constexpr std::uint32_t trials = 1U << 13U;
    for (std::uint32_t in = 0; in < 64; ++in) {
        std::array<std::uint32_t, 64> flipped{};
        for (std::uint32_t n = 0; n < trials; ++n) {
            const std::uint64_t x = draw(99, 0, n, in);
            const std::uint64_t change = function(x) ^ function(x ^ (1ULL << in));
            for (std::uint32_t out = 0; out < 64; ++out) flipped[out] += change >> out & 1U;
        }
        for (std::uint32_t out = 0; out < 64; ++out) {
            EXPECT_LT(std::fabs(deviation(flipped[out], trials, 0.5)), sigmas)
                << input << ": bit " << in << " on bit " << out;
        }
    }
}

TEST(Draw, avalanches_from_every_bit_of_every_input) {
    constexpr Key key = key_of("n1");
    expect_avalanche("seed", [](std::uint64_t x) { return draw(x, 2, key, 0); });
    expect_avalanche("purpose", [](std::uint64_t x) { return draw(1, x, key, 0); });
    expect_avalanche("key", [](std::uint64_t x) { return draw(1, 2, x, 0); });
    expect_avalanche("index", [](std::uint64_t x) { return draw(1, 2, key, x); });
    expect_avalanche("part of the key",
                     [](std::uint64_t x) { return draw(1, 2, combine(key, x), 0); });
}

TEST(Draw, of_one_purpose_tells_nothing_about_another) {
    constexpr double trials = 1U << 18U;
    for (std::uint64_t other = 1; other < 32; ++other) {
        const std::uint64_t lane = lane_of(7, 0);
        const std::uint64_t beside = lane_of(7, other);
        std::vector<std::uint32_t> cells(256);
        for (std::uint64_t n = 0; n < 1U << 18U; ++n) {
            ++cells[draw(lane, n, 0) >> 60U << 4U | draw(beside, n, 0) >> 60U];
        }
        EXPECT_LT(std::fabs(chi_square_deviation(cells, trials)), sigmas) << "purpose " << other;
    }
}

// ---- Keys -----------------------------------------------------------------------------------

void expect_distinct(std::vector<Key>& keys) {
    std::ranges::sort(keys);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST(Keys, of_causes_that_nest_do_not_collide) {
    std::vector<Key> keys;
    for (const char* root : {"n1", "n2", "c1", "net.partition#1"}) {
        for (std::uint64_t a = 0; a < 128; ++a) {
            const Key outer = combine(key_of(root), a);
            keys.push_back(outer);
            for (std::uint64_t b = 0; b < 4096; ++b) keys.push_back(combine(outer, b));
        }
    }
    expect_distinct(keys);
}

TEST(Keys, of_names_do_not_collide) {
    std::vector<Key> keys{key_of("")};
    for (int n = 1; n <= 100'000; ++n) {
        keys.push_back(key_of("n" + std::to_string(n)));
        keys.push_back(key_of("c" + std::to_string(n)));
        keys.push_back(key_of(std::to_string(n)));
    }
    std::string word;
    for (char a = 'a'; a <= 'z'; ++a) {
        for (char b = 'a'; b <= 'z'; ++b) {
            for (char c = 'a'; c <= 'z'; ++c) keys.push_back(key_of(word = {a, b, c}));
        }
    }
    // Empty characters and lengths count too.
    for (std::size_t n = 1; n < 100; ++n) keys.push_back(key_of(std::string(n, '\0')));
    expect_distinct(keys);
}

TEST(Keys, of_values_tell_kinds_apart) {
    const std::vector<Value> values = {Value(),
                                       false,
                                       true,
                                       0,
                                       1,
                                       "",
                                       "0",
                                       Value::List{},
                                       Value::List{Value()},
                                       Value::List{0},
                                       Value::List{Value(Value::List{})},
                                       Value::List{0, 0},
                                       Value::List{Value::List{0}, 0},
                                       Value::List{Value(Value::List{0, 0})},
                                       "n1",
                                       -1};
    std::vector<Key> keys;
    for (const Value& value : values) keys.push_back(key_of(value));
    expect_distinct(keys);
}

RC_GTEST_PROP(Keys, depend_on_the_order_of_their_parts,
              (std::uint64_t key, std::uint64_t a, std::uint64_t b)) {
    RC_PRE(a != b);
    RC_ASSERT(combine(combine(key, a), b) != combine(combine(key, b), a));
    RC_ASSERT(combine(key, a) != combine(key, b));
}

// ---- Dice -----------------------------------------------------------------------------------

RC_GTEST_PROP(Dice, show_what_is_drawn_under_their_index_whatever_was_drawn_before,
              (std::uint64_t lane, Key key, std::uint8_t skipped)) {
    Dice all(lane, key);
    for (int i = 0; i < skipped; ++i) static_cast<void>(all.bits());
    Dice one(lane, key, skipped);
    RC_ASSERT(all.bits() == one.bits());
    RC_ASSERT(Dice(lane, key, skipped).bits() == draw(lane, key, skipped));
}

RC_GTEST_PROP(Dice, stay_within_their_bounds,
              (std::uint64_t lane, Key key, std::uint64_t bound, std::int64_t a, std::int64_t b)) {
    Dice dice(lane, key);
    const std::uint64_t below = dice.below(bound);
    RC_ASSERT((bound == 0 && below == 0) || below < bound);
    const auto [low, high] = std::minmax(a, b);
    const std::int64_t shown = dice.between(low, high);
    RC_ASSERT(low <= shown && shown <= high);
    RC_ASSERT(dice.between(low, low) == low);
}

TEST(Dice, reach_both_ends_and_spread_evenly_between) {
    constexpr std::uint32_t rolls = 60'000;
    Dice dice(1, 2);
    std::vector<std::uint32_t> faces(6);
    for (std::uint32_t i = 0; i < rolls; ++i) {
        ++faces.at(static_cast<std::size_t>(dice.between(-3, 2) + 3));
    }
    EXPECT_LT(std::fabs(chi_square_deviation(faces, rolls)), sigmas);
}

TEST(Dice, cover_the_whole_range_of_integers) {
    constexpr auto low = std::numeric_limits<std::int64_t>::min();
    constexpr auto high = std::numeric_limits<std::int64_t>::max();
    Dice dice(1, 2);
    int negative = 0;
    for (int i = 0; i < 10'000; ++i) negative += dice.between(low, high) < 0 ? 1 : 0;
    EXPECT_LT(std::fabs(deviation(negative, 10'000, 0.5)), sigmas);
}

TEST(Dice, hit_a_share_in_ppm_as_often_as_it_says) {
    for (const std::uint32_t ppm : {1'000U, 10'000U, 250'000U, 999'000U}) {
        Dice dice(ppm, 2);
        double hits = 0;
        for (int i = 0; i < 1'000'000; ++i) hits += dice.happens(ppm) ? 1 : 0;
        EXPECT_LT(std::fabs(deviation(hits, 1e6, ppm / 1e6)), sigmas) << ppm;
    }
}

TEST(Dice, of_zeros_show_nothing_else) {
    Dice dice = Dice::zeros();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(dice.bits(), 0U);
    EXPECT_EQ(dice.below(10), 0U);
    EXPECT_EQ(dice.between(3, 9), 3);
}

RC_GTEST_PROP(Dice, never_hit_a_share_of_zero_and_always_one_of_all, (std::uint64_t bits)) {
    RC_ASSERT(!happens(bits, 0));
    RC_ASSERT(happens(bits, one_million));
    RC_ASSERT(!happens(~0ULL, 999'999));
}

}  // namespace
}  // namespace storm::core
