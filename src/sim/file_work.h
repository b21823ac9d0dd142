// sim/file_work.h - one file operation on its way, and the disk faults that claim it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"
#include "node/driver.h"
#include "sim/event.h"
#include "world/world.h"

namespace storm::sim {

/// What one fault is to do to one operation; judged when the caller gets its answer.
struct FileClaim {
    enum class Kind : std::uint8_t { late, failed, torn, lost_sync };
    world::Token token = 0;
    Kind kind = Kind::late;
    bool lifted = false;  // The fault ended before the operation did.
    bool hidden = false;  // late: its caller would have waited as long in any case.
    int error = 0;        // failed: with what.
    Duration own{};       // late: by how much.
    Instant without{};    // late: when it would be answered without the fault.
};

struct FileWork {
    node::FileRequest request;
    std::uint32_t incarnation = 0;
    std::uint32_t owner = nil;
    std::uint64_t number = 0;   // In order of submission.
    std::uint64_t covered = 0;  // Of a sync: how many changes there were when it was asked for.
    int error = 0;
    std::size_t keep = SIZE_MAX;  // Of a write: how many bytes reach the disk.
    bool lost_sync = false;
    bool in_vain = false;  // What it would lose was safe already.
    std::vector<FileClaim> claims;
};

}  // namespace storm::sim
