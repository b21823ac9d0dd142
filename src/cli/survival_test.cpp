// Goal: the correct variant of every system of the gallery survives ten thousand seeds of its
// scenario: no false alarm, and no bug of its own. Method: the sweep of `stormproof run`; under a
// sanitizer, which looks for other things, five hundred seeds are enough.
#include "cli/survival_sweep_test.h"

namespace storm {
namespace {

class Survival : public testing::TestWithParam<std::string> {};

TEST_P(Survival, OfTenThousandSeeds) {
    expect_survival(GetParam(), sdk::testing::sanitized ? 500 : 10'000, 1);
}
INSTANTIATE_TEST_SUITE_P(Gallery, Survival, testing::Values("register", "primary-backup", "raft"),
                         survivor_name);

}  // namespace
}  // namespace storm
