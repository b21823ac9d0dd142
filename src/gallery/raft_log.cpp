#include "gallery/raft_log.h"

#include <algorithm>

#include "core/require.h"

namespace storm::gallery::raft {

std::uint64_t chained(std::uint64_t chain, const Entry& entry) {
    core::Key key = core::combine(chain, entry.term);
    key = core::combine(key, static_cast<std::uint64_t>(entry.command.kind));
    key = core::combine(key, entry.command.client);
    key = core::combine(key, entry.command.sequence);
    key = core::combine(key, core::key_of(std::string_view(entry.command.key)));
    key = core::combine(key, core::key_of(entry.command.expected));
    return core::combine(key, core::key_of(entry.command.value));
}

std::uint64_t Log::term_at(std::uint64_t index) const {
    if (index == base_.index) return base_.term;
    return has(index) ? at(index).term : 0;
}

const Entry& Log::at(std::uint64_t index) const {
    STORM_REQUIRE(has(index), index, base_.index, last());
    return entries_[index - base_.index - 1];
}

std::vector<Entry> Log::from(std::uint64_t index, std::size_t limit) const {
    std::vector<Entry> some;
    for (; some.size() < limit && has(index); ++index) some.push_back(at(index));
    return some;
}

void Log::cut(std::uint64_t index) {
    STORM_REQUIRE(index > base_.index, index, base_.index);
    if (index <= last()) entries_.resize(index - base_.index - 1);
}

void Log::restart_from(Snapshot snapshot, bool keep_later) {
    const bool continues = term_at(snapshot.index) == snapshot.term && snapshot.index <= last();
    if (keep_later && continues && snapshot.index >= base_.index) {
        const auto dropped = static_cast<std::ptrdiff_t>(snapshot.index - base_.index);
        entries_.erase(entries_.begin(), entries_.begin() + dropped);
    } else {
        entries_.clear();
    }
    base_ = std::move(snapshot);
}

}  // namespace storm::gallery::raft
