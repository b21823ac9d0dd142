#include "runner/bench.h"

#include "node/points.h"

namespace storm {

scenario::Vocabulary Bench::vocabulary() const {
    scenario::Vocabulary out;
    out.faults = &faults;
    out.workloads = &workloads;
    out.systems = &systems;
    out.program = program;
    auto& sites = out.sites.emplace();
    for (const auto* site : node::all_sites()) {
        sites.push_back({site->message, site->file, site->is_maybe});
    }
    for (const auto& check : checks.all()) {
        out.checks.push_back(
            {check.name, check.summary, check.params, check.models, check.built_in});
    }
    return out;
}

}  // namespace storm
