// node/io.h - all that node code may see of the world.
//
// The same node object runs in the simulator and as a process because it sees Io and nothing
// else: two clocks, timers, dice, datagrams, request and reply, files, spawn, log, publish.
//
//     node::Task<> pinger(node::Io& io, node::Id peer) {
//         for (std::uint64_t n = 0;; ++n) {
//             auto pong = co_await io.call<Pong>(peer, Ping{n}, 50_ms);
//             io.publish("pongs", pong ? n : 0);
//             co_await io.sleep(10_ms);
//         }
//     }
//
// Io belongs to one incarnation of one node and to one thread. When the incarnation ends it
// is sealed: effects are discarded and draw nothing, awaiting never completes, dice give 0.
#pragma once
#include <fmt/core.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dice.h"
#include "core/result.h"
#include "core/time.h"
#include "node/driver.h"
#include "node/message.h"
#include "node/said.h"
#include "node/task.h"
#include "node/wait.h"

namespace storm::node {

class File;

/// Who runs: fixed for the life of an Io.
struct Identity {
    Id self;
    std::uint32_t nodes = 0;        // n1 .. n<nodes> make up the system.
    std::uint32_t incarnation = 0;  // Counts restarts from 0.
    core::Key life = 0;             // The root key of this life.

    /// All nodes of the system but self, in order.
    [[nodiscard]] std::vector<Id> peers() const;
};

class Io {
public:
    Io(Driver& driver, const Identity& identity);
    Io(const Io&) = delete;
    Io& operator=(const Io&) = delete;
    ~Io();

    // ---- Who and when -------------------------------------------------------------------
    [[nodiscard]] Id self() const { return identity_.self; }
    [[nodiscard]] std::uint32_t nodes() const { return identity_.nodes; }
    [[nodiscard]] std::uint32_t incarnation() const { return identity_.incarnation; }
    [[nodiscard]] const Identity& identity() const { return identity_; }
    /// All nodes of the system but self, in order.
    [[nodiscard]] std::vector<Id> peers() const { return identity_.peers(); }
    /// The node's monotonic clock: starts near 0, feels drift, never jumps.
    [[nodiscard]] Instant now() { return driver_.monotonic(*this); }
    /// The node's wall clock: feels offset, jump and drift; may go backwards.
    [[nodiscard]] core::WallTime wall() { return driver_.wall(*this); }
    SleepAwaiter sleep(Duration length) { return {*this, length}; }
    /// Fresh dice for one decision. Sealed: all zero.
    [[nodiscard]] core::Dice dice();

    // ---- Datagrams: may be lost, delayed, doubled, reordered ------------------------------
    template <Message M>
    void send(Id to, const M& message) {
        if (sealed_) return;
        transmit<M>(to, message, PacketKind::one_way, 0, EffectKind::send);
    }
    /// One request, one reply or a time-out (ErrorKind::timeout: it may have happened).
    /// No retry, no at-most-once: a duplicated request runs twice unless the node sees it.
    template <Message Reply, Message M>
    CallOne<Reply> call(Id to, const M& message, Duration limit) {
        return {*this, encoded(to, message, PacketKind::request, 0), limit};
    }
    /// The same request to many; ends with the first `wanted` replies, with a reply from each
    /// or at the time-out with what came, in order of arrival. Wanted 0: asks all and does not
    /// wait; nobody to ask: does not wait either.
    template <Message Reply, Message M>
    CallMany<Reply> call_many(std::span<const Id> to, const M& message, std::uint32_t wanted,
                              Duration limit) {
        return {*this, encoded(Id{}, message, PacketKind::request, 0), to, wanted, limit};
    }
    /// Answers a request; does nothing for a datagram that asked for no answer.
    template <Message M>
    void reply(const Incoming& to, const M& message) {
        if (sealed_ || !to.is_request()) return;
        transmit<M>(to.from(), message, PacketKind::reply, to.packet().ticket, EffectKind::reply);
    }
    /// The next datagram that is no reply. From here on it is the cause of what this task
    /// does. At most `mailbox_limit` wait; the newest beyond are dropped, as a socket does.
    ReceiveForever receive() { return {*this, Duration{-1}}; }
    ReceiveFor receive_for(Duration limit) { return {*this, limit}; }

