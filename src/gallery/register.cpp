// A register that any client may read and write while a minority of the replicas is away.
//
//   client            replicas                 read   ask a majority, take the newest, and
//     │── Query ─────────▶ n1 n2 n3                   make a majority hold it before telling
//     │◀─ QueryReply ──── n1 n2                write  ask a majority, tag the value as newer
//     │── Update ────────▶ n1 n2 n3                   than all, make a majority hold it
//     │◀─ UpdateReply ─── n2 n3
//
// Laws: two majorities share a replica · a replica's tag never goes back, over restarts too ·
// a replica speaks only of what is durable · a replica counts once in a majority, however
// often it answers · a write keeps its tag over all its attempts.
#include "gallery/register.h"

#include <algorithm>
#include <vector>

#include "gallery/client.h"
#include "gallery/gallery.h"
#include "gallery/journal.h"
#include "node/points.h"

namespace storm::gallery {
namespace abd {
namespace {

using core::ErrorKind;
using core::Result;
using node::Id;
using node::Incoming;
using node::Io;
using node::Options;
using node::Task;

constexpr Duration first_attempt_limit = 40_ms;
constexpr Duration attempt_limit = 200_ms;
constexpr Duration after_disk_error = 100_ms;
constexpr std::size_t journal_limit = 64;  // Records before the journal is rewritten.

/// The planted bugs.
struct Bugs {
    explicit Bugs(const Options& options)
        : no_write_back(options.plant == "no-write-back"),
          tie_without_node_id(options.plant == "tie-without-node-id"),
          half_quorum(options.plant == "half-quorum"),
          count_resends(options.plant == "count-resends"),
          forget_on_restart(options.plant == "forget-on-restart"),
          ack_before_sync(options.plant == "ack-before-sync") {}
    bool no_write_back, tie_without_node_id, half_quorum, count_resends, forget_on_restart,
        ack_before_sync;
};

// ---- Replica --------------------------------------------------------------------------------

class Replica {
public:
    Replica(Io& io, const Bugs& bugs) : io_(io), bugs_(bugs), journal_(io, "register") {}

    Task<> run() {
        for (;;) {
            if (co_await recover()) co_await serve();
            io_.log("the disk failed; starting over from what it holds");
            co_await io_.sleep(after_disk_error);
        }
    }

private:
    // Tasks of bool: false means that the disk failed and nothing more may be promised.
    Task<bool> recover() {
        held_ = Held{};
        auto records = co_await journal_.load();
        if (!records) co_return false;
        for (const auto& record : *records) {
            if (bugs_.forget_on_restart) break;
            auto held = core::from_bytes<Held>(record);
            if (held && held->tag > held_.tag) held_ = std::move(*held);
        }
        if (held_.tag.sequence > 0) STORM_REACHABLE("a replica comes back with what it held");
        co_return co_await compact();
    }

    Task<bool> compact() {
        const auto done = co_await journal_.rewrite({core::to_bytes(held_)});
        co_return done.has_value();
    }

    Task<> serve() {
        for (;;) {
            const Incoming incoming = co_await io_.receive();
            if (incoming.is<Query>()) {
                io_.reply(incoming, QueryReply{held_});
            } else if (const auto update = read<Update>(incoming)) {
                if (!co_await take(update->held)) co_return;
                io_.reply(incoming, UpdateReply{update->held.tag});
            }
        }
    }

    /// Makes the replica hold `offered` durably, unless it holds something newer.
    Task<bool> take(Held offered) {
        if (STORM_MAYBE("register/slow-store")) co_await io_.sleep(20_ms);
        if (offered.tag <= held_.tag) co_return true;
        if (auto done = co_await journal_.append({core::to_bytes(offered)}); !done) co_return false;
        if (!bugs_.ack_before_sync) {
            if (auto done = co_await journal_.sync(); !done) co_return false;
        }
        STORM_ALWAYS(offered.tag > held_.tag, "a replica's tag never goes back");
        held_ = std::move(offered);
        io_.publish("sequence", held_.tag.sequence);
        if (journal_.size() >= journal_limit || STORM_MAYBE("register/compact-now")) {
            co_return co_await compact();
        }
        co_return true;
    }

