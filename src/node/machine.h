// node/machine.h - a node as a state machine without I/O: on(event, now) gives effects.
//
//            ┌──────────── Io ────────────┐
//   datagram │ Started  Incoming  Due     │   on(event, now)    ┌─────────┐
//   timer   ─┼▶ Answered  FileDone        ┼────────────────────▶│ Machine │
//   file     │                            │◀────────────────────│         │
//            └────────────────────────────┘  Effects            └─────────┘
//                                            next_deadline()
//
// The other way to write a node, for protocols that are state machines already: a test calls
// on() and looks at what comes back, without any world. Same contract as a coroutine: it runs
// behind the same Io in every world, a new life starts with a new machine, and after the end
// of a life nothing of it happens any more.
//
// What an event causes has that event as its cause, and nothing else: a datagram has the key
// it was sent with, an answer and a finished file operation that of what was asked, a deadline
// that of the event that set it. A deadline that an event leaves as it is stays the timer that
// it was. So one event taken out of a run changes no draw of what others cause.
#pragma once
#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/dice.h"
#include "core/result.h"
#include "core/time.h"
#include "node/io.h"
#include "node/system.h"

namespace storm::node {

/// What a machine calls something it asked for; comes back with the answer. Any number.
using Tag = std::uint64_t;

/// The first event of a life.
struct Started {};
/// next_deadline() has come.
struct Due {};
/// A call has been answered, or its time is over.
struct Answered {
    Tag tag = 0;
    Packet answer;  // Type 0: none came.

    /// The reply; ErrorKind::timeout if none came: what was asked may have happened.
    template <Message M>
    [[nodiscard]] core::Result<M> as() const {
        if (answer.type == 0) return core::fail(core::ErrorKind::timeout, "no reply in time");
        return decode_message<M>(answer);
    }
};
/// A file operation has ended: handle of an open, bytes of a read, names of a list, count of a
/// size, or the errno that the disk gave (Error::message names it).
struct FileDone {
    Tag tag = 0;
    FileOp op = FileOp::open;
    core::Result<FileReply> reply;
};

/// One thing that happened, and what a machine may know beside it.
struct Event {
    std::variant<Started, Incoming, Due, Answered, FileDone> what;
    core::WallTime wall{};                  // The node's wall clock.
    core::Dice dice = core::Dice::zeros();  // For what this event makes it decide.

    template <class T>
    [[nodiscard]] const T* get() const {
        return std::get_if<T>(&what);
    }
};

/// What a machine wants done, in this order. Two file operations that must follow one another
/// are asked for one after the other has ended: asked for together, they run together.
class Effects {
public:
    struct Send {
        Packet packet;
    };
    struct Call {
        Tag tag = 0;
        Packet packet;
        Duration limit{};
    };
    struct File {
        Tag tag = 0;
        FileRequest request;
    };
    struct Publish {
        std::string key;
        Value value;
    };
    struct Log {
        std::string line;
    };
    using One = std::variant<Send, Call, File, Publish, Log>;

    template <Message M>
    void send(Id to, const M& message) {
        all.emplace_back(Send{encode_message(Id{}, to, message, PacketKind::one_way, 0)});
    }
    /// Does nothing for a datagram that asked for no answer. A machine may keep a request and
    /// answer it later.
    template <Message M>
    void reply(const Incoming& to, const M& message) {
        if (!to.is_request()) return;
        all.emplace_back(
            Send{encode_message(Id{}, to.from(), message, PacketKind::reply, to.packet().ticket)});
    }
    /// Comes back as Answered. No retry, no at-most-once.
    template <Message M>
    void call(Tag tag, Id to, const M& message, Duration limit) {
        all.emplace_back(
            Call{tag, encode_message(Id{}, to, message, PacketKind::request, 0), limit});
    }
    void publish(std::string_view key, Value value) {
        all.emplace_back(Publish{std::string(key), std::move(value)});
    }
    template <class... T>
    void log(fmt::format_string<T...> format, T&&... args) {
        all.emplace_back(Log{fmt::format(format, std::forward<T>(args)...)});
    }

    // Files; each comes back as FileDone, except close.
    void open(Tag tag, std::string path, bool create = true);
    void read(Tag tag, std::uint32_t handle, std::uint64_t offset, std::uint64_t length);
    void write(Tag tag, std::uint32_t handle, std::uint64_t offset, std::vector<std::byte> bytes);
    void append(Tag tag, std::uint32_t handle, std::vector<std::byte> bytes);
    void truncate(Tag tag, std::uint32_t handle, std::uint64_t length);
    void sync(Tag tag, std::uint32_t handle);
    void size(Tag tag, std::uint32_t handle);
    void close(std::uint32_t handle);
    void rename(Tag tag, std::string from, std::string to);
    void remove(Tag tag, std::string path);
    void list(Tag tag);
    void sync_dir(Tag tag);

    std::vector<One> all;
};

class Machine {
public:
    virtual ~Machine() = default;
    /// Called for one event after the other, never from inside itself. `now` is the node's
    /// monotonic clock.
    virtual Effects on(Event event, Instant now) = 0;
    /// When it wants to be told Due, whatever else happens; asked after each event. A time that
    /// is past is due at once.
    [[nodiscard]] virtual std::optional<Instant> next_deadline() const { return std::nullopt; }
};

/// The task of one life of a machine: for a System::start that does more than make one.
[[nodiscard]] Task<> run_machine(Io& io, std::unique_ptr<Machine> machine);

/// A System::start: each life begins with the machine that `make` gives.
[[nodiscard]] std::function<Task<>(Io&, const Options&)> from_machine(
    std::function<std::unique_ptr<Machine>(const Identity&, const Options&)> make);

}  // namespace storm::node