    // ---- Files: one directory per node, survives restarts ---------------------------------
    Task<core::Result<File>> open(std::string path, bool create = true);
    Task<core::Result<void>> rename(std::string from, std::string to);
    Task<core::Result<void>> remove(std::string path);
    Task<core::Result<std::vector<std::string>>> list();
    Task<core::Result<void>> sync_dir();

    // ---- The rest ---------------------------------------------------------------------------
    /// Starts a task of its own right after the present step. It dies with the incarnation.
    void spawn(std::string_view name, Task<> task);
    /// What checks, roles and predicates may read; the last value stands until the end of
    /// this incarnation.
    void publish(std::string_view key, Value value);
    template <class... T>
    void log(fmt::format_string<T...> format, T&&... args) {
        if (sealed_) return;
        const fmt::string_view text = format;
        core::Key said = core::key_of(std::string_view(text.data(), text.size()));
        ((said = core::combine(said, said_of(args))), ...);
        if (!driver_.logging(said)) return;
        driver_.logged(*this, fmt::format(format, std::forward<T>(args)...));
    }

    // ---- For drivers --------------------------------------------------------------------------
    static constexpr std::size_t mailbox_limit = 4096;
    /// Starts the outermost task under a key of its own, now.
    void start(core::Key key, Task<> task);
    /// A datagram has arrived.
    void deliver(Packet&& packet);
    /// A timer is due.
    void fire(Waiter& waiter);
    /// A file operation has ended. Unknown tickets are ignored.
    void complete(std::uint64_t ticket, FileReply&& reply);
    /// Ends the incarnation: from here on nothing leaves and nothing completes. Frames stay
    /// until destroy_frames(), which must not be called from inside a dispatch.
    void seal() { sealed_ = true; }
    [[nodiscard]] bool sealed() const { return sealed_; }
    void destroy_frames();
    [[nodiscard]] bool dispatching() const { return current_ != nullptr; }
    /// No task is left: nothing can ever happen here again.
    [[nodiscard]] bool idle() const { return roots_.empty(); }
    [[nodiscard]] Driver& driver() { return driver_; }
    /// The key of the next effect under what runs now (or the life, outside a dispatch).
    core::Key next_key(EffectKind kind, std::uint32_t name, std::uint32_t destination) {
        return (current_ != nullptr ? *current_ : life_).next_key(kind, name, destination);
    }
    /// Who gets the next datagram that is no reply; null if nobody waits.
    [[nodiscard]] const Waiter* receiver() const;
    /// A hint that a datagram is about to be delivered: brings nearer what will take it.
    void prefetch() const {
        if (receivers_ == nullptr) return;
        const auto fetch = [](const void* from, int lines) {
            for (int i = 0; i < lines; ++i) {
                __builtin_prefetch(static_cast<const char*>(from) + std::ptrdiff_t{64} * i);
            }
        };
        fetch(receivers_, 2);
        fetch(receivers_->frame.address(), 2);
        fetch(receivers_->root, 2);
    }

    void* world_slot = nullptr;  // The driver's own record of this node.

private:
    friend struct SleepAwaiter;
    friend struct ReceiveAwaiter;
    friend struct ReceiveForever;
    friend struct ReceiveFor;
    friend struct CallAwaiter;
    friend struct FileAwaiter;
    friend class File;

    struct Slot {
        Waiter* waiter = nullptr;
        std::uint32_t generation = 0;
        std::uint32_t next_free = ~0U;
    };

