// sdk/selftest_command.h - the proof that Stormproof finds what it should: every planted bug of
// every system, found in the scenario of that system, made small, and gone with the bug.
#pragma once
#include <string>

#include "sdk/session.h"

namespace storm::sdk {

struct SelftestRequest {
    bool full = false;  // Twenty disjoint ranges of seeds; ten bugs with code points off, too.
    unsigned jobs = 0;
    std::string only;  // "raft", or "raft/vote-not-persisted"
};
int selftest(Session& session, const SelftestRequest& request);

}  // namespace storm::sdk
