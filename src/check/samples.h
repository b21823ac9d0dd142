// check/samples.h - operations as figures: how many, how many succeeded, how long they took.
//
// Latency, error and steady-state checks and the resilience figures all count in the same way:
//
//   0 ──── before ────▶ first fault ──── during ────▶ last fault ends ──── after ────▶ end
//
// An operation belongs to the phase in which it was invoked. Integers only; a percentile is the
// nearest rank, so it is always a time that an operation really took.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "history/history.h"
#include "history/record.h"

namespace storm::check {

/// From `from` up to but without `to`.
struct Window {
    Instant from{};
    Instant to{};
    bool operator==(const Window&) const = default;
    [[nodiscard]] bool empty() const { return to <= from; }
};

struct Phases {
    Window before, during, after;
    bool faulty = false;  // A fault occurred; else all is before.
};
[[nodiscard]] Phases phases_of(const history::RunRecord& record);
/// "all", "before", "during", "after"; nothing for any other word.
[[nodiscard]] std::optional<Window> window_of(const history::RunRecord& record,
                                              std::string_view phase);
/// The whole run, its last instant included.
[[nodiscard]] Window whole(const history::RunRecord& record);

/// Which operations count.
struct Selection {
    Window window;
    std::string_view operation;  // "": all.
    /// Operations whose refusal is an answer and no error: "cas".
    std::string_view may_refuse;
};

struct Tally {
    std::uint64_t operations = 0;
    std::uint64_t succeeded = 0;            // Ok, or refused where that is an answer.
    std::uint64_t refused = 0;              // Fail.
    std::uint64_t unknown = 0;              // Info, and what was still pending.
    std::vector<std::uint32_t> errors;      // Indices into the history.
    std::vector<std::uint32_t> by_latency;  // Ok ones, fastest first.
    std::vector<Duration> latencies;        // Beside them.

    [[nodiscard]] std::uint64_t failed() const { return operations - succeeded; }
    /// Parts per million; 1,000,000 if there was nothing to fail.
    [[nodiscard]] std::uint32_t success_ppm() const;
    /// Nearest rank: the smallest latency that at least `ppm` of all do not exceed. Requires:
    /// some latencies.
    [[nodiscard]] Duration percentile(std::uint32_t ppm) const;
    [[nodiscard]] std::uint32_t index_at(std::uint32_t ppm) const;
};
[[nodiscard]] Tally tally(const history::History& history, const Selection& selection);

/// Cuts a window into pieces of `every` (the last one may be shorter); 0: one piece. At most
/// 10,000 pieces.
[[nodiscard]] std::vector<Window> pieces(const Window& window, Duration every);

/// "6.8 %", "99.99 %", "0.5 %": as many decimals as it has, at most four.
[[nodiscard]] std::string share_text(std::uint32_t ppm);

}  // namespace storm::check
