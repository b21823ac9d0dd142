#include "node/io.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <ranges>
#include <string>

#include "core/require.h"

namespace storm::node {

// ---- Awaiters -------------------------------------------------------------------------------

SleepAwaiter::SleepAwaiter(Io& on, Duration d) : length(d) {
    io = &on;
    kind = Kind::sleep;
}
SleepAwaiter::~SleepAwaiter() {
    if (timer.armed()) io->driver_.disarm(*io, timer);
}
const Waiter* Io::receiver() const { return receivers_; }

void SleepAwaiter::await_suspend(std::coroutine_handle<> h) {
    if (io->sealed_) return;
    root = io->current_;
    frame = h;
    timer = io->driver_.arm(*io, *this, std::max(length, Duration{}),
                            io->next_key(EffectKind::arm, 0, 0));
}

std::optional<Incoming> ReceiveFor::await_resume() {
    if (timed_out) return std::nullopt;
    if (io->current_ != nullptr) io->current_->root_at(taken.packet().key);
    return std::move(taken);
}

CallAwaiter::CallAwaiter(Io& on, Packet&& packet, Duration d)
    : limit(d), request(std::move(packet)) {
    io = &on;
    kind = Kind::call;
}
CallAwaiter::~CallAwaiter() { leave(); }

void CallAwaiter::leave() {
    if (timer.armed()) io->driver_.disarm(*io, timer);
    timer = {};
    if (slot != ~0U) io->free_slot(slot);
    slot = ~0U;
    for (const auto each : slots) {
        if (each != ~0U) io->free_slot(each);
    }
    slots.clear();
}

bool CallAwaiter::await_suspend(std::coroutine_handle<> h) {
    if (io->sealed_) return true;
    root = io->current_;
    frame = h;
    const bool waits = !to_many || (wanted != 0 && !many.empty());
    if (waits) {
        timer = io->driver_.arm(*io, *this, std::max(limit, Duration{}),
                                io->next_key(EffectKind::arm, request.type, request.to.value));
    }
    if (!to_many) {
        slot = io->take_slot(*this);
        request.ticket = io->ticket_of(slot);
        request.key = io->next_key(EffectKind::send, request.type, request.to.value);
        io->driver_.transmit(*io, std::move(request));
        return true;
    }
    slots.reserve(many.size());
    for (const Id to : many) {
        slots.push_back(io->take_slot(*this));
        Packet packet = request;
        packet.to = to;
        packet.ticket = io->ticket_of(slots.back());
        packet.key = io->next_key(EffectKind::send, packet.type, to.value);
        io->driver_.transmit(*io, std::move(packet));
    }
    if (!waits) leave();
    return waits;
}

bool CallAwaiter::take(Packet&& packet) {
    if (!to_many) {
        answer = std::move(packet);
        return true;
    }
    const auto index = static_cast<std::uint32_t>(packet.ticket);
    for (auto& each : slots) {
        if (each == index) {
            io->free_slot(each);
            each = ~0U;
            answers.push_back(std::move(packet));
            break;
        }
    }
    return answers.size() >= wanted || answers.size() == many.size();
}

FileAwaiter::FileAwaiter(Io& on, FileRequest&& r) : request(std::move(r)) {
    io = &on;
    kind = Kind::file;
}
FileAwaiter::~FileAwaiter() {
    if (slot != ~0U) io->free_slot(slot);
}
void FileAwaiter::await_suspend(std::coroutine_handle<> h) {
    if (io->sealed_) return;
    root = io->current_;
    frame = h;
    slot = io->take_slot(*this);
    request.ticket = io->ticket_of(slot);
    request.key =
        io->next_key(EffectKind::file, request.name, static_cast<std::uint32_t>(request.op));
    io->driver_.submit(*io, std::move(request));
}

// ---- Io ---------------------------------------------------------------------------------------

Io::Io(Driver& driver, const Identity& identity) : driver_(driver), identity_(identity) {
    life_.key = identity.life;
}
Io::~Io() { destroy_frames(); }

std::vector<Id> Identity::peers() const {
    std::vector<Id> others;
    others.reserve(nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) {
        if (Id::node(i) != self) others.push_back(Id::node(i));
    }
    return others;
}

core::Dice Io::dice() {
    if (sealed_) return core::Dice::zeros();
    const core::Key key = next_key(EffectKind::dice, 0, 0);
    return {driver_.dice_lane(key), key};
}

void Io::publish(std::string_view key, Value value) {
    if (!sealed_) driver_.published(*this, key, value);
}

std::uint32_t Io::take_slot(Waiter& waiter) {
    std::uint32_t index = free_slots_;
    if (index == ~0U) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        free_slots_ = slots_[index].next_free;
    }
    slots_[index].waiter = &waiter;
    return index;
}
void Io::free_slot(std::uint32_t slot) {
    Slot& s = slots_[slot];
    s.waiter = nullptr;
    ++s.generation;
    s.next_free = free_slots_;
    free_slots_ = slot;
}
// Ticket: slot (32 bits), generation (20), incarnation (12); a stale one never matches by
// accident within 2^20 uses of a slot.
std::uint64_t Io::ticket_of(std::uint32_t slot) const {
    return slot | (static_cast<std::uint64_t>(slots_[slot].generation & 0xfffffU) << 32U) |
           (static_cast<std::uint64_t>(identity_.incarnation & 0xfffU) << 52U);
}
Io::Slot* Io::slot_of(std::uint64_t ticket) {
    const auto index = static_cast<std::uint32_t>(ticket);
    if (index >= slots_.size() || slots_[index].waiter == nullptr) return nullptr;
    return ticket_of(index) == ticket ? &slots_[index] : nullptr;
}

