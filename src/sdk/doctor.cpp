#include "sdk/doctor.h"

#include <algorithm>
#include <utility>

#include "core/guard.h"
#include "runner/fleet.h"

namespace storm::sdk {
namespace {

/// A value for what has no default: any will do to ask whether a world can do the fault at all.
fault::ParamValue some_value(const fault::ParamSpec& spec) {
    if (spec.otherwise) return *spec.otherwise;
    switch (spec.type) {
        case fault::ParamType::groups:
            return fault::Groups{{core::Id::node(0)}, {core::Id::node(1), core::Id::node(2)}};
        case fault::ParamType::text:
            return spec.choices.empty() ? std::string("any") : spec.choices.front();
        case fault::ParamType::boolean:
            return true;
        default:
            return std::max<std::int64_t>(spec.low, 1);
    }
}

std::string why_not(const world::World& world, const fault::FaultSpec& spec) {
    fault::Params params;
    for (const auto& param : spec.params) params.set(param.name, some_value(param), param.type);
    const std::vector<core::Id> targets{core::Id::node(0)};
    const auto effect = spec.make(params, targets, {.nodes = 3, .clients = 1});
    if (effect) {
        if (const auto able = world.can(*effect); !able) {
            // What the world can do instead is said above it.
            return able.error().message.substr(0, able.error().message.find(';'));
        }
    }
    return "the fault does not name this world as one that can do it";
}

}  // namespace

Health examine(const Bench& bench) {
    Health out;
    for (const auto& [name, make] : bench.worlds) {
        WorldHealth health{.name = name, .faults = {}, .lacks = {}};
        const auto world = make();
        for (const auto& spec : bench.faults.all()) {
            if (std::ranges::find(spec.worlds, name) != spec.worlds.end()) {
                health.faults.push_back(spec.name);
                continue;
            }
            std::string why = why_not(*world, spec);
            auto same = std::ranges::find(health.lacks, why, &Lack::why);
            if (same == health.lacks.end()) {
                same = health.lacks.insert(same, Lack{std::move(why), {}});
            }
            same->faults.push_back(spec.name);
        }
        out.worlds.push_back(std::move(health));
    }
    out.guarded = core::guards_installed();
    out.counted = core::memory_counted();
    out.processors = runner::processors();
    return out;
}

}  // namespace storm::sdk
