// sim/rig_test.h - a simulated world that a test drives by hand.
//
// Every node runs the script the test gives, faults strike and end when the test says so, and
// time passes only in pass(). Operations complete into a list. Links take 5 ms and nothing is
// lost, unless the test's plan says otherwise.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fault/catalogue.h"
#include "node/points.h"
#include "node/system.h"
#include "sim/world.h"
#include "world/conductor.h"

namespace storm::sim {

inline constexpr core::Id n1 = core::Id::node(0), n2 = core::Id::node(1), n3 = core::Id::node(2),
                          c1 = core::Id::client(0), c2 = core::Id::client(1);

struct Ping {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ping, 1, n)
};
struct Pong {
    std::uint64_t n = 0;
    STORM_MESSAGE(Pong, 1, n)
};

class Rig final : public world::Sink {
public:
    using Script = std::function<Task<>(Io&)>;

    explicit Rig(Script script, std::uint32_t nodes = 2, std::uint32_t clients = 0)
        : script_(std::move(script)) {
        plan.nodes = nodes;
        plan.clients = clients;
        plan.network.delay = 5_ms;
        system.name = "rig";
        system.start = [this](Io& io, const node::Options&) { return script_(io); };
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig() { stop(); }

    node::System system;
    fault::Plan plan;
    std::uint64_t seed = 1;
    history::Detail detail = history::Detail::verdict;
    std::string sabotage;
    history::Window witness{};
    history::RunRecord record;
    std::vector<std::pair<std::uint32_t, core::Result<Value>>> ended;  // Operations, by number.
    int publications = 0;

    void start() {
        setup_ = std::make_unique<world::Setup>(
            world::Setup{system, plan, seed, detail, {}, sabotage, witness});
        world_ = make_world();
        const auto started = world_->start(*setup_, *this, record);
        ASSERT_TRUE(started.has_value());
    }
    void pass(Duration length) {
        if (world_ == nullptr) start();
        until_ += length;
        ASSERT_TRUE(world_->drive(until_).has_value());
    }
    void stop() {
        if (world_ != nullptr) world_->stop();
    }
    world::Token strike(fault::Effect effect, const std::string& id = "it", std::size_t order = 0,
                        Duration ramp = {}) {
        if (world_ == nullptr) start();
        auto& fault = faults_.emplace_back();
        fault.id = id;
        fault.use = "rig." + id;
        fault.ramp = ramp;
        const auto token = world_->apply({fault, occurrences_[id]++, order, effect});
        EXPECT_TRUE(token.has_value());
        return token.value_or(0);
    }
    world::World& world() {
        if (world_ == nullptr) start();
        return *world_;
    }
    /// Of the whole run: ends it.
    fault::Evidence proof(world::Token token) {
        stop();
        return world_->evidence(token);
    }
    fault::Effectiveness verdict(world::Token token) { return fault::judge(proof(token)); }
    /// What a node shows, or -1.
    std::int64_t shown(core::Id id, std::string_view key) {
        const Value* value = world().observe().get(id, key);
        return value != nullptr ? value->integer_or(-1) : -1;
    }
    void operation(std::uint32_t number, const std::string& name, Value args = {}) {
        planned_.push_back({c1, number, name, std::move(args), {}});
        world().invoke(planned_.back(), core::combine(core::key_of("operation"), number));
    }

    void completed(core::Id, std::uint32_t number, core::Result<Value> result) override {
        ended.emplace_back(number, std::move(result));
    }
    void published() override { ++publications; }

private:
    Script script_;
    std::unique_ptr<world::Setup> setup_;
    std::unique_ptr<world::World> world_;
    std::deque<fault::PlannedFault> faults_;
    std::deque<fault::PlannedOperation> planned_;
    std::map<std::string, std::uint32_t> occurrences_;
    Instant until_;
};

// ---- Effects, short ------------------------------------------------------------------------

inline fault::Effect act(fault::NodeAction action, std::vector<core::Id> nodes,
                         Duration cost = {}) {
    return fault::NodeEffect{action, std::move(nodes), cost, {}, {}};
}
inline fault::Effect crash_at(core::Id node, std::string site) {
    return fault::NodeEffect{fault::NodeAction::crash_at, {node}, {}, {}, std::move(site)};
}
inline fault::Effect on_link(core::Id from, core::Id to, fault::LinkFault fault) {
    return fault::LinkEffect{fault, {{{from}, {to}}}};
}
inline fault::Effect bend(core::Id node, Duration step, std::int64_t drift_ppm,
                          bool stays = false) {
    return fault::ClockEffect{{node}, step, drift_ppm, stays};
}
inline fault::Effect on_disk(core::Id node, fault::DiskFault fault) {
    return fault::DiskEffect{fault, {node}};
}

// ---- Scripts that many tests use -------------------------------------------------------------

inline Task<> silent(Io& io) {
    for (;;) (void)co_await io.receive();
}
/// From 1 ms on n1 sends a ping to n2 every 10 ms; whoever receives counts.
inline Task<> pinging(Io& io) {
    if (io.self() == n1) {
        co_await io.sleep(1_ms);
        for (std::uint64_t n = 0;; ++n) {
            io.send(n2, Ping{n});
            co_await io.sleep(10_ms);
        }
    }
    for (std::uint64_t got = 0;;) {
        const auto in = co_await io.receive();
        if (in.as<Ping>()) io.publish("got", ++got);
    }
}
/// Each node shows how often it woke, every 10 ms of its own time.
inline Task<> ticking(Io& io) {
    for (std::int64_t n = 0;; ++n) {
        io.publish("ticks", n);
        co_await io.sleep(10_ms);
    }
}

}  // namespace storm::sim
