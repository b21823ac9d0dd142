// sim/pending.h - what a simulation waits for, and what it keeps of places in the code.
#pragma once
#include <cstdint>

#include "core/context.h"
#include "core/dice.h"
#include "core/id.h"
#include "core/result.h"
#include "core/value.h"
#include "world/world.h"

namespace storm::sim {

/// A code point or property, and what happened there.
struct Site {
    const core::CodeSite* site = nullptr;
    core::Key key = 0;
    std::uint64_t reached = 0, held = 0;
    std::int8_t active = -1;  // Of a code point: -1 while not drawn.
};
/// A callback for when the published values meet a predicate.
struct Waiting {
    world::Predicate predicate;
    core::Key root;
    world::Callback callback;
};
/// An operation that has ended in this step.
struct Done {
    core::Id client;
    std::uint32_t operation;
    core::Result<Value> result;
};
/// A draw whose outcome the plan fixes.
struct Pin {
    std::int64_t outcome;
    bool used;
};

}  // namespace storm::sim
