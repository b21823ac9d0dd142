// sim/shelf.h - thousands of short lists of (time, event), from which anything can be taken.
//
// The slots of the event wheel. Entries stand in chunks of two cache lines, so that filing
// touches neither the event nor its neighbours, and opening a slot reads memory in a row; a
// removed entry is replaced by the last of its list. Chunks are recycled last in, first out,
// so those in use stay in the cache however far the wheel has turned. Lists have no order.
//
//   tails_[slot] ─▶ last entry      cells: | link | e | e | e |   |   |   |   |  8 to a chunk
//                                             └──▶ last entry of the chunk before, or nil
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
    explicit Shelf(std::uint32_t slots) : tails_(slots, nil), map_(slots / 64 + 1, 0) {}

    /// Files an entry; the answer is where it stands.
    [[gnu::always_inline]] std::uint32_t put(std::uint32_t slot, Entry entry) {
        std::uint32_t at = tails_[slot];
        if ((at & last_cell) == last_cell) [[unlikely]]
            at = more(slot, at);  // Nil is full, too.
        tails_[slot] = ++at;
        cell(at) = entry;
        return at;
    }
    /// Takes out what stands at `place`; gives the entry that stands there now, which may be
    /// the same, then gone.
    Entry take(std::uint32_t slot, std::uint32_t place) {
        const std::uint32_t last = tails_[slot];
        const Entry moved = cell(last);
        cell(place) = moved;
        tails_[slot] = last - 1;
        if ((last & last_cell) == 1) [[unlikely]]
            less(slot, last - 1);
        return moved;
    }
    /// Hands each entry to `f` and leaves the slot empty. `f` may file into the shelf.
    template <class F>
    void drain(std::uint32_t slot, F&& f) {
        std::uint32_t at = tails_[slot];
        tails_[slot] = nil;
        clear(slot);
        while (at != nil) {
            for (; (at & last_cell) != 0; --at) {
                const Entry entry = cell(at);
                f(entry);
            }
            const std::uint32_t before = cell(at).index;
            recycle(at);
            at = before;
        }
    }
    template <class F>
    void each(std::uint32_t slot, F&& f) const {
        for (std::uint32_t at = tails_[slot]; at != nil; at = cell(at).index) {
            for (; (at & last_cell) != 0; --at) f(cell(at));
        }
    }
    [[nodiscard]] bool empty(std::uint32_t slot) const { return tails_[slot] == nil; }
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
    static constexpr std::uint32_t last_cell = 7;
    struct alignas(128) Chunk {
        Entry cells[last_cell + 1];  // The first one links: `index` is the tail before it.
    };
    static_assert(sizeof(Chunk) == 128);

    Entry& cell(std::uint32_t at) { return chunks_[at >> 3U].cells[at & last_cell]; }
    [[nodiscard]] const Entry& cell(std::uint32_t at) const {
        return chunks_[at >> 3U].cells[at & last_cell];
    }
    // A chunk more for a slot whose last one is full; gives its link cell.
    [[gnu::noinline]] std::uint32_t more(std::uint32_t slot, std::uint32_t tail) {
        std::uint32_t fresh = free_;
        if (fresh == nil) [[unlikely]] {
            const core::HooksOff off;  // It is no node's memory.
            fresh = static_cast<std::uint32_t>(chunks_.size()) * (last_cell + 1);
            chunks_.emplace_back();
        } else {
            free_ = cell(fresh).index;
        }
        if (tail == nil) map_[slot >> 6] |= std::uint64_t{1} << (slot & 63);
        cell(fresh).index = tail;
        return fresh;
    }
    // The last chunk of a slot is empty.
    [[gnu::noinline]] void less(std::uint32_t slot, std::uint32_t link) {
        tails_[slot] = cell(link).index;
        if (tails_[slot] == nil) clear(slot);
        recycle(link);
    }
    void recycle(std::uint32_t link) {
        cell(link).index = free_;
        free_ = link;
    }
    void clear(std::uint32_t slot) { map_[slot >> 6] &= ~(std::uint64_t{1} << (slot & 63)); }

    std::vector<Chunk> chunks_;
    std::vector<std::uint32_t> tails_;
    std::vector<std::uint64_t> map_;  // Slots in use.
    std::uint32_t free_ = nil;        // Link cells.
};

}  // namespace storm::sim
