#include "world/conductor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "world/clients.h"
#include "world/strikes.h"

namespace storm::world {
namespace {

using core::ErrorKind;

constexpr Duration poll_every = core::milliseconds(50);

/// What no world needs to ask again.
core::Result<void> check_plan(const Setup& setup) {
    const auto& plan = setup.plan;
    const auto& system = setup.system;
    const auto bad = [](std::string text) { return core::fail(ErrorKind::bad_input, text); };
    if (plan.nodes < system.nodes_min || plan.nodes > system.nodes_max || plan.nodes == 0) {
        return bad(fmt::format("{} nodes, but {} runs on {} to {}", plan.nodes, system.name,
                               system.nodes_min, system.nodes_max));
    }
    if (plan.chaos.ns < 0 || plan.settle.ns < 0) return bad("a negative length of time");
    for (const auto id : plan.absent) {
        if (id.is_client() || id.index() >= plan.nodes) {
            return bad("absent node " + core::name_of(id) + " is not one of " +
                       std::to_string(plan.nodes));
        }
    }
    for (const auto& operation : plan.operations) {
        if (!operation.client.is_client() || operation.client.index() >= plan.clients) {
            return bad(fmt::format("operation {} of {}, but the plan has {} clients", operation.id,
                                   core::name_of(operation.client), plan.clients));
        }
        if (std::ranges::find(system.operations, operation.name, &node::Operation::name) ==
            system.operations.end()) {
            return bad(system.name + " has no operation \"" + operation.name + "\"");
        }
    }
    return {};
}

/// Two faults with one id would share their draws.
core::Result<void> check_ids(const fault::Plan& plan) {
    std::vector<std::string_view> ids;
    ids.reserve(plan.faults.size());
    for (const auto& fault : plan.faults) ids.push_back(fault.id);
    std::ranges::sort(ids);
    const auto twice = std::ranges::adjacent_find(ids);
    if (twice == ids.end()) return {};
    return core::fail(ErrorKind::bad_input, "two faults are called " + std::string(*twice));
}

class Conductor final : public Sink {
public:
    Conductor(World& world, const Setup& setup, const fault::Catalogue& faults,
              const Settled& settled)
        : world_(world),
          setup_(setup),
          settled_(settled),
          heal_at_(Instant{} + setup.plan.chaos),
          end_(heal_at_ + setup.plan.settle),
          strikes_(world, setup.system, setup.plan, faults, record_),
          clients_(world, setup.system, setup.plan, record_, end_),
          broken_(setup.system.invariants.size()) {
        record_.seed = setup.seed;
    }

    core::Result<history::RunRecord> run() {
        STORM_CHECK(check_ids(setup_.plan));
        STORM_CHECK(strikes_.prepare());
        STORM_CHECK(world_.start(setup_, *this, record_));
        clients_.start();
        strikes_.start();
        world_.at(heal_at_, core::key_of("heal"), [this] { heal(); });
        auto driven = world_.drive(end_);
        finish();
        STORM_CHECK(std::move(driven));
        STORM_CHECK(strikes_.state());
        return std::move(record_);
    }

    void completed(core::Id client, std::uint32_t operation, core::Result<Value> result) override {
        clients_.completed(client, operation, std::move(result));
    }

    void published() override {
        strikes_.published();
        const auto& invariants = setup_.system.invariants;
        for (std::size_t i = 0; i < invariants.size(); ++i) {
            if (broken_[i]) continue;  // Once a run is enough.
            auto sentence = invariants[i].broken(world_.observe());
            if (!sentence) continue;
            broken_[i] = true;
            breach(invariants[i].name, std::move(*sentence));
        }
    }

private:
    void breach(const std::string& name, std::string sentence) {
        const auto& published = record_.published;  // By the event that broke it.
        const auto who = published.empty() ? core::Id{} : published.back().node;
        if (setup_.detail == history::Detail::full) {
            record_.trace.push_back({.at = world_.now(),
                                     .sequence = record_.trace.size(),
                                     .kind = history::EventKind::violated,
                                     .name = name,
                                     .text = sentence});
        }
        record_.breaches.push_back({.check = "invariants",
                                    .anomaly = "invariant " + name,
                                    .site = name,
                                    .sentence = std::move(sentence),
                                    .at = world_.now(),
                                    .node = who});
    }

    void heal() {
        healed_ = true;
        record_.healed = world_.now();
        strikes_.heal();
        if (setup_.plan.settle.ns > 0) wait();
    }

    /// Asks again and again, as an event of its own, whether all is settled.
    void wait() {
        world_.at(world_.now() + poll_every, core::key_of("settled"), [this] {
            if (clients_.idle() &&
                (!settled_ || settled_(world_.observe(), record_, world_.now()))) {
                settled_early_ = true;
                return world_.halt();
            }
            wait();
        });
    }

    void finish() {
        const Instant now = world_.now();
        clients_.stop();
        const bool cut = std::ranges::any_of(record_.breaches, [](const history::Breach& each) {
            return each.anomaly == history::Breach::cut_short;
        });
        record_.complete = !cut && (settled_early_ || now >= end_ || (healed_ && clients_.idle()));
        if (!healed_) record_.healed = now;
        record_.ended = now;
        world_.stop();
        for (auto& operation : record_.history) {
            if (operation.outcome != history::Outcome::pending) continue;
            operation.outcome = history::Outcome::info;
            operation.error = "the run ended";
            operation.completed = now;
        }
        strikes_.collect();
        record_.digest = world_.digest();
    }

    World& world_;
    const Setup& setup_;
    const Settled& settled_;
    Instant heal_at_, end_;
    history::RunRecord record_;
    Strikes strikes_;
    Clients clients_;
    std::vector<bool> broken_;  // By invariant.
    bool healed_ = false;
    bool settled_early_ = false;
};

}  // namespace

core::Result<history::RunRecord> conduct(World& world, const Setup& setup,
                                         const fault::Catalogue& faults, const Settled& settled) {
    // Before anything is sized by it: a client that an edited plan names must exist.
    STORM_CHECK(check_plan(setup));
    Conductor conductor(world, setup, faults, settled);
    return conductor.run();
}

}  // namespace storm::world
