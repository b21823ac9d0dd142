// runner/fleet.h - many items of work in forked processes that may die.
//
//   parent ── fork ──▶ worker 1 ─┐  takes the next item off a shared counter, works, writes
//          ── fork ──▶ worker 2 ─┴▶ its result into a ring in shared memory ──▶ parent: take()
//
// Code under test crashes, aborts and loops. So it runs in workers: when one dies, the item it
// was at becomes a Death with its signal and stack trace, everything it finished before stands
// in the ring, another worker takes over and the work goes on. A worker inherits the parent's
// memory by fork, so items are plain numbers and nothing is encoded on the way in. Workers die
// with the parent, and what asks a process group to end is the parent's to hear. A worker that
// is killed from outside (out of memory) says nothing of its item: that runs again in a fresh
// worker, and is a Death only if it ends so each time. It draws nothing and knows nothing of
// seeds or plans.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "core/time.h"

namespace storm::runner {

/// How a worker ended that did not end by itself.
struct Death {
    std::string anomaly;   // "segmentation fault", "endless loop", "heap-use-after-free".
    std::string site;      // file:line of the assertion, else the function; may be "".
    std::string sentence;  // What happened, where, in words.
    std::string trace;     // Stack trace and what was written to stderr.
    Instant at{};          // World time.
    std::string node;      // Whose code ran, or "".
    bool outside = false;  // By a signal that says nothing of what ran: see ended_from_outside().
    /// It was stopped because its time was up, and no step of a node was what took it.
    bool unfinished = false;
};

/// A violation of the built-in check "no-crash"; of an unfinished run, that nothing is known.
[[nodiscard]] check::Finding to_finding(const Death& death);

struct Work {
    std::uint64_t items = 0;  // [0, items), begun in this order.
    unsigned jobs = 1;
    /// CPU time one item may take in all. What takes longer is ended: an endless loop if it is in
    /// a node's code, and there in one step; else unfinished.
    Duration cpu_limit = core::seconds(20);
    /// CPU time that one dispatch into node code may take: see pulse.h.
    Duration stuck_limit = core::seconds(2);
    /// Real time one item may take, for what waits instead of working, and for machines that
    /// do not count CPU time; 0: three times the CPU time.
    Duration real_limit{};
    /// In the worker: works on an item and appends its result.
    std::function<void(std::uint64_t item, std::vector<std::byte>& result)> body;
    /// In the parent, in order of completion.
    std::function<void(std::uint64_t item, std::span<const std::byte> result)> take;
    std::function<void(std::uint64_t item, const Death& death)> fell;
    /// In the parent, some fifty times a second: true ends the work after the items under way.
    std::function<bool()> enough;
    /// Wake the parent after each result (searches), not after many (sweeps).
    bool eager = false;
};

class Fleet {
public:
    Fleet();
    ~Fleet();
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    /// Does the work; returns when all items were taken, fell, or lie beyond a stop.
    [[nodiscard]] core::Result<void> run(const Work& work);
    /// From take, fell or enough: items from `item` on are no longer begun.
    void stop_at(std::uint64_t item);

private:
    struct Crew;
    std::unique_ptr<Crew> crew_;
};

/// Of a status from waitpid(): SIGKILL, SIGTERM, SIGINT or SIGHUP, which come from somebody else
/// (the kernel out of memory, CI, a terminal).
[[nodiscard]] bool ended_from_outside(int status);
/// In a child: SIGINT, SIGTERM and SIGHUP reach a whole process group; the parent decides what
/// they mean and ends its children itself. Kept through exec.
void leave_signals_to_parent();
/// How often one item may end from outside before that counts.
inline constexpr unsigned outside_max = 3;

/// Runs `body` in one forked process and gives its bytes, or how it died.
struct Attempt {
    std::vector<std::byte> result;
    std::unique_ptr<Death> death;
};
[[nodiscard]] core::Result<Attempt> in_child(
    const std::function<void(std::vector<std::byte>&)>& body,
    Duration cpu_limit = core::seconds(20));

/// The number of processors this process may use, at least 1.
[[nodiscard]] unsigned processors();

}  // namespace storm::runner
