// world/tolerance.h - how much of a system is damaged right now, and how much it may be.
//
// Recoverable mode never goes beyond what a system says it tolerates, counted over all faults
// in force at one time: nodes that are down, paused or on the smaller side of a cut, and nodes
// whose disk may have lost synced data (those for the rest of the run: nothing here knows
// whether they were repaired). In unlimited mode, or where a system says nothing, nothing is
// counted. It judges one strike at a time and plans nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fault/effect.h"
#include "fault/plan.h"
#include "node/system.h"

namespace storm::world {

/// The nodes that `effect` takes from the system while it is in force: killed, paused, or cut
/// off from the largest group. Sorted, each once.
[[nodiscard]] std::vector<std::uint32_t> taken_by(const fault::Effect& effect);

class Tolerance {
public:
    Tolerance(const node::System& system, const fault::Plan& plan);

    /// Why `effect` may not strike now; nothing if it may.
    [[nodiscard]] std::optional<std::string> exceeded_by(const fault::Effect& effect) const;
    /// The effect is in force ...
    void hold(const fault::Effect& effect);
    /// ... and no more.
    void release(const fault::Effect& effect);

private:
    [[nodiscard]] std::optional<std::string> refused_kind(const fault::Effect& effect) const;

    bool counted_ = false;
    node::Tolerates limit_;
    std::string system_;
    std::uint32_t nodes_ = 0;
    std::vector<std::uint32_t> holds_;  // How many faults hold each node; absent ones have one.
    std::vector<bool> damaged_;
    std::uint32_t crashed_ = 0;  // Nodes with at least one hold.
    std::uint32_t broken_ = 0;   // Damaged nodes.
};

}  // namespace storm::world
