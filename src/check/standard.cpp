// check/standard.cpp - the checks that Stormproof brings, in the order in which they are listed.
#include <utility>

#include "check/breaches.h"
#include "check/check.h"
#include "check/converged.h"
#include "check/linearizable.h"
#include "check/lost_writes.h"
#include "check/progress.h"
#include "check/service_levels.h"
#include "check/steady_state.h"

namespace storm::check {

Checks standard_checks() {
    Checks checks;
    checks.add(linearizable_check());
    checks.add(lost_writes_check());
    checks.add(converged_check());
    checks.add(progress_check());
    checks.add(latency_check());
    checks.add(errors_check());
    checks.add(steady_state_check());
    for (auto& spec : breach_checks()) checks.add(std::move(spec));
    return checks;
}

}  // namespace storm::check
