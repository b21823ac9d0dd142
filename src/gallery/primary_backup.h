// gallery/primary_backup.h - what primary and backups keep and say (see primary_backup.cpp).
#pragma once
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "gallery/journal.h"
#include "gallery/store.h"
#include "node/io.h"
#include "node/system.h"

namespace storm::gallery::pb {

/// Which state a node holds: the one that the primary of `view` had after `version` updates.
/// A later stamp holds all that was ever acknowledged under an earlier one.
struct Stamp {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    auto operator<=>(const Stamp&) const = default;
    STORM_FIELDS(view, version)
};

/// A record of the journal.
struct Record {
    enum class Kind : std::uint8_t { promise, update, state };
    Kind kind = Kind::promise;
    std::uint64_t promised = 0;  // All kinds: no view before this is obeyed any more.
    Stamp stamp;                 // update, state: of the state after it.
    Command command;             // update
    Store store;                 // state
    STORM_FIELDS(kind, promised, stamp, command, store)
};

/// I want to be the primary of `view`: promise to obey no earlier one.
struct Propose {
    std::uint64_t view = 0;
    STORM_MESSAGE(Propose, 1, view)
};
/// I promise, and this is what I hold.
struct Promise {
    std::uint64_t view = 0;
    Stamp stamp;
    Store store;
    STORM_MESSAGE(Promise, 1, view, stamp, store)
};
/// I have promised a later view.
struct Fenced {
    std::uint64_t promised = 0;
    STORM_MESSAGE(Fenced, 1, promised)
};

/// I am the primary of `view` and have made `version`; answer with this beat.
struct Heartbeat {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    std::uint64_t beat = 0;
    STORM_MESSAGE(Heartbeat, 1, view, version, beat)
};
/// The update that leads to `stamp`.
struct Replicate {
    Stamp stamp;
    Command command;
    STORM_MESSAGE(Replicate, 1, stamp, command)
};
/// The whole state at `stamp`.
struct Transfer {
    Stamp stamp;
    Store store;
    STORM_MESSAGE(Transfer, 1, stamp, store)
};
/// In `view` I durably hold `version`, or am behind and need a transfer.
struct Held {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    bool behind = false;
    std::uint64_t beat = 0;  // Of the heartbeat that this answers; 0 if none.
    STORM_MESSAGE(Held, 1, view, version, behind, beat)
};

/// The planted bugs.
struct Bugs {
    explicit Bugs(const node::Options& options);
    bool acknowledge_before_replicate, no_fencing, non_idempotent_retry, rejoin_without_transfer,
        ack_before_sync, read_without_majority, promote_own_state, promise_not_kept;
};
[[nodiscard]] std::vector<node::Plant> plants();
[[nodiscard]] std::vector<node::Invariant> invariants();

enum class Role : std::uint8_t { backup, candidate, primary };

class Replica {
public:
    Replica(node::Io& io, const node::Options& options);
    /// Never ends; starts over from its journal when the disk fails.
    node::Task<> run();

private:
    using Id = node::Id;
    using Incoming = node::Incoming;
    template <class T>
    using Task = node::Task<T>;

    // Tasks of bool: false means that the disk failed: promise nothing more, start over.
    Task<bool> recover();
    bool replay(const Bytes& bytes);
    Task<bool> persist(Record record);
    Task<bool> compact();
    node::Task<> serve();
    node::Task<> send_heartbeats();
    Task<bool> on_silence();
    Task<bool> handle(Incoming incoming);

    Task<bool> on_request(Incoming incoming, Command command);
    Task<bool> execute(Incoming incoming, Command command);
    Task<bool> on_propose(Id from, Propose propose);
    Task<bool> on_promise(Id from, Promise promise);
    Task<bool> on_heartbeat(Id from, Heartbeat heartbeat);
    Task<bool> on_replicate(Id from, Replicate replicate);
    Task<bool> on_transfer(Id from, Transfer transfer);
    Task<bool> lead(Promise best);
    void on_held(Id from, const Held& held);

    void beat();
    void advance();
    void answer_all();
    void answer(const Incoming& incoming, Status status, Value value = {});
    void obey(std::uint64_t view);
    void step_down();
    void be_patient();
    void publish_state();
    [[nodiscard]] bool leads() const { return role_ == Role::primary && committed_ >= opening_; }
    [[nodiscard]] bool fenced(std::uint64_t view) const {
        return view < promised_ && !bugs_.no_fencing;
    }
    [[nodiscard]] std::size_t majority() const { return io_.nodes() / 2 + 1; }
    /// The largest number that a majority has reached, `mine` being my own.
    [[nodiscard]] std::uint64_t reached(const std::map<Id, std::uint64_t>& theirs,
                                        std::uint64_t mine) const;

    struct WaitingPut {
        Incoming incoming;
        std::uint64_t version = 0;
        Value result;
    };
    struct WaitingGet {
        Incoming incoming;
        std::uint64_t version = 0;
        std::uint64_t beat = 0;
        Value result;
    };

    node::Io& io_;
    const Bugs bugs_;
    const std::vector<Id> peers_;
    Journal journal_;

    // Durable.
    std::uint64_t promised_ = 0;
    Stamp stamp_;
    Store store_;

    // Lost with the process.
    Role role_ = Role::backup;
    std::uint64_t seen_ = 0;             // The latest view that anybody spoke of.
    std::optional<Instant> busy_since_;  // With what came last.
    Instant quiet_since_{};              // Backup: of the primary. Primary: of a majority.
    Duration patience_{};
    std::map<Id, Promise> promises_;     // Candidate: who gave one.
    std::map<Id, std::uint64_t> held_;   // Primary: versions.
    std::map<Id, std::uint64_t> beats_;  // Primary: answers to heartbeats.
    std::uint64_t beat_ = 0;
    std::uint64_t confirmed_ = 0;  // Primary: answered by a majority.
    std::uint64_t opening_ = 0;    // Primary: the version that this view began with.
    std::uint64_t committed_ = 0;  // Primary: held by a majority in this view.
    std::deque<WaitingPut> puts_;
    std::deque<WaitingGet> gets_;
};

}  // namespace storm::gallery::pb