void Io::start(core::Key key, Task<> task) {
    if (sealed_) return;
    auto root = std::make_unique<Root>();
    root->key = key;
    auto frame = task.release();
    frame.promise().root = root.get();
    root->outermost = frame;
    Root& started = *root;
    roots_.push_back(std::move(root));
    if (current_ != nullptr) {
        started_.push_back(&started);
    } else {
        resume(started, frame);
    }
}

void Io::spawn(std::string_view name, Task<> task) {
    if (sealed_) return;
    const auto tag = static_cast<std::uint32_t>(core::key_of(name));
    start(next_key(EffectKind::spawn, tag, 0), std::move(task));
}

void Io::resume(Root& root, std::coroutine_handle<> frame) {
    STORM_REQUIRE(current_ == nullptr);  // Drivers answer later, never from inside a call.
    current_ = &root;
    frame.resume();
    current_ = nullptr;
    if (root.finished || !started_.empty()) settle();
}

// After a step: run what it spawned, then let go of the roots that ended; their destructors
// may spawn again.
void Io::settle() {
    for (;;) {
        for (std::size_t i = 0; i < started_.size() && !sealed_; ++i) {
            current_ = started_[i];
            current_->outermost.resume();
        }
        current_ = nullptr;
        started_.clear();
        const auto ended = std::ranges::find_if(roots_ | std::views::reverse,
                                                [](const auto& root) { return root->finished; });
        if (ended == roots_.rend()) return;
        end_root(static_cast<std::size_t>(roots_.rend() - ended) - 1);
    }
}

void Io::end_root(std::size_t index) {
    const auto root = std::move(roots_[index]);
    roots_.erase(roots_.begin() + static_cast<std::ptrdiff_t>(index));
    const auto frame = Task<>::Handle::from_address(root->outermost.address());
    if (frame.promise().thrown && !sealed_) {
        try {
            std::rethrow_exception(frame.promise().thrown);
        } catch (const std::exception& e) {
            driver_.threw(*this, e.what());
        } catch (...) {
            driver_.threw(*this, "an exception that is no std::exception");
        }
    }
    current_ = &life_;  // What destructors do has the node's life as its cause.
    frame.destroy();
    current_ = nullptr;
}

void Io::destroy_frames() {
    sealed_ = true;
    started_.clear();
    while (!roots_.empty()) {  // Newest first.
        const auto root = std::move(roots_.back());
        roots_.pop_back();
        root->outermost.destroy();
    }
    if (mailbox_ != nullptr) mailbox_->clear();
}

void Io::unlink(ReceiveAwaiter& waiter) {
    ReceiveAwaiter** at = &receivers_;
    while (*at != nullptr && *at != &waiter) at = &(*at)->next;
    if (*at != nullptr) *at = waiter.next;
    waiter.next = nullptr;
    waiter.waiting = false;
}

void Io::deliver(Packet&& packet) {
    if (sealed_) return;
    if (packet.kind == PacketKind::reply) {
        Slot* slot = slot_of(packet.ticket);
        if (slot == nullptr || slot->waiter->kind != Waiter::Kind::call) return;
        auto& call = static_cast<CallAwaiter&>(*slot->waiter);
        if (!call.take(std::move(packet))) return;
        call.leave();
        resume(*call.root, call.frame);
        return;
    }
    if (receivers_ != nullptr) {
        ReceiveAwaiter& first = *receivers_;
        receivers_ = first.next;
        first.next = nullptr;
        first.waiting = false;
        if (first.timer.armed()) driver_.disarm(*this, first.timer);
        first.timer = {};
        first.taken = Incoming(std::move(packet));
        resume(*first.root, first.frame);
        return;
    }
    if (mailbox_ == nullptr) mailbox_ = std::make_unique<std::deque<Incoming>>();
    if (mailbox_->size() < mailbox_limit) mailbox_->emplace_back(std::move(packet));
}

void Io::fire(Waiter& waiter) {
    if (sealed_) return;
    waiter.timer = {};
    waiter.timed_out = true;
    if (waiter.kind == Waiter::Kind::call) static_cast<CallAwaiter&>(waiter).leave();
    if (waiter.kind == Waiter::Kind::receive) unlink(static_cast<ReceiveAwaiter&>(waiter));
    resume(*waiter.root, waiter.frame);
}

