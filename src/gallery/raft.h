// gallery/raft.h - what raft nodes keep, say and remember (see raft.cpp).
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "gallery/journal.h"
#include "gallery/raft_log.h"
#include "node/io.h"
#include "node/system.h"

namespace storm::gallery::raft {

/// A record of the journal. A snapshot is always the first; an entry at `index` takes the
/// place of all from there on.
struct Record {
    enum class Kind : std::uint8_t { snapshot, vote, entry };
    Kind kind = Kind::vote;
    std::uint64_t term = 0;            // vote
    std::uint32_t voted_for = nobody;  // vote
    std::uint64_t index = 0;           // entry
    Entry entry;                       // entry
    Snapshot snapshot;                 // snapshot
    STORM_FIELDS(kind, term, voted_for, index, entry, snapshot)
};

struct RequestVote {
    std::uint64_t term = 0;
    std::uint64_t last_index = 0;
    std::uint64_t last_term = 0;
    STORM_MESSAGE(RequestVote, 1, term, last_index, last_term)
};
struct Vote {
    std::uint64_t term = 0;
    bool granted = false;
    STORM_MESSAGE(Vote, 1, term, granted)
};
/// Entries after (previous_index, previous_term), or none: a heartbeat. `beat` counts the
/// leader's rounds and `sent` is its wall clock; both come back in answers.
struct Append {
    std::uint64_t term = 0;
    std::uint64_t previous_index = 0;
    std::uint64_t previous_term = 0;
    std::vector<Entry> entries;
    std::uint64_t commit = 0;
    std::uint64_t beat = 0;
    std::int64_t sent = 0;
    STORM_MESSAGE(Append, 1, term, previous_index, previous_term, entries, commit, beat, sent)
};
/// Do you still follow me? Asked for gets: an answer says nothing of the log.
struct Confirm {
    std::uint64_t term = 0;
    std::uint64_t beat = 0;
    std::int64_t sent = 0;
    STORM_MESSAGE(Confirm, 1, term, beat, sent)
};
struct Confirmed {
    std::uint64_t term = 0;
    std::uint64_t beat = 0;
    std::int64_t sent = 0;
    STORM_MESSAGE(Confirmed, 1, term, beat, sent)
};
struct InstallSnapshot {
    std::uint64_t term = 0;
    Snapshot snapshot;
    std::uint64_t beat = 0;
    std::int64_t sent = 0;
    STORM_MESSAGE(InstallSnapshot, 1, term, snapshot, beat, sent)
};
struct Appended {
    std::uint64_t term = 0;
    bool matched = false;
    std::uint64_t index = 0;  // Matched: up to here. Else: try again after this.
    std::uint64_t beat = 0;
    std::int64_t sent = 0;
    STORM_MESSAGE(Appended, 1, term, matched, index, beat, sent)
};

/// The planted bugs.
struct Bugs {
    explicit Bugs(const node::Options& options);
    bool vote_not_persisted, vote_without_log_check, ack_before_fsync, commit_earlier_term,
        stale_append_truncates, quorum_without_self, lease_read, read_before_own_commit,
        snapshot_drops_later, compaction_forgets_sessions;
};
[[nodiscard]] std::vector<node::Plant> plants();
[[nodiscard]] std::vector<node::Invariant> invariants();

enum class Role : std::uint8_t { follower, candidate, leader };

class Replica {
public:
    Replica(node::Io& io, const node::Options& options);
    /// Never ends; starts over from its journal when the disk fails.
    node::Task<> run();

private:
    using Id = node::Id;
    // Tasks of bool: false means that the disk failed: promise nothing more, start over.
    template <class T>
    using Task = node::Task<T>;

    // The disk.
    Task<bool> recover();
    bool replay(const Bytes& bytes);
    Task<bool> persist(std::vector<Record> records);
    Task<bool> persist_vote();
    Task<bool> compact();
    Task<bool> rewrite();

    // The loops.
    node::Task<> serve();
    node::Task<> tick();
    Task<bool> handle(node::Incoming incoming);
    Task<bool> on_silence();

    // Elections.
    Task<bool> enter(std::uint64_t term);
    Task<bool> on_request_vote(Id from, RequestVote request);
    Task<bool> on_vote(Id from, Vote vote);
    Task<bool> lead();
    void ask_for_votes();
    void step_down();
    void be_patient();

    // Followers.
    Task<bool> accept_leader(Id from, std::uint64_t term);
    Task<bool> on_append(Id from, Append append);
    Task<bool> on_confirm(Id from, Confirm confirm);
    Task<bool> on_install(Id from, InstallSnapshot install);
    void apply();
    void publish_applied();

    // Leaders.
    Task<bool> on_request(node::Incoming incoming, Command command);
    Task<bool> on_appended(Id from, Appended appended);
    Task<bool> on_confirmed(Id from, Confirmed confirmed);
    void on_get(node::Incoming incoming, const Command& command);
    void broadcast();
    void send_entries(Id peer);
    void advance();
    void answer_gets();
    void answer(const node::Incoming& incoming, Status status, Value value = {});
    [[nodiscard]] std::size_t majority() const;
    [[nodiscard]] bool has_lease() const;

    struct WaitingPut {
        node::Incoming incoming;
        std::uint64_t index = 0;
    };
    struct WaitingGet {
        node::Incoming incoming;
        std::string key;
        std::uint64_t index = 0;
        std::uint64_t beat = 0;
    };
    /// What a leader knows of a follower.
    struct Progress {
        std::uint64_t next = 1;
        std::uint64_t match = 0;
        std::uint64_t beat = 0;
        std::int64_t sent = 0;  // By my wall clock, when the last thing that it answered was sent.
    };

    node::Io& io_;
    const Bugs bugs_;
    const std::uint64_t snapshot_every_;
    const std::vector<Id> peers_;
    Journal journal_;

    // Durable. The entries in memory run ahead of the disk while they are being written.
    std::uint64_t term_ = 0;
    std::uint32_t voted_for_ = nobody;
    Log log_;
    std::uint64_t synced_ = 0;  // Entries up to here are durable.

    // Lost with the process.
    Role role_ = Role::follower;
    std::uint32_t leader_ = nobody;
    std::optional<Instant> busy_since_;  // With what came last.
    Instant quiet_since_{};              // Follower: of a leader. Leader: of a majority.
    Instant leader_heard_{};             // While fresh, no vote is given.
    Instant votes_from_{};               // No vote is given before.
    Duration patience_{};
    std::uint64_t commit_ = 0;
    std::uint64_t applied_ = 0;
    std::uint64_t chain_ = 0;  // Digest over the entries applied.
    Store store_;
    std::set<Id> votes_;
    std::map<Id, Progress> progress_;
    std::uint64_t opening_ = 0;  // The first index of my term as leader.
    std::uint64_t beat_ = 0;
    std::uint64_t confirmed_ = 0;  // The last beat that a majority has answered.
    std::deque<WaitingPut> puts_;
    std::deque<WaitingGet> gets_;
};

}  // namespace storm::gallery::raft
