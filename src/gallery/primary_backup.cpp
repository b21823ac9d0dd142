// A key-value store with one primary at a time and backups that take its place.
//
//   client ── put ──▶ primary ── Replicate ──▶ backups      acknowledged once a majority
//                     (journal)  ◀── Held ────  (journal)   holds it durably
//
//   silence ──▶ Propose(view) ──▶ majority promises, with what each holds
//           ──▶ takes the newest, Transfer to all ──▶ leads once a majority holds it
//
// Views are numbered so that each has one owner (view mod nodes). Laws: who has promised a
// view obeys no earlier one, over restarts too: that fences the old primary · a state with a
// later stamp holds all that was acknowledged before, because two majorities share a node ·
// a node applies an update only to exactly the state it was made for, and asks for a transfer
// otherwise · a get is answered when a majority has confirmed the view after it came in, and
// holds all that the answer shows · a request is executed once per client and number.
#include "gallery/primary_backup.h"

#include <algorithm>
#include <functional>

#include "node/points.h"

namespace storm::gallery::pb {

using node::Incoming;
using node::Io;

namespace {
constexpr Duration heartbeat_every = 50_ms;
constexpr Duration patience_least = 150_ms;
constexpr Duration patience_most = 300_ms;
constexpr Duration before_start_over = 20_ms;
constexpr std::size_t journal_limit = 64;  // Records before the journal is rewritten.
}  // namespace

Replica::Replica(Io& io, const node::Options& options)
    : io_(io), bugs_(options), peers_(io.peers()), journal_(io, "store") {}

node::Task<> Replica::run() {
    io_.spawn("heartbeat", send_heartbeats());
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
    promised_ = 0;
    stamp_ = {};
    store_ = {};
    const auto records = co_await journal_.load();
    if (!records) co_return false;
    for (const auto& record : *records) {
        if (!replay(record)) co_return false;
    }
    seen_ = promised_;
    if (stamp_.version > 0) STORM_REACHABLE("a replica comes back with its state");
    be_patient();
    // So that somebody leads soon after the very first start.
    if (promised_ == 0 && io_.self().index() == 0) patience_ = {};
    publish_state();
    co_return co_await compact();
}

bool Replica::replay(const Bytes& bytes) {
    auto record = core::from_bytes<Record>(bytes);
    if (!record) return false;
    promised_ = std::max(promised_, record->promised);
    if (record->kind == Record::Kind::promise) return true;
    stamp_ = record->stamp;
    if (record->kind == Record::Kind::state) {
        store_ = std::move(record->store);
    } else {
        store_.apply(record->command, !bugs_.non_idempotent_retry);
    }
    return true;
}

Replica::Task<bool> Replica::persist(Record record) {
    if (STORM_MAYBE("primary-backup/slow-journal")) co_await io_.sleep(30_ms);
    if (auto done = co_await journal_.append({core::to_bytes(record)}); !done) co_return false;
    if (bugs_.ack_before_sync && record.kind == Record::Kind::update) co_return true;
    const auto done = co_await journal_.sync();
    co_return done.has_value();
}

Replica::Task<bool> Replica::compact() {
    const Record record{Record::Kind::state, promised_, stamp_, {}, store_};
    const auto done = co_await journal_.rewrite({core::to_bytes(record)});
    co_return done.has_value();
}

// ---- The loops ------------------------------------------------------------------------------

node::Task<> Replica::serve() {
    for (;;) {
        const Duration quiet = io_.now() - quiet_since_;
        auto incoming = co_await io_.receive_for(std::max(patience_ - quiet, Duration{}));
        busy_since_ = io_.now();
        const bool sound = incoming ? co_await handle(std::move(*incoming)) : co_await on_silence();
        if (!sound) co_return;
        if (journal_.size() >= journal_limit || STORM_MAYBE("primary-backup/compact-now")) {
            if (!co_await compact()) co_return;
        }
        busy_since_.reset();
    }
}

node::Task<> Replica::send_heartbeats() {
    for (;;) {
        co_await io_.sleep(heartbeat_every);
        // A primary whose disk hangs lets others take its place.
        const bool stuck = busy_since_ && io_.now() - *busy_since_ > patience_least;
        if (role_ != Role::primary || stuck) continue;
        if (!STORM_MAYBE("primary-backup/skip-heartbeat")) beat();
    }
}

void Replica::beat() {
    ++beat_;
    for (const Id peer : peers_) {
        io_.send(peer, Heartbeat{promised_, stamp_.version, beat_});
    }
}

Replica::Task<bool> Replica::handle(Incoming incoming) {
    const Id from = incoming.from();
    if (auto request = read<Request>(incoming)) {
        co_return co_await on_request(std::move(incoming), std::move(request->command));
    }
    if (auto held = read<Held>(incoming)) {
        on_held(from, *held);
        co_return true;
    }
    if (auto fenced = read<Fenced>(incoming)) {
        obey(fenced->promised);
        co_return true;
    }
    if (auto heartbeat = read<Heartbeat>(incoming))
        co_return co_await on_heartbeat(from, *heartbeat);
    if (auto replicate = read<Replicate>(incoming)) {
        co_return co_await on_replicate(from, std::move(*replicate));
    }
    if (auto transfer = read<Transfer>(incoming)) {
        co_return co_await on_transfer(from, std::move(*transfer));
    }
    if (auto propose = read<Propose>(incoming)) co_return co_await on_propose(from, *propose);
    if (auto promise = read<Promise>(incoming)) {
        co_return co_await on_promise(from, std::move(*promise));
    }
    co_return true;  // Damaged, or of a version that this one does not know.
}

/// Nobody whom I need has spoken for too long.
Replica::Task<bool> Replica::on_silence() {
    be_patient();
    if (role_ == Role::primary) {
        if (peers_.empty()) co_return true;
        io_.log("no majority answers; view {} ends", promised_);
        step_down();
        co_return true;
    }
    if (role_ == Role::backup || seen_ > promised_) {
        const std::uint64_t last = std::max(seen_, promised_);
        const std::uint64_t nodes = io_.nodes();
        std::uint64_t view = last / nodes * nodes + io_.self().index();
        if (view <= last) view += nodes;
        obey(view);
        promised_ = view;
        Record record{Record::Kind::promise, view, {}, {}, {}};
        if (!co_await persist(std::move(record))) co_return false;
        role_ = Role::candidate;
        promises_.clear();
        io_.log("proposes view {}", view);
    }
    for (const Id peer : peers_) io_.send(peer, Propose{promised_});
    co_return peers_.empty() ? co_await lead({promised_, stamp_, store_}) : true;
}

// ---- Changing views -------------------------------------------------------------------------

/// Somebody has spoken of `view`: whoever led before it does so no more.
void Replica::obey(std::uint64_t view) {
    if (view <= seen_) return;
    seen_ = view;
    if (role_ != Role::backup) {
        step_down();
        be_patient();
    }
}

void Replica::step_down() {
    if (role_ == Role::primary) io_.publish("leading", 0);
    role_ = Role::backup;
    for (const auto& put : puts_) answer(put.incoming, Status::unknown);
    for (const auto& get : gets_) answer(get.incoming, Status::unknown);
    puts_.clear();
    gets_.clear();
}

void Replica::be_patient() {
    quiet_since_ = io_.now();
    patience_ = io_.dice().between(patience_least, patience_most);
    if (STORM_MAYBE("primary-backup/least-patience")) patience_ = patience_least;
}

Replica::Task<bool> Replica::on_propose(Id from, Propose propose) {
    if (propose.view < promised_) {
        io_.send(from, Fenced{promised_});
        co_return true;
    }
    obey(propose.view);
    if (propose.view > promised_ && !bugs_.promise_not_kept) {
        promised_ = propose.view;
        Record record{Record::Kind::promise, promised_, {}, {}, {}};
        if (!co_await persist(std::move(record))) co_return false;
    }
    be_patient();
    io_.send(from, Promise{propose.view, stamp_, store_});
    co_return !STORM_MAYBE("primary-backup/restart-after-promise");
}

Replica::Task<bool> Replica::on_promise(Id from, Promise promise) {
    if (role_ != Role::candidate || promise.view != promised_) co_return true;
    promises_[from] = std::move(promise);
    if (promises_.size() + 1 < majority()) co_return true;
    Promise best{promised_, stamp_, store_};
    for (const auto& [who, theirs] : promises_) {
        if (theirs.stamp > best.stamp && !bugs_.promote_own_state) {
            STORM_REACHABLE("a new primary takes over a newer state than its own");
            best = theirs;
        }
    }
    if (STORM_MAYBE("primary-backup/slow-takeover")) co_await io_.sleep(120_ms);
    co_return co_await lead(std::move(best));
}

Replica::Task<bool> Replica::lead(Promise best) {
    stamp_ = {promised_, best.stamp.version + 1};
    store_ = std::move(best.store);
    Record record{Record::Kind::state, promised_, stamp_, {}, store_};
    if (!co_await persist(std::move(record))) co_return false;
    role_ = Role::primary;
    held_.clear();
    beats_.clear();
    confirmed_ = beat_;
    opening_ = stamp_.version;
    committed_ = 0;
    be_patient();
    patience_ = patience_most;
    publish_state();
    for (const Id peer : peers_) io_.send(peer, Transfer{stamp_, store_});
    advance();
    co_return true;
}

// ---- Backup ---------------------------------------------------------------------------------

Replica::Task<bool> Replica::on_heartbeat(Id from, Heartbeat heartbeat) {
    if (fenced(heartbeat.view)) {
        io_.send(from, Fenced{promised_});
        co_return true;
    }
    obey(heartbeat.view);
    quiet_since_ = io_.now();
    if (STORM_MAYBE("primary-backup/impatient") && STORM_MAYBE("primary-backup/very-impatient")) {
        patience_ = {};
    }
    const bool same_view = stamp_.view == heartbeat.view;
    const bool behind = !same_view || stamp_.version < heartbeat.version;
    io_.send(from, Held{heartbeat.view, same_view ? stamp_.version : 0, behind, heartbeat.beat});
    co_return true;
}

Replica::Task<bool> Replica::on_replicate(Id from, Replicate replicate) {
    const Stamp next = replicate.stamp;
    if (fenced(next.view)) {
        io_.send(from, Fenced{promised_});
        co_return true;
    }
    obey(next.view);
    quiet_since_ = io_.now();
    const bool same_view = stamp_.view == next.view;
    const bool fits = same_view && next.version == stamp_.version + 1;
    if (fits || (bugs_.rejoin_without_transfer && next > stamp_)) {
        Record record{Record::Kind::update, next.view, next, replicate.command, {}};
        if (!co_await persist(std::move(record))) co_return false;
        promised_ = std::max(promised_, next.view);
        stamp_ = next;
        store_.apply(replicate.command, !bugs_.non_idempotent_retry);
        publish_state();
    }
    const bool behind = stamp_.view != next.view || stamp_.version < next.version;
    STORM_SOMETIMES(behind, "an update reaches a backup that lacks an earlier one");
    io_.send(from, Held{next.view, stamp_.view == next.view ? stamp_.version : 0, behind, 0});
    co_return true;
}

Replica::Task<bool> Replica::on_transfer(Id from, Transfer transfer) {
    const std::uint64_t view = transfer.stamp.view;
    if (fenced(view)) {
        io_.send(from, Fenced{promised_});
        co_return true;
    }
    obey(view);
    quiet_since_ = io_.now();
    if (transfer.stamp > stamp_ || stamp_.view > view) {
        Record record{Record::Kind::state, view, transfer.stamp, {}, transfer.store};
        if (!co_await persist(std::move(record))) co_return false;
        promised_ = std::max(promised_, view);
        stamp_ = transfer.stamp;
        store_ = std::move(transfer.store);
        publish_state();
    }
    io_.send(from, Held{view, stamp_.version, false, 0});
    co_return true;
}

// ---- Primary --------------------------------------------------------------------------------

void Replica::on_held(Id from, const Held& held) {
    if (role_ != Role::primary || held.view != promised_) return;
    auto& beat = beats_[from];
    beat = std::max(beat, held.beat);
    if (held.behind) {
        io_.send(from, Transfer{stamp_, store_});
    }
    auto& version = held_[from];
    version = std::max(version, held.version);
    advance();
}

std::uint64_t Replica::reached(const std::map<Id, std::uint64_t>& theirs,
                               std::uint64_t mine) const {
    std::vector<std::uint64_t> all{mine};
    for (const auto& [who, number] : theirs) all.push_back(number);
    all.resize(io_.nodes(), 0);
    std::ranges::sort(all, std::greater<>{});
    return all[majority() - 1];
}

/// A majority may have come further: commits, and answers who waited for that.
void Replica::advance() {
    const std::uint64_t version = reached(held_, stamp_.version);
    const bool led = leads();
    committed_ = std::max(committed_, version);
    if (leads() && !led) {
        io_.log("leads view {}", promised_);
        io_.publish("leading", promised_);
    }
    answer_all();
}

void Replica::answer_all() {
    const std::uint64_t confirmed = reached(beats_, beat_);
    if (confirmed > confirmed_) {
        confirmed_ = confirmed;
        quiet_since_ = io_.now();
    }
    if (!leads()) return;
    while (!puts_.empty() && puts_.front().version <= committed_) {
        answer(puts_.front().incoming, Status::done, std::move(puts_.front().result));
        puts_.pop_front();
    }
    while (!gets_.empty() && gets_.front().version <= committed_ &&
           gets_.front().beat <= confirmed) {
        answer(gets_.front().incoming, Status::done, std::move(gets_.front().result));
        gets_.pop_front();
    }
}

void Replica::answer(const Incoming& incoming, Status status, Value value) {
    const auto owner = static_cast<std::uint32_t>(seen_ % io_.nodes());
    io_.reply(incoming, Answer{status, std::move(value), seen_ == 0 ? nobody : owner});
}

Replica::Task<bool> Replica::on_request(Incoming incoming, Command command) {
    if (!leads()) {
        answer(incoming, Status::not_leading);
        co_return true;
    }
    if (command.kind == CommandKind::get) {
        Value result = store_.get(command.key);
        if (bugs_.read_without_majority) {
            answer(incoming, Status::done, std::move(result));
            co_return true;
        }
        beat();
        gets_.push_back({std::move(incoming), stamp_.version, beat_, std::move(result)});
        answer_all();
        co_return true;
    }
    const Session* session = store_.session(command.client);
    if (session != nullptr && session->sequence >= command.sequence &&
        !bugs_.non_idempotent_retry) {
        STORM_REACHABLE("a request comes again and is not executed again");
        if (session->sequence > command.sequence) {
            answer(incoming, Status::superseded);
        } else {
            puts_.push_back({std::move(incoming), stamp_.version, session->result});
            answer_all();
        }
        co_return true;
    }
    co_return co_await execute(std::move(incoming), std::move(command));
}

Replica::Task<bool> Replica::execute(Incoming incoming, Command command) {
    const Stamp next{promised_, stamp_.version + 1};
    Record record{Record::Kind::update, promised_, next, command, {}};
    if (!co_await persist(std::move(record))) {
        answer(incoming, Status::unknown);
        co_return false;
    }
    stamp_ = next;
    Value result = store_.apply(command, !bugs_.non_idempotent_retry);
    publish_state();
    for (const Id peer : peers_) io_.send(peer, Replicate{stamp_, command});
    if (bugs_.acknowledge_before_replicate) {
        answer(incoming, Status::done, std::move(result));
    } else {
        puts_.push_back({std::move(incoming), stamp_.version, std::move(result)});
    }
    advance();
    co_return true;
}

void Replica::publish_state() {
    const std::uint64_t digest = store_.digest();
    io_.publish("state", digest);
    io_.publish("stamp", Value::List{stamp_.view, stamp_.version, digest});
}

}  // namespace storm::gallery::pb
