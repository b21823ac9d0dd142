// What the bench is told of raft: its operations, laws and planted bugs.
#include <fmt/core.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gallery/client.h"
#include "gallery/gallery.h"
#include "gallery/raft.h"

namespace storm::gallery {
namespace raft {

using node::Id;

Bugs::Bugs(const node::Options& options)
    : vote_not_persisted(options.plant == "vote-not-persisted"),
      vote_without_log_check(options.plant == "vote-without-log-check"),
      ack_before_fsync(options.plant == "ack-before-fsync"),
      commit_earlier_term(options.plant == "commit-earlier-term-by-counting"),
      stale_append_truncates(options.plant == "stale-append-truncates-committed"),
      quorum_without_self(options.plant == "quorum-without-self"),
      lease_read(options.plant == "lease-read-under-drift"),
      read_before_own_commit(options.plant == "read-before-own-commit"),
      snapshot_drops_later(options.plant == "snapshot-drops-later-entries"),
      compaction_forgets_sessions(options.plant == "compaction-forgets-sessions") {}

std::vector<node::Plant> plants() {
    const std::vector<std::string> lost = {"linearizable", "no-lost-acknowledged-writes",
                                           "invariants", "properties"};
    // An entry that a follower acknowledged and no longer has is not sent again: it stays behind.
    const std::vector<std::string> gone = {"linearizable", "no-lost-acknowledged-writes",
                                           "invariants", "properties", "converged"};
    return {
        {"vote-not-persisted",
         "A vote is not in the journal: a node that restarts may vote twice in a term.", lost},
        {"vote-without-log-check",
         "A node votes for a candidate whose log lacks entries that it holds itself.", lost},
        {"ack-before-fsync",
         "Entries are acknowledged while a power loss can still take them from the journal.", gone},
        {"commit-earlier-term-by-counting",
         "A leader takes an entry of an earlier term for committed because a majority holds it.",
         lost},
        {"stale-append-truncates-committed",
         "An Append that arrives late cuts off all that came after its own entries.", lost},
        {"quorum-without-self",
         "The majority is taken of the peers, but the node itself is counted in it.", lost},
        {"lease-read-under-drift",
         "A leader answers gets under a lease that it measures by a clock that may be wrong.",
         {"linearizable"}},
        {"read-before-own-commit",
         "A new leader answers gets before it has committed an entry of its own term.",
         {"linearizable"}},
        {"snapshot-drops-later-entries",
         "A follower that installs a snapshot throws away the entries after it.", gone},
        {"compaction-forgets-sessions",
         "Compacting the log forgets which requests were executed: a late copy runs twice.",
         {"linearizable", "converged", "no-lost-acknowledged-writes"}},
    };
}

namespace {

std::optional<std::string> one_leader_per_term(const node::Published& published) {
    std::map<std::int64_t, Id> leaders;
    for (std::uint32_t i = 0; i < published.nodes(); ++i) {
        const auto* leading = published.get(Id::node(i), "leading");
        const std::int64_t term = leading != nullptr ? leading->integer_or(0) : 0;
        if (term == 0) continue;
        const auto [other, fresh] = leaders.try_emplace(term, Id::node(i));
        if (!fresh) {
            return fmt::format("{} and {} both lead term {}", core::name_of(other->second),
                               core::name_of(Id::node(i)), term);
        }
    }
    return std::nullopt;
}

std::optional<std::string> same_log_prefix(const node::Published& published) {
    std::map<std::int64_t, std::pair<Id, std::int64_t>> known;
    for (std::uint32_t i = 0; i < published.nodes(); ++i) {
        const auto* applied = published.get(Id::node(i), "applied");
        const auto* parts = applied != nullptr ? applied->list() : nullptr;
        if (parts == nullptr || parts->size() != 2) continue;
        const std::int64_t index = (*parts)[0].integer_or(0);
        const std::int64_t chain = (*parts)[1].integer_or(0);
        const auto [other, fresh] = known.try_emplace(index, Id::node(i), chain);
        if (!fresh && other->second.second != chain) {
            return fmt::format("{} and {} have applied different entries up to index {}",
                               core::name_of(other->second.first), core::name_of(Id::node(i)),
                               index);
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
    return {{"one-leader-per-term", "no two nodes lead in the same term", one_leader_per_term},
            {"same-log-prefix", "nodes that have applied equally many entries applied the same",
             same_log_prefix}};
}

}  // namespace raft

node::System make_raft() {
    constexpr std::uint32_t key_count = 2;
    node::System system;
    system.name = "raft";
    system.summary = "a key-value store over a replicated log, with snapshots and sessions";
    system.nodes = 3;
    system.nodes_min = 1;
    system.nodes_max = 99;
    // Nothing is promised while a majority is away, and nothing is lost.
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    system.start = raft::start;
    system.sources = {"gallery/raft.cpp", "gallery/client.cpp"};
    system.operations = {get_operation(3, key_count), put_operation(3, key_count),
                         cas_operation(1, key_count)};
    system.model = "key-value";
    system.leader_key = "leading";
    system.state_key = "state";
    system.invariants = raft::invariants();
    system.plants = raft::plants();
    system.numbers = {{"snapshot-every", "entries applied between two snapshots (5)"}};
    return system;
}

}  // namespace storm::gallery
