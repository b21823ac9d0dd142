// fault/disk_faults.cpp - file operations that are late, fail, lie or find no room.
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/require.h"
#include "fault/families.h"

namespace storm::fault {
namespace {

using core::milliseconds;
using core::one_million;
using core::seconds;

struct Errno {
    std::string_view name;
    int number;
};
constexpr std::array<Errno, 9> errnos = {{{"EIO", EIO},
                                          {"ENOSPC", ENOSPC},
                                          {"EROFS", EROFS},
                                          {"EACCES", EACCES},
                                          {"EDQUOT", EDQUOT},
                                          {"EMFILE", EMFILE},
                                          {"EINTR", EINTR},
                                          {"EAGAIN", EAGAIN},
                                          {"ETIMEDOUT", ETIMEDOUT}}};

std::vector<std::string> errno_names() {
    std::vector<std::string> names;
    for (const Errno& each : errnos) names.emplace_back(each.name);
    return names;
}

int errno_named(std::string_view name) {
    for (const Errno& each : errnos) {
        if (each.name == name) return each.number;
    }
    return 0;
}

DiskOps ops_named(std::string_view name) {
    if (name == "read") return DiskOps::read;
    if (name == "write") return DiskOps::write;
    if (name == "sync") return DiskOps::sync;
    return DiskOps::any;
}

enum class Harm : std::uint8_t { latency, error, torn, lost_fsync, full };

auto harm(Harm what) {
    return [what](const Params& params, std::span<const core::Id> targets,
                  const Topology&) -> core::Result<Effect> {
        STORM_TRY(auto nodes, nodes_of(targets));
        DiskEffect effect;
        effect.nodes = std::move(nodes);
        DiskFault& fault = effect.fault;
        fault.latency = params.duration("latency");
        fault.jitter = params.duration("jitter");
        fault.spread = params.text("spread") == "long-tail" ? Spread::long_tail : Spread::uniform;
        if (params.has("share")) fault.share_ppm = params.share("share");
        fault.ops = ops_named(params.text("ops"));
        if (what == Harm::error) fault.error = errno_named(params.text("errno"));
        if (what == Harm::torn) fault.ops = DiskOps::write;
        if (what == Harm::lost_fsync) fault.ops = DiskOps::sync;
        if (what == Harm::full) {
            fault.ops = DiskOps::write;
            fault.room = params.number("room");
        }
        fault.torn = what == Harm::torn;
        fault.lost_sync = what == Harm::lost_fsync;
        Effect made = std::move(effect);
        STORM_CHECK(check(made));
        return made;
    };
}

ParamSpec ops_param() {
    return choice_param("ops", "which operations are hit", {"any", "read", "write", "sync"}, 4);
}

}  // namespace

void add_disk_faults(Catalogue& to) {
    to.add({.name = "disk.latency",
            .summary = "file operations take longer",
            .aim = Aim::nodes,
            .params = {duration_param("latency", "added to each", milliseconds(10), {},
                                      seconds(600), {milliseconds(1).ns, seconds(1).ns}),
                       duration_param("jitter", "how far it strays", {}, {}, seconds(600),
                                      {0, milliseconds(200).ns}),
                       choice_param("spread", "how latencies are distributed",
                                    {"uniform", "long-tail"}, 2),
                       ops_param(),
                       share_param("share", "of these operations", one_million,
                                   {one_million / 10, one_million})},
            .worlds = {"sim"},
            .evidence = "file operations answered later",
            .known_as = "IOChaos latency (Chaos Mesh), slow disk, EBS pause I/O (AWS FIS)",
            .example = "scenarios/faults/disk-latency.yaml",
            .make = harm(Harm::latency)});
    to.add({.name = "disk.error",
            .summary = "file operations fail with an error number and do nothing",
            .aim = Aim::nodes,
            .params = {choice_param("errno", "what they fail with", errno_names(), 2), ops_param(),
                       share_param("share", "of these operations", one_million,
                                   {one_million / 100, one_million})},
            .worlds = {"sim"},
            .evidence = "file operations answered with the error",
            .known_as = "IOChaos fault (Chaos Mesh), dm-error, CharybdeFS",
            .example = "scenarios/faults/disk-error.yaml",
            .make = harm(Harm::error)});
    to.add({.name = "disk.torn",
            .summary = "of a write only a first part reaches the disk, though it reports success",
            .aim = Aim::nodes,
            .params = {share_param("share", "of the writes", one_million / 10,
                                   {one_million / 100, one_million / 2})},
            .worlds = {"sim"},
            .evidence = "writes whose file was shorter or older than what they reported",
            .known_as = "partial write, torn page, dm-log-writes",
            .example = "scenarios/faults/disk-torn.yaml",
            .random = false,
            .make = harm(Harm::torn)});
    to.add({.name = "disk.lost_fsync",
            .summary = "sync reports success and makes nothing durable; shows after a power loss",
            .aim = Aim::nodes,
            .params = {share_param("share", "of the syncs", one_million,
                                   {one_million / 10, one_million})},
            .worlds = {"sim"},
            .evidence = "syncs that reported success and whose data a power loss took; before one "
                        "nobody can tell",
            .known_as = "lying fsync, LazyFS (Jepsen), a volatile write cache",
            .example = "scenarios/faults/disk-lost-fsync.yaml",
            .random = false,
            .make = harm(Harm::lost_fsync)});
    to.add({.name = "disk.full",
            .summary = "no room is left: writes that need more fail with ENOSPC",
            .aim = Aim::nodes,
            .params = {{.name = "room",
                        .type = ParamType::bytes,
                        .summary = "how much may still be written",
                        .otherwise = std::int64_t{0},
                        .high = std::int64_t{1} << 50,
                        .draw_high = 65'536}},
            .worlds = {"sim"},
            .evidence = "writes answered with ENOSPC",
            .known_as = "disk-fill (LitmusChaos), fallocate, quota exhaustion",
            .example = "scenarios/faults/disk-full.yaml",
            .make = harm(Harm::full)});
}

}  // namespace storm::fault
