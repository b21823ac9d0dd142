#include "runner/bench.h"

#include <set>
#include <string>

#include "node/points.h"

namespace storm {

scenario::Vocabulary Bench::vocabulary() const {
    scenario::Vocabulary out;
    out.faults = &faults;
    out.workloads = &workloads;
    out.systems = &systems;
    out.program = program;
    std::set<std::string> sites;  // A message may stand at several places.
    for (const auto* site : node::all_sites()) sites.insert(site->message);
    out.sites.emplace(sites.begin(), sites.end());
    for (const auto& check : checks.all()) {
        out.checks.push_back({check.name, check.summary, check.params, check.models});
    }
    return out;
}

}  // namespace storm
