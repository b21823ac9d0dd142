// Goal: `selftest --full` asks each bug in twenty ranges of seeds and with code points off, and is
// red where too few are found so. Method: a bug that needs no code point, and the one that does.
#include <gtest/gtest.h>

#include "sdk/program_test.h"

namespace storm {
namespace {

using Selftest = sdk::testing::Program;

TEST_F(Selftest, FullIsGreenForABugThatNeedsNoCodePoint) {
    const auto ended = storm({"selftest", "--full", "--only", "register/half-quorum"});
    EXPECT_EQ(ended.code, 0) << ended.all();
    EXPECT_NE(ended.out.find("1 of 1 also with code points off, in each range\n"),
              std::string::npos)
        << ended.out;
}

TEST_F(Selftest, FullIsRedIfTooFewAreFoundWithCodePointsOffAndNamesThem) {
    const auto ended = storm({"selftest", "--full", "--only", "raft/vote-not-persisted"});
    EXPECT_EQ(ended.code, 1) << ended.all();
    EXPECT_NE(ended.out.find("1 of 1 planted bugs found"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("0 of 1 also with code points off, in each range; not "
                             "raft/vote-not-persisted (✗ at least 1 must be)\n"),
              std::string::npos)
        << ended.out;
}

}  // namespace
}  // namespace storm
