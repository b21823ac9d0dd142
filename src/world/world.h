// world/world.h - what every world must offer so that a plan can be carried out in it.
//
//   plan ──▶ conductor ──▶ World (simulator | local | lab | live) ──▶ record ──▶ checks
//
// All is asynchronous and may fail. The conductor speaks of causes (root keys), never of
// positions; what it asks for at an instant or on a predicate happens as an event of its own,
// never inside a dispatch. Results go to the Sink, observations to the RunRecord. stop()
// voids the claims still in flight; evidence is read after it.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "fault/effect.h"
#include "fault/plan.h"
#include "history/record.h"
#include "node/system.h"

namespace storm::world {

/// What one run is made of. All references outlive the run.
struct Setup {
    const node::System& system;
    const fault::Plan& plan;
    std::uint64_t seed = 0;
    history::Detail detail = history::Detail::verdict;
    std::string directory;      // For worlds that need files or logs of their own; may be "".
    std::string sabotage;       // A fault id or use: judged, but not carried out.
    history::Window witness{};  // What record.steps is to tell of; from rung to rung.
};

/// Told by the world while it runs; called between dispatches.
class Sink {
public:
    /// An operation has ended, or its client has (info).
    virtual void completed(core::Id client, std::uint32_t operation,
                           core::Result<Value> result) = 0;
    /// After an event in which a node published or whose values died with it: at most once an
    /// event, between dispatches. What changed already stands at the end of record.published.
    /// The conductor judges invariants and arms triggers here; it draws nothing and applies
    /// nothing from inside (it asks for events of their own with at()).
    virtual void published() {}

protected:
    ~Sink() = default;
};

/// One fault in force.
using Token = std::uint32_t;

/// An effect to be applied, and what its draws and its evidence are filed under.
struct Application {
    const fault::PlannedFault& fault;
    std::uint32_t occurrence = 0;
    std::size_t order = 0;  // Place in the catalogue: overlapping faults compose so.
    const fault::Effect& effect;
};

using Callback = std::move_only_function<void()>;
using Predicate = std::move_only_function<bool(const node::Published&)>;

class World {
public:
    virtual ~World() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    /// Whether this world can carry out the effect; the error says why not (kind missing).
    [[nodiscard]] virtual core::Result<void> can(const fault::Effect& effect) const = 0;

    /// Starts the system's nodes (not plan.absent). `record` gets what is observed: events,
    /// messages, published (each change of a value, whatever the detail), sites, breaches,
    /// decisions, ladder, unplaced, and the trace with invoke, complete, fault_on and fault_off.
    /// The conductor writes history, faults, healed, ended, digest and complete.
    [[nodiscard]] virtual core::Result<void> start(const Setup& setup, Sink& sink,
                                                   history::RunRecord& record) = 0;
    /// Calls back at `when` (at once if that is past), as an event of its own.
    virtual void at(Instant when, core::Key root, Callback callback) = 0;
    /// Calls back once, as an event of its own, when published values satisfy `predicate`.
    virtual void when(Predicate predicate, core::Key root, Callback callback) = 0;
    /// Runs until `until`, or until halt() was called or nothing can happen any more.
    [[nodiscard]] virtual core::Result<void> drive(Instant until) = 0;
    /// Makes drive() return after the present event.
    virtual void halt() = 0;

    [[nodiscard]] virtual core::Result<Token> apply(const Application& application) = 0;
    /// Undoes it, as far as it can be undone. Nodes it held down start again when no other
    /// fault holds them.
    virtual void revert(Token token) = 0;
    /// Begins an operation at its client.
    virtual void invoke(const fault::PlannedOperation& operation, core::Key root) = 0;

    [[nodiscard]] virtual const node::Published& observe() const = 0;
    [[nodiscard]] virtual fault::Evidence evidence(Token token) = 0;
    /// A draw of the conductor's own (targets, whether an occurrence happens): consults pins
    /// and is recorded like any other. `scale` maps 64 random bits to the outcome.
    [[nodiscard]] virtual std::int64_t decide(
        fault::Purpose purpose, core::Key key, std::uint32_t index, std::string_view who,
        const std::function<std::int64_t(std::uint64_t)>& scale) = 0;
    [[nodiscard]] virtual Instant now() const = 0;
    /// The rolling hash over everything that happened; 0 where a world has none.
    [[nodiscard]] virtual std::uint64_t digest() const = 0;
    /// Ends everything: nodes, claims in flight, pending operations (completed as info).
    virtual void stop() = 0;
};

}  // namespace storm::world
