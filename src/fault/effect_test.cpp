// Goal: evidence is judged as the design says, effects that nobody can carry out are refused,
// and a ramp weakens an effect without turning it into another.
// Method: the whole small space of evidence; tables of refusals; properties of scaling.
#include "fault/effect.h"

#include <gtest/gtest.h>

namespace storm::fault {
namespace {

using core::milliseconds;
using core::seconds;

TEST(Evidence, decides_between_effective_ineffective_and_no_opportunity) {
    for (std::uint64_t claimed = 0; claimed < 4; ++claimed) {
        for (std::uint64_t voided = 0; voided <= claimed; ++voided) {
            for (std::uint64_t seen = 0; seen <= claimed - voided; ++seen) {
                const Evidence evidence{claimed, voided, seen, {}, ""};
                const Effectiveness want = seen > 0           ? Effectiveness::effective
                                           : claimed > voided ? Effectiveness::ineffective
                                                              : Effectiveness::no_opportunity;
                EXPECT_EQ(judge(evidence), want) << claimed << " " << voided << " " << seen;
            }
        }
    }
    EXPECT_EQ(to_text(Effectiveness::effective), "effective");
    EXPECT_EQ(to_text(Effectiveness::no_opportunity), "no opportunity");
    EXPECT_EQ(to_text(Effectiveness::ineffective), "ineffective");
}

std::string error_of(const Effect& effect) {
    const auto checked = check(effect);
    return checked ? "" : checked.error().message;
}

TEST(Effect, that_no_world_can_carry_out_is_refused) {
    const std::vector<core::Id> n1 = {core::Id::node(0)};
    const std::vector<core::Id> c1 = {core::Id::client(0)};
    EXPECT_EQ(error_of(NodeEffect{}), "no node is aimed at");
    EXPECT_EQ(error_of(NodeEffect{.nodes = c1, .site = ""}), "a client is no node");
    EXPECT_EQ(error_of(NodeEffect{.action = NodeAction::crash_at, .nodes = n1, .site = ""}),
              "site: want the name of a code point");
    EXPECT_EQ(error_of(NodeEffect{.nodes = n1, .cost = Duration{-1}, .site = ""}),
              "cost: -1ns is out of range: want 0 to 24h");
    EXPECT_EQ(error_of(LinkEffect{}), "no link is aimed at");
    EXPECT_EQ(error_of(LinkEffect{{}, {{n1, {}}}}), "no link is aimed at");
    EXPECT_EQ(error_of(LinkEffect{{.delay = Duration{-1}}, {{n1, c1}}}),
              "delay: -1ns is out of range: want 0 to 24h");
    EXPECT_EQ(error_of(ClockEffect{.nodes = n1, .step = seconds(100'000)}),
              "step: 100000s is out of range: want -24h to 24h");
    EXPECT_EQ(error_of(ClockEffect{.nodes = n1, .drift_ppm = -1'000'000}),
              "drift: -1000000ppm is out of range: want -900000ppm to 9000000ppm");
    EXPECT_EQ(error_of(DiskEffect{{.share_ppm = 1'000'001}, n1}), "share: want 0% to 100%");
    EXPECT_EQ(error_of(DiskEffect{{.error = -5}, n1}), "error: want an errno");
    EXPECT_EQ(error_of(DiskEffect{{.room = -2}, n1}), "room: want 0 bytes or more");
    EXPECT_EQ(error_of(NodeEffect{.action = NodeAction::slow, .nodes = n1, .site = ""}),
              "cost: a step is slowed by nothing");
    EXPECT_EQ(error_of(LinkEffect{{}, std::vector<Direction>(65, {n1, c1})}),
              "65 directions in one fault: want at most 64, or groups");
    EXPECT_EQ(error_of(LinkEffect{{}, std::vector<Direction>(64, {n1, c1})}), "");
    EXPECT_EQ(error_of(LinkEffect{{}, {}, {n1}}), "no link is aimed at");
    EXPECT_EQ(error_of(LinkEffect{{}, {}, Groups(1'000, n1)}), "");
    EXPECT_EQ(error_of(DiskEffect{{.latency = seconds(1)}, n1}), "");
    EXPECT_EQ(error_of(ClockEffect{.nodes = n1, .step = -seconds(1)}), "");
}

TEST(Effect, grows_in_step_with_its_ramp_however_short_or_long) {
    EXPECT_EQ(strength({}, {}), 1'000'000U);
    EXPECT_EQ(strength(seconds(1), {}), 0U);
    EXPECT_EQ(strength(seconds(1), milliseconds(250)), 250'000U);
    EXPECT_EQ(strength(milliseconds(1), core::microseconds(999)), 999'000U);
    EXPECT_EQ(strength(milliseconds(1), milliseconds(1)), 1'000'000U);
    EXPECT_EQ(strength(core::nanoseconds(3), core::nanoseconds(2)), 666'666U);
    const Duration century = seconds(3'155'760'000);
    EXPECT_EQ(strength(century, century - core::nanoseconds(1)), 999'999U);
    EXPECT_EQ(strength(century, century / 2), 500'000U);
}

TEST(Effect, at_half_strength_is_half_and_what_is_all_or_nothing_stays) {
    const std::vector<core::Id> n1 = {core::Id::node(0)};
    const auto half = [](const Effect& effect) { return scaled(effect, 500'000); };
    EXPECT_EQ(std::get<ClockEffect>(half(ClockEffect{.nodes = n1, .step = -seconds(1)})).step,
              -milliseconds(500));
    EXPECT_EQ(std::get<ClockEffect>(half(ClockEffect{.nodes = n1, .drift_ppm = -300})).drift_ppm,
              -150);
    EXPECT_EQ(
        std::get<NodeEffect>(half(NodeEffect{.nodes = n1, .cost = seconds(1), .site = ""})).cost,
        milliseconds(500));
    EXPECT_TRUE(std::get<LinkEffect>(half(LinkEffect{{.cut = true}, {}})).fault.cut);
    const auto slow = std::get<DiskEffect>(half(DiskEffect{{.latency = seconds(1)}, n1})).fault;
    EXPECT_EQ(slow.latency, milliseconds(500));
    EXPECT_EQ(slow.share_ppm, 1'000'000U);
    const auto broken = std::get<DiskEffect>(half(DiskEffect{{.error = 5}, n1})).fault;
    EXPECT_EQ(broken.share_ppm, 500'000U);
    EXPECT_EQ(broken.error, 5);
}

}  // namespace
}  // namespace storm::fault
