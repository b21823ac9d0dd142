// sim/simulation.h - the simulator: events in total order, nodes as coroutines, faults as
// overlays, evidence where the victim feels it.
//
//            ┌────────── Wheel (time, sequence) ◀─────────────┐
//            ▼                                                │ effects
//   pop ─▶ fold into digest ─▶ paused? slow? down? ─▶ Io ─▶ node code
//                                   │ evidence
//
// Six parts, one file each: dispatch (simulation.cpp), waits.cpp (paused and slow nodes),
// network.cpp, clocks.cpp, storage.cpp (disks), forces.cpp (faults and lives). Every draw goes
// through decide(); where nothing is pinned, recorded or neutral that is one hash.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/context.h"
#include "core/dice.h"
#include "core/stack.h"
#include "fault/decision.h"
#include "node/driver.h"
#include "node/io.h"
#include "sim/claim.h"
#include "sim/digest.h"
#include "sim/endpoint.h"
#include "sim/file_work.h"
#include "sim/pending.h"
#include "sim/wheel.h"
#include "world/world.h"

namespace storm::sim {

class Simulation final : public node::Driver,
                         public world::World,
                         public node::Published,
                         public core::CodeHooks {
public:
    Simulation();
    ~Simulation() override;

    // ---- world::World ---------------------------------------------------------------------
    [[nodiscard]] std::string_view name() const override { return "sim"; }
    [[nodiscard]] core::Result<void> can(const fault::Effect& effect) const override;
    [[nodiscard]] core::Result<void> start(const world::Setup& setup, world::Sink& sink,
                                           history::RunRecord& record) override;
    void at(Instant when, core::Key root, world::Callback callback) override;
    void when(world::Predicate predicate, core::Key root, world::Callback callback) override;
    [[nodiscard]] core::Result<void> drive(Instant until) override;
    void halt() override { halted_ = true; }
    [[nodiscard]] core::Result<world::Token> apply(const world::Application& what) override;
    void revert(world::Token token) override;
    void invoke(const fault::PlannedOperation& operation, core::Key root) override;
    [[nodiscard]] const node::Published& observe() const override { return *this; }
    [[nodiscard]] fault::Evidence evidence(world::Token token) override;
    [[nodiscard]] std::int64_t decide(
        fault::Purpose purpose, core::Key key, std::uint32_t index, std::string_view who,
        const std::function<std::int64_t(std::uint64_t)>& scale) override;
    [[nodiscard]] Instant now() const override { return now_; }
    [[nodiscard]] std::uint64_t digest() const override { return digest_.value(); }
    void stop() override;

    // ---- node::Driver ---------------------------------------------------------------------
    void transmit(node::Io& from, node::Packet&& packet) override;
    node::TimerId arm(node::Io& io, node::Waiter& waiter, Duration after, core::Key key) override;
    void disarm(node::Io& io, node::TimerId timer) override;
    [[nodiscard]] Instant monotonic(node::Io& io) override;
    [[nodiscard]] core::WallTime wall(node::Io& io) override;
    void submit(node::Io& io, node::FileRequest&& request) override;
    [[nodiscard]] std::uint64_t dice_lane(core::Key key) override;
    void published(node::Io& io, std::string_view key, const Value& value) override;
    [[nodiscard]] bool logging(core::Key said) override;
    void logged(node::Io& io, std::string&& line) override;
    void threw(node::Io& io, std::string_view what) override;

    // ---- node::Published ------------------------------------------------------------------
    [[nodiscard]] const Value* get(core::Id id, std::string_view key) const override;
    [[nodiscard]] std::uint32_t nodes() const override { return node_count_; }
    [[nodiscard]] bool up(core::Id id) const override;

    // ---- core::CodeHooks ------------------------------------------------------------------
    bool maybe(const core::CodeSite& site) override;
    void property(const core::CodeSite& site, bool holds) override;
    void leaked(std::string_view function) override;
    void allocated(std::ptrdiff_t bytes) override;

private:
    // Draws.
    [[nodiscard]] std::uint64_t lane(fault::Purpose p) const {
        return lanes_[static_cast<std::size_t>(p)];
    }
    template <class Scale>
    std::int64_t draw(fault::Purpose purpose, core::Key key, std::uint32_t index,
                      const Endpoint* from, const Endpoint* to, const char* name, Scale&& scale) {
        if (plain_) [[likely]] {
            const std::int64_t outcome = scale(core::draw(lane(purpose), key, index));
            fold(static_cast<std::uint64_t>(outcome));
            return outcome;
        }
        return draw_slowly(purpose, key, index, from, to, name,
                           [&](std::uint64_t bits) { return scale(bits); });
    }
    std::int64_t draw_slowly(fault::Purpose purpose, core::Key key, std::uint32_t index,
                             const Endpoint* from, const Endpoint* to, const char* name,
                             const std::function<std::int64_t(std::uint64_t)>& scale);

    // The digest: folded at every event, effect and draw.
    void fold(std::uint64_t word) { digest_.word(word); }
    void fold_event(const Event& e, std::uint64_t sequence) {
        digest_.pair(static_cast<std::uint64_t>(e.at.ns),
                     sequence ^ (static_cast<std::uint64_t>(e.to) << 40U) ^
                         (static_cast<std::uint64_t>(e.what) << 56U));
    }
    void fold_bytes(std::span<const std::byte> bytes) { digest_.bytes(bytes); }
    void fold_text(std::string_view text) {
        fold_bytes(std::as_bytes(std::span(text.data(), text.size())));
    }
    void fold_value(const Value& value);
    void fold_request(const node::FileRequest& request);
    void fold_reply(const node::FileReply& reply);
    void fold_unheard(const Event& e);

    // A closer look (witness.cpp): each event, effect and draw of some blocks.
    void step(const Endpoint* who, std::string what, std::string value = {});
    void step_bytes(const Endpoint* who, std::string what, std::span<const std::byte> bytes);
    void step_event(const Event& e);
    void look(bool closely);

    // Dispatch.
    void dispatch(std::uint32_t index);
    void run_packet(std::uint32_t index, Endpoint& to);
    void run_marked(std::uint32_t index, Endpoint& to);
    void run_file(std::uint32_t index, Endpoint& to);
    void after_step();
    [[nodiscard]] history::Breach next_step();
    [[nodiscard]] bool gets_on() const;
    [[gnu::noinline]] void too_much();
    void enter(Endpoint& endpoint);
    void leave(Endpoint& endpoint);
    void prefetch();
    void block();
    void finish(core::Id client, std::uint32_t operation, core::Result<Value> result);

    // Network.
    std::uint32_t schedule_copy(const node::Packet& packet, core::Buffer&& body, std::uint32_t to,
                                Instant due, std::uint8_t copy);
    void schedule_touched(const node::Packet& packet, std::uint32_t to, Instant due,
                          std::uint8_t copy, const Cold& how, std::uint32_t claims);
    bool judge_forces(const node::Packet& packet, Endpoint& from, Endpoint& to, std::size_t size,
                      Judged& judged);
    void touch(world::Token token, const fault::Fate& fate, bool undetected, Judged& judged);
    std::uint32_t claim(std::uint32_t list, world::Token token, Claim::Kind kind);
    fault::LinkState& network_state(std::uint32_t from, std::uint32_t to);
    Claim take_claim(std::uint32_t& list);
    [[nodiscard]] bool has_claim(std::uint32_t list, world::Token token) const;
    void settle_claims(std::uint32_t list, const Event& e, const Cold& c, Endpoint& to,
                       Arrival how);
    void void_claims(std::uint32_t list);

    // Steps that wait.
    bool held_back(std::uint32_t index, Endpoint& to);
    bool wait_for_slow(std::uint32_t index, Endpoint& to);
    Duration step_cost(world::Token token, const Event& e, const Endpoint& to);
    void claim_step(std::uint32_t index, const Slowing& slowing);
    [[nodiscard]] bool slowed(const Endpoint& endpoint) const;
    template <class When>
    void pass_on(Event& e, Instant leaves, When&& when);
    void leave_queue(std::uint32_t index, Endpoint& endpoint, bool runs);
    void leave_queue(Endpoint& endpoint);
    void hide_held(Endpoint& endpoint);
    void settle_move(const Claim& claim, const Endpoint& to);
    void settle_moves(std::uint32_t list, const Endpoint& to);
    void end_claims(const Event& e, const Endpoint& to);
    void end_claims(const FileWork& work);
    void hurry_steps();
    void leave_to_next(Endpoint& endpoint);
    world::Token held_still(Endpoint& endpoint);
    void be_still(Endpoint& endpoint);
    void end_pause(Endpoint& endpoint, world::Token token);
    void take_back(Endpoint& endpoint);
    void count_left(Endpoint& endpoint);
    void resume_held(Endpoint& endpoint);

    // Clocks.
    void clock_read(Endpoint& endpoint, bool wall);
    void claim_timer(std::uint32_t index, const Bend& bend, Duration left);
    void apply_clock(world::Token token, const fault::ClockEffect& effect);
    void revert_clock(world::Token token, const fault::ClockEffect& effect);
    void steepen(world::Token token, std::int64_t step);
    void set_clock(Endpoint& endpoint);
    void take_step(Endpoint& endpoint, world::Token token);
    void end_step(Endpoint& endpoint, world::Token token);
    void count_reads(Endpoint& endpoint, Step& step);
    void mark_timers();
    void turn_clocks(const std::vector<core::Id>& nodes, world::Token token);

    // Disks.
    Duration file_latency(Endpoint& endpoint, FileWork& work);
    Duration strike_file(Endpoint& endpoint, FileWork& work, world::Token token);
    void carry_out(FileWork& work, Endpoint& endpoint, node::FileReply& reply);
    void settle_file(const FileWork& work, Endpoint& endpoint, const node::FileReply& reply);
    bool lose_power(Endpoint& endpoint, world::Token token);
    [[nodiscard]] bool would_change(const FileWork& work, Endpoint& endpoint);
    Disk& disk_of(Endpoint& endpoint);
    void hurry_files(world::Token token);

    // Faults and lives.
    void begin_life(Endpoint& endpoint);
    void settle_writes(Endpoint& endpoint, world::Token token);
    void end_life(Endpoint& endpoint, world::Token token, bool power, std::string_view why);
    void bury(Endpoint& endpoint);
    void first_step(Endpoint& endpoint);
    void insert_in_order(std::vector<world::Token>& faults, world::Token token);
    void apply_link(world::Token token, const fault::LinkEffect& effect);
    void apply_node(world::Token token, const fault::NodeEffect& effect);
    void strike_down(Endpoint& endpoint, world::Token token, bool power);
    void revert_node(world::Token token, const fault::NodeEffect& effect);
    [[nodiscard]] bool hold(const std::vector<world::Token>& faults) const;
    void release_down(Endpoint& endpoint, world::Token token);
    void saw(Force& force, const Endpoint& victim, std::uint64_t times = 1) {
        force.seen += times;
        force.seen_at[index_of(victim.id)] += times;
    }
    void work_due(Endpoint& endpoint);
    Site& site_of(const core::CodeSite& code);

    // Records.
    void trace(history::EventKind kind, core::Id node, core::Id peer, std::string name,
               std::string text, Value value = {}, std::uint64_t message = 0,
               std::uint64_t cause = 0);
    void breach(history::Breach&& what);

    [[nodiscard]] std::uint32_t index_of(core::Id id) const {
        return id.is_client() ? node_count_ + id.index() : id.index();
    }
    [[nodiscard]] Endpoint& endpoint(core::Id id) { return endpoints_[index_of(id)]; }
    [[nodiscard]] Endpoint& endpoint(node::Io& io) {
        return *static_cast<Endpoint*>(io.world_slot);
    }

    const world::Setup* setup_ = nullptr;
    world::Sink* sink_ = nullptr;
    history::RunRecord* record_ = nullptr;
    node::Options options_;
    std::uint32_t node_count_ = 0;
    std::uint64_t lanes_[fault::purpose_count] = {};
    fault::LinkFault network_;
    bool plain_ = true;   // Draws need no second look: nothing is pinned or recorded.
    bool full_ = false;   // Somebody wants to read of every event ...
    bool keep_ = false;   // ... as trace and decisions,
    bool close_ = false;  // ... and as steps.
    bool halted_ = false, stopped_ = false;
    bool changed_ = false;  // Something was published in this event.
    bool any_doomed_ = false;
    Instant now_{}, half_way_{};  // Half of the events that a run may take were taken then.
    Digest digest_;
    std::uint64_t events_ = 0, messages_ = 0, step_limit_ = 0, step_gate_ = 0;
    std::int64_t memory_limit_ = 0;
    core::Stack memory_stack_;        // Where a node passed it ...
    std::uint64_t memory_event_ = 0;  // ... in this event, counted from 1.
    std::uint64_t cause_ = 0;         // Of what runs now, for the trace.
    std::uint64_t callback_ = ~0ULL;  // The place of the one that runs now; else beyond all.
    Wheel wheel_;
    std::vector<Endpoint> endpoints_;  // Nodes, then clients.
    std::vector<Force> forces_;        // By token.
    std::vector<world::Token> links_;  // Link forces in force, in catalogue order.
    std::vector<Claim> claims_;
    std::vector<world::Callback> callbacks_;
    std::uint32_t free_claims_ = nil;
    std::vector<std::uint32_t> free_callbacks_, free_files_;
    std::vector<FileWork> files_;
    std::uint64_t next_file_number_ = 0;
    std::vector<Waiting> waiting_;
    std::vector<Done> done_;
    std::vector<Site> sites_;
    std::vector<std::uint32_t> at_once_restart_;
    Endpoint* running_ = nullptr;
    std::unordered_map<std::uint64_t, Pin> pins_;  // Looked up by key only, never iterated.
    LinkStates network_states_;
};

}  // namespace storm::sim
