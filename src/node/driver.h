// node/driver.h - what a world must do for the nodes it runs: the other side of Io.
//
// Io holds all that is the same everywhere (mailbox, call table, roots, sealing); a Driver
// carries effects out: in the simulator as events, in the local world as system calls. The
// driver answers later through Io::deliver, Io::fire and Io::complete, never from inside the
// call that asked.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "core/value.h"
#include "node/message.h"
#include "node/task.h"

namespace storm::node {

/// Names one armed timer. `event` and `sequence` mean what the driver wants them to mean.
struct TimerId {
    std::uint32_t event = ~0U;
    std::uint64_t sequence = 0;
    [[nodiscard]] bool armed() const { return event != ~0U; }
};

/// Something that waits; lives in a coroutine frame and leaves every table when destroyed.
struct Waiter {
    enum class Kind : std::uint8_t { sleep, call, receive, gather, file };
    Io* io = nullptr;
    Root* root = nullptr;
    std::coroutine_handle<> frame;
    TimerId timer;
    Kind kind = Kind::sleep;
    bool timed_out = false;
};

enum class FileOp : std::uint8_t {
    open,      // path; flags: create, truncate. Answer: handle.
    read,      // handle, offset, length. Answer: bytes (short at the end of the file).
    write,     // handle, offset, bytes.
    append,    // handle, bytes.
    truncate,  // handle, length.
    sync,      // handle: data and size are durable when it is answered.
    size,      // handle. Answer: count.
    close,     // handle; never answered.
    rename,    // path -> path2; durable after sync_dir.
    remove,    // path; durable after sync_dir.
    list,      // Answer: names, sorted.
    sync_dir,  // New, renamed and removed names are durable when it is answered.
};
[[nodiscard]] std::string_view to_text(FileOp op);

struct FileRequest {
    FileOp op = FileOp::open;
    bool create = false;
    bool truncate = false;
    std::uint32_t handle = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t name = 0;  // Of the path that was opened: part of the key.
    std::string path, path2;
    std::vector<std::byte> bytes;
    core::Key key = 0;
    std::uint64_t ticket = 0;
};

struct FileReply {
    int error = 0;  // An errno value; 0 if it succeeded.
    std::uint32_t handle = 0;
    std::uint64_t count = 0;
    std::vector<std::byte> bytes;
    std::vector<std::string> names;
};

/// What an errno value of a file operation means to node code.
[[nodiscard]] core::Error file_error(int error, FileOp op);
/// What stands for a path in keys: FileRequest::name.
[[nodiscard]] std::uint32_t name_tag(std::string_view path);

class Driver {
public:
    /// Takes a datagram on its way. Never delivers from inside.
    virtual void transmit(Io& from, Packet&& packet) = 0;
    /// Calls Io::fire(waiter) once `after` has passed on the node's own clock.
    virtual TimerId arm(Io& io, Waiter& waiter, Duration after, core::Key key) = 0;
    virtual void disarm(Io& io, TimerId timer) = 0;
    [[nodiscard]] virtual Instant monotonic(Io& io) = 0;
    [[nodiscard]] virtual core::WallTime wall(Io& io) = 0;
    /// Answers with Io::complete(ticket, reply), except for close.
    virtual void submit(Io& io, FileRequest&& request) = 0;
    /// The lane that node dice draw from; `key`: of the dice that are being taken.
    [[nodiscard]] virtual std::uint64_t dice_lane(core::Key key) = 0;
    virtual void published(Io& io, std::string_view key, const Value& value) = 0;
    /// Whether anyone will read what a node logs; if not, it is not even formatted. `said` is a
    /// hash over what it would say.
    [[nodiscard]] virtual bool logging(core::Key said) = 0;
    virtual void logged(Io& io, std::string&& line) = 0;
    /// An exception left the node's code.
    virtual void threw(Io& io, std::string_view what) = 0;

protected:
    ~Driver() = default;
};

}  // namespace storm::node
