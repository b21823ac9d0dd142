// local/local_world.h - the inside of the world of plain processes.
//
//   parent: callbacks, clients (one Host each) ──── UDP on 127.0.0.1 ────▶ node processes
//              ▲                                                               │
//              └────────── reports: published, logs, breaches, sites ──────────┘
//
// One thread. All sockets are bound before the first fork and kept by the parent, so a node
// that restarts has the port it had; what came while it was down is thrown away first. A kill
// is SIGKILL, a pause SIGSTOP, each aimed at a child that was not waited for yet, so never at
// a stranger with its number. Evidence is what the kernel says of the victim: how it ended,
// in which state it stands.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "local/host.h"
#include "local/process.h"
#include "local/timers.h"
#include "local/world.h"

namespace storm::local {

class LocalWorld final : public world::World, public node::Published {
public:
    LocalWorld() = default;
    ~LocalWorld() override;

    std::string_view name() const override { return "local"; }
    core::Result<void> can(const fault::Effect& effect) const override;
    core::Result<void> start(const world::Setup& setup, world::Sink& sink,
                             history::RunRecord& record) override;
    void at(Instant when, core::Key root, world::Callback callback) override;
    void when(world::Predicate predicate, core::Key root, world::Callback callback) override;
    core::Result<void> drive(Instant until) override;
    void halt() override { halted_ = true; }
    core::Result<world::Token> apply(const world::Application& application) override;
    void revert(world::Token token) override;
    void invoke(const fault::PlannedOperation& operation, core::Key root) override;
    const node::Published& observe() const override { return *this; }
    fault::Evidence evidence(world::Token token) override;
    std::int64_t decide(fault::Purpose purpose, core::Key key, std::uint32_t index,
                        std::string_view who,
                        const std::function<std::int64_t(std::uint64_t)>& scale) override;
    Instant now() const override;
    std::uint64_t digest() const override { return 0; }
    void stop() override;

    const Value* get(core::Id id, std::string_view key) const override;
    std::uint32_t nodes() const override;
    bool up(core::Id id) const override;

private:
    struct Endpoint final : Listener {
        LocalWorld* world = nullptr;
        core::Id id;
        std::string name;
        Fd socket;
        Counters* counters = nullptr;
        // Of a node.
        NodeProcess process;
        std::uint32_t incarnation = 0;
        core::Key next_life = 0;
        std::string directory;
        std::vector<world::Token> down, paused;  // Faults that hold it.
        bool left = false;                       // One pause left it to the next,
        world::Token left_to = 0;                // ... this one,
        Instant left_since{};                    // ... and when.
        std::vector<std::pair<std::string, Value>> published;
        // Of a client.
        std::unique_ptr<Host> host;

        void tell(Report&& report) override { world->take(*this, std::move(report)); }
    };
    struct Force {
        std::string id, use;
        core::Key key = 0;
        fault::NodeEffect effect;
        bool sabotaged = false, over = false;
        std::uint64_t claimed = 0, voided = 0, seen = 0;
        std::vector<std::pair<core::Id, std::uint64_t>> at;
    };
    struct Call {
        core::Key root = 0;
        world::Callback callback;
    };
    struct Waiting {
        world::Predicate predicate;
        core::Key root = 0;
        world::Callback callback;
    };
    struct Done {
        core::Id client;
        std::uint32_t operation = 0;
        core::Result<Value> result;
    };

    core::Result<void> begin();
    core::Result<void> make_directories();
    core::Result<void> make_endpoints();
    core::Result<void> begin_life(Endpoint& node);
    void kill(world::Token token, Endpoint& node);
    void pause(world::Token token, Endpoint& node);
    bool hold_still(Endpoint& node);
    void end_pause(world::Token token, Endpoint& node);
    void count_left(Endpoint& node);
    [[nodiscard]] bool holds(world::Token token) const { return !forces_[token].sabotaged; }
    void release(world::Token token, Endpoint& node);
    void saw(Force& force, core::Id id);
    void ended(Endpoint& node, std::string_view why);
    void died_alone(Endpoint& node, int status);

    void take(Endpoint& from, Report&& report);
    void take_published(core::Id id, Report&& report);
    void take_trace(core::Id id, Report&& report);
    enum class Heard : std::uint8_t { report, nothing, end };
    Heard collect(Endpoint& node);
    bool read_report(Endpoint& node);
    bool run_callback();
    void wait_until(Instant until);
    void after_step();
    void trace(history::EventKind kind, core::Id node, std::string name, std::string text,
               Value value = {}, core::Key cause = 0);
    void count();
    void order_trace();
    [[nodiscard]] Endpoint& endpoint(core::Id id) { return *endpoints_[common_->index_of(id)]; }

    const world::Setup* setup_ = nullptr;
    world::Sink* sink_ = nullptr;
    history::RunRecord* record_ = nullptr;
    node::Options options_;
    std::unique_ptr<Common> common_;
    std::vector<std::unique_ptr<Endpoint>> endpoints_;  // Nodes, then clients.
    std::string directory_;
    Warden warden_;
    Counters* counters_ = nullptr;  // Shared with the nodes' processes.
    std::size_t counters_bytes_ = 0;
    std::vector<Force> forces_;
    Timers<Call> calls_;
    std::vector<Waiting> waiting_;
    std::vector<Done> done_;
    std::vector<core::Key> pins_used_;
    std::vector<std::byte> in_;
    core::Result<void> failed_;
    bool changed_ = false, halted_ = false, stopped_ = false, full_ = false;
};

}  // namespace storm::local
