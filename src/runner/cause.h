// runner/cause.h - is this fault the cause? The smallest plan with and without it.
//
// A small plan under its own seed fails with and passes without a fault by construction; that
// proves little. So the plan is taken to fresh seeds: its pins are lifted and its network is
// drawn again (`ambient: drawn`), so that each seed is another run of the same few faults and
// operations, and the same seeds run with the fault and without it. The difference of the two
// rates is what the fault does. Both may be low, for a bug that also needs luck.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "fault/plan.h"
#include "runner/bench.h"
#include "runner/run.h"

namespace storm::runner {

struct CauseRate {
    std::string fault;          // Its id.
    std::uint32_t with = 0;     // Seeds that fail for the reason with it ...
    std::uint32_t without = 0;  // ... and without it ...
    std::uint32_t of = 0;       // ... of so many.
};

struct CauseOptions {
    RunOptions run;
    std::uint32_t seeds = 200;
    std::uint64_t first = 1'000'000'001;  // Fresh: no sweep begins there.
    unsigned jobs = 0;
    Duration budget = core::seconds(10);
    std::function<bool()> stop;
};

/// One rate for each fault of the plan, in its order. Where time or the user ended it, `of`
/// says how many seeds both rates rest on.
[[nodiscard]] core::Result<std::vector<CauseRate>> causes(const Bench& bench,
                                                          const fault::Plan& plan,
                                                          const std::string& reason,
                                                          const CauseOptions& options);

}  // namespace storm::runner
