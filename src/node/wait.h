// node/wait.h - what node code awaits: a while, a datagram, replies, the disk.
//
// Each lives in the frame of the coroutine that waits and stands in the tables of Io and of
// the driver only as long: its destructor takes it out, so a frame can be destroyed at any
// wait. Node code never names these types; it gets them from Io and awaits them at once. On
// a sealed Io they ask for nothing and never complete.
#pragma once
#include <coroutine>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "node/driver.h"
#include "node/message.h"

namespace storm::node {

class Io;

struct [[nodiscard]] SleepAwaiter : Waiter {
    Duration length;
    SleepAwaiter(Io& on, Duration d);
    SleepAwaiter(const SleepAwaiter&) = delete;
    ~SleepAwaiter();
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h);
    void await_resume() const {}
};

struct [[nodiscard]] ReceiveAwaiter : Waiter {
    Duration limit;  // Negative: none.
    Incoming taken;
    ReceiveAwaiter* next = nullptr;
    bool waiting = false;
    ReceiveAwaiter(Io& on, Duration d);
    ReceiveAwaiter(const ReceiveAwaiter&) = delete;
    ~ReceiveAwaiter();
    bool await_ready();
    void await_suspend(std::coroutine_handle<> h);
};
struct ReceiveForever : ReceiveAwaiter {
    using ReceiveAwaiter::ReceiveAwaiter;
    Incoming await_resume();
};
struct ReceiveFor : ReceiveAwaiter {
    using ReceiveAwaiter::ReceiveAwaiter;
    std::optional<Incoming> await_resume();
};

/// One request on its way to one or many, until enough replies came or the time is over.
/// Sends when awaited: `request` is the packet without destination-dependent fields.
struct [[nodiscard]] CallAwaiter : Waiter {
    Duration limit;
    Packet request;
    std::uint32_t wanted = 1;
    bool to_many = false;
    std::uint32_t slot = ~0U;          // Of a call to one.
    Packet answer;                     // Of a call to one; type 0: none came.
    std::vector<Id> many;              // Destinations of a call to many.
    std::vector<std::uint32_t> slots;  // Beside `many`.
    std::vector<Packet> answers;       // In order of arrival.
    CallAwaiter(Io& on, Packet&& packet, Duration d);
    CallAwaiter(const CallAwaiter&) = delete;
    ~CallAwaiter();
    bool await_ready() const { return false; }
    /// False if there is nothing to wait for: no destination, or no reply wanted.
    bool await_suspend(std::coroutine_handle<> h);
    /// Takes a reply; true when that was the last one wanted.
    bool take(Packet&& packet);
    void leave();
};

struct [[nodiscard]] FileAwaiter : Waiter {
    FileRequest request;
    FileReply reply;
    std::uint32_t slot = ~0U;
    FileAwaiter(Io& on, FileRequest&& r);
    FileAwaiter(const FileAwaiter&) = delete;
    ~FileAwaiter();
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h);
    FileReply await_resume() { return std::move(reply); }
};

template <Message Reply>
struct CallOne : CallAwaiter {
    using CallAwaiter::CallAwaiter;
    core::Result<Reply> await_resume();
};
template <Message Reply>
struct CallMany : CallAwaiter {
    CallMany(Io& on, Packet&& packet, std::span<const Id> to, std::uint32_t want, Duration d)
        : CallAwaiter(on, std::move(packet), d) {
        many.assign(to.begin(), to.end());
        wanted = want;
        to_many = true;
    }
    std::vector<std::pair<Id, Reply>> await_resume();
};

template <Message Reply>
core::Result<Reply> CallOne<Reply>::await_resume() {
    if (answer.type == 0) return core::fail(core::ErrorKind::timeout, "no reply in time");
    return decode_message<Reply>(answer);
}

template <Message Reply>
std::vector<std::pair<Id, Reply>> CallMany<Reply>::await_resume() {
    std::vector<std::pair<Id, Reply>> replies;
    replies.reserve(answers.size());
    for (const auto& packet : answers) {
        if (auto reply = decode_message<Reply>(packet)) {
            replies.emplace_back(packet.from, std::move(*reply));
        }
    }
    return replies;
}

}  // namespace storm::node
