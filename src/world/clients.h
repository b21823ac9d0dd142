// world/clients.h - clients that issue their planned operations one after another.
//
//   client   ├─ op 0 ─┤  ├─ op 1 ───?   ├─ op 3 ─┤      '?': no answer; the client goes on
//   time     ▲ not_before ▲ end of op 0, or its own not_before, whichever is later
//
// An operation that ended without an answer may still take effect at any later time, so its
// process number retires and the client goes on under a new one.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/result.h"
#include "fault/plan.h"
#include "history/record.h"
#include "node/system.h"
#include "world/world.h"

namespace storm::world {

/// The root key of a planned operation: by name, never by position.
[[nodiscard]] core::Key operation_root(core::Id client, std::uint32_t id);

/// One operation of a client as a task of its Io; `done` gets the result. `kind` and `options`
/// outlive it.
[[nodiscard]] node::Task<> run_operation(const node::Operation& kind, node::Io& io,
                                         const node::Options& options, Value args,
                                         std::function<void(core::Result<Value>)> done);

class Clients {
public:
    /// `end`: operations that cannot start before it are never started.
    Clients(World& world, const node::System& system, const fault::Plan& plan,
            history::RunRecord& record, Instant end);

    /// Arms the first operation of each client.
    void start();
    /// What Sink::completed was told.
    void completed(core::Id client, std::uint32_t operation, core::Result<Value> result);
    /// Nothing is under way and nothing will start.
    [[nodiscard]] bool idle() const { return open_ == 0; }
    /// From now on nothing starts.
    void stop() { stopped_ = true; }

private:
    struct Chain {
        std::vector<const fault::PlannedOperation*> operations;
        std::size_t next = 0;
        std::uint32_t process = 0;
        std::size_t pending = none;  // Index into the history.
    };
    static constexpr std::size_t none = ~std::size_t{0};

    void arm(std::uint32_t client);
    void invoke(std::uint32_t client);
    [[nodiscard]] bool idempotent(const std::string& operation) const;

    World& world_;
    const node::System& system_;
    history::RunRecord& record_;
    Instant end_;
    std::vector<Chain> chains_;  // By index of the client.
    std::size_t open_ = 0;       // Chains with something under way or to come.
    bool stopped_ = false;
};

}  // namespace storm::world
