// check/resilience.h - how well a system took it, in a few figures.
//
// Not a verdict: figures for the report and for comparing runs. All from the history alone, so
// they mean the same in every world.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "check/samples.h"
#include "core/time.h"
#include "history/record.h"

namespace storm::check {

/// From the first operation that failed to the next one that succeeded.
struct Outage {
    Instant from{};  // The failed one was invoked.
    Instant to{};    // Somebody was told ok again; the end of the run if nobody was.
    bool over = false;
    std::uint64_t failed = 0;  // Operations invoked within that failed.
};

struct Resilience {
    std::uint64_t operations = 0;
    std::uint32_t availability_ppm = 0;         // Share that succeeded, over the whole run,
    std::uint32_t availability_faulty_ppm = 0;  // and from the first fault to the last one's end.
    std::uint32_t depth_ppm = 0;                // The lowest share in any bucket with operations.
    Window deepest;                             // That bucket.
    Duration degraded{};          // Buckets whose share is below that before the faults.
    std::vector<Outage> outages;  // In order of time; at most 1,000.
    Duration mttr{};              // Mean length of the outages that are over; 0: none.
    Duration longest{};           // The longest outage, over or not.
    Duration recovery{};          // From the last fault's end to the next success;
    bool recovered = false;       // if there was one.
    Duration p99_before{}, p99_during{}, p99_after{};
};

/// `bucket`: width of the pieces that depth and degradation are measured by. Refusals of
/// `may_refuse` are answers, no failures.
[[nodiscard]] Resilience resilience(const history::RunRecord& record, Duration bucket = 1_s,
                                    std::string_view may_refuse = "cas");

}  // namespace storm::check
