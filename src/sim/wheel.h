// sim/wheel.h - the event queue: total order (time, sequence), O(1) insert and cancel.
//
// A timing wheel with three levels and a list beyond, after Varghese and Lauck (1987). No one
// slot width serves both a handful of events per second and ten thousand in a microsecond, so
// slots are opened according to what is in them: those with few events are merged, several at
// a time, into a small sorted list; one with many is first spread over finer buckets.
//
//   far ─▶ coarse 4096 × 67 ms ─▶ medium 4096 × 16.4 µs ─┬─▶ ready (sorted, ≤ 48 or one bucket)
//                                                        └─▶ fine 1024 × 16 ns ─▶ ready
//
// Filing and cancelling touch 16 bytes about an event, never the event: with ten thousand in
// flight the cache line saved is most of the cost. For the same reason events are prefetched
// when their slot opens. A cancelled timer leaves its slot at once, so nothing dead is carried
// along - but for events already in the ready list, which are marked and skipped.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/time.h"
#include "sim/event.h"
#include "sim/shelf.h"

namespace storm::sim {

class Wheel {
public:
    Wheel() : shelf_(slots) {}

    Event& operator[](std::uint32_t index) { return events_[index]; }
    const Event& operator[](std::uint32_t index) const { return events_[index]; }
    Cold& cold(std::uint32_t index) { return cold_[index]; }
    /// The place of an event among all that were ever added.
    [[nodiscard]] std::uint64_t sequence(std::uint32_t index) const {
        return places_[index].sequence;
    }
    [[nodiscard]] std::uint32_t capacity() const {
        return static_cast<std::uint32_t>(events_.size());
    }
    [[nodiscard]] std::uint64_t in_use() const { return events_.size() - free_.size(); }

