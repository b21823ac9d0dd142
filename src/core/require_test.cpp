// Goal: a broken law of our own ends the process and says all that is needed to see it again.
// Method: death tests on what stands on stderr.
#include "core/require.h"

#include <gtest/gtest.h>

#include <string>

#include "core/context.h"

namespace storm::core {
namespace {

using RequireDeathTest = testing::Test;

TEST(RequireDeathTest, prints_the_condition_the_operands_seed_world_time_and_node) {
    const auto break_it = [] {
        context.seed = 17;
        context.now = Instant{1'204'000'000};
        context.node = "n2";
        const int in_use = 9;
        const std::string name = "wal";
        STORM_REQUIRE(in_use < 4, in_use, name);
    };
    EXPECT_DEATH(break_it(),
                 "require_test.cpp:[0-9]+: required: in_use < 4\n"
                 "  in_use, name = 9 wal\n"
                 "  seed 17, world time 1.204s, node n2\n");
}

TEST(RequireDeathTest, leaves_out_what_there_is_not) {
    EXPECT_DEATH(STORM_REQUIRE(1 > 2), "bug: .*: required: 1 > 2\n$");
}

TEST(Require, evaluates_its_condition_once_and_its_operands_only_on_failure) {
    int asked = 0;
    int shown = 0;
    STORM_REQUIRE(++asked == 1, ++shown);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(shown, 0);
}

}  // namespace
}  // namespace storm::core