    template <Message M>
    Packet encoded(Id to, const M& message, PacketKind kind, std::uint64_t ticket) {
        return encode_message(self(), to, message, kind, ticket);
    }
    template <Message M>
    void transmit(Id to, const M& message, PacketKind kind, std::uint64_t ticket,
                  EffectKind effect) {
        Packet packet = encoded(to, message, kind, ticket);
        packet.key = next_key(effect, packet.type, to.value);
        driver_.transmit(*this, std::move(packet));
    }
    std::uint32_t take_slot(Waiter& waiter);
    void free_slot(std::uint32_t slot);
    [[nodiscard]] std::uint64_t ticket_of(std::uint32_t slot) const;
    [[nodiscard]] Slot* slot_of(std::uint64_t ticket);
    void resume(Root& root, std::coroutine_handle<> frame);
    void settle();
    void run_started();
    void end_root(std::size_t index);
    void unlink(ReceiveAwaiter& waiter);

    // First what every datagram touches.
    Driver& driver_;
    Identity identity_;
    Root* current_ = nullptr;
    ReceiveAwaiter* receivers_ = nullptr;  // First in line.
    bool sealed_ = false;
    std::uint32_t free_slots_ = ~0U;
    std::vector<Root*> started_;                     // Spawned in this step, not yet run.
    std::vector<std::unique_ptr<Root>> roots_;       // Oldest first.
    std::unique_ptr<std::deque<Incoming>> mailbox_;  // Made when first needed.
    std::vector<Slot> slots_;
    Root life_;
};

/// An open file; closed when destroyed. All operations may fail with the errno that the
/// disk gave (Error::message names it).
class File {
public:
    File(Io& io, std::uint32_t handle, std::uint32_t name)
        : io_(&io), handle_(handle), name_(name) {}
    File(File&& other) noexcept
        : io_(std::exchange(other.io_, nullptr)), handle_(other.handle_), name_(other.name_) {}
    File& operator=(File&& other) noexcept {
        std::swap(io_, other.io_);
        std::swap(handle_, other.handle_);
        std::swap(name_, other.name_);
        return *this;
    }
    ~File();

    /// Up to `length` bytes; fewer at the end of the file.
    Task<core::Result<std::vector<std::byte>>> read(std::uint64_t offset, std::uint64_t length);
    Task<core::Result<void>> write(std::uint64_t offset, std::vector<std::byte> bytes);
    Task<core::Result<void>> append(std::vector<std::byte> bytes);
    Task<core::Result<void>> truncate(std::uint64_t length);
    /// What was written is durable when this has returned success.
    Task<core::Result<void>> sync();
    Task<core::Result<std::uint64_t>> size();

private:
    [[nodiscard]] FileRequest request(FileOp op) const;

    Io* io_;
    std::uint32_t handle_;
    std::uint32_t name_;  // Of the path; part of the key of what is done with the file.
};

// What every datagram passes, in the frame that waits for it.
[[gnu::always_inline]] inline ReceiveAwaiter::ReceiveAwaiter(Io& on, Duration d) : limit(d) {
    io = &on;
    kind = Kind::receive;
}
[[gnu::always_inline]] inline ReceiveAwaiter::~ReceiveAwaiter() {
    if (timer.armed()) io->driver_.disarm(*io, timer);
    if (waiting) io->unlink(*this);
}
[[gnu::always_inline]] inline void ReceiveAwaiter::await_suspend(std::coroutine_handle<> h) {
    if (io->sealed_) return;
    root = io->current_;
    frame = h;
    waiting = true;
    ReceiveAwaiter** last = &io->receivers_;
    while (*last != nullptr) last = &(*last)->next;
    *last = this;
    if (limit >= Duration{}) {
        timer = io->driver_.arm(*io, *this, limit, io->next_key(EffectKind::arm, 1, 0));
    }
}
[[gnu::always_inline]] inline bool ReceiveAwaiter::await_ready() {
    if (io->sealed_ || io->mailbox_ == nullptr || io->mailbox_->empty()) return false;
    taken = std::move(io->mailbox_->front());
    io->mailbox_->pop_front();
    return true;
}
inline Incoming ReceiveForever::await_resume() {
    if (io->current_ != nullptr) io->current_->root_at(taken.packet().key);
    return std::move(taken);
}

}  // namespace storm::node

namespace storm {
using node::Io;
}
