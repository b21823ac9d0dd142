// A key-value store over a replicated log, after the Raft paper (figure 2) with snapshots
// (section 7), sessions and read-index (dissertation, 6.3 and 6.4).
//
//   client ── put ──▶ leader: log ── Append ──▶ followers: log     committed once a majority
//                       │ (journal)  ◀─ Appended ─  (journal)      holds it, then applied in
//                       ▼                                          order on every node
//                     store
//
// Laws: term, vote and entries are durable before anybody is told of them · one leader a term
// · a leader counts majorities only for entries of its own term · a follower cuts off only
// what conflicts · a get is answered when a majority has confirmed the leader after the get
// came in, from a store that holds all that was committed then · a request is executed once
// per client and number, also across snapshots.
#include "gallery/raft.h"

#include <algorithm>
#include <functional>

#include "node/points.h"

namespace storm::gallery::raft {

using node::Incoming;
using node::Io;

namespace {
constexpr Duration heartbeat_every = 50_ms;
constexpr Duration patience_least = 150_ms;
constexpr Duration patience_most = 180_ms;
constexpr Duration before_start_over = 20_ms;
constexpr std::size_t batch_limit = 4;      // Entries in one Append.
constexpr std::size_t journal_limit = 128;  // Records before the journal is rewritten.
}  // namespace

Replica::Replica(Io& io, const node::Options& options)
    : io_(io),
      bugs_(options),
      snapshot_every_(static_cast<std::uint64_t>(
          std::max<std::int64_t>(options.number("snapshot-every", 5), 1))),
      peers_(io.peers()),
      journal_(io, "raft") {}

node::Task<> Replica::run() {
    io_.spawn("tick", tick());
    for (;;) {
        if (co_await recover()) co_await serve();
        io_.log("starts over from what the disk holds");
        step_down();
        co_await io_.sleep(before_start_over);
    }
}

// ---- The disk -------------------------------------------------------------------------------

Replica::Task<bool> Replica::recover() {
    step_down();
    leader_ = nobody;
    term_ = 0;
    voted_for_ = nobody;
    log_ = {};
    const auto records = co_await journal_.load();
    if (!records) co_return false;
    for (const auto& record : *records) {
        if (!replay(record)) co_return false;
    }
    commit_ = applied_ = log_.base().index;
    chain_ = log_.base().chain;
    store_ = log_.base().store;
    if (log_.last() > 0) STORM_REACHABLE("a raft node comes back with its log");
    be_patient();
    // Who votes under leases cannot know, after a restart, which leader it has let rely on it.
    votes_from_ = io_.now() + (bugs_.lease_read ? patience_least : Duration{});
    // So that somebody leads soon after the very first start.
    if (term_ == 0 && io_.self().index() == 0) patience_ = {};
    io_.publish("term", term_);
    publish_applied();
    co_return co_await rewrite();
}

bool Replica::replay(const Bytes& bytes) {
    auto record = core::from_bytes<Record>(bytes);
    if (!record) return false;
    switch (record->kind) {
        case Record::Kind::snapshot:
            log_.restart_from(std::move(record->snapshot), false);
            return true;
        case Record::Kind::vote:
            term_ = record->term;
            voted_for_ = record->voted_for;
            return true;
        case Record::Kind::entry:
            if (record->index <= log_.base().index || record->index > log_.last() + 1) return false;
            log_.cut(record->index);
            log_.append(std::move(record->entry));
            return true;
    }
    return false;
}

Replica::Task<bool> Replica::persist(std::vector<Record> records) {
    if (records.empty()) co_return true;
    if (STORM_MAYBE("raft/slow-persist")) co_await io_.sleep(30_ms);
    std::vector<Bytes> bytes;
    for (const auto& record : records) bytes.push_back(core::to_bytes(record));
    if (auto done = co_await journal_.append(std::move(bytes)); !done) co_return false;
    if (!bugs_.ack_before_fsync || records.front().kind != Record::Kind::entry) {
        if (auto done = co_await journal_.sync(); !done) co_return false;
    }
    synced_ = log_.last();
    co_return true;
}

Replica::Task<bool> Replica::persist_vote() {
    Record record{Record::Kind::vote, term_, voted_for_, 0, {}, {}};
    if (bugs_.vote_not_persisted) record.voted_for = nobody;
    std::vector<Record> records;
    records.push_back(std::move(record));
    io_.publish("term", term_);
    co_return co_await persist(std::move(records));
}

/// Puts a snapshot in the place of all that is applied.
Replica::Task<bool> Replica::compact() {
    if (bugs_.compaction_forgets_sessions) store_.forget_sessions();
    log_.restart_from({applied_, log_.term_at(applied_), chain_, store_}, true);
    co_return co_await rewrite();
}

Replica::Task<bool> Replica::rewrite() {
    std::vector<Bytes> records;
    records.push_back(
        core::to_bytes(Record{Record::Kind::snapshot, 0, nobody, 0, {}, log_.base()}));
    const std::uint32_t vote = bugs_.vote_not_persisted ? nobody : voted_for_;
    records.push_back(core::to_bytes(Record{Record::Kind::vote, term_, vote, 0, {}, {}}));
    const std::uint64_t last = log_.last();
    for (std::uint64_t i = log_.base().index + 1; i <= last; ++i) {
        records.push_back(
            core::to_bytes(Record{Record::Kind::entry, 0, nobody, i, log_.at(i), {}}));
    }
    if (auto done = co_await journal_.rewrite(std::move(records)); !done) co_return false;
    synced_ = last;
    co_return true;
}

// ---- The loops ------------------------------------------------------------------------------

node::Task<> Replica::serve() {
    for (;;) {
        const Duration quiet = io_.now() - quiet_since_;
        auto incoming = co_await io_.receive_for(std::max(patience_ - quiet, Duration{}));
        busy_since_ = io_.now();
        const bool sound = incoming ? co_await handle(std::move(*incoming)) : co_await on_silence();
        if (!sound) co_return;
        const std::uint64_t since = applied_ - log_.base().index;
        const bool now = STORM_MAYBE("raft/compact-now") && since > 0;
        if (since >= snapshot_every_ || now) {
            if (!co_await compact()) co_return;
        } else if (journal_.size() >= journal_limit) {
            if (!co_await rewrite()) co_return;
        }
        busy_since_.reset();
    }
}

/// What a node repeats until it is heard.
node::Task<> Replica::tick() {
    for (;;) {
        co_await io_.sleep(heartbeat_every);
        if (role_ == Role::candidate) ask_for_votes();
        // A leader whose disk hangs lets others take its place.
        const bool stuck = busy_since_ && io_.now() - *busy_since_ > patience_least;
        if (role_ == Role::leader && !stuck && !STORM_MAYBE("raft/skip-heartbeat")) broadcast();
    }
}

Replica::Task<bool> Replica::handle(Incoming incoming) {
    const Id from = incoming.from();
    if (auto request = read<Request>(incoming)) {
        co_return co_await on_request(std::move(incoming), std::move(request->command));
    }
    if (auto append = read<Append>(incoming))
        co_return co_await on_append(from, std::move(*append));
    if (auto appended = read<Appended>(incoming)) co_return co_await on_appended(from, *appended);
    if (auto confirm = read<Confirm>(incoming)) co_return co_await on_confirm(from, *confirm);
    if (auto confirmed = read<Confirmed>(incoming))
        co_return co_await on_confirmed(from, *confirmed);
    if (auto install = read<InstallSnapshot>(incoming)) {
        co_return co_await on_install(from, std::move(*install));
    }
    if (auto request = read<RequestVote>(incoming))
        co_return co_await on_request_vote(from, *request);
    if (auto vote = read<Vote>(incoming)) co_return co_await on_vote(from, *vote);
    co_return true;  // Damaged, or of a version that this one does not know.
}

/// Nobody whom I need has spoken for too long.
Replica::Task<bool> Replica::on_silence() {
    be_patient();
    if (role_ == Role::leader) {
        if (peers_.empty()) co_return true;
        io_.log("no majority answers; steps down from term {}", term_);
        step_down();
        leader_ = nobody;
        co_return true;
    }
    ++term_;
    voted_for_ = io_.self().value;
    role_ = Role::follower;  // Until the vote for itself is durable.
    leader_ = nobody;
    if (!co_await persist_vote()) co_return false;
    role_ = Role::candidate;
    votes_.clear();
    io_.log("asks for votes in term {}", term_);
    ask_for_votes();
    co_return votes_.size() + 1 >= majority() ? co_await lead() : true;
}

// ---- Elections ------------------------------------------------------------------------------

void Replica::ask_for_votes() {
    for (const Id peer : peers_) {
        if (!votes_.contains(peer)) {
            io_.send(peer, RequestVote{term_, log_.last(), log_.last_term()});
        }
    }
}

/// Follows `term` if it is later than mine.
Replica::Task<bool> Replica::enter(std::uint64_t term) {
    if (term <= term_) co_return true;
    if (role_ == Role::leader) be_patient();
    step_down();
    leader_ = nobody;
    term_ = term;
    voted_for_ = nobody;
    co_return co_await persist_vote();
}

Replica::Task<bool> Replica::on_request_vote(Id from, RequestVote request) {
    // A node that still hears its leader lets no other disturb it (dissertation, 4.2.3).
    const bool hears =
        leader_ != nobody && leader_ != from.value && io_.now() - leader_heard_ < patience_least;
    if (role_ == Role::follower && (hears || io_.now() < votes_from_)) co_return true;
    if (!co_await enter(request.term)) co_return false;
    const bool newer = request.last_term != log_.last_term() ? request.last_term > log_.last_term()
                                                             : request.last_index >= log_.last();
    bool granted = request.term == term_ && (newer || bugs_.vote_without_log_check) &&
                   (voted_for_ == nobody || voted_for_ == from.value);
    if (granted && voted_for_ == nobody) {
        voted_for_ = from.value;
        if (!co_await persist_vote()) co_return false;
    }
    if (granted) quiet_since_ = io_.now();
    io_.send(from, Vote{term_, granted});
    co_return !(granted && STORM_MAYBE("raft/restart-after-vote"));
}

Replica::Task<bool> Replica::on_vote(Id from, Vote vote) {
    if (!co_await enter(vote.term)) co_return false;
    if (role_ != Role::candidate || vote.term != term_ || !vote.granted) co_return true;
    votes_.insert(from);
    co_return votes_.size() + 1 >= majority() ? co_await lead() : true;
}

Replica::Task<bool> Replica::lead() {
    if (STORM_MAYBE("raft/slow-takeover")) co_await io_.sleep(150_ms);
    opening_ = log_.last() + 1;
    progress_.clear();
    for (const Id peer : peers_) progress_[peer].next = opening_;
    confirmed_ = beat_;
    be_patient();
    patience_ = patience_most * 5;
    role_ = Role::leader;
    leader_ = io_.self().value;
    io_.log("leads term {}", term_);
    io_.publish("leading", term_);
    // An entry of its own term: when it is committed, so is all before it.
    log_.append({term_, {}});
    if (!co_await persist({{Record::Kind::entry, 0, nobody, opening_, log_.at(opening_), {}}})) {
        co_return false;
    }
    broadcast();
    advance();
    co_return true;
}

void Replica::step_down() {
    if (role_ == Role::leader) io_.publish("leading", 0);
    role_ = Role::follower;
    for (const auto& put : puts_) answer(put.incoming, Status::unknown);
    for (const auto& get : gets_) answer(get.incoming, Status::unknown);
    puts_.clear();
    gets_.clear();
}

void Replica::be_patient() {
    quiet_since_ = io_.now();
    patience_ = io_.dice().between(patience_least, patience_most);
    if (STORM_MAYBE("raft/least-patience")) patience_ = patience_least;
}

// ---- Followers ------------------------------------------------------------------------------

Replica::Task<bool> Replica::accept_leader(Id from, std::uint64_t term) {
    if (!co_await enter(term)) co_return false;
    STORM_ALWAYS(role_ != Role::leader, "a leader hears of no other leader in its term");
    step_down();
    leader_ = from.value;
    quiet_since_ = leader_heard_ = io_.now();
    if (STORM_MAYBE("raft/impatient") && STORM_MAYBE("raft/very-impatient")) patience_ = {};
    co_return true;
}

Replica::Task<bool> Replica::on_append(Id from, Append append) {
    if (append.term < term_) {
        io_.send(from, Appended{term_, false, 0, 0, 0});
        co_return true;
    }
    if (!co_await accept_leader(from, append.term)) co_return false;
    std::uint64_t index = append.previous_index;
    const std::uint64_t base = log_.base().index;
    // What a snapshot holds is committed, hence the same everywhere.
    if (index > log_.last() || (index >= base && log_.term_at(index) != append.previous_term)) {
        const std::uint64_t before = std::min(index - 1, log_.last());
        io_.send(from, Appended{term_, false, before, append.beat, append.sent});
        co_return true;
    }
    std::vector<Record> records;
    for (auto& entry : append.entries) {
        ++index;
        if (index <= base) continue;
        if (log_.term_at(index) == entry.term && !bugs_.stale_append_truncates) continue;
        if (index <= log_.last()) {
            STORM_ALWAYS(index > commit_, "no entry is cut off that is committed");
            log_.cut(index);
        }
        records.push_back({Record::Kind::entry, 0, nobody, index, entry, {}});
        log_.append(std::move(entry));
    }
    if (!co_await persist(std::move(records))) co_return false;
    commit_ = std::max(commit_, std::min(append.commit, index));
    apply();
    io_.send(from, Appended{term_, true, index, append.beat, append.sent});
    co_return true;
}

Replica::Task<bool> Replica::on_confirm(Id from, Confirm confirm) {
    if (confirm.term >= term_ && !co_await accept_leader(from, confirm.term)) co_return false;
    io_.send(from, Confirmed{term_, confirm.beat, confirm.sent});
    co_return true;
}

Replica::Task<bool> Replica::on_install(Id from, InstallSnapshot install) {
    if (install.term < term_) {
        io_.send(from, Appended{term_, false, 0, 0, 0});
        co_return true;
    }
    if (!co_await accept_leader(from, install.term)) co_return false;
    const std::uint64_t index = install.snapshot.index;
    const std::uint64_t known = bugs_.snapshot_drops_later ? log_.base().index : commit_;
    if (index > known) {
        STORM_REACHABLE("a follower starts again from a snapshot");
        log_.restart_from(std::move(install.snapshot), !bugs_.snapshot_drops_later);
        STORM_ALWAYS(index >= commit_, "a commit index never goes back");
        commit_ = applied_ = index;
        chain_ = log_.base().chain;
        store_ = log_.base().store;
        if (!co_await rewrite()) co_return false;
        publish_applied();
    }
    const std::uint64_t matched = std::max(index, known);
    io_.send(from, Appended{term_, true, matched, install.beat, install.sent});
    co_return true;
}

/// Carries out what is committed.
void Replica::apply() {
    const std::uint64_t before = applied_;
    while (applied_ < commit_ && log_.has(applied_ + 1)) {
        const Entry& entry = log_.at(++applied_);
        chain_ = chained(chain_, entry);
        Value result;
        if (entry.command.kind != CommandKind::none) result = store_.apply(entry.command, true);
        if (!puts_.empty() && puts_.front().index == applied_) {
            answer(puts_.front().incoming, Status::done, std::move(result));
            puts_.pop_front();
        }
    }
    if (applied_ > before) publish_applied();
}

void Replica::publish_applied() {
    io_.publish("commit", commit_);
    io_.publish("state", store_.digest());
    io_.publish("applied", Value::List{applied_, chain_});
}

// ---- Leaders --------------------------------------------------------------------------------

Replica::Task<bool> Replica::on_request(Incoming incoming, Command command) {
    if (role_ != Role::leader) {
        answer(incoming, Status::not_leading);
        co_return true;
    }
    if (command.kind == CommandKind::get) {
        on_get(std::move(incoming), command);
        co_return true;
    }
    const Session* session = store_.session(command.client);
    if (session != nullptr && session->sequence >= command.sequence) {
        STORM_REACHABLE("a raft request comes again and is not executed again");
        const bool same = session->sequence == command.sequence;
        answer(incoming, same ? Status::done : Status::superseded, session->result);
        co_return true;
    }
    log_.append({term_, std::move(command)});
    const std::uint64_t index = log_.last();
    puts_.push_back({std::move(incoming), index});
    if (!co_await persist({{Record::Kind::entry, 0, nobody, index, log_.at(index), {}}})) {
        co_return false;
    }
    for (const Id peer : peers_) send_entries(peer);
    advance();
    co_return true;
}

void Replica::on_get(Incoming incoming, const Command& command) {
    if (bugs_.lease_read && has_lease() && applied_ >= opening_) {
        answer(incoming, Status::done, store_.get(command.key));
        return;
    }
    ++beat_;
    for (const Id peer : peers_) io_.send(peer, Confirm{term_, beat_, io_.wall().ns});
    // Before the first commit of its own term a leader does not know how far it is committed.
    const std::uint64_t index =
        bugs_.read_before_own_commit ? commit_ : std::max(commit_, opening_);
    gets_.push_back({std::move(incoming), command.key, index, beat_});
    advance();
}

/// A round in which followers are sent what they lack, and confirm the leader.
void Replica::broadcast() {
    ++beat_;
    for (const Id peer : peers_) send_entries(peer);
}

void Replica::send_entries(Id peer) {
    const Progress& progress = progress_[peer];
    if (progress.next <= log_.base().index) {
        io_.send(peer, InstallSnapshot{term_, log_.base(), beat_, io_.wall().ns});
        return;
    }
    const std::uint64_t previous = progress.next - 1;
    const std::size_t limit = STORM_MAYBE("raft/one-entry-at-a-time") ? 1 : batch_limit;
    io_.send(peer, Append{term_, previous, log_.term_at(previous), log_.from(progress.next, limit),
                          commit_, beat_, io_.wall().ns});
}

Replica::Task<bool> Replica::on_appended(Id from, Appended appended) {
    if (!co_await enter(appended.term)) co_return false;
    if (role_ != Role::leader || appended.term != term_) co_return true;
    Progress& progress = progress_[from];
    progress.beat = std::max(progress.beat, appended.beat);
    progress.sent = std::max(progress.sent, appended.sent);
    if (appended.matched) {
        progress.match = std::max(progress.match, appended.index);
        progress.next = std::max(progress.next, progress.match + 1);
    }
    const std::uint64_t again = std::max(appended.index, progress.match) + 1;
    const bool back = !appended.matched && again < progress.next;
    if (back) progress.next = again;
    advance();
    const bool more = appended.matched && progress.next <= log_.last();
    if (back || more) send_entries(from);
    co_return true;
}

Replica::Task<bool> Replica::on_confirmed(Id from, Confirmed confirmed) {
    if (!co_await enter(confirmed.term)) co_return false;
    if (role_ != Role::leader || confirmed.term != term_) co_return true;
    Progress& progress = progress_[from];
    progress.beat = std::max(progress.beat, confirmed.beat);
    progress.sent = std::max(progress.sent, confirmed.sent);
    advance();
    co_return true;
}

std::size_t Replica::majority() const {
    if (bugs_.quorum_without_self) return std::max<std::size_t>(peers_.size() / 2, 1);
    return io_.nodes() / 2 + 1;
}

namespace {
/// The largest number that `majority` of all have reached.
template <class T>
T reached(std::vector<T> numbers, std::size_t majority) {
    std::ranges::sort(numbers, std::greater<>{});
    return numbers[majority - 1];
}
}  // namespace

/// A majority may have come further: commits, applies and answers.
void Replica::advance() {
    std::vector<std::uint64_t> matches{synced_};
    std::vector<std::uint64_t> beats{beat_};
    for (const auto& [peer, progress] : progress_) {
        matches.push_back(progress.match);
        beats.push_back(progress.beat);
    }
    const std::uint64_t beat = reached(std::move(beats), majority());
    if (beat > confirmed_) {
        confirmed_ = beat;
        quiet_since_ = io_.now();
    }
    const std::uint64_t index = reached(std::move(matches), majority());
    const bool own = log_.term_at(index) == term_;
    STORM_SOMETIMES(index > commit_ && !own, "a majority holds an entry of an earlier term");
    if (index > commit_ && (own || bugs_.commit_earlier_term)) {
        STORM_ALWAYS(own, "a leader commits by counting only what is of its own term");
        commit_ = index;
        apply();
    }
    answer_gets();
}

void Replica::answer_gets() {
    while (!gets_.empty() && gets_.front().beat <= confirmed_ && gets_.front().index <= applied_) {
        const auto& get = gets_.front();
        answer(get.incoming, Status::done, store_.get(get.key));
        gets_.pop_front();
    }
}

/// Whether no other can have been elected, as far as my clock tells.
bool Replica::has_lease() const {
    const std::int64_t now = io_.wall().ns;
    std::vector<std::int64_t> sent{now};
    for (const auto& [peer, progress] : progress_) sent.push_back(progress.sent);
    return now < reached(std::move(sent), majority()) + patience_least.ns;
}

void Replica::answer(const Incoming& incoming, Status status, Value value) {
    const std::uint32_t leader = leader_ == nobody ? nobody : Id{leader_}.index();
    io_.reply(incoming, Answer{status, std::move(value), leader});
}

}  // namespace storm::gallery::raft
