// runner/bench.h - everything a program brings to the bench: values, built in main().
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "check/check.h"
#include "fault/catalogue.h"
#include "node/system.h"
#include "scenario/scenario.h"
#include "scenario/workload.h"
#include "world/world.h"

namespace storm {

/// The catalogues and worlds of one program. standard_bench() fills all but the systems.
struct Bench {
    fault::Catalogue faults;
    check::Checks checks;
    scenario::Workloads workloads;
    std::vector<node::System> systems;
    std::map<std::string, std::function<std::unique_ptr<world::World>()>> worlds;
    std::string program = "stormproof";  // In printed commands.

    [[nodiscard]] const node::System* system(std::string_view name) const {
        for (const auto& each : systems) {
            if (each.name == name) return &each;
        }
        return nullptr;
    }
    /// The names that a scenario file may use.
    [[nodiscard]] scenario::Vocabulary vocabulary() const;
};

}  // namespace storm
