// check/standard.cpp - the checks that Stormproof brings, in the order in which they are listed.
#include "check/check.h"
#include "check/linearizable.h"

namespace storm::check {

Checks standard_checks() {
    Checks checks;
    checks.add(linearizable_check());
    return checks;
}

}  // namespace storm::check
