#include "node/machine.h"

#include <algorithm>
#include <exception>

namespace storm::node {
namespace {

FileRequest by_handle(FileOp op, std::uint32_t handle) {
    FileRequest request{.op = op};
    request.handle = handle;
    return request;
}

FileRequest by_path(FileOp op, std::string path) {
    FileRequest request{.op = op};
    request.name = name_tag(path);
    request.path = std::move(path);
    return request;
}

}  // namespace

void Effects::open(Tag tag, std::string path, bool create) {
    auto request = by_path(FileOp::open, std::move(path));
    request.create = create;
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::read(Tag tag, std::uint32_t handle, std::uint64_t offset, std::uint64_t length) {
    auto request = by_handle(FileOp::read, handle);
    request.offset = offset;
    request.length = length;
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::write(Tag tag, std::uint32_t handle, std::uint64_t offset,
                    std::vector<std::byte> bytes) {
    auto request = by_handle(FileOp::write, handle);
    request.offset = offset;
    request.bytes = std::move(bytes);
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::append(Tag tag, std::uint32_t handle, std::vector<std::byte> bytes) {
    auto request = by_handle(FileOp::append, handle);
    request.bytes = std::move(bytes);
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::truncate(Tag tag, std::uint32_t handle, std::uint64_t length) {
    auto request = by_handle(FileOp::truncate, handle);
    request.length = length;
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::sync(Tag tag, std::uint32_t handle) {
    all.emplace_back(File{tag, by_handle(FileOp::sync, handle)});
}
void Effects::size(Tag tag, std::uint32_t handle) {
    all.emplace_back(File{tag, by_handle(FileOp::size, handle)});
}
void Effects::close(std::uint32_t handle) {
    all.emplace_back(File{0, by_handle(FileOp::close, handle)});
}
void Effects::rename(Tag tag, std::string from, std::string to) {
    auto request = by_path(FileOp::rename, std::move(from));
    request.path2 = std::move(to);
    all.emplace_back(File{tag, std::move(request)});
}
void Effects::remove(Tag tag, std::string path) {
    all.emplace_back(File{tag, by_path(FileOp::remove, std::move(path))});
}
void Effects::list(Tag tag) { all.emplace_back(File{tag, FileRequest{.op = FileOp::list}}); }
void Effects::sync_dir(Tag tag) {
    all.emplace_back(File{tag, FileRequest{.op = FileOp::sync_dir}});
}

namespace {

/// Waits for the machine's deadline, which moves while it is awaited.
struct Alarm : Waiter {
    core::Key cause = 0;  // Of what happens when it rings.

    explicit Alarm(Io& on) {
        io = &on;
        kind = Kind::sleep;
    }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm() { stop(); }

    void set(Duration after) {
        stop();
        cause = io->next_key(EffectKind::arm, 0, 0);
        timer = io->driver().arm(*io, *this, std::max(after, Duration{}), cause);
    }
    void stop() {
        if (timer.armed()) io->driver().disarm(*io, timer);
        timer = {};
    }
    bool await_ready() const { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> waiting) {
        root = waiting.promise().root;
        frame = waiting;
    }
    void await_resume() const {}
};

struct Call : CallAwaiter {
    using CallAwaiter::CallAwaiter;
    Packet await_resume() { return std::move(answer); }
};

Task<> fail_with(std::exception_ptr thrown) {
    std::rethrow_exception(std::move(thrown));
    co_return;
}

/// One life of a machine. Lives in the frame of the outermost task, which never ends by itself
/// and is the first to start: it outlives all tasks that point here.
class Life {
public:
    Life(Io& io, std::unique_ptr<Machine> machine)
        : io_(io), machine_(std::move(machine)), alarm_(io) {}

    /// Tells the machine, then does what it wants. Requires: inside a task, rooted at the event.
    template <class What>
    void tell(What&& what) {
        if (io_.sealed() || failed_) return;
        Effects effects;
        std::optional<Instant> deadline;
        try {
            effects = machine_->on({std::forward<What>(what), io_.wall(), io_.dice()}, io_.now());
            deadline = machine_->next_deadline();
        } catch (...) {  // Told as of any other task; this one must stay, for what it owns.
            failed_ = true;
            alarm_.stop();
            io_.spawn("failed", fail_with(std::current_exception()));
            return;
        }
        for (auto& effect : effects.all) {
            if (io_.sealed()) return;  // It crashed at a code point within.
            std::visit([&](auto& one) { carry_out(std::move(one)); }, effect);
        }
        set_alarm(deadline);
    }

    Task<> watch() {
        for (;;) {
            co_await alarm_;
            alarm_.root->root_at(alarm_.cause);
            const auto deadline = std::exchange(armed_, std::nullopt);
            if (deadline && io_.now() < *deadline) {
                set_alarm(deadline);  // A clock that was bent meanwhile.
            } else {
                tell(Due{});
            }
        }
    }

private:
    void set_alarm(std::optional<Instant> deadline) {
        if (io_.sealed() || deadline == armed_) return;
        armed_ = deadline;
        if (deadline) {
            alarm_.set(*deadline - io_.now());
        } else {
            alarm_.stop();
        }
    }

    void carry_out(Effects::Send&& send) {
        Packet& packet = send.packet;
        const auto kind = packet.kind == PacketKind::reply ? EffectKind::reply : EffectKind::send;
        packet.from = io_.self();
        packet.key = io_.next_key(kind, packet.type, packet.to.value);
        io_.driver().transmit(io_, std::move(packet));
    }
    // Each call and each file operation is a task of its own, whose key is made of the event, of
    // what is asked and of whom: its end has that key as its cause.
    void carry_out(Effects::Call&& call) {
        call.packet.from = io_.self();
        const auto key = io_.next_key(EffectKind::spawn, call.packet.type, call.packet.to.value);
        io_.start(key, ask(std::move(call)));
    }
    void carry_out(Effects::File&& file) {
        FileRequest& request = file.request;
        if (request.path.empty()) request.name = name_of(request.handle);
        const auto op = static_cast<std::uint32_t>(request.op);
        if (request.op == FileOp::close) {
            request.key = io_.next_key(EffectKind::file, request.name, op);
            return io_.driver().submit(io_, std::move(request));
        }
        const auto key = io_.next_key(EffectKind::spawn, request.name, op);
        io_.start(key, use_disk(std::move(file)));
    }
    void carry_out(Effects::Publish&& publish) {
        io_.publish(publish.key, std::move(publish.value));
    }
    void carry_out(Effects::Log&& log) { io_.log("{}", log.line); }

    Task<> ask(Effects::Call call) {
        Call waiting(io_, std::move(call.packet), call.limit);
        Packet answer = co_await waiting;
        tell(Answered{call.tag, std::move(answer)});
    }
    Task<> use_disk(Effects::File file) {
        const FileOp op = file.request.op;
        const std::uint32_t name = file.request.name;
        FileAwaiter waiting(io_, std::move(file.request));
        FileReply reply = co_await waiting;
        if (reply.error != 0) {
            tell(FileDone{file.tag, op, std::unexpected(file_error(reply.error, op))});
            co_return;
        }
        if (op == FileOp::open) opened_.insert_or_assign(reply.handle, name);
        tell(FileDone{file.tag, op, std::move(reply)});
    }
    [[nodiscard]] std::uint32_t name_of(std::uint32_t handle) const {
        const auto at = opened_.find(handle);
        return at == opened_.end() ? 0 : at->second;
    }

    Io& io_;
    std::unique_ptr<Machine> machine_;
    Alarm alarm_;
    std::optional<Instant> armed_;
    std::map<std::uint32_t, std::uint32_t> opened_;  // Handle to name: part of keys.
    bool failed_ = false;
};

}  // namespace

Task<> run_machine(Io& io, std::unique_ptr<Machine> machine) {
    Life life(io, std::move(machine));
    io.spawn("deadline", life.watch());
    life.tell(Started{});
    for (;;) {
        Incoming datagram = co_await io.receive();
        life.tell(std::move(datagram));
    }
}

std::function<Task<>(Io&, const Options&)> from_machine(
    std::function<std::unique_ptr<Machine>(const Identity&, const Options&)> make) {
    return [make = std::move(make)](Io& io, const Options& options) {
        return run_machine(io, make(io.identity(), options));
    };
}

}  // namespace storm::node
