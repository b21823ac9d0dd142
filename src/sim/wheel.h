// sim/wheel.h - the event queue: total order (time, sequence), O(1) insert and cancel.
//
// A timing wheel with three levels and a list beyond, after Varghese and Lauck (1987). No one
// slot width serves both a handful of events per second and ten thousand in a microsecond, so
// a slot is opened according to what is in it: few events go straight into a small sorted
// list, many are first spread over finer buckets.
//
//   far ─▶ coarse 4096 × 67 ms ─▶ medium 4096 × 16.4 µs ─┬─▶ ready (sorted, ≤ 48 or one bucket)
//                                                        └─▶ fine 1024 × 16 ns ─▶ ready
//
// Events live in one array and are named by index; lists are doubly linked, so a cancelled
// timer is unlinked at once and nothing dead is carried along - but for events already in the
// ready list, which are marked and skipped.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/time.h"
#include "sim/event.h"

namespace storm::sim {

class Wheel {
public:
    Wheel() : head_(slots, nil), map_(slots / 64, 0) {}

    Event& operator[](std::uint32_t index) { return events_[index]; }
    const Event& operator[](std::uint32_t index) const { return events_[index]; }
    Cold& cold(std::uint32_t index) { return cold_[index]; }
    [[nodiscard]] std::uint32_t capacity() const {
        return static_cast<std::uint32_t>(events_.size());
    }
    [[nodiscard]] std::uint64_t in_use() const { return events_.size() - free_.size(); }
    void reserve(std::size_t count) {
        events_.reserve(count);
        cold_.reserve(count);
        free_.reserve(count);
    }

    /// An event at `at`, filed; the caller fills in the rest. References die with the next add.
    std::uint32_t add(Instant at, What what) {
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(events_.size());
            events_.emplace_back();
            cold_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        Event& e = events_[index];
        e.at = at;
        e.sequence = next_sequence_++;
        e.what = what;
        e.extra = nil;
        e.copy = 0;
        e.slowed = e.held = false;
        e.damage = 0;
        file(index);
        return index;
    }
    /// Files an event that pop() returned again, later, keeping its place in the sequence.
    void again(std::uint32_t index, Instant at) {
        events_[index].at = at;
        file(index);
    }
    /// Takes an event out for good, wherever it stands.
    void cancel(std::uint32_t index) {
        Event& e = events_[index];
        if (e.slot == in_ready) {
            e.what = What::dead;  // Freed when it is met.
            return;
        }
        unlink(index);
        release(index);
    }
    /// Gives back an event that pop() returned.
    void release(std::uint32_t index) {
        events_[index].what = What::free;
        free_.push_back(index);
    }

    /// The earliest event at or before `limit`, taken out of the queue; nil if there is none.
    std::uint32_t pop(Instant limit) {
        for (;;) {
            if (!ready_.empty()) {
                const Ready first = ready_.back();
                if (first.at > limit) return nil;
                ready_.pop_back();
                if (events_[first.index].what == What::dead) {
                    release(first.index);
                    continue;
                }
                events_[first.index].slot = taken;
                return first.index;
            }
            if (!advance(limit)) return nil;
        }
    }
    /// The event that comes `ahead` places after the next one, if it is near: for prefetching.
    [[nodiscard]] std::uint32_t peek(std::size_t ahead) const {
        return ready_.size() > ahead ? ready_[ready_.size() - 1 - ahead].index : nil;
    }

private:
    static constexpr std::uint32_t bits = 12, per_level = 1U << bits, level_mask = per_level - 1;
    static constexpr int medium_shift = 14, coarse_shift = medium_shift + bits;
    static constexpr int fine_shift = 4;
    static constexpr std::uint32_t fine_count = 1U << (medium_shift - fine_shift);
    static constexpr std::uint32_t coarse = per_level, fine = 2 * per_level;
    static constexpr std::uint32_t far = fine + fine_count;  // One list.
    static constexpr std::uint32_t slots = far + 64;
    static constexpr std::uint32_t in_ready = nil, taken = nil - 1;
    static constexpr std::size_t ready_few = 48;

