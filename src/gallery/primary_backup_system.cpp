// What the bench is told of the primary-backup store: its operations, laws and planted bugs.
#include <fmt/core.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gallery/client.h"
#include "gallery/gallery.h"
#include "gallery/primary_backup.h"

namespace storm::gallery {
namespace pb {

using node::Id;

Bugs::Bugs(const node::Options& options)
    : acknowledge_before_replicate(options.plant == "acknowledge-before-replicate"),
      no_fencing(options.plant == "no-fencing-after-failover"),
      non_idempotent_retry(options.plant == "non-idempotent-retry"),
      rejoin_without_transfer(options.plant == "rejoin-without-transfer"),
      ack_before_sync(options.plant == "ack-before-sync"),
      read_without_majority(options.plant == "read-without-majority"),
      promote_own_state(options.plant == "promote-own-state"),
      promise_not_kept(options.plant == "promise-not-kept") {}

std::vector<node::Plant> plants() {
    return {
        {"acknowledge-before-replicate",
         "The primary acknowledges a put once it is in its own journal.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"no-fencing-after-failover",
         "Backups go on obeying a primary of an earlier view than they have promised.",
         {"linearizable", "no-lost-acknowledged-writes", "invariants", "converged"}},
        {"non-idempotent-retry",
         "A request that comes again, because its answer was lost, is executed again.",
         {"linearizable"}},
        {"rejoin-without-transfer",
         "A replica that missed updates applies the next to what it has, without a transfer.",
         {"linearizable", "no-lost-acknowledged-writes", "invariants", "converged"}},
        {"ack-before-sync",
         "Updates are acknowledged while a power loss can still take them from the journal.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"read-without-majority",
         "A primary answers a get without asking whether it still is the primary.",
         {"linearizable"}},
        {"promote-own-state",
         "A new primary goes on from its own state though a backup has shown it a newer one.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"promise-not-kept",
         "A backup promises a view but obeys the old primary until it hears from the new one.",
         {"linearizable", "no-lost-acknowledged-writes", "invariants"}},
    };
}

namespace {

/// Two nodes that hold the same version of the same view hold the same data.
std::optional<std::string> same_stamp_same_state(const node::Published& published) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::pair<Id, std::int64_t>> known;
    for (std::uint32_t i = 0; i < published.nodes(); ++i) {
        const auto* stamp = published.get(Id::node(i), "stamp");
        const auto* parts = stamp != nullptr ? stamp->list() : nullptr;
        if (parts == nullptr || parts->size() != 3) continue;
        const std::pair at{(*parts)[0].integer_or(0), (*parts)[1].integer_or(0)};
        const std::int64_t digest = (*parts)[2].integer_or(0);
        const auto [other, fresh] = known.try_emplace(at, Id::node(i), digest);
        if (!fresh && other->second.second != digest) {
            return fmt::format("{} and {} both hold version {} of view {}, with different data",
                               core::name_of(other->second.first), core::name_of(Id::node(i)),
                               at.second, at.first);
        }
    }
    return std::nullopt;
}

node::Task<> start(node::Io& io, const node::Options& options) {
    Replica replica(io, options);
    co_await replica.run();
}

}  // namespace

std::vector<node::Invariant> invariants() {
    return {{"same-stamp-same-state", "nodes at the same view and version hold the same data",
             same_stamp_same_state}};
}

}  // namespace pb

node::System make_primary_backup() {
    constexpr std::uint32_t key_count = 3;
    node::System system;
    system.name = "primary-backup";
    system.summary = "a key-value store with a primary per view, fenced and replaced by majority";
    system.nodes = 3;
    system.nodes_min = 1;
    system.nodes_max = 99;
    // Nothing is promised while a majority is away, and nothing is lost.
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    system.start = pb::start;
    system.sources = {"gallery/primary_backup.cpp", "gallery/client.cpp"};
    system.operations = {get_operation(1, key_count), put_operation(1, key_count)};
    system.model = "key-value";
    system.leader_key = "leading";
    system.state_key = "state";
    system.invariants = pb::invariants();
    system.plants = pb::plants();
    return system;
}

}  // namespace storm::gallery
