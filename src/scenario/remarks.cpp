#include "scenario/remarks.h"

#include <algorithm>

#include "fault/shown.h"

namespace storm::scenario {

std::string remark(const Scenario& scenario, const fault::Catalogue& catalogue) {
    const fault::Topology topology{scenario.nodes, scenario.clients};
    for (const auto& random : scenario.random) {
        const bool power = std::ranges::any_of(random.kinds, [&](const RandomKind& kind) {
            return fault::cuts_power(*kind.spec, {}, topology);
        });
        if (power) return {};
    }
    return fault::never_shown(scenario.faults, catalogue, topology);
}

}  // namespace storm::scenario
