#include "sdk/standard.h"

#include "local/world.h"
#include "sim/world.h"

namespace storm {

Bench standard_bench() {
    Bench bench;
    bench.faults = fault::standard_faults();
    bench.checks = check::standard_checks();
    bench.workloads = scenario::standard_workloads();
    bench.worlds["sim"] = [] { return sim::make_world(); };
    bench.worlds["local"] = [] { return local::make_world(); };
    return bench;
}

}  // namespace storm
