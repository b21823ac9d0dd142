// Goal: purposes keep their numbers, names and neutral outcomes, because recorded runs name them.
// Method: a frozen table; every name reads back.
#include "fault/decision.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace storm::fault {
namespace {

TEST(Purpose, has_the_number_and_name_that_recorded_runs_hold) {
    const std::pair<int, std::string_view> frozen[] = {{1, "net.delay"},
                                                       {2, "net.loss"},
                                                       {3, "net.duplicate"},
                                                       {4, "net.duplicate-delay"},
                                                       {5, "net.reorder"},
                                                       {6, "net.corrupt"},
                                                       {10, "fault.delay"},
                                                       {11, "fault.loss"},
                                                       {12, "fault.duplicate"},
                                                       {13, "fault.reorder"},
                                                       {14, "fault.corrupt"},
                                                       {15, "fault.burst"},
                                                       {16, "fault.disk"},
                                                       {17, "fault.disk-delay"},
                                                       {20, "disk.latency"},
                                                       {21, "disk.write-fate"},
                                                       {22, "site.active"},
                                                       {23, "site.fires"},
                                                       {24, "node.dice"},
                                                       {25, "node.step-cost"},
                                                       {30, "workload"},
                                                       {31, "fault.pick"},
                                                       {32, "fault.target"},
                                                       {33, "fault.occurs"},
                                                       {34, "swarm"}};
    for (const auto& [number, name] : frozen) {
        EXPECT_EQ(info(static_cast<Purpose>(number)).name, name);
        EXPECT_EQ(purpose_from(name), static_cast<Purpose>(number));
    }
    EXPECT_EQ(purpose_from(""), std::nullopt);
    EXPECT_EQ(purpose_from("none"), std::nullopt);
    EXPECT_EQ(purpose_from("net.los"), std::nullopt);
    EXPECT_EQ(info(static_cast<Purpose>(39)).name, "none");
    EXPECT_EQ(info(static_cast<Purpose>(255)).name, "none");
}

TEST(Purpose, of_a_calm_world_draws_delays_and_nothing_else) {
    std::set<std::string_view> ambient;
    std::set<std::string_view> timing;
    for (std::size_t i = 0; i < purpose_count; ++i) {
        const PurposeInfo& each = info(static_cast<Purpose>(i));
        if (each.ambient) ambient.insert(each.name);
        if (each.timing) timing.insert(each.name);
        if (each.ambient) EXPECT_EQ(each.neutral, 0) << each.name;
    }
    EXPECT_EQ(timing, (std::set<std::string_view>{"net.delay", "net.duplicate-delay",
                                                  "disk.latency", "node.step-cost"}));
    EXPECT_EQ(ambient.size(), 10U);
    for (const auto name : timing) EXPECT_TRUE(ambient.contains(name)) << name;
    EXPECT_FALSE(info(Purpose::write_fate).ambient);
    EXPECT_FALSE(info(Purpose::fault_loss).ambient);
}

TEST(Ambient, reads_back_as_it_is_written) {
    for (const Ambient each : {Ambient::drawn, Ambient::calm, Ambient::neutral}) {
        EXPECT_EQ(ambient_from(to_text(each)), each);
    }
    EXPECT_EQ(ambient_from("loud"), std::nullopt);
}

}  // namespace
}  // namespace storm::fault
