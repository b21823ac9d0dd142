// Clocks, timers and files of simulated nodes. Evidence of a bent clock is counted where the
// node reads it, that of a bad disk where the file call returns.
#include <algorithm>
#include <cerrno>

#include "core/require.h"
#include "sim/simulation.h"

namespace storm::sim {
namespace {

using fault::Purpose;
using node::FileOp;

constexpr std::int64_t epoch_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z.

// What a healthy disk needs: a base, and up to as much again, drawn.
Duration base_latency(FileOp op) {
    switch (op) {
        case FileOp::sync:
        case FileOp::sync_dir:
            return core::microseconds(200);
        case FileOp::close:
            return {};
        default:
            return core::microseconds(20);
    }
}

bool matches(fault::DiskOps ops, FileOp op) {
    switch (ops) {
        case fault::DiskOps::any:
            return op != FileOp::close;
        case fault::DiskOps::read:
            return op == FileOp::read;
        case fault::DiskOps::write:
            return op == FileOp::write || op == FileOp::append || op == FileOp::truncate;
        case fault::DiskOps::sync:
            return op == FileOp::sync || op == FileOp::sync_dir;
    }
    return false;
}
bool writes(FileOp op) { return op == FileOp::write || op == FileOp::append; }

}  // namespace

node::TimerId Simulation::arm(node::Io& io, node::Waiter& waiter, Duration after, core::Key key) {
    Endpoint& at = endpoint(io);
    Duration length = after;
    if (at.bent) [[unlikely]] {
        length = at.clock.world_length(after);
        for (const auto token : at.clocks) {
            Force& force = forces_[token];
            if (std::get<fault::ClockEffect>(force.effect).drift_ppm == 0 || after.ns == 0)
                continue;
            ++force.claimed;
            if (length != after) {
                saw(force, at);
            } else if (!force.sabotaged) {
                ++force.voided;  // Too short to drift by a nanosecond.
            }
        }
    }
    fold(key ^ std::rotl(static_cast<std::uint64_t>(length.ns), 32));
    if (close_) [[unlikely]]
        step(&at, "timer", core::to_text(length));
    const std::uint32_t index = wheel_.add(now_ + length, What::timer);
    Event& e = wheel_[index];
    e.key = key;
    e.thing = &waiter;
    e.to = index_of(at.id);
    e.from = at.incarnation;
    return {index, wheel_.sequence(index)};
}

void Simulation::disarm(node::Io& io, node::TimerId timer) {
    if (!wheel_.awaited(timer.event, timer.sequence)) return;
    if (io.sealed()) {
        Endpoint& at = endpoint(io);
        ++at.timers_ended;
        const auto held = std::ranges::find(at.held, timer.event);
        if (held != at.held.end()) {
            at.held.erase(held);
            wheel_.release(timer.event);
            return;
        }
    }
    wheel_.cancel(timer.event);
}

// A fault is felt if the clock shows something else than the other faults alone would make it
// show: two jumps that cancel out are both felt.
void Simulation::clock_read(Endpoint& at, bool wall) {
    Duration steps{};
    std::int64_t drifts = 0;
    for (const auto token : at.clocks) {
        if (forces_[token].sabotaged) continue;
        const auto& effect = std::get<fault::ClockEffect>(forces_[token].effect);
        steps += effect.step;
        drifts += effect.drift_ppm;
    }
    for (const auto token : at.clocks) {
        Force& force = forces_[token];
        const auto& effect = std::get<fault::ClockEffect>(force.effect);
        if (effect.drift_ppm == 0 && !wall) continue;
        if (force.over && !effect.stays) continue;
        const Duration passed = now_ - force.since;
        if (effect.drift_ppm != 0 && passed.ns < 1'000'000) continue;  // Nothing to see yet.
        ++force.claimed;
        const bool carried = !force.sabotaged;
        const bool bent = effect.drift_ppm != 0
                              ? at.clock.drift_ppm != drifts - (carried ? effect.drift_ppm : 0)
                              : at.clock.wall_step != steps - (carried ? effect.step : Duration{});
        if (bent) saw(force, at);
    }
}

Instant Simulation::monotonic(node::Io& io) {
    Endpoint& at = endpoint(io);
    const Instant shown = at.clock.local(now_);
    if (!at.clocks.empty()) clock_read(at, false);
    return shown;
}

core::WallTime Simulation::wall(node::Io& io) {
    Endpoint& at = endpoint(io);
    const Instant local = at.clock.local(now_);
    if (!at.clocks.empty()) clock_read(at, true);
    return core::WallTime{epoch_ns + local.ns + at.clock.wall_step.ns};
}

Disk& Simulation::disk_of(Endpoint& at) {
    if (at.storage == nullptr) at.storage = std::make_unique<Disk>();
    return *at.storage;
}

fault::DiskFault Simulation::scaled_disk(const Force& force) const {
    fault::DiskFault scaled = std::get<fault::DiskEffect>(force.effect).fault;
    if (force.ramp.ns == 0 || now_ - force.since >= force.ramp) return scaled;
    const std::int64_t grown = (now_ - force.since).ns / (force.ramp.ns / 1'000'000 + 1);
    scaled.latency.ns = scaled.latency.ns / 1'000'000 * grown;
    scaled.share_ppm = static_cast<std::uint32_t>(scaled.share_ppm * grown / 1'000'000);
    return scaled;
}

// Judges the disk faults in force and says how long the operation takes.
Duration Simulation::file_latency(Endpoint& at, FileWork& work) {
    const FileOp op = work.request.op;
    const core::Key key = work.request.key;
    Duration latency = base_latency(op);
    latency.ns += draw(Purpose::disk_latency, key, 0, &at, &at, "disk", [&](std::uint64_t bits) {
        return static_cast<std::int64_t>(
            core::scale(bits, static_cast<std::uint64_t>(base_latency(op).ns)));
    });
    for (const auto token : at.disks) {
        Force& force = forces_[token];
        const fault::DiskFault f = scaled_disk(force);
        const bool silent = f.torn || f.room >= 0;
        const bool concerns = f.lost_sync ? op == FileOp::sync || op == FileOp::sync_dir
                              : silent    ? writes(op)
                                          : matches(f.ops, op);
        if (!concerns) continue;
        const core::Key own = core::combine(key, force.key);
        if (f.room >= 0) {
            const auto size = static_cast<std::int64_t>(work.request.bytes.size());
            force.room_used.resize(endpoints_.size());
            auto& used = force.room_used[index_of(at.id)];
            if (used + size <= f.room) {
                used += size;
                continue;
            }
        } else if (draw(Purpose::fault_disk, own, 0, &at, &at, "disk", [&](std::uint64_t bits) {
                       return std::int64_t{core::happens(bits, f.share_ppm)};
                   }) == 0) {
            continue;
        }
        ++force.claimed;
        work.claims.emplace_back(token, !force.sabotaged);
        if (force.sabotaged) continue;
        if (f.latency.ns != 0 || f.jitter.ns != 0) {
            const fault::LinkFault spread{
                .delay = f.latency, .jitter = f.jitter, .spread = f.spread};
            latency += f.latency;
            latency.ns += draw(Purpose::fault_disk_delay, own, 0, &at, &at, "disk",
                               [&](std::uint64_t bits) { return fault::jitter_of(spread, bits); });
        }
        if (f.error != 0) work.error = f.error;
        if (f.room >= 0) work.error = ENOSPC;
        if (f.lost_sync) work.lost_sync = true;
        if (f.torn) {
            const std::size_t size = work.request.bytes.size();
            const auto sectors = (size + sector_bytes - 1) / sector_bytes;
            work.keep = static_cast<std::size_t>(
                draw(Purpose::fault_disk, own, 1, &at, &at, "disk", [&](std::uint64_t bits) {
                    return static_cast<std::int64_t>(core::scale(bits, sectors) * sector_bytes);
                }));
        }
    }
    return latency;
}

void Simulation::submit(node::Io& io, node::FileRequest&& request) {
    const core::HooksOff off;
    Endpoint& at = endpoint(io);
    fold_request(request);
    if (request.op == FileOp::close) return;  // Handles are files; nothing is held open.
    std::uint32_t slot = 0;
    if (free_files_.empty()) {
        slot = static_cast<std::uint32_t>(files_.size());
        files_.emplace_back();
    } else {
        slot = free_files_.back();
        free_files_.pop_back();
    }
    FileWork& work = files_[slot];
    work = FileWork{};
    work.request = std::move(request);
    work.incarnation = at.incarnation;
    work.owner = index_of(at.id);
    work.number = next_file_number_++;
    const Duration latency = file_latency(at, work);
    const std::uint32_t index = wheel_.add(now_ + latency, What::file);
    Event& e = wheel_[index];
    e.key = work.request.key;
    e.to = index_of(at.id);
    e.from = at.incarnation;
    e.extra = slot;
}

void Simulation::carry_out(FileWork& work, Endpoint& at, node::FileReply& reply) {
    Disk& disk = disk_of(at);
    node::FileRequest& r = work.request;
    if (work.error != 0) {
        reply.error = work.error;
        return;
    }
    switch (r.op) {
        case FileOp::open:
            reply.error = disk.open(r.path, r.create, r.truncate, reply.handle);
            break;
        case FileOp::read:
            reply.error = disk.read(r.handle, r.offset, r.length, reply.bytes);
            break;
        case FileOp::append:
            reply.error = disk.size(r.handle, r.offset);
            if (reply.error != 0) break;
            [[fallthrough]];
        case FileOp::write:
            reply.error = disk.write(r.handle, r.offset, r.bytes, work.keep);
            break;
        case FileOp::truncate:
            reply.error = disk.truncate(r.handle, r.length);
            break;
        case FileOp::sync:
            if (!work.lost_sync) reply.error = disk.sync(r.handle, reply.count);
            break;
        case FileOp::size:
            reply.error = disk.size(r.handle, reply.count);
            break;
        case FileOp::rename:
            reply.error = disk.rename(r.path, r.path2);
            break;
        case FileOp::remove:
            reply.error = disk.remove(r.path);
            break;
        case FileOp::list:
            reply.names = disk.list();
            break;
        case FileOp::sync_dir:
            if (!work.lost_sync) disk.sync_dir();
            break;
        case FileOp::close:
            break;
    }
}

void Simulation::run_file(std::uint32_t index, Endpoint& at) {
    const Event e = wheel_[index];
    wheel_.release(index);
    FileWork work = std::move(files_[e.extra]);
    files_[e.extra] = FileWork{};
    free_files_.push_back(e.extra);
    const bool stale = !at.up() || work.incarnation != at.incarnation;
    if (stale) {  // The crash already drew what became of the write.
        for (const auto& [token, real] : work.claims) ++forces_[token].voided;
        return;
    }
    node::FileReply reply;
    carry_out(work, at, reply);
    for (const auto& [token, real] : work.claims) {
        if (real) saw(forces_[token], at);
    }
    if (full_) {
        trace(history::EventKind::file, at.id, {}, std::string(node::to_text(work.request.op)),
              work.request.path);
    }
    fold_reply(reply);
    cause_ = e.key;
    enter(at);
    at.io->complete(work.request.ticket, std::move(reply));
    leave(at);
}

}  // namespace storm::sim
