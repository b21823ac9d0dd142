// local/world.h - the world of plain processes: each node a child of ours, all on loopback.
//
// The same node objects as in the simulator, now behind real sockets, files, timers and
// clocks. So the runner is known to need nothing of the simulator, and the node contract
// nothing of virtual time. There is no fabric between the nodes: it kills and pauses, and
// says of every other fault that it cannot. See local_world.h for how it is built.
#pragma once
#include <memory>

#include "world/world.h"

namespace storm::local {

[[nodiscard]] std::unique_ptr<world::World> make_world();

}  // namespace storm::local
