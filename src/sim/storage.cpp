// Files of simulated nodes, and the faults of their disks. Evidence is counted where the file
// call returns, by what the caller got and what then stands on the disk.
#include <algorithm>
#include <cerrno>

#include "core/require.h"
#include "sim/simulation.h"

namespace storm::sim {
namespace {

using fault::Purpose;
using node::FileOp;

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
bool syncs(FileOp op) { return op == FileOp::sync || op == FileOp::sync_dir; }

bool concerns(const fault::DiskFault& f, FileOp op) {
    if (f.lost_sync) return syncs(op);
    if (f.torn || f.room >= 0) return writes(op);
    return matches(f.ops, op);
}

}  // namespace

Disk& Simulation::disk_of(Endpoint& at) {
    if (at.storage == nullptr) at.storage = std::make_unique<Disk>();
    return *at.storage;
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
    for (const auto token : at.disks) latency += strike_file(at, work, token);
    for (auto& claim : work.claims) claim.without = now_ + latency - claim.own;
    return latency;
}

// What one fault is to do to one operation; how much later it makes it. The first that makes it
// fail or lie claims that alone: what fails does not tear, lie or need room.
Duration Simulation::strike_file(Endpoint& at, FileWork& work, world::Token token) {
    Force& force = forces_[token];
    const fault::DiskFault& f = std::get<fault::DiskEffect>(force.now(now_)).fault;
    const FileOp op = work.request.op;
    const auto size = static_cast<std::int64_t>(work.request.bytes.size());
    const bool slows = f.latency.ns != 0 || f.jitter.ns != 0;
    const bool breaks = f.error != 0 || f.room >= 0 || f.lost_sync || (f.torn && size != 0);
    if (!concerns(f, op) || !(slows || (breaks && work.error == 0))) return {};
    const core::Key own = core::combine(work.request.key, force.key);
    if (f.room >= 0) {
        force.room_used.resize(endpoints_.size());
        auto& used = force.room_used[index_of(at.id)];
        if (used + size <= f.room) {
            used += size;
            return {};
        }
    } else if (draw(Purpose::fault_disk, own, 0, &at, &at, "disk", [&](std::uint64_t bits) {
                   return std::int64_t{core::happens(bits, f.share_ppm)};
               }) == 0) {
        return {};
    }
    const auto claim = [&](FileClaim what) {
        what.token = token;
        work.claims.push_back(what);
        ++force.claimed;
    };
    Duration later = f.latency;
    if (slows) {
        const fault::LinkFault spread{.delay = f.latency, .jitter = f.jitter, .spread = f.spread};
        later.ns += draw(Purpose::fault_disk_delay, own, 0, &at, &at, "disk",
                         [&](std::uint64_t bits) { return fault::jitter_of(spread, bits); });
        const bool late = later.ns != 0;
        if (force.sabotaged) later = {};
        if (late) claim({.kind = FileClaim::Kind::late, .own = later});
    }
    if (!breaks || work.error != 0 || (f.lost_sync && work.lost_sync)) return later;
    const int error = f.room >= 0 ? ENOSPC : f.error;
    if (error != 0) {
        claim({.kind = FileClaim::Kind::failed, .error = error});
    } else {
        claim({.kind = f.torn ? FileClaim::Kind::torn : FileClaim::Kind::lost_sync});
    }
    if (force.sabotaged) return later;
    work.error = error;
    work.lost_sync = work.lost_sync || f.lost_sync;
    if (f.torn) {
        const auto sectors = (work.request.bytes.size() + sector_bytes - 1) / sector_bytes;
        const auto whole =
            draw(Purpose::fault_disk, own, 1, &at, &at, "disk", [&](std::uint64_t bits) {
                return static_cast<std::int64_t>(core::scale(bits, sectors));
            });
        work.keep = std::min(work.keep, static_cast<std::size_t>(whole) * sector_bytes);
    }
    return later;
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
    if (work.request.op == FileOp::sync) {
        work.covered = disk_of(at).changes(work.request.handle);
    } else if (work.request.op == FileOp::sync_dir) {
        work.covered = disk_of(at).name_changes();
    }
    const Duration latency = file_latency(at, work);
    const std::uint32_t index = wheel_.add(now_ + latency, What::file);
    Event& e = wheel_[index];
    e.key = work.request.key;
    e.to = index_of(at.id);
    e.from = at.incarnation;
    e.extra = slot;
    e.type = nil;
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
            if (work.keep < r.bytes.size()) {
                work.in_vain = disk.holds(r.handle, r.offset + work.keep,
                                          std::span(r.bytes).subspan(work.keep));
            }
            reply.error = disk.write(r.handle, r.offset, r.bytes, work.keep);
            break;
        case FileOp::truncate:
            reply.error = disk.truncate(r.handle, r.length);
            break;
        case FileOp::sync:
            work.in_vain = disk.pending(r.handle, work.covered) == 0;
            if (!work.lost_sync) reply.error = disk.sync(r.handle, reply.count, work.covered);
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
            work.in_vain = disk.pending_names(work.covered) == 0;
            if (!work.lost_sync) disk.sync_dir(work.covered);
            break;
        case FileOp::close:
            break;
    }
}