    struct Ready {
        Instant at;
        std::uint64_t sequence;
        std::uint32_t index;
        /// Later ones first: the next to run stands at the back.
        friend bool operator<(const Ready& a, const Ready& b) {
            return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
        }
    };

    void file(std::uint32_t index) {
        const auto at = static_cast<std::uint64_t>(events_[index].at.ns);
        const std::uint64_t medium_at = at >> medium_shift;
        if (medium_at <= medium_now_) {
            file_near(index, at);
        } else if (medium_at - medium_now_ < per_level) {
            link(index, static_cast<std::uint32_t>(medium_at & level_mask));
        } else if ((medium_at >> bits) - (medium_now_ >> bits) < per_level) {
            link(index, coarse + static_cast<std::uint32_t>((medium_at >> bits) & level_mask));
        } else {
            link(index, far);
        }
    }
    // Into the open slot: its fine bucket, or the sorted list.
    void file_near(std::uint32_t index, std::uint64_t at) {
        if (split_ && (at >> fine_shift) > fine_now_) {
            link(index, fine + static_cast<std::uint32_t>((at >> fine_shift) & (fine_count - 1)));
            return;
        }
        Event& e = events_[index];
        const Ready entry{e.at, e.sequence, index};
        e.slot = in_ready;
        if (ready_.empty() || entry < ready_.front()) {
            ready_.insert(ready_.begin(), entry);
        } else {
            ready_.insert(std::lower_bound(ready_.begin(), ready_.end(), entry), entry);
        }
        if (!split_ && ready_.size() > ready_few) split_ready();
    }
    // Too many for one sorted list: keep those of the first bucket, spread the rest.
    void split_ready() {
        split_ = true;
        fine_now_ = static_cast<std::uint64_t>(ready_.back().at.ns) >> fine_shift;
        std::size_t spread = 0;
        while (spread < ready_.size() &&
               static_cast<std::uint64_t>(ready_[spread].at.ns) >> fine_shift > fine_now_) {
            ++spread;
        }
        for (std::size_t i = 0; i < spread; ++i) {
            const std::uint32_t index = ready_[i].index;
            const auto at = static_cast<std::uint64_t>(events_[index].at.ns);
            if (events_[index].what == What::dead) {
                release(index);
                continue;
            }
            link(index, fine + static_cast<std::uint32_t>((at >> fine_shift) & (fine_count - 1)));
        }
        ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(spread));
    }

    void link(std::uint32_t index, std::uint32_t slot) {
        Event& e = events_[index];
        e.slot = slot;
        e.previous = nil;
        e.next = head_[slot];
        if (e.next != nil) {
            events_[e.next].previous = index;
        } else {
            map_[slot >> 6] |= std::uint64_t{1} << (slot & 63);
        }
        head_[slot] = index;
    }
    void unlink(std::uint32_t index) {
        Event& e = events_[index];
        if (e.previous != nil) {
            events_[e.previous].next = e.next;
        } else {
            head_[e.slot] = e.next;
            if (e.next == nil) map_[e.slot >> 6] &= ~(std::uint64_t{1} << (e.slot & 63));
        }
        if (e.next != nil) events_[e.next].previous = e.previous;
    }
    // Empties a slot and returns its first event.
    std::uint32_t take_list(std::uint32_t slot) {
        map_[slot >> 6] &= ~(std::uint64_t{1} << (slot & 63));
        return std::exchange(head_[slot], nil);
    }
    // The first slot in use in [from, to) of the bitmap, or `to`.
    [[nodiscard]] std::uint32_t next_used(std::uint32_t from, std::uint32_t to) const {
        std::uint32_t word = from >> 6;
        std::uint64_t bitmap = map_[word] & (~std::uint64_t{0} << (from & 63));
        const std::uint32_t last = (to + 63) >> 6;
        while (bitmap == 0) {
            if (++word >= last) return to;
            bitmap = map_[word];
        }
        return std::min(to, word * 64 + static_cast<std::uint32_t>(std::countr_zero(bitmap)));
    }

