// sim/disk.h - the model of one node's disk: what is written, what is durable, what a crash
// leaves.
//
//   write ──done──▶ cached ──sync──▶ durable          create, rename, remove ──sync_dir──▶ durable
//
// A sync makes durable what was cached when it was asked for, not what came meanwhile.
// A killed process keeps every completed write; of each change in flight (a write, a truncation,
// a name) a draw says whether it is applied. A power loss goes back to what was durable and then
// draws for every unsynced write whether it is kept, torn after some sectors, or gone; unsynced
// changes of names are a journal of which a drawn prefix survives. Pure: it holds bytes and asks
// `fate` for draws.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace storm::sim {

inline constexpr std::size_t sector_bytes = 512;

/// The outcome of a draw: 0 keep, 1 drop, 2 + n torn after n sectors. `sectors`: how many
/// there are; `index` counts the draws of one crash.
using WriteFate = std::function<std::int64_t(std::uint32_t index, std::size_t sectors)>;

class Disk {
public:
    static constexpr std::uint64_t all = UINT64_MAX;

    /// Answers are errno values; 0 is success.
    int open(std::string_view path, bool create, bool truncate, std::uint32_t& handle);
    void close(std::uint32_t) {}
    int read(std::uint32_t handle, std::uint64_t offset, std::uint64_t length,
             std::vector<std::byte>& out) const;
    /// Applies a write that has completed. `keep` bytes of it at most reach the cache (a torn
    /// write); the rest is silently missing.
    int write(std::uint32_t handle, std::uint64_t offset, std::span<const std::byte> bytes,
              std::size_t keep);
    int truncate(std::uint32_t handle, std::uint64_t length);
    /// The first `upto` changes ever made to the file are durable; how many bytes were not.
    int sync(std::uint32_t handle, std::uint64_t& was_pending, std::uint64_t upto = all);
    int size(std::uint32_t handle, std::uint64_t& bytes) const;
    int rename(std::string_view from, std::string_view to);
    int remove(std::string_view path);
    [[nodiscard]] std::vector<std::string> list() const;
    /// The first `upto` changes ever made to names are durable.
    void sync_dir(std::uint64_t upto = all);

    /// How many changes were ever made to a file, to the names. A sync covers those that there
    /// were when it was asked for.
    [[nodiscard]] std::uint64_t changes(std::uint32_t handle) const;
    [[nodiscard]] std::uint64_t name_changes() const;
    /// Bytes that a sync of this file would make durable, and names that a sync_dir would.
    [[nodiscard]] std::uint64_t pending(std::uint32_t handle, std::uint64_t upto = all) const;
    [[nodiscard]] std::uint64_t pending_names(std::uint64_t upto = all) const;
    [[nodiscard]] bool has(std::string_view path) const;
    /// Whether a read would find exactly these bytes there.
    [[nodiscard]] bool holds(std::uint32_t handle, std::uint64_t offset,
                             std::span<const std::byte> bytes) const;
    /// Bytes in all files.
    [[nodiscard]] std::uint64_t used() const;

    /// What a power loss took of what stood there: of a file or, with `directory`, of names.
    struct Loss {
        std::uint32_t file = 0;
        std::uint64_t first = 0;  // The first change taken, counted as in changes().
    };
    static constexpr std::uint32_t directory = UINT32_MAX;
    /// The machine lost power.
    std::vector<Loss> power_loss(const WriteFate& fate);
    /// Everything as it was when new.
    void wipe() { *this = Disk(); }

private:
    struct Change {  // One write or truncation that is not durable yet.
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
        bool truncation = false;
    };
    struct File {
        std::vector<std::byte> cached, durable;
        std::vector<Change> changes;
        std::uint64_t settled = 0;  // Changes before these.
    };
    struct Name {
        std::string path;
        std::uint32_t file;
        bool operator==(const Name&) const = default;
    };
    using Names = std::vector<Name>;  // Sorted by path.

    static void apply(std::vector<std::byte>& content, const Change& change, std::size_t keep);
    /// Whether the change stands in this content.
    static bool shows(const std::vector<std::byte>& content, const Change& change);
    static std::uint32_t* find(Names& names, std::string_view path);
    static void set(Names& names, std::string_view path, std::uint32_t file);
    static void erase(Names& names, std::string_view path);
    [[nodiscard]] bool valid(std::uint32_t handle) const { return handle < files_.size(); }

    std::vector<File> files_;  // A handle is an index.
    Names names_;
    std::vector<Names> journal_;  // Durable names first, then each change since.
    std::uint64_t names_settled_ = 0;
};

}  // namespace storm::sim