    /// An event at `at`, filed; the caller fills in the rest. References die with the next add.
    [[gnu::always_inline]] std::uint32_t add(Instant at, What what) {
        std::uint32_t index = 0;
        if (free_.empty()) [[unlikely]] {
            index = grow();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        Event& e = events_[index];
        e.at = at;
        e.what = what;
        e.extra = nil;
        e.copy = 0;
        e.slowed = e.touched = false;
        places_[index].sequence = next_sequence_++;
        file({at, index});
        return index;
    }
    /// Files an event that pop() returned again, later, keeping its place in the sequence.
    void again(std::uint32_t index, Instant at) {
        if (places_[index].slot == cancelled) return release(index);
        events_[index].at = at;
        file({at, index});
    }
    /// Whether the event that got this index and sequence is still to come.
    [[nodiscard]] bool awaited(std::uint32_t index, std::uint64_t sequence) const {
        const Place& place = places_[index];
        return place.sequence == sequence && place.slot < cancelled;
    }
    /// Whether it waits in the queue: pop() has not returned it, nobody has cancelled it.
    [[nodiscard]] bool filed(std::uint32_t index) const {
        const Place& place = places_[index];
        return place.slot < cancelled && place.slot != taken;
    }
    /// Takes an event out for good, wherever it stands. Requires: awaited.
    void cancel(std::uint32_t index) {
        Place& place = places_[index];
        if (place.slot >= taken) {
            place.slot = cancelled;  // Freed when it is met.
            return;
        }
        const Entry moved = shelf_.take(place.slot, place.place);
        places_[moved.index].place = place.place;
        release(index);
    }
    /// Files an event that waits for later at `at` instead, keeping its place in the sequence.
    void move(std::uint32_t index, Instant at) {
        const Place place = places_[index];
        if (place.slot == taken || place.slot >= cancelled) return;
        if (place.slot == in_ready) {
            leave_ready(index);
        } else {
            const Entry moved = shelf_.take(place.slot, place.place);
            places_[moved.index].place = place.place;
        }
        events_[index].at = at;
        file({at, index});
    }
    /// Gives back an event that pop() returned.
    void release(std::uint32_t index) {
        events_[index].what = What::free;
        places_[index].slot = unused;
        free_.push_back(index);
    }

    /// The earliest event at or before `limit`, taken out of the queue; nil if there is none.
    std::uint32_t pop(Instant limit) {
        for (;;) {
            while (next_ != ready_.size()) {
                const Entry first = ready_[next_];
                if (first.at > limit) return nil;
                ++next_;
                Place& place = places_[first.index];
                if (place.slot == cancelled) [[unlikely]] {
                    release(first.index);
                    continue;
                }
                place.slot = taken;
                return first.index;
            }
            ready_.clear();
            next_ = 0;
            if (!advance(static_cast<std::uint64_t>(limit.ns))) return nil;
        }
    }
    /// The event that comes `ahead` places after the next one, if it is near: for prefetching.
    [[nodiscard]] std::uint32_t peek(std::size_t ahead) const {
        return ready_.size() - next_ > ahead ? ready_[next_ + ahead].index : nil;
    }

private:
    static constexpr std::uint32_t bits = 12, per_level = 1U << bits, level_mask = per_level - 1;
    static constexpr int medium_shift = 14, coarse_shift = medium_shift + bits;
    static constexpr int fine_shift = 4;
    static constexpr std::uint32_t fine_count = 1U << (medium_shift - fine_shift);
    static constexpr std::uint32_t coarse = per_level, fine = 2 * per_level;
    static constexpr std::uint32_t far = fine + fine_count;  // One list.
    static constexpr std::uint32_t slots = far + 1;
    // In place of a slot:
    static constexpr std::uint32_t unused = nil, cancelled = nil - 1, in_ready = nil - 2,
                                   taken = nil - 3;
    static constexpr std::size_t ready_few = 48;   // In one sorted list.
    static constexpr std::size_t gone_few = 1024;  // Before the list is moved up.
    static constexpr std::size_t ready_some = 16;  // Enough to prefetch from.

    /// Where an event stands.
    struct Place {
        std::uint64_t sequence = 0;
        std::uint32_t slot = unused;
        std::uint32_t place = 0;
    };

    [[nodiscard]] bool before(const Entry& a, const Entry& b) const {
        if (a.at != b.at) return a.at < b.at;
        return places_[a.index].sequence < places_[b.index].sequence;
    }

    [[gnu::always_inline]] void file(Entry entry) {
        const std::uint64_t medium_at = static_cast<std::uint64_t>(entry.at.ns) >> medium_shift;
        if (medium_at <= medium_now_) return file_near(entry);
        std::uint32_t slot = static_cast<std::uint32_t>(medium_at & level_mask);
        if (medium_at - medium_base_ >= per_level) {
            slot = coarse + static_cast<std::uint32_t>((medium_at >> bits) & level_mask);
            if ((medium_at >> bits) - (medium_now_ >> bits) >= per_level) slot = far;
        }
        put(slot, entry);
    }
    [[gnu::always_inline]] void put(std::uint32_t slot, Entry entry) {
        Place& place = places_[entry.index];
        place.slot = slot;
        place.place = shelf_.put(slot, entry);
    }
    void put_fine(Entry entry) {
        const std::uint64_t at = static_cast<std::uint64_t>(entry.at.ns) >> fine_shift;
        put(fine + static_cast<std::uint32_t>(at & (fine_count - 1)), entry);
    }
    // Into an open slot: its fine bucket, or the sorted list.
    [[gnu::noinline]] void file_near(Entry entry) {
        if (split_ && static_cast<std::uint64_t>(entry.at.ns) >> fine_shift > fine_now_) {
            return put_fine(entry);
        }
        places_[entry.index].slot = in_ready;
        if (next_ >= gone_few) {
            ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(next_));
            next_ = 0;
        }
        if (next_ == ready_.size() || !before(entry, ready_.back())) {
            ready_.push_back(entry);
        } else {
            const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(next_);
            ready_.insert(
                std::upper_bound(first, ready_.end(), entry,
                                 [&](const Entry& a, const Entry& b) { return before(a, b); }),
                entry);
        }
        if (!split_ && ready_.size() - next_ > ready_few) spread();
    }
    std::uint32_t grow();
    void leave_ready(std::uint32_t index);
    void spread();
    [[nodiscard]] bool alive(const Entry& entry);
    void gather(std::uint32_t slot);
    void sort_from(std::size_t from);
    [[nodiscard]] bool advance(std::uint64_t end);
    [[nodiscard]] bool advance_fine();
    [[nodiscard]] bool turn(std::uint64_t end);
    [[nodiscard]] std::uint64_t nearest_far() const;
    void refile(std::uint32_t slot);

    std::vector<Event> events_;
    std::vector<Cold> cold_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> free_;
    Shelf shelf_;
    std::vector<Entry> ready_;  // Sorted; what stands before next_ is gone.
    std::size_t next_ = 0;
    std::uint64_t medium_now_ = 0;   // The last open medium slot, counted from time 0 ...
    std::uint64_t medium_base_ = 0;  // ... and the first: filing reaches one level from it.
    std::uint64_t fine_now_ = 0;     // The last open fine bucket, if split_.
    bool split_ = false;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace storm::sim
