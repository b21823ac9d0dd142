// gallery/raft_log.h - the log of one raft node: a snapshot, and the entries after it.
//
//   index   1 ........ base | base+1 ......... last
//           snapshot        | entries
//
// In memory only; raft.cpp writes its records. Entries count from 1; index 0 has term 0 and
// stands for the empty log.
#pragma once
#include <cstdint>
#include <vector>

#include "gallery/store.h"

namespace storm::gallery::raft {

struct Entry {
    std::uint64_t term = 0;
    Command command;  // CommandKind::none: what a leader begins its term with.
    STORM_FIELDS(term, command)
};

/// All entries up to `index`, as what they amount to.
struct Snapshot {
    std::uint64_t index = 0;
    std::uint64_t term = 0;
    std::uint64_t chain = 0;  // Digest over the entries up to here.
    Store store;
    STORM_FIELDS(index, term, chain, store)
};

/// The digest of a log one entry longer.
[[nodiscard]] std::uint64_t chained(std::uint64_t chain, const Entry& entry);

class Log {
public:
    [[nodiscard]] const Snapshot& base() const { return base_; }
    [[nodiscard]] std::uint64_t last() const { return base_.index + entries_.size(); }
    [[nodiscard]] std::uint64_t last_term() const { return term_at(last()); }
    /// 0 where there is no entry, or only a snapshot that reaches further.
    [[nodiscard]] std::uint64_t term_at(std::uint64_t index) const;
    [[nodiscard]] bool has(std::uint64_t index) const {
        return index > base_.index && index <= last();
    }
    /// Requires: has(index).
    [[nodiscard]] const Entry& at(std::uint64_t index) const;
    /// At most `limit` entries from `index` on.
    [[nodiscard]] std::vector<Entry> from(std::uint64_t index, std::size_t limit) const;

    void append(Entry entry) { entries_.push_back(std::move(entry)); }
    /// Drops `index` and all after it. Requires: index > base().index.
    void cut(std::uint64_t index);
    /// Puts the snapshot in the place of the entries up to its index. Those after it stay if
    /// `keep_later` and they continue it.
    void restart_from(Snapshot snapshot, bool keep_later);

private:
    Snapshot base_;
    std::vector<Entry> entries_;
};

}  // namespace storm::gallery::raft
