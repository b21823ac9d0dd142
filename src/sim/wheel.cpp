// How slots of the wheel are opened: what happens once per slot, not once per event.
#include "sim/wheel.h"

#include "core/context.h"

namespace storm::sim {

// One more event than ever before. Room for it everywhere is made here, so that the world's
// memory is never counted as that of the node whose effect asked for it.
std::uint32_t Wheel::grow() {
    const core::HooksOff off;
    const auto index = static_cast<std::uint32_t>(events_.size());
    events_.emplace_back();
    cold_.emplace_back();
    places_.emplace_back();
    free_.reserve(events_.capacity());
    ready_.reserve(events_.capacity() + 2 * gone_few);
    return index;
}
void Wheel::leave_ready(std::uint32_t index) {
    const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(next_);
    ready_.erase(
        std::find_if(first, ready_.end(), [&](const Entry& e) { return e.index == index; }));
}
// Too many for one sorted list: later slots are closed again; if that does not help, all
// but the first fine bucket of the slot is spread over the fine level.
void Wheel::spread() {
    const auto medium_of = [](const Entry& e) {
        return static_cast<std::uint64_t>(e.at.ns) >> medium_shift;
    };
    const std::uint64_t first = medium_of(ready_[next_]);
    if (first < medium_base_) return;  // Filed in the past: rare, and soon taken.
    while (medium_of(ready_.back()) > first) {
        const Entry last = ready_.back();
        ready_.pop_back();
        if (alive(last)) put(static_cast<std::uint32_t>(medium_of(last) & level_mask), last);
    }
    medium_now_ = first;
    if (ready_.size() - next_ <= ready_few) return;
    split_ = true;
    const auto fine_of = [](const Entry& e) {
        return static_cast<std::uint64_t>(e.at.ns) >> fine_shift;
    };
    fine_now_ = fine_of(ready_[next_]);
    while (fine_of(ready_.back()) > fine_now_) {
        const Entry last = ready_.back();
        ready_.pop_back();
        if (alive(last)) put_fine(last);
    }
}
// Buries an entry of the ready list that was cancelled.
bool Wheel::alive(const Entry& entry) {
    if (places_[entry.index].slot != cancelled) return true;
    release(entry.index);
    return false;
}

// Merges a slot, later than all in the ready list, into it.
void Wheel::gather(std::uint32_t slot) {
    const std::size_t from = ready_.size();
    shelf_.drain(slot, [&](const Entry& entry) {
        __builtin_prefetch(&events_[entry.index]);
        places_[entry.index].slot = in_ready;
        ready_.push_back(entry);
    });
    sort_from(from);
}
void Wheel::sort_from(std::size_t from) {
    const std::size_t count = ready_.size() - from;
    if (count < 2) return;
    if (count > 24) {
        std::sort(ready_.begin() + static_cast<std::ptrdiff_t>(from), ready_.end(),
                  [&](const Entry& a, const Entry& b) { return before(a, b); });
        return;
    }
    for (std::size_t i = from + 1; i < ready_.size(); ++i) {
        const Entry entry = ready_[i];
        std::size_t at = i;
        for (; at > from && before(entry, ready_[at - 1]); --at) ready_[at] = ready_[at - 1];
        ready_[at] = entry;
    }
}
// Opens the next slots that hold something, if the first begins at or before `end`.
// Requires: the ready list is empty.
bool Wheel::advance(std::uint64_t end) {
    if (split_) {
        if (advance_fine()) return true;
        split_ = false;
    }
    const std::uint64_t turn_start = medium_now_ & ~std::uint64_t{level_mask};
    auto here = static_cast<std::uint32_t>(medium_now_ & level_mask);
    std::uint32_t found = shelf_.next_used(here + 1, per_level);
    if (found == per_level) return turn(end);
    if ((turn_start + found) << medium_shift > end) return false;
    medium_base_ = turn_start + found;
    do {
        gather(found);
        here = found;
        found = shelf_.next_used(here + 1, per_level);
    } while (ready_.size() < ready_some && found < per_level);
    medium_now_ = turn_start + here;
    if (ready_.size() > ready_few) spread();
    return true;
}
bool Wheel::advance_fine() {
    auto here = static_cast<std::uint32_t>(fine_now_ & (fine_count - 1));
    while (ready_.size() < ready_some / 2) {
        const std::uint32_t found = shelf_.next_used(fine + here + 1, far);
        if (found == far) break;
        here = found - fine;
        gather(found);
    }
    fine_now_ = (fine_now_ & ~std::uint64_t{fine_count - 1}) + here;
    return !ready_.empty();
}
// The medium level is through: bring down the next coarse slot.
bool Wheel::turn(std::uint64_t end) {
    const std::uint64_t turn_now = medium_now_ >> bits;
    // Events filed ahead, past this turn, already stand in the medium level.
    const std::uint32_t ahead = shelf_.next_used(0, per_level);
    std::uint64_t next_turn = turn_now + 1;
    if (ahead == per_level) {
        const auto at = static_cast<std::uint32_t>(next_turn & level_mask);
        std::uint32_t found = shelf_.next_used(coarse + at, fine);
        if (found < fine) {
            next_turn += found - (coarse + at);
        } else if ((found = shelf_.next_used(coarse, coarse + at)) < coarse + at) {
            next_turn += per_level - at + (found - coarse);
        } else if (!shelf_.empty(far)) {
            next_turn = nearest_far() >> coarse_shift;
        } else {
            return false;
        }
    }
    const bool wraps = next_turn >> bits != turn_now >> bits && !shelf_.empty(far);
    if (wraps) next_turn = std::min(next_turn, nearest_far() >> coarse_shift);
    if (next_turn << coarse_shift > end) return false;
    medium_base_ = medium_now_ = next_turn << bits;
    gather(0);
    if (wraps) refile(far);
    refile(coarse + static_cast<std::uint32_t>(next_turn & level_mask));
    if (!split_ && ready_.size() > ready_few) spread();
    return true;
}
std::uint64_t Wheel::nearest_far() const {
    std::uint64_t nearest = ~std::uint64_t{0};
    shelf_.each(far, [&](const Entry& entry) {
        nearest = std::min(nearest, static_cast<std::uint64_t>(entry.at.ns));
    });
    return nearest;
}
void Wheel::refile(std::uint32_t slot) {
    shelf_.drain(slot, [&](const Entry& entry) { file(entry); });
}

}  // namespace storm::sim
