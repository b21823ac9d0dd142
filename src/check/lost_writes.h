// check/lost_writes.h - what a client was told is stored is not lost.
//
// What exactly is claimed of a violation (W, R), both ok, on one key:
//   1. W ended before R began.
//   2. R observed a value v, not W's, and every write that can have made v had ended before W
//      began: none beside W, none after it, none whose outcome is unknown. So whatever the
//      order of writes was, R shows a state from before W.
//   3. No operation that ended after R began observed W's value.
// For lists: W appended, R's list lacks the element, nothing can have replaced the list since W
// began, and no later operation shows the element.
//
// Each violation is also one of linearizability, and easier to understand; the reverse does not
// hold (a stale read whose write shows up later is none here). A store that promises only that
// reads catch up one day may show 2 and 3 for a write that was overwritten before anyone could
// read it: such a one sets `reads_may_lag`, which demands in addition that all that was ever
// observed after W, to the end, is from before W. Values may repeat: a value that an unknown or
// later write can have made excuses the read.
#pragma once
#include <cstdint>
#include <optional>

#include "check/check.h"
#include "check/model.h"

namespace storm::check {

/// Places in KeyHistory::operations.
struct LostWrite {
    std::uint32_t write = 0;
    std::uint32_t read = 0;
};

/// The violation whose read began first, and of its writes the last one.
[[nodiscard]] std::optional<LostWrite> lost_write(const KeyHistory& key, bool reads_may_lag);

[[nodiscard]] CheckSpec lost_writes_check();

}  // namespace storm::check