void Io::complete(std::uint64_t ticket, FileReply&& reply) {
    if (sealed_) return;
    Slot* slot = slot_of(ticket);
    if (slot == nullptr || slot->waiter->kind != Waiter::Kind::file) return;
    auto& file = static_cast<FileAwaiter&>(*slot->waiter);
    free_slot(file.slot);
    file.slot = ~0U;
    file.reply = std::move(reply);
    resume(*file.root, file.frame);
}

// ---- Files ----------------------------------------------------------------------------------

std::string_view to_text(FileOp op) {
    constexpr std::string_view names[] = {"open",     "read",   "write", "append",
                                          "truncate", "sync",   "size",  "close",
                                          "rename",   "remove", "list",  "sync_dir"};
    return names[static_cast<std::size_t>(op)];
}

core::Error file_error(int error, FileOp op) {
    const char* name = strerrorname_np(error);  // Not strerror: that depends on the locale.
    core::Error e{core::ErrorKind::io, name != nullptr ? name : std::to_string(error), {}};
    e.context.emplace_back(to_text(op));
    if (error == ENOENT) e.kind = core::ErrorKind::not_found;
    return e;
}

std::uint32_t name_tag(std::string_view path) {
    return static_cast<std::uint32_t>(core::key_of(path));
}

namespace {
Task<core::Result<FileReply>> run(Io& io, FileRequest request) {
    const FileOp op = request.op;
    FileReply reply = co_await FileAwaiter(io, std::move(request));
    if (reply.error != 0) co_return std::unexpected(file_error(reply.error, op));
    co_return reply;
}

core::Result<void> nothing(core::Result<FileReply>&& reply) {
    if (!reply) return std::unexpected(std::move(reply).error());
    return {};
}
}  // namespace

Task<core::Result<File>> Io::open(std::string path, bool create) {
    FileRequest request{.op = FileOp::open};
    request.create = create;
    request.name = name_tag(path);
    request.path = std::move(path);
    const std::uint32_t name = request.name;
    auto reply = co_await run(*this, std::move(request));
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return File(*this, reply->handle, name);
}
Task<core::Result<void>> Io::rename(std::string from, std::string to) {
    FileRequest request{.op = FileOp::rename};
    request.name = name_tag(from);
    request.path = std::move(from);
    request.path2 = std::move(to);
    co_return nothing(co_await run(*this, std::move(request)));
}
Task<core::Result<void>> Io::remove(std::string path) {
    FileRequest request{.op = FileOp::remove};
    request.name = name_tag(path);
    request.path = std::move(path);
    co_return nothing(co_await run(*this, std::move(request)));
}
Task<core::Result<std::vector<std::string>>> Io::list() {
    auto reply = co_await run(*this, FileRequest{.op = FileOp::list});
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return std::move(reply->names);
}
Task<core::Result<void>> Io::sync_dir() {
    co_return nothing(co_await run(*this, FileRequest{.op = FileOp::sync_dir}));
}

File::~File() {
    if (io_ == nullptr || io_->sealed()) return;
    FileRequest wanted = request(FileOp::close);
    wanted.key = io_->next_key(EffectKind::file, name_, static_cast<std::uint32_t>(wanted.op));
    io_->driver().submit(*io_, std::move(wanted));
}
FileRequest File::request(FileOp op) const {
    STORM_REQUIRE(io_ != nullptr);  // Not moved from.
    FileRequest made{.op = op};
    made.handle = handle_;
    made.name = name_;
    return made;
}
Task<core::Result<std::vector<std::byte>>> File::read(std::uint64_t offset, std::uint64_t length) {
    FileRequest wanted = request(FileOp::read);
    wanted.offset = offset;
    wanted.length = length;
    auto reply = co_await run(*io_, std::move(wanted));
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return std::move(reply->bytes);
}
Task<core::Result<void>> File::write(std::uint64_t offset, std::vector<std::byte> bytes) {
    FileRequest wanted = request(FileOp::write);
    wanted.offset = offset;
    wanted.bytes = std::move(bytes);
    co_return nothing(co_await run(*io_, std::move(wanted)));
}
Task<core::Result<void>> File::append(std::vector<std::byte> bytes) {
    FileRequest wanted = request(FileOp::append);
    wanted.bytes = std::move(bytes);
    co_return nothing(co_await run(*io_, std::move(wanted)));
}
Task<core::Result<void>> File::truncate(std::uint64_t length) {
    FileRequest wanted = request(FileOp::truncate);
    wanted.length = length;
    co_return nothing(co_await run(*io_, std::move(wanted)));
}
Task<core::Result<void>> File::sync() {
    FileRequest wanted = request(FileOp::sync);
    co_return nothing(co_await run(*io_, std::move(wanted)));
}
Task<core::Result<std::uint64_t>> File::size() {
    FileRequest wanted = request(FileOp::size);
    auto reply = co_await run(*io_, std::move(wanted));
    if (!reply) co_return std::unexpected(std::move(reply).error());
    co_return reply->count;
}

}  // namespace storm::node
