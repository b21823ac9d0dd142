#include "local/host.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>
#include <utility>

#include "core/glance.h"
#include "core/require.h"
#include "local/frame.h"

namespace storm::local {
namespace {

constexpr std::int64_t default_memory_limit = std::int64_t{256} << 20U;

sockaddr_in address_of(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool must_hold(core::PropertyKind kind) {
    return kind == core::PropertyKind::always ||
           kind == core::PropertyKind::always_or_unreachable ||
           kind == core::PropertyKind::unreachable;
}

}  // namespace

Host::Host(const Common& common, core::Id id, int socket, Counters& counters, Listener& listener)
    : common_(common),
      id_(id),
      name_(core::name_of(id)),
      socket_(socket),
      counters_(counters),
      listener_(listener),
      memory_limit_(common.plan.memory_limit != 0
                        ? static_cast<std::int64_t>(common.plan.memory_limit)
                        : default_memory_limit) {}

Host::~Host() { end_life(); }

core::Result<void> Host::open_files(const std::string& directory) {
    files_ = std::make_unique<Files>();
    return files_->open(directory);
}

void Host::begin_life(std::uint32_t incarnation, core::Key life) {
    const node::Identity identity{id_, common_.plan.nodes, incarnation, life};
    io_ = std::make_unique<node::Io>(*this, identity);
    Report report;
    report.what = Told::up;
    report.cause = life;
    tell(std::move(report));
}

void Host::end_life() {
    if (io_ == nullptr) return;
    io_->seal();
    const bool sealed = std::exchange(core::context.sealed, true);
    io_->destroy_frames();
    core::context.sealed = sealed;
    work_.clear();
    io_.reset();
}

void Host::start(core::Key key, Task<> task) {
    enter();
    io_->start(key, std::move(task));
    leave();
}

void Host::enter() {
    core::context.node = name_.c_str();
    ++core::context.dispatches;
    core::context.now = common_.now();
    core::context.sealed = false;
    core::context.hooks = this;
    counters_.events.fetch_add(1, std::memory_order_relaxed);
}

void Host::leave() {
    core::context.hooks = nullptr;
    core::context.node = "";
    if (memory_ <= memory_limit_ || memory_told_) return;
    memory_told_ = true;
    Report report;
    report.what = Told::breach;
    report.name = "no-crash";
    report.kind = "memory limit";
    report.text = fmt::format("{} holds {} MiB, more than the {} MiB it may.", name_, memory_ >> 20,
                              memory_limit_ >> 20);
    tell(std::move(report));
}

void Host::tell(Report&& report) {
    report.at = common_.now();
    listener_.tell(std::move(report));
}

bool Host::step() {
    if (io_ == nullptr) return false;
    for (int tried = 0; tried < 3; ++tried) {
        const unsigned kind = turn_++ % 3;
        if (kind == 0 ? step_timer() : kind == 1 ? step_file() : step_datagram()) return true;
    }
    return false;
}

Instant Host::next_due() { return work_.empty() && !readable_ ? timers_.next() : Instant{}; }

bool Host::step_timer() {
    const Instant due = timers_.next();
    if (due == Instant::max() || due > common_.now()) return false;
    node::Waiter* waiter = timers_.take();
    enter();
    io_->fire(*waiter);
    leave();
    return true;
}

bool Host::step_file() {
    if (work_.empty()) return false;
    const node::FileRequest request = std::move(work_.front());
    work_.pop_front();
    node::FileReply reply;
    if (files_ != nullptr) {
        reply = files_->carry_out(request);
    } else {
        reply.error = ENOENT;  // A client: it has no directory.
    }
    if (request.op == node::FileOp::close) return true;
    if (common_.full) {
        Report report;
        report.what = Told::file;
        report.name = node::to_text(request.op);
        report.text = request.path;
        report.cause = request.key;
        tell(std::move(report));
    }
    enter();
    io_->complete(request.ticket, std::move(reply));
    leave();
    return true;
}

bool Host::step_datagram() {
    if (!readable_) return false;
    in_.resize(frame_max);
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const auto size = recvfrom(socket_, in_.data(), in_.size(), MSG_DONTWAIT | MSG_TRUNC,
                               reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) {
        // Who died answers with ECONNREFUSED; that is a lost packet and nothing else.
        if (errno == EAGAIN || errno == EWOULDBLOCK) readable_ = false;
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    node::Packet packet;
    const auto length = std::min(static_cast<std::size_t>(size), in_.size());
    auto fault = decode_frame(common_.run, std::span(in_).first(length), packet);
    if (fault == FrameFault::none &&
        (packet.to != id_ || !common_.knows(packet.from) ||
         ntohs(from.sin_port) != common_.ports[common_.index_of(packet.from)])) {
        fault = FrameFault::foreign;
    }
    if (fault != FrameFault::none) {
        auto& count = fault == FrameFault::damaged ? counters_.damaged : counters_.foreign;
        count.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    counters_.messages.fetch_add(1, std::memory_order_relaxed);
    if (common_.full) {
        Report report;
        report.what = Told::delivered;
        report.peer = packet.from.value;
        report.number = report.cause = packet.key;
        tell(std::move(report));
    }
    enter();
    io_->deliver(std::move(packet));
    leave();
    return true;
}

// ---- What node code asks for ----------------------------------------------------------------

void Host::transmit(node::Io&, node::Packet&& packet) {
    const core::HooksOff off;
    if (!common_.knows(packet.to)) return;
    if (common_.full) {
        Report report;
        report.what = Told::sent;
        report.peer = packet.to.value;
        report.name = packet.name != nullptr ? packet.name : "";
        report.number = report.cause = packet.key;
        tell(std::move(report));
    }
    encode_frame(common_.run, packet, out_);
    const sockaddr_in to = address_of(common_.ports[common_.index_of(packet.to)]);
    for (int tried = 0; tried < 3; ++tried) {  // A pending ECONNREFUSED is told only once.
        const auto sent = sendto(socket_, out_.data(), out_.size(), MSG_NOSIGNAL,
                                 reinterpret_cast<const sockaddr*>(&to), sizeof to);
        if (sent >= 0) return;
    }
    counters_.unsent.fetch_add(1, std::memory_order_relaxed);
}

node::TimerId Host::arm(node::Io&, node::Waiter& waiter, Duration after, core::Key) {
    const core::HooksOff off;
    const auto name = timers_.add(common_.now() + after, &waiter);
    return {name.slot, name.sequence};
}

void Host::disarm(node::Io&, node::TimerId timer) {
    const core::HooksOff off;
    timers_.cancel({timer.event, timer.sequence});
}

Instant Host::monotonic(node::Io&) {
    const core::HooksOff off;
    return common_.now();
}

core::WallTime Host::wall(node::Io&) {
    const core::HooksOff off;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return {static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec};
}

void Host::submit(node::Io&, node::FileRequest&& request) {
    const core::HooksOff off;
    work_.push_back(std::move(request));
}

std::uint64_t Host::dice_lane(core::Key) { return common_.draws.lane(fault::Purpose::node_dice); }

void Host::published(node::Io&, std::string_view key, const Value& value) {
    const core::HooksOff off;
    Report report;
    report.what = Told::published;
    report.name = key;
    report.value = value;
    tell(std::move(report));
}

void Host::logged(node::Io&, std::string&& line) {
    const core::HooksOff off;
    Report report;
    report.what = Told::log;
    report.text = std::move(line);
    tell(std::move(report));
}

void Host::threw(node::Io&, std::string_view what) {
    const core::HooksOff off;
    Report report;
    report.what = Told::breach;
    report.name = "no-crash";
    report.kind = "exception";
    report.site = what.substr(0, 120);
    report.text =
        fmt::format("{} threw an exception at {}: {}", name_, core::to_glance(common_.now()), what);
    tell(std::move(report));
}

// ---- Points in the code -----------------------------------------------------------------------

Host::Site& Host::site_of(const core::CodeSite& code) {
    for (auto& site : sites_) {
        if (site.code == &code) return site;
    }
    sites_wait_ = 2;
    Site& site = sites_.emplace_back();
    site.code = &code;
    site.key = core::key_of(std::string_view(code.message));
    return site;
}

std::int64_t Host::draw(fault::Purpose purpose, core::Key key, const char* name,
                        const Draws::Scale& scale) {
    const auto outcome = common_.draws.draw(purpose, key, 0, scale);
    if (outcome.pin != 0) {
        Report report;
        report.what = Told::pinned;
        report.number = outcome.pin;
        tell(std::move(report));
    }
    if (common_.full) {
        Report report;
        report.what = Told::decision;
        report.name = purpose == fault::Purpose::site_fires ? name_ + " " + name : name;
        report.number = key;
        report.count = static_cast<std::uint64_t>(purpose) << 32U;
        report.value = outcome.value;
        tell(std::move(report));
    }
    return outcome.value;
}

bool Host::maybe(const core::CodeSite& code) {
    const core::HooksOff off;
    Site& site = site_of(code);
    ++site.reached;
    sites_wait_ = std::max(sites_wait_, 1);
    const auto& plan = common_.plan;
    if (plan.site_active_ppm == 0) return false;
    if (site.active < 0) {
        const auto scale = [&](std::uint64_t bits) {
            return std::int64_t{core::happens(bits, plan.site_active_ppm)};
        };
        site.active =
            static_cast<int>(draw(fault::Purpose::site_active, site.key, code.message, scale));
    }
    if (site.active == 0 || fault::healed(plan, common_.now())) return false;
    const auto tag = static_cast<std::uint32_t>(site.key);
    const core::Key key = io_->next_key(node::EffectKind::maybe, tag, 0);
    const auto scale = [&](std::uint64_t bits) {
        return std::int64_t{core::happens(bits, plan.site_fires_ppm)};
    };
    if (draw(fault::Purpose::site_fires, key, code.message, scale) == 0) return false;
    ++site.held;
    return true;
}

void Host::property(const core::CodeSite& code, bool holds) {
    const core::HooksOff off;
    Site& site = site_of(code);
    ++site.reached;
    sites_wait_ = std::max(sites_wait_, 1);
    if (holds) {
        if (site.held++ == 0 && !site.known_held) sites_wait_ = 2;
        return;
    }
    if (site.broken || !must_hold(code.kind)) return;
    site.broken = true;
    std::string_view file = code.file;
    file.remove_prefix(std::min(file.size(), file.rfind('/') + 1));
    Report report;
    report.what = Told::breach;
    report.name = "properties";
    report.kind = code.kind == core::PropertyKind::unreachable ? "unreachable" : "always";
    report.site = code.message;
    report.text = fmt::format("{} broke \"{}\" at {} ({}:{}).", name_, code.message,
                              core::to_glance(common_.now()), file, code.line);
    tell(std::move(report));
}

void Host::flush_sites() {
    sites_wait_ = 0;
    for (auto& site : sites_) {
        if (site.reached == 0) continue;
        Report report;
        report.what = Told::site;
        report.name = site.code->message;
        report.number = site.reached;
        report.count = site.held;
        tell(std::move(report));
        site.known_held = site.known_held || site.held != 0;
        site.reached = site.held = 0;
    }
}

}  // namespace storm::local