    void gather(std::uint32_t slot) {
        for (std::uint32_t i = take_list(slot); i != nil; i = events_[i].next) {
            ready_.push_back({events_[i].at, events_[i].sequence, i});
            events_[i].slot = in_ready;
        }
        if (ready_.size() > 1) std::sort(ready_.begin(), ready_.end());
    }
    // Opens the next slot that holds something, if it begins at or before `limit`.
    bool advance(Instant limit) {
        const auto end = static_cast<std::uint64_t>(limit.ns);
        if (split_) {
            const auto base = fine + static_cast<std::uint32_t>((fine_now_ + 1) & (fine_count - 1));
            const std::uint32_t found = base == fine ? far : next_used(base, far);
            if (found < far) {
                fine_now_ += found - base + 1;
                gather(found);
                return true;
            }
            split_ = false;
        }
        const auto here = static_cast<std::uint32_t>(medium_now_ & level_mask);
        const std::uint32_t found = here == level_mask ? per_level : next_used(here + 1, per_level);
        if (found < per_level) {
            const std::uint64_t to = medium_now_ + (found - here);
            if (to << medium_shift > end) return false;
            medium_now_ = to;
            open(found);
            return true;
        }
        return turn(end);
    }
    void open(std::uint32_t slot) {
        gather(slot);
        if (ready_.size() > ready_few) split_ready();
    }
    // The medium level is through: bring down the next coarse slot.
    bool turn(std::uint64_t end) {
        const std::uint64_t turn_now = medium_now_ >> bits;
        // Events filed ahead, past this turn, already stand in the medium level.
        const std::uint32_t ahead = next_used(0, per_level);
        std::uint64_t next_turn = turn_now + 1;
        if (ahead == per_level) {
            const auto at = static_cast<std::uint32_t>(next_turn & level_mask);
            std::uint32_t found = next_used(coarse + at, fine);
            if (found < fine) {
                next_turn += found - (coarse + at);
            } else if ((found = next_used(coarse, coarse + at)) < coarse + at) {
                next_turn += per_level - at + (found - coarse);
            } else if (head_[far] != nil) {
                next_turn = nearest_far() >> coarse_shift;
            } else {
                return false;
            }
        }
        const bool wraps = next_turn >> bits != turn_now >> bits && head_[far] != nil;
        if (wraps) next_turn = std::min(next_turn, nearest_far() >> coarse_shift);
        if (next_turn << coarse_shift > end) return false;
        medium_now_ = next_turn << bits;
        gather(0);
        if (wraps) refile(far);
        refile(coarse + static_cast<std::uint32_t>(next_turn & level_mask));
        if (!split_ && ready_.size() > ready_few) split_ready();
        return true;
    }
    [[nodiscard]] std::uint64_t nearest_far() const {
        std::uint64_t nearest = ~std::uint64_t{0};
        for (std::uint32_t i = head_[far]; i != nil; i = events_[i].next) {
            nearest = std::min(nearest, static_cast<std::uint64_t>(events_[i].at.ns));
        }
        return nearest;
    }
    void refile(std::uint32_t slot) {
        std::uint32_t i = take_list(slot);
        while (i != nil) {
            const std::uint32_t next = events_[i].next;
            file(i);
            i = next;
        }
    }

    std::vector<Event> events_;
    std::vector<Cold> cold_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> head_;
    std::vector<std::uint64_t> map_;
    std::vector<Ready> ready_;      // Sorted, next at the back.
    std::uint64_t medium_now_ = 0;  // The open medium slot, counted from time 0.
    std::uint64_t fine_now_ = 0;    // The open fine bucket, if split_.
    bool split_ = false;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace storm::sim
