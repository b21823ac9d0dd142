// world/conformance.h - what every world must do, as a test that any world can be put to.
//
//     TEST(Sim, keeps_the_laws_of_a_world) {
//         EXPECT_THAT(world::broken_laws(sim::make_world), testing::IsEmpty());
//     }
//
// A small system runs under the conductor: three nodes that count requests in memory, one of
// which says that it leads. A second one writes files, and what its nodes find after a crash is
// compared byte by byte (world/file_laws.h). Each law that does not hold gives one sentence. The
// laws leave room for real time: nothing here asks when exactly something happens, only in what
// order and how often. A world must be able to node.kill and node.pause; node.power_loss is
// tried where it can.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/system.h"
#include "world/world.h"

namespace storm::world {

using MakeWorld = std::function<std::unique_ptr<World>()>;

/// The systems that the laws are tried with, for worlds that must know them beforehand.
[[nodiscard]] std::vector<node::System> conformance_systems();

struct Circumstances {
    std::string directory;              // As Setup::directory, for worlds that keep files.
    Duration chaos = core::seconds(2);  // Of each of six runs.
    Duration settle = core::seconds(1);
};

/// One sentence for each law that the world breaks; empty: it conforms.
[[nodiscard]] std::vector<std::string> broken_laws(const MakeWorld& make,
                                                   const Circumstances& circumstances = {});

}  // namespace storm::world
