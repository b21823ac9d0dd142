// Goal: the simulator keeps the laws of worlds, and the laws catch a world that breaks them.
// Method: the laws are put to the simulator as it is, and to a simulator that is bent in one
// place; the sentence that belongs to the bend must be said.
#include "world/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sim/world.h"
#include "world/bent_world_test.h"

namespace storm::sim {
namespace {

const world::Circumstances brief{.chaos = 400_ms, .settle = 300_ms};

TEST(Conformance, TheSimulatorKeepsTheLawsOfAWorld) {
    EXPECT_THAT(world::broken_laws(make_world, {}), testing::IsEmpty());
}

class Bent : public testing::TestWithParam<world::Broken> {};

TEST_P(Bent, AWorldThatBreaksALawIsCaught) {
    const auto make = [] {
        return std::make_unique<world::BentWorld>(make_world(), GetParam().bend);
    };
    EXPECT_THAT(world::broken_laws(make, brief),
                testing::Contains(testing::StartsWith(std::string(GetParam().sentence))));
}
INSTANTIATE_TEST_SUITE_P(Laws, Bent, testing::ValuesIn(world::bent_worlds), [](const auto& info) {
    return std::to_string(static_cast<int>(info.param.bend));
});

TEST(Conformance, AWorldThatIsNotBentIsNotCaught) {
    const auto make = [] {
        return std::make_unique<world::BentWorld>(make_world(), world::Bend::none);
    };
    EXPECT_THAT(world::broken_laws(make, brief), testing::IsEmpty());
}

}  // namespace
}  // namespace storm::sim