    Io& io_;
    const Bugs bugs_;
    Journal journal_;
    Held held_;
};

Task<> start(Io& io, const Options& options) {
    Replica replica(io, Bugs(options));
    co_await replica.run();
}

// ---- Client ---------------------------------------------------------------------------------

/// As many as a majority, drawn: the others are asked only if these do not answer.
std::vector<Id> enough(Io& io) {
    const auto all = io.peers();
    const std::size_t from = io.dice().below(all.size());
    std::vector<Id> some;
    for (std::size_t i = 0; i < all.size() / 2 + 1; ++i) {
        some.push_back(all[(from + i) % all.size()]);
    }
    return some;
}

/// Asks until a majority has answered or the time is over: `first`, then all who are silent.
template <node::Message Reply, node::Message M>
Task<std::vector<std::pair<Id, Reply>>> ask_majority(Io& io, M message, Bugs bugs,
                                                     std::vector<Id> first, Instant deadline) {
    const std::size_t half = io.nodes() / 2;
    const std::size_t majority = bugs.half_quorum ? std::max<std::size_t>(half, 1) : half + 1;
    std::vector<std::pair<Id, Reply>> answers;
    std::vector<Id> silent = io.peers();
    std::vector<Id> to = std::move(first);
    Duration limit = first_attempt_limit;
    while (answers.size() < majority && io.now() < deadline) {
        limit = std::min(limit, deadline - io.now());
        const auto wanted = static_cast<std::uint32_t>(majority - answers.size());
        auto more = co_await io.call_many<Reply>(to, message, wanted, limit);
        for (auto& answer : more) {
            if (!bugs.count_resends) std::erase(silent, answer.first);
            answers.push_back(std::move(answer));
        }
        to = silent;
        limit = attempt_limit;
    }
    if (answers.size() < majority) answers.clear();
    co_return answers;
}

struct Newest {
    Held held;
    bool agreed = true;  // All that answered hold it.
};

/// Nothing: no majority answered in time.
Task<std::optional<Newest>> query(Io& io, Bugs bugs, Instant deadline) {
    const Query question{io.dice().bits()};
    const auto first = enough(io);
    const auto answers = co_await ask_majority<QueryReply>(io, question, bugs, first, deadline);
    if (answers.empty()) co_return std::nullopt;
    Newest newest{answers.front().second.held};
    for (const auto& [who, reply] : answers) {
        newest.agreed = newest.agreed && reply.held.tag == newest.held.tag;
        if (reply.held.tag > newest.held.tag) newest.held = reply.held;
    }
    co_return newest;
}

Task<bool> update(Io& io, Bugs bugs, Held held, Instant deadline) {
    const Update message{std::move(held)};
    if (STORM_MAYBE("register/slow-client")) co_await io.sleep(50_ms);
    const auto first = enough(io);
    const auto answers = co_await ask_majority<UpdateReply>(io, message, bugs, first, deadline);
    co_return !answers.empty();
}

Task<Result<Value>> run_read(Io& io, const Options& options, Value) {
    const Bugs bugs(options);
    const Instant deadline = io.now() + request_limit;
    auto newest = co_await query(io, bugs, deadline);
    if (!newest) co_return core::fail(ErrorKind::refused, "no majority answered");
    STORM_SOMETIMES(!newest->agreed, "a read meets replicas that disagree");
    // Another reader may ask the majority that has not heard of it yet.
    if (!newest->agreed && !bugs.no_write_back) {
        if (!co_await update(io, bugs, newest->held, deadline)) {
            co_return core::fail(ErrorKind::timeout, "no majority took it in time");
        }
    }
    co_return newest->held.value;
}

Task<Result<Value>> run_write(Io& io, const Options& options, Value value) {
    const Bugs bugs(options);
    const Instant deadline = io.now() + request_limit;
    const std::uint64_t nonce = io.dice().bits();
    const auto newest = co_await query(io, bugs, deadline);
    if (!newest) co_return core::fail(ErrorKind::refused, "no majority answered");
    Tag tag{newest->held.tag.sequence + 1, io.self().value, nonce};
    if (bugs.tie_without_node_id) tag = Tag{tag.sequence, 0, 0};
    if (!co_await update(io, bugs, Held{tag, value}, deadline)) {
        co_return core::fail(ErrorKind::timeout, "no majority took it in time");
    }
    co_return Value{};
}

std::vector<node::Operation> operations() {
    return {{.name = "read",
             .weight = 1,
             .generate = [](core::Dice&, std::uint32_t, std::uint32_t) { return Value{}; },
             .run = run_read,
             .idempotent = true},
            {.name = "write",
             .weight = 1,
             .generate = [](core::Dice&, std::uint32_t client,
                            std::uint32_t index) { return unique_value(client, index); },
             .run = run_write}};
}

std::vector<node::Plant> plants() {
    return {
        {"no-write-back",
         "A read returns the newest value it saw without making a majority hold it first.",
         {"linearizable"}},
        {"tie-without-node-id",
         "Two concurrent writes may get the same tag: the writer is not part of it.",
         {"linearizable"}},
        {"half-quorum",
         "Half of the replicas count as a majority, so that two quorums need not meet.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"count-resends",
         "A replica that answers a repeated request counts twice in the majority.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"forget-on-restart",
         "A replica that restarts begins empty instead of with what it acknowledged.",
         {"linearizable", "no-lost-acknowledged-writes"}},
        {"ack-before-sync",
         "A replica acknowledges a value that a power loss can still take from it.",
         {"linearizable", "no-lost-acknowledged-writes"}},
    };
}

}  // namespace
}  // namespace abd

node::System make_register() {
    node::System system;
    system.name = "register";
    system.summary = "one value behind majority quorums, coordinated by its clients";
    system.nodes = 3;
    system.nodes_min = 1;
    system.nodes_max = 99;
    // Nothing is promised while a majority is away, and nothing is lost.
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    system.start = abd::start;
    system.sources = {"gallery/register.cpp"};
    system.operations = abd::operations();
    system.model = "register";
    system.plants = abd::plants();
    return system;
}

}  // namespace storm::gallery
