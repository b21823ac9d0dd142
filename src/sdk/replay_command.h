// sdk/replay_command.h - commands on a run that lies there: replay, shrink, report, compare.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "sdk/session.h"

namespace storm::sdk {

struct ReplayRequest {
    std::string run;    // "": the newest.
    std::string until;  // A time, or "".
    std::optional<std::uint64_t> event;
    bool trace = false;
};
/// Exits as `run` would on this verdict: 0 where the scenario expects it. A run of the same build
/// and plan that gives other bytes is violated (the law of determinism), whatever was expected.
int replay(Session& session, const ReplayRequest& request);

struct ShrinkRequest {
    std::string run;
    std::string save;    // A scenario file to write, or "".
    std::string budget;  // "10s", or "".
    unsigned jobs = 0;
};
/// Writes RUN-small and leaves RUN as it is. Exits as `run` would on what it shows.
int shrink(Session& session, const ShrinkRequest& request);

/// Makes report.html again from the directory alone.
int report(Session& session, const std::string& run);

}  // namespace storm::sdk
