// Tests of remarks: goal: what can never show is said, with what to add, and nothing else is.
// Method: scenarios with a disk that lies, and each way to a power loss.
#include "scenario/remarks.h"

#include <gtest/gtest.h>

#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

std::string remark_on(const std::string& faults) {
    const test::World world;
    const std::string text =
        "stormproof: 1\nsystem: store\nfor: 3s\nmode: unlimited\nfaults:\n" + faults;
    const auto read = world.read(text);
    EXPECT_TRUE(read.scenario) << world.errors(text);
    return read.scenario ? remark(*read.scenario, fault::standard_faults()) : "";
}

TEST(Remarks, a_disk_that_lies_is_never_found_out_without_a_power_loss) {
    const std::string lie = "  - {use: disk.lost_fsync, at: 1s, target: n1}\n";
    EXPECT_EQ(remark_on(lie + "  - {use: node.kill, at: 2s, target: n1}\n"),
              "disk.lost_fsync shows only when a power loss takes what a sync had promised, and no "
              "fault here cuts the power: add node.power_loss of the same node, after it");
    EXPECT_EQ(remark_on(lie + "  - {use: node.power_loss, at: 2s, target: n1}\n"), "");
    EXPECT_EQ(remark_on(lie + "  - {use: random, from: [node.power_loss], every: 1s}\n"), "");
    EXPECT_NE(remark_on(lie + "  - {use: random, from: [node.kill], every: 1s}\n"), "");
    EXPECT_EQ(remark_on("  - {use: node.kill, at: 2s, target: n1}\n"), "");
}

}  // namespace
}  // namespace storm::scenario
