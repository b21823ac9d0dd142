// gallery/journal.h - a file of checksummed records that a node reads back after a crash.
//
//   file    record*
//   record  length u32 | CRC-32C u32 of length and payload | payload
//
// Records are appended and become durable with sync(). Reading stops at the first record that
// is short or damaged: what stands behind it was never synced, so nobody was promised it.
//
// What load() returns may have been in a cache only (a process killed between write and sync
// leaves such records), so whoever loads must rewrite() before acting on it. rewrite() puts
// a fresh file in the old one's place: written, synced, renamed, and the name synced. It is
// also how a journal is compacted.
//
// After an error nothing is known about the file: stop acknowledging, then load() and
// rewrite() again.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "node/io.h"

namespace storm::gallery {

using Bytes = std::vector<std::byte>;

/// Adds `payload` (not empty) as a record to `to`.
void append_record(Bytes& to, std::span<const std::byte> payload);

struct Scan {
    std::vector<Bytes> records;
    std::size_t sound = 0;  // Bytes that the records took; what follows them is a torn tail.
};
/// All records up to the first that is short or damaged.
[[nodiscard]] Scan scan_records(std::span<const std::byte> file);

class Journal {
public:
    Journal(node::Io& io, std::string name) : io_(io), name_(std::move(name)) {}

    /// Reads all sound records; none where there is no file yet.
    node::Task<core::Result<std::vector<Bytes>>> load();
    /// Makes `records` the whole content, durably.
    node::Task<core::Result<void>> rewrite(std::vector<Bytes> records);
    /// Adds records in one write. Requires: rewrite() succeeded, and all since.
    node::Task<core::Result<void>> append(std::vector<Bytes> records);
    /// What was appended is durable when this has returned success.
    node::Task<core::Result<void>> sync();

    /// Records in the file, counted since the last rewrite() with it.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    node::Io& io_;
    std::string name_;
    std::optional<node::File> file_;
    std::size_t size_ = 0;
};

}  // namespace storm::gallery
