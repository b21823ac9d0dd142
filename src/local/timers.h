// local/timers.h - what is due when, on the real clock: a heap that forgets lazily.
//
// Cancelled entries stay until they come up, or until they are the majority.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/time.h"

namespace storm::local {

/// `Thing` is told apart by its slot; equal times come in the order of arming.
template <class Thing>
class Timers {
public:
    struct Name {
        std::uint32_t slot = 0;
        std::uint64_t sequence = 0;
    };

    Name add(Instant at, Thing thing) {
        std::uint32_t slot = 0;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        slots_[slot] = {++sequence_, std::move(thing)};
        heap_.push_back({at, sequence_, slot});
        std::ranges::push_heap(heap_, Later{});
        return {slot, sequence_};
    }
    /// Does nothing for a timer that is over.
    void cancel(Name name) {
        if (name.slot >= slots_.size() || slots_[name.slot].sequence != name.sequence) return;
        (void)release(name.slot);
        if (heap_.size() > 64 && heap_.size() > 2 * (slots_.size() - free_.size())) {
            std::erase_if(heap_, [this](const Entry& e) { return stale(e); });
            std::ranges::make_heap(heap_, Later{});
        }
    }
    /// When the next is due; Instant::max() if none is armed.
    [[nodiscard]] Instant next() {
        while (!heap_.empty() && stale(heap_.front())) pop();
        return heap_.empty() ? Instant::max() : heap_.front().at;
    }
    /// Takes out the next. Requires: next() was just called and gave a time.
    [[nodiscard]] Thing take() {
        const std::uint32_t slot = heap_.front().slot;
        pop();
        return release(slot);
    }

private:
    struct Slot {
        std::uint64_t sequence = 0;  // 0: free.
        Thing thing{};
    };
    struct Entry {
        Instant at{};
        std::uint64_t sequence = 0;
        std::uint32_t slot = 0;
    };
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
        }
    };
    [[nodiscard]] bool stale(const Entry& e) const { return slots_[e.slot].sequence != e.sequence; }
    void pop() {
        std::ranges::pop_heap(heap_, Later{});
        heap_.pop_back();
    }
    Thing release(std::uint32_t slot) {
        slots_[slot].sequence = 0;
        free_.push_back(slot);
        return std::exchange(slots_[slot].thing, Thing{});
    }

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<Entry> heap_;
    std::uint64_t sequence_ = 0;
};

}  // namespace storm::local