// Whether the operation, which its process will not see end, would leave the disk another.
bool Simulation::would_change(const FileWork& work, Endpoint& at) {
    const node::FileRequest& r = work.request;
    if (work.error != 0) return false;
    switch (r.op) {
        case FileOp::write:
        case FileOp::append:
        case FileOp::truncate:
        case FileOp::rename:
        case FileOp::remove:
            return true;
        case FileOp::open:
            return r.truncate || (r.create && !disk_of(at).has(r.path));
        default:
            return false;
    }
}

// What the caller got, and what stands on the disk now, beside what the faults were to do.
void Simulation::settle_file(const FileWork& work, Endpoint& at, const node::FileReply& reply) {
    const Disk& disk = *at.storage;
    const node::FileRequest& r = work.request;
    const auto still_pending = [&] {
        return r.op == FileOp::sync ? disk.pending(r.handle, work.covered) != 0
                                    : disk.pending_names(work.covered) != 0;
    };
    // A fault that made it late ended before it did, and may have kept it as long as the others.
    const bool hurried = std::ranges::any_of(
        work.claims, [](const FileClaim& each) { return each.lifted && each.own.ns != 0; });
    for (const FileClaim& claim : work.claims) {
        Force& force = forces_[claim.token];
        bool felt = false;
        bool in_vain = claim.lifted || claim.hidden;
        switch (claim.kind) {
            case FileClaim::Kind::late:
                felt = !claim.hidden && now_ > claim.without;
                in_vain = in_vain || (hurried && claim.own.ns != 0);
                break;
            case FileClaim::Kind::failed:
                felt = reply.error == claim.error;
                break;
            case FileClaim::Kind::torn:
                felt = reply.error == 0 && !disk.holds(r.handle, r.offset, r.bytes);
                in_vain = work.in_vain || reply.error != 0;
                break;
            case FileClaim::Kind::lost_sync:
                in_vain = work.in_vain || reply.error != 0;
                if (in_vain || force.sabotaged || !still_pending()) break;
                at.lies.push_back(
                    {claim.token, r.op == FileOp::sync ? r.handle : Disk::directory, work.covered});
                continue;  // A power loss may show it; until then nobody can tell.
        }
        if (felt && !force.sabotaged) {
            saw(force, at);
        } else if (in_vain) {
            ++force.voided;
        }
    }
}

// What was not synced is kept, torn or gone, by draw; whether anything is gone that stood there.
// A fault that is judged only leaves the disk alone.
bool Simulation::lose_power(Endpoint& at, world::Token token) {
    if (at.storage == nullptr) return false;
    const bool real = !forces_[token].sabotaged;
    const core::Key key = core::combine(forces_[token].key, core::key_of(at.name));
    const auto fate = [&](std::uint32_t index, std::size_t sectors) {
        return draw(Purpose::write_fate, key, index, &at, &at, "write", [&](std::uint64_t bits) {
            return static_cast<std::int64_t>(core::scale(bits, sectors + 2));
        });
    };
    if (!real) return !Disk(*at.storage).power_loss(fate).empty();
    const auto losses = at.storage->power_loss(fate);
    for (const Lie& lie : std::exchange(at.lies, {})) {
        const bool shown = std::ranges::any_of(losses, [&](const Disk::Loss& loss) {
            return loss.file == lie.file && loss.first < lie.upto;
        });
        if (shown) {
            saw(forces_[lie.token], at);
        } else {
            ++forces_[lie.token].voided;
        }
    }
    return !losses.empty();
}

// What a slow disk still holds up ends as much earlier as the fault made it late.
void Simulation::hurry_files(world::Token token) {
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        const Event& e = wheel_[i];
        if (e.what != What::file || e.slowed || e.at <= now_) continue;
        const Endpoint& at = endpoints_[e.to];
        if (!at.up() || files_[e.extra].incarnation != at.incarnation) continue;  // Nobody waits.
        for (FileClaim& claim : files_[e.extra].claims) {
            if (claim.token != token || claim.lifted) continue;
            claim.lifted = true;
            const Duration own = claim.own;
            if (own.ns == 0) continue;
            for (FileClaim& other : files_[e.extra].claims) {
                // Without the other it may have been answered before this one ended.
                if (&other == &claim || other.without <= now_) continue;
                other.without = std::max(now_, other.without - own);
            }
            wheel_.move(i, std::max(now_, e.at - own));
        }
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
        end_claims(work);
        end_claims(e, at);
        return;
    }
    cause_ = e.key;
    node::FileReply reply;
    carry_out(work, at, reply);
    if (!work.claims.empty()) settle_file(work, at, reply);
    settle_moves(e.type, at);
    if (full_) {
        trace(history::EventKind::file, at.id, {}, std::string(node::to_text(work.request.op)),
              work.request.path);
    }
    fold_reply(reply);
    enter(at);
    at.io->complete(work.request.ticket, std::move(reply));
    leave(at);
}

}  // namespace storm::sim
