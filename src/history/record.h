// history/record.h - what one run left behind, in memory: what checks, shrinker and report
// read.
//
// A world and its conductor write it while they run. What costs time (events, decisions,
// logs) is kept only where `Detail::full` asked for it; a sweep keeps the rest.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.h"
#include "core/time.h"
#include "core/value.h"
#include "history/history.h"

namespace storm::history {

/// Events between two rungs of the ladder.
inline constexpr std::uint64_t block_events = 4096;

enum class Detail : std::uint8_t { verdict, full };

enum class EventKind : std::uint8_t {
    send,     // node -> peer: name is the message
    deliver,  // peer -> node
    drop,     // would have reached node from peer; `text` is the fault id, or "network"
    timer,
    publish,   // node: name = value
    log,       // node: text
    fault_on,  // text is the fault id
    fault_off,
    down,      // node ended; text says by what
    up,        // node began a life
    invoke,    // client (node) began operation `name`
    complete,  // client (node) was told; text is the outcome
    file,      // node: name is the operation, text the path
    violated,  // text is a sentence
};
[[nodiscard]] std::string_view to_text(EventKind kind);

struct Event {
    Instant at{};
    std::uint64_t sequence = 0;
    EventKind kind = EventKind::send;
    core::Id node, peer;
    std::string name, text;
    Value value;
    std::uint64_t message = 0;  // Joins a send with its deliveries and drops.
    std::uint64_t cause = 0;    // The root key it was done under.
};

/// One interval of one fault, and its proof.
struct FaultRecord {
    std::string id, use;
    std::uint32_t occurrence = 0;
    std::string what;             // "n1 | n2 n3", "to n2", for people.
    std::vector<core::Id> nodes;  // Whom it was aimed at, resolved; of groups all.
    Instant from{}, to{};
    bool required = true;
    bool occurred = false;  // False: it never struck; `what` says why.
    std::uint64_t claimed = 0, voided = 0, seen = 0;
    std::vector<std::pair<core::Id, std::uint64_t>> seen_at;
    std::string evidence;  // "packets dropped"
};

/// A property, invariant or crash that the run itself found wrong; or, as `cut_short`, why it was
/// ended early though nothing was.
struct Breach {
    static constexpr std::string_view cut_short = "cut short";
    std::string check;    // "no-crash", "invariants", "properties", "deterministic"
    std::string anomaly;  // "segmentation fault", "invariant one-leader", "always", ...
    std::string site;     // Normalised: file:line of an assertion, invariant name.
    std::string sentence;
    Instant at{};
    core::Id node;
    std::string trace;  // Stack or logs, if any.
};

/// A decision as recorded (fault::Decision without the dependency).
struct DecisionRecord {
    std::uint8_t purpose = 0;
    std::uint64_t key = 0;
    std::uint32_t index = 0;
    std::int64_t outcome = 0;
    std::string who;  // For people and for dropping pins by link: "n1>n2 Replicate".
};

struct Published {
    core::Id node;
    std::string key;
    Value value;
    Instant at{};
};

/// One event, effect or draw, as told where a block of a run is looked at closely.
struct Step {
    std::uint64_t event = 0;  // The event it is, or under which it happened; 0: the start.
    Instant at{};
    std::string who;           // "n1"; empty where it is nobody's.
    std::string what;          // "send Vote to n2"
    std::string value;         // Its bytes or outcome; of much, the beginning.
    std::uint64_t digest = 0;  // The rolling hash after it.
};
/// Events [first, last] of a run.
struct Window {
    std::uint64_t first = 1, last = 0;
    [[nodiscard]] bool empty() const { return last < first; }
};

struct SiteHits {
    std::uint64_t reached = 0;
    std::uint64_t held = 0;  // Times a property was true, or a code point fired.
};

struct RunRecord {
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;    // The rolling hash over the whole run.
    std::uint64_t events = 0;    // Dispatched.
    std::uint64_t messages = 0;  // Delivered.
    Instant healed{};            // When the chaos phase ended.
    Instant ended{};
    bool complete = false;  // Ran to its end.
    History history;
    std::vector<FaultRecord> faults;
    std::vector<Breach> breaches;
    std::vector<Published> published;       // Changes of values, in order of time.
    std::map<std::string, SiteHits> sites;  // By message.
    std::vector<Event> trace;               // Detail::full
    std::vector<DecisionRecord> decisions;  // Detail::full
    std::vector<std::uint64_t> ladder;      // The hash every 4,096 events.
    std::vector<std::string> unplaced;      // Pins that met no decision.
    std::vector<Step> steps;                // Of the window that the setup asked for.
};

}  // namespace storm::history
