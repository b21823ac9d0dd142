#include "runner/bench.h"

namespace storm {

scenario::Vocabulary Bench::vocabulary() const {
    scenario::Vocabulary out;
    out.faults = &faults;
    out.workloads = &workloads;
    out.systems = &systems;
    out.program = program;
    for (const auto& check : checks.all()) {
        out.checks.push_back({check.name, check.summary, check.params, check.models});
    }
    return out;
}

}  // namespace storm
