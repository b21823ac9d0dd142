#include "world/clients.h"

#include <algorithm>
#include <utility>

namespace storm::world {

core::Key operation_root(core::Id client, std::uint32_t id) {
    return core::combine(
        core::combine(core::key_of("operation"), core::key_of(core::name_of(client))), id);
}

node::Task<> run_operation(const node::Operation& kind, node::Io& io, const node::Options& options,
                           Value args, std::function<void(core::Result<Value>)> done) {
    auto result = co_await kind.run(io, options, std::move(args));
    done(std::move(result));
}

Clients::Clients(World& world, const node::System& system, const fault::Plan& plan,
                 history::RunRecord& record, Instant end)
    : world_(world), system_(system), record_(record), end_(end), chains_(plan.clients) {
    for (const auto& operation : plan.operations) {
        chains_[operation.client.index()].operations.push_back(&operation);
    }
    for (std::uint32_t i = 0; i < chains_.size(); ++i) chains_[i].process = i;
    record_.history.reserve(plan.operations.size());
}

void Clients::start() {
    for (std::uint32_t i = 0; i < chains_.size(); ++i) {
        if (chains_[i].operations.empty()) continue;
        ++open_;
        arm(i);
    }
}

void Clients::arm(std::uint32_t client) {
    Chain& chain = chains_[client];
    const bool over = stopped_ || chain.next == chain.operations.size();
    const Instant due =
        over ? end_ : std::max(Instant{} + chain.operations[chain.next]->not_before, world_.now());
    if (due >= end_) {
        --open_;
        return;
    }
    const auto& operation = *chain.operations[chain.next];
    world_.at(due, operation_root(operation.client, operation.id),
              [this, client] { invoke(client); });
}

void Clients::invoke(std::uint32_t client) {
    Chain& chain = chains_[client];
    if (stopped_) {
        --open_;
        return;
    }
    const auto& operation = *chain.operations[chain.next++];
    chain.pending = record_.history.size();
    record_.history.push_back({.client = operation.client,
                               .id = operation.id,
                               .process = chain.process,
                               .name = operation.name,
                               .args = operation.args,
                               .invoked = world_.now()});
    world_.invoke(operation, operation_root(operation.client, operation.id));
}

bool Clients::idempotent(const std::string& operation) const {
    const auto at = std::ranges::find(system_.operations, operation, &node::Operation::name);
    return at != system_.operations.end() && at->idempotent;
}

void Clients::completed(core::Id client, std::uint32_t operation, core::Result<Value> result) {
    if (!client.is_client() || client.index() >= chains_.size()) return;
    Chain& chain = chains_[client.index()];
    if (chain.pending == none) return;
    auto& entry = record_.history[chain.pending];
    if (entry.id != operation) return;  // Of an operation that had ended already.
    chain.pending = none;
    entry.completed = world_.now();
    if (result) {
        entry.outcome = history::Outcome::ok;
        entry.result = std::move(*result);
    } else {
        const auto kind = result.error().kind;
        const bool surely_not = kind == core::ErrorKind::refused ||
                                kind == core::ErrorKind::not_found || idempotent(entry.name);
        entry.outcome = surely_not ? history::Outcome::fail : history::Outcome::info;
        entry.error = result.error().text();
        if (!surely_not) chain.process += static_cast<std::uint32_t>(chains_.size());
    }
    arm(client.index());
}

}  // namespace storm::world
