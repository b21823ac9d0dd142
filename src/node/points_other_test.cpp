// Goal and method: see points_test.cpp; this is the second source that includes its sites.
#include "node/points_sites_test.h"

namespace storm::node {

int elsewhere(Io& io, int n) {
    STORM_SOMETIMES(n == 3, "elsewhere: never called");
    InAClass::nested(n);
    static_cast<void>(in_a_coroutine(io));
    return in_an_inline_function(n) + in_a_template(n) + InAClass().member(n);
}

}  // namespace storm::node
