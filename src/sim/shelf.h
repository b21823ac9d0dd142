// sim/shelf.h - thousands of short lists of (time, event), from which anything can be taken.
//
// The slots of the event wheel. Entries stand in chunks of two cache lines, so that filing
// touches neither the event nor its neighbours, and opening a slot reads memory in a row; a
// removed entry is replaced by the last of its list. Chunks are recycled last in, first out,
// so those in use stay in the cache however far the wheel has turned. Lists have no order.
//
//   heads_[slot] ─▶ chunk (1..7 entries) ─▶ chunk (7) ─▶ chunk (7)
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "core/context.h"
#include "core/time.h"
#include "sim/event.h"

namespace storm::sim {

struct Entry {
    Instant at{};
    std::uint32_t index = nil;
    std::uint32_t unused = 0;
};

class Shelf {
public:
    explicit Shelf(std::uint32_t slots) : heads_(slots, nil), map_(slots / 64 + 1, 0) {}

    /// Files an entry; the answer is where it stands.
    std::uint32_t put(std::uint32_t slot, Entry entry) {
        std::uint32_t head = heads_[slot];
        if (head == nil || chunks_[head].count == per_chunk) {
            const std::uint32_t more = fresh();
            chunks_[more].next = head;
            if (head == nil) map_[slot >> 6] |= std::uint64_t{1} << (slot & 63);
            heads_[slot] = head = more;
        }
        Chunk& chunk = chunks_[head];
        chunk.entries[chunk.count] = entry;
        return head * 8 + chunk.count++;
    }
    /// Takes out what stands at `place`. The entry that stands there now, or index nil.
    Entry take(std::uint32_t slot, std::uint32_t place) {
        const std::uint32_t head = heads_[slot];
        Chunk& chunk = chunks_[head];
        const Entry last = chunk.entries[--chunk.count];
        const bool was_last = place == head * 8 + chunk.count;
        if (!was_last) chunks_[place / 8].entries[place % 8] = last;
        if (chunk.count == 0) {
            heads_[slot] = chunk.next;
            if (chunk.next == nil) clear(slot);
            recycle(head);
        }
        return was_last ? Entry{} : last;
    }
    /// Hands each entry to `f` and leaves the slot empty. `f` may file into the shelf.
    template <class F>
    void drain(std::uint32_t slot, F&& f) {
        std::uint32_t at = heads_[slot];
        heads_[slot] = nil;
        clear(slot);
        while (at != nil) {
            const Chunk chunk = chunks_[at];
            recycle(at);
            for (std::uint32_t i = 0; i < chunk.count; ++i) f(chunk.entries[i]);
            at = chunk.next;
        }
    }
    template <class F>
    void each(std::uint32_t slot, F&& f) const {
        for (std::uint32_t at = heads_[slot]; at != nil; at = chunks_[at].next) {
            for (std::uint32_t i = 0; i < chunks_[at].count; ++i) f(chunks_[at].entries[i]);
        }
    }
    [[nodiscard]] bool empty(std::uint32_t slot) const { return heads_[slot] == nil; }
    /// The first slot in use in [from, to), or `to`.
    [[nodiscard]] std::uint32_t next_used(std::uint32_t from, std::uint32_t to) const {
        if (from >= to) return to;
        std::uint32_t word = from >> 6;
        std::uint64_t bits = map_[word] & (~std::uint64_t{0} << (from & 63));
        const std::uint32_t last = (to + 63) >> 6;
        while (bits == 0) {
            if (++word >= last) return to;
            bits = map_[word];
        }
        return std::min(to, word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }

private:
    static constexpr std::uint32_t per_chunk = 7;
    struct alignas(128) Chunk {
        std::uint32_t next = nil;
        std::uint32_t count = 0;
        Entry entries[per_chunk];
    };
    static_assert(sizeof(Chunk) == 128);

    std::uint32_t fresh() {
        if (free_ == nil) [[unlikely]] {
            const core::HooksOff off;  // It is no node's memory.
            chunks_.emplace_back();
            return static_cast<std::uint32_t>(chunks_.size() - 1);
        }
        const std::uint32_t chunk = free_;
        free_ = chunks_[chunk].next;
        chunks_[chunk].count = 0;
        return chunk;
    }
    void recycle(std::uint32_t chunk) {
        chunks_[chunk].next = free_;
        free_ = chunk;
    }
    void clear(std::uint32_t slot) { map_[slot >> 6] &= ~(std::uint64_t{1} << (slot & 63)); }

    std::vector<Chunk> chunks_;
    std::vector<std::uint32_t> heads_;
    std::vector<std::uint64_t> map_;  // Slots in use.
    std::uint32_t free_ = nil;
};

}  // namespace storm::sim
