// Goal: a duration comes back from its text exactly, people read it at a glance, and text
// that is no duration is refused.
// Method: round trips over arbitrary durations and over every exact form; tables.
#include "core/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

namespace storm::core {
namespace {

constexpr Duration longest{std::numeric_limits<std::int64_t>::max()};
constexpr Duration shortest{std::numeric_limits<std::int64_t>::min()};

RC_GTEST_PROP(Duration, comes_back_from_its_text, (std::int64_t ns)) {
    const Duration d{ns};
    RC_ASSERT(parse_duration(to_text(d)).value() == d);
}

RC_GTEST_PROP(Duration, of_whole_units_comes_back_too, (std::int16_t n)) {
    for (const Duration unit : {1_ns, 1_us, 1_ms, 1_s, 60_s}) {
        const Duration d = unit * n;
        RC_ASSERT(parse_duration(to_text(d)).value() == d);
    }
}

RC_GTEST_PROP(Duration, from_any_text_is_a_duration_or_an_error, (const std::string& text)) {
    const auto d = parse_duration(text);
    if (!d) RC_ASSERT(d.error().kind == ErrorKind::bad_input);
}

TEST(Duration, at_the_ends_of_64_bits_comes_back_or_is_refused) {
    EXPECT_EQ(parse_duration(to_text(longest)), longest);
    EXPECT_EQ(to_text(longest), "9223372036.854775807s");
    EXPECT_EQ(to_text(shortest), "-9223372036.854775808s");
    EXPECT_FALSE(parse_duration("9223372036.854775808s").has_value());
    EXPECT_FALSE(parse_duration("2562048h").has_value());
}

TEST(Duration, prints_in_the_largest_unit_that_is_at_least_one) {
    const std::pair<Duration, const char*> texts[] = {
        {0_s, "0"},          {1_ns, "1ns"},     {999_ns, "999ns"},
        {1500_ns, "1.5us"},  {150_us, "150us"}, {40_ms, "40ms"},
        {1204_ms, "1.204s"}, {90_s, "90s"},     {60_s, "1m"},
        {840_s, "14m"},      {3600_s, "1h"},    {3601_s, "3601s"},
        {-40_ms, "-40ms"},   {10_ms, "10ms"},   {1000000001_ns, "1.000000001s"},
    };
    for (const auto& [d, text] : texts) EXPECT_EQ(to_text(d), text);
    EXPECT_EQ(to_text(Instant{1'500'000'000}), "1.5s");
}

TEST(Duration, reads_every_unit_and_any_exact_fraction) {
    const std::pair<const char*, Duration> texts[] = {
        {"0", 0_s},         {"0s", 0_s},     {"-0ms", 0_s},          {"7ns", 7_ns},
        {"1.5us", 1500_ns}, {"40ms", 40_ms}, {"0.04s", 40_ms},       {"1.50s", 1500_ms},
        {"2m", 120_s},      {"0.5m", 30_s},  {"1.5h", 5400_s},       {"-2us", -2_us},
        {"1.000ns", 1_ns},  {"007ms", 7_ms}, {"0.000000001s", 1_ns},
    };
    for (const auto& [text, d] : texts) EXPECT_EQ(parse_duration(text), d) << text;
}

TEST(Duration, that_is_none_is_refused_with_the_reason) {
    const std::pair<const char*, const char*> texts[] = {
        {"", "want a number and a unit, such as 40ms or 1.5s"},
        {"ms", "want a number and a unit, such as 40ms or 1.5s"},
        {"-", "want a number and a unit, such as 40ms or 1.5s"},
        {"--1s", "want a number and a unit, such as 40ms or 1.5s"},
        {".5s", "want a number and a unit, such as 40ms or 1.5s"},
        {"1.s", "want a number and a unit, such as 40ms or 1.5s"},
        {" 1s", "want a number and a unit, such as 40ms or 1.5s"},
        {"40", "a unit is missing (ns, us, ms, s, m or h)"},
        {"40 ms", "' ms' is no unit (ns, us, ms, s, m or h)"},
        {"1.5.2s", "'.2s' is no unit (ns, us, ms, s, m or h)"},
        {"5sec", "'sec' is no unit (ns, us, ms, s, m or h)"},
        {"5S", "'S' is no unit (ns, us, ms, s, m or h)"},
        {"1e3s", "'e3s' is no unit (ns, us, ms, s, m or h)"},
        {"0.5ns", "finer than a nanosecond"},
        {"1.0000000001s", "finer than a nanosecond"},
        {"9223372036854775808ns", "longer than 292 years"},
        {"99999999999999999999h", "longer than 292 years"},
    };
    for (const auto& [text, why] : texts) {
        const auto d = parse_duration(text);
        ASSERT_FALSE(d.has_value()) << text;
        EXPECT_EQ(d.error().message, "'" + std::string(text) + "' is no duration: " + why);
    }
    EXPECT_FALSE(parse_duration(std::string(1'000'000, '9') + "s").has_value());
}

TEST(Duration, is_rounded_to_three_decimals_for_people) {
    const std::pair<Duration, const char*> texts[] = {
        {0_s, "0 s"},          {40_ms, "40 ms"},
        {1204_ms, "1.204 s"},  {1234567_ns, "1.235 ms"},
        {999999600_ns, "1 s"}, {999999400_ns, "999.999 ms"},
        {-40_ms, "-40 ms"},    {312500_ms, "312.5 s"},
        {600_s, "10 min"},     {754_s, "12 min 34 s"},
        {7500_s, "2 h 5 min"}, {7200_s, "2 h"},
    };
    for (const auto& [d, text] : texts) EXPECT_EQ(to_human(d), text);
    EXPECT_EQ(to_human(Instant{1'500'000}), "1.5 ms");
    EXPECT_EQ(to_human(shortest), "-2562047 h 47 min");
}

TEST(Instant, minus_an_instant_is_a_duration) {
    constexpr Instant start{5};
    static_assert((start + 3_ns) - start == 3_ns);
    static_assert(start - 5_ns == Instant{});
    static_assert(start < Instant::max());
    EXPECT_EQ((WallTime{7} + 2_ns) - WallTime{4}, 5_ns);
}

}  // namespace
}  // namespace storm::core
