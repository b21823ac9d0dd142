// node/points_sites_test.h - code points where they are hardest to list: in a header that two
// sources include.
#pragma once
#include "node/io.h"
#include "node/points.h"

namespace storm::node {

inline int in_an_inline_function(int n) {
    STORM_ALWAYS(n >= 0, "inline: n is not negative");
    return STORM_MAYBE("inline/maybe") ? -1 : n;
}

template <class T>
T in_a_template(T n) {
    STORM_SOMETIMES(n > 5, "template: n is large");
    return n;
}

struct InAClass {
    int member(int n) {
        STORM_REACHABLE("class: member called");
        return n;
    }
    template <class T>
    static void nested(T) {
        [] { STORM_UNREACHABLE("class: lambda in a template"); }();
    }
};

inline Task<> in_a_coroutine(Io& io) {
    STORM_REACHABLE("coroutine: begun");
    co_await io.sleep(1_ms);
    if (STORM_MAYBE("coroutine/maybe")) co_return;
    STORM_ALWAYS_OR_UNREACHABLE(io.nodes() > 0, "coroutine: there are nodes");
}

constexpr int in_a_constexpr_function(int n) {
    if consteval {
        return n;
    }
    return in_an_inline_function(n);
}

/// Defined in points_other_test.cpp, beside other uses of all the above.
int elsewhere(Io& io, int n);

}  // namespace storm::node
