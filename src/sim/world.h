// sim/world.h - the simulated world: a whole system in one thread, on a clock of its own.
//
// Nothing ticks: time jumps from event to event, and everything a run does is a function of
// plan, seed and code. See simulation.h for how it is built.
#pragma once
#include <memory>

#include "world/world.h"

namespace storm::sim {

[[nodiscard]] std::unique_ptr<world::World> make_world();

}  // namespace storm::sim
