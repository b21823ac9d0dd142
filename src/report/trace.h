// report/trace.h - the few moments of a run that tell why its verdict is what it is.
//
// A run has thousands of events and a reader has a minute. smallest_trace() picks the rows of
// one diagram: the requests of the certificate and what clients were told, the messages those
// requests caused (followed through the keys of causes), what faults dropped of them, who
// began to lead, who went down, and the moments the check named. What is left out is counted
// in rows of its own. Nothing is inferred: labels are operation names and values, message
// names and published values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/id.h"
#include "core/time.h"
#include "report/story.h"

namespace storm::report {

struct Lane {
    core::Id who;
    std::string role;  // Published when the diagram begins; "" if none.
};

/// What a row stands for in the argument; drawn with a word or a sign, never by colour alone.
enum class Accent : std::uint8_t { plain, promise, fatal, fault };

struct Step {
    enum class Kind : std::uint8_t {
        message,  // from ──▶ to
        lost,     // from ──✂
        note,     // something at `from`
        down,     // `from` ended
        up,       // `from` lives again
        skipped,  // `label` counts what is not shown
    };
    Kind kind = Kind::note;
    Instant at{};
    core::Id from, to;
    std::string label;   // "write x = 4", "replicate", "elected"
    std::string remark;  // "expected 4", "net.partition n1 | n2 n3"
    Accent accent = Accent::plain;
};

/// A fault while it held, for a band behind the rows.
struct Band {
    std::string label;
    Instant from{}, to{};
    std::vector<core::Id> nodes;
};

struct Trace {
    std::vector<Lane> lanes;  // Clients, then nodes.
    std::vector<Step> steps;  // In order of time.
    std::vector<Band> bands;
    std::uint64_t messages = 0;        // Sent from the first row to the last ...
    std::uint64_t messages_shown = 0;  // ... and drawn.
    std::size_t operations = 0;        // Of the certificate ...
    std::size_t operations_shown = 0;  // ... and told.

    [[nodiscard]] bool empty() const { return steps.empty(); }
    /// The place of `who` among the lanes. Requires: it has one.
    [[nodiscard]] std::size_t lane(core::Id who) const;
};

struct TraceLimits {
    std::size_t rows = 14;
    std::size_t rows_with_filler = 9;  // Beyond, only what belongs to the story gets a row.
    std::size_t lanes = 6;
    std::size_t operations = 5;
};

/// The diagram of story.smallest. Empty without events (history::Detail::full) or a finding.
[[nodiscard]] Trace smallest_trace(const Story& story, const TraceLimits& limits = {});

/// The time of each row, all in one form: "1.200 s", or "1200.100 ms" in a short story.
[[nodiscard]] std::vector<std::string> clock_texts(const Trace& trace);

/// The same rows as sentences: "1.204 s: n1 tells c1: ok (the promise that is broken)".
[[nodiscard]] std::vector<std::string> in_words(const Trace& trace);

}  // namespace storm::report
