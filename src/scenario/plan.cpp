// scenario/plan.cpp - plan(): what one seed of a scenario is to carry out.
#include <algorithm>

#include "core/dice.h"
#include "scenario/random.h"
#include "scenario/scenario.h"

namespace storm::scenario {
namespace {

std::uint64_t lane(std::uint64_t seed, fault::Purpose purpose) {
    return core::lane_of(seed, static_cast<std::uint64_t>(purpose));
}

/// Code points: off in controls and, under swarm, in a third of the other seeds.
std::uint32_t sites_active_ppm(const Scenario& scenario, std::uint64_t seed) {
    if (!scenario.swarm) return scenario.site_active_ppm;
    const std::uint64_t bits =
        core::draw(lane(seed, fault::Purpose::swarm), core::key_of("code points"), 0);
    if (is_control(seed) || core::scale(bits, 3) == 0) return 0;
    return scenario.site_active_ppm;
}

}  // namespace

fault::Plan plan(const Scenario& scenario, const fault::Catalogue& faults, std::uint64_t seed) {
    fault::Plan plan;
    plan.scenario = scenario.path;
    plan.scenario_digest = scenario.digest;
    plan.title = scenario.title;
    plan.system = scenario.system->name;
    plan.plant = scenario.plant;
    plan.numbers = scenario.numbers;
    plan.nodes = scenario.nodes;
    plan.clients = scenario.clients;
    plan.network = scenario.network;
    plan.chaos = scenario.chaos;
    plan.settle = scenario.settle;
    plan.mode = scenario.mode;
    plan.ambient = scenario.ambient;
    plan.site_active_ppm = sites_active_ppm(scenario, seed);
    plan.site_fires_ppm = scenario.site_fires_ppm;
    plan.step_limit = scenario.step_limit;
    plan.memory_limit = scenario.memory_limit;
    plan.absent = scenario.absent;
    plan.checks = scenario.checks;
    plan.pins = scenario.pins;
    plan.faults = scenario.faults;
    add_random_faults(plan, scenario, faults, seed);
    plan.operations = scenario.operations;
    std::uint32_t first_client = 0;
    for (const WorkloadUse& load : scenario.workloads) {
        load.spec->generate(plan, *scenario.system, load.params, first_client, load.clients,
                            lane(seed, fault::Purpose::workload));
        first_client += load.clients;
    }
    return plan;
}

}  // namespace storm::scenario
