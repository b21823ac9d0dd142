#include "check/linear_search.h"

#include <algorithm>
#include <utility>

#include "core/dice.h"
#include "core/require.h"

namespace storm::check {
namespace {

/// So many steps an operation are free of charge: bounds are for searching, not for size.
constexpr std::uint64_t steps_each = 64;

constexpr std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }

std::uint64_t mark_of(std::uint32_t item, std::uint64_t salt) {
    return core::fold_multiply((item + 1) * core::hash_salt[0], salt ^ item) ^ core::hash_salt[2];
}

bool observes_only(Effect effect) { return effect == Effect::read || effect == Effect::mismatch; }

}  // namespace

SearchEnd LinearSearch::run(const KeyHistory& key, const SearchBounds& bounds,
                            const std::vector<std::uint8_t>* keep) {
    STORM_REQUIRE(keep == nullptr || keep->size() == key.operations.size());
    steps_ = 0;
    trail_.clear();
    load(key, keep);
    if (appends_) {
        lists_ = key.values;
        prepare_appends();
    } else {
        if (!settle_optionals() || !tighten()) return SearchEnd::impossible;
    }
    arrange();
    return search(bounds);
}

std::vector<std::uint32_t> LinearSearch::order() const {
    std::vector<std::uint32_t> places;
    places.reserve(trail_.size());
    for (const auto which : trail_) places.push_back(items_[which].source);
    return places;
}

// ---- Preparation -----------------------------------------------------------------------------

void LinearSearch::load(const KeyHistory& key, const std::vector<std::uint8_t>* keep) {
    const auto& operations = key.operations;
    items_.clear();
    appends_ = mismatches_ = false;
    observers_left_.assign(key.values.size(), 0);
    makers_left_.assign(key.values.size(), 0);
    for (std::uint32_t i = 0; i < operations.size(); ++i) {
        if (keep != nullptr && (*keep)[i] == 0) continue;
        const auto& from = operations[i];
        if (from.optional && observes_only(from.effect)) continue;
        std::uint32_t after = from.after;
        while (after != none && keep != nullptr && (*keep)[after] == 0) {
            after = operations[after].after;
        }
        items_.push_back({from.invoked, from.completed, from.need, from.make, after, i, from.effect,
                          from.optional, false});
        appends_ |= from.effect == Effect::append;
        mismatches_ |= from.effect == Effect::mismatch;
    }
}

/// Who can have made each value, and until when it was seen first.
void LinearSearch::count_values() {
    const std::size_t values = observers_left_.size();
    std::ranges::fill(observers_left_, 0);
    std::ranges::fill(makers_left_, 0);
    first_seen_.assign(values, never);
    first_made_.assign(values, never);
    sole_maker_.assign(values, none);
    for (std::uint32_t i = 0; i < items_.size(); ++i) {
        const Item& item = items_[i];
        if (item.make != no_value) {
            sole_maker_[at(item.make)] = ++makers_left_[at(item.make)] == 1 ? i : none;
            first_made_[at(item.make)] = std::min(first_made_[at(item.make)], item.invoked);
        }
        if (item.need == no_value || item.effect == Effect::mismatch || item.optional) continue;
        ++observers_left_[at(item.need)];
        first_seen_[at(item.need)] = std::min(first_seen_[at(item.need)], item.completed);
    }
}

/// Optional operations whose value nobody can observe are out; the sole maker of a value that
/// was observed did happen. False: a value was observed that nobody can have made.
bool LinearSearch::settle_optionals() {
    for (bool changed = true; changed;) {
        changed = false;
        count_values();
        wanted_.assign(observers_left_.size(), 0);
        for (const Item& item : items_) {
            if (item.need != no_value) wanted_[at(item.need)] = 1;
        }
        for (std::uint32_t i = 0; i < items_.size(); ++i) {
            Item& item = items_[i];
            if (!item.optional || sole_maker_[at(item.make)] != i || item.make == 0) continue;
            if (observers_left_[at(item.make)] == 0) continue;
            item.optional = false;
            item.completed = first_seen_[at(item.make)];
            if (item.completed < item.invoked) return false;
            changed = true;
        }
        if (mismatches_) continue;
        const auto unseen = [this](const Item& item) {
            return item.optional && wanted_[at(item.make)] == 0;
        };
        changed |= std::erase_if(items_, unseen) != 0;
    }
    return true;
}

/// Nobody sees a value before it was made. False: somebody did.
bool LinearSearch::tighten() {
    for (Item& item : items_) {
        if (item.make > 0 && !item.optional && makers_left_[at(item.make)] == 1) {
            item.completed = std::min(item.completed, first_seen_[at(item.make)]);
        }
        if (item.need > 0 && item.effect != Effect::mismatch) {
            if (makers_left_[at(item.need)] == 0 && !item.optional) return false;
            item.invoked = std::max(item.invoked, first_made_[at(item.need)]);
        }
        if (item.completed < item.invoked) return false;
    }
    return true;
}

/// Required items by invocation, then optional ones, with `after` renumbered.
void LinearSearch::arrange() {
    const auto before = [](const Item& a, const Item& b) {
        if (a.optional != b.optional) return b.optional;
        return a.invoked != b.invoked ? a.invoked < b.invoked : a.source < b.source;
    };
    if (!std::ranges::is_sorted(items_, before)) std::ranges::sort(items_, before);
    const auto count = static_cast<std::uint32_t>(items_.size());
    const bool ties = std::ranges::any_of(items_, [](const Item& i) { return i.after != none; });
    if (ties) {
        std::uint32_t last = 0;
        for (const Item& item : items_) last = std::max(last, item.source);
        std::vector<std::uint32_t> places(last + 1U, none);
        for (std::uint32_t i = 0; i < count; ++i) places[items_[i].source] = i;
        for (Item& item : items_) {
            if (item.after == none) continue;
            item.after = places[item.after];
            if (item.after != none) items_[item.after].awaited = true;
        }
    }
    required_ = 0;
    while (required_ < count && !items_[required_].optional) ++required_;
    next_.resize(required_ + 1U);
    previous_.resize(required_ + 1U);
    for (std::uint32_t i = 0; i <= required_; ++i) {
        next_[i] = i == required_ ? 0 : i + 1;
        previous_[i] = i == 0 ? required_ : i - 1;
    }
    placed_.assign(count, 0);
    used_.assign((count - required_ + 63U) / 64U, 0);
    if (!appends_) wanted_.assign(observers_left_.size(), 0);
    look_ = 0;
}

void LinearSearch::prepare_appends() {
    list_ids_.clear();
    longest_.clear();
    only_appends_ = true;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        list_ids_.emplace_back(lists_[i], static_cast<ValueId>(i));
    }
    std::ranges::sort(list_ids_);
    for (const Item& item : items_) {
        only_appends_ &= item.effect == Effect::append || item.effect == Effect::read;
        if (item.effect != Effect::read) continue;
        const auto* list = lists_[at(item.need)].list();
        if (list != nullptr && list->size() > longest_.size()) longest_ = *list;
    }
}

// ---- The search ------------------------------------------------------------------------------

SearchEnd LinearSearch::search(const SearchBounds& bounds) {
    frames_.clear();
    candidates_.clear();
    dead_ends_.clear();
    dead_used_.clear();
    slots_.clear();
    hash_ = {};
    state_ = 0;
    for (;;) {
        const std::size_t first = candidates_.size();
        const bool alive = look();
        if (next_[required_] == required_) return SearchEnd::linearizable;
        if (steps_ > bounds.steps + steps_each * items_.size()) return SearchEnd::out_of_steps;
        if (alive && !is_dead_end()) {
            frames_.push_back({first, first, trail_.size(), state_});
        } else {
            candidates_.resize(first);
        }
        for (;;) {  // Back to the last choice that has an alternative.
            if (frames_.empty()) return SearchEnd::impossible;
            Frame& frame = frames_.back();
            undo_to(frame.trail);
            state_ = frame.state;
            if (frame.next < candidates_.size()) {
                place(candidates_[frame.next++]);
                break;
            }
            remember_dead_end();
            if (dead_ends_.size() * (sizeof(DeadEnd) + 8 * used_.size() + 8) > bounds.memory) {
                return SearchEnd::out_of_memory;
            }
            candidates_.resize(frame.candidates);
            frames_.pop_back();
        }
    }
}

/// Places the observers that fit and collects what could come next. False: nothing can, ever.
bool LinearSearch::look() {
    const std::size_t first = candidates_.size();
    for (bool again = true; again;) {
        candidates_.resize(first);
        bool placed = false;
        bool blocked = false;
        if (!pass_over(placed, blocked)) return false;
        again = placed && blocked;
    }
    order_candidates(first);
    return true;
}

bool LinearSearch::pass_over(bool& placed, bool& blocked) {
    std::int64_t limit = never;
    const std::size_t first = candidates_.size();
    ++look_;
    urgent_ = no_value;
    for (std::uint32_t i = next_[required_]; i != required_; i = next_[i]) {
        const Item& item = items_[i];
        ++steps_;
        if (item.invoked > limit) break;
        const bool is_ready = ready(item);
        if (is_ready && observes_only(item.effect) &&
            (item.need == state_) == (item.effect == Effect::read)) {
            place(i);
            placed = true;
            continue;
        }
        if (item.completed < limit) {
            limit = item.completed;
            urgent_ = item.effect == Effect::mismatch ? no_value : item.need;
        }
        if (!is_ready) {
            blocked = true;
            continue;
        }
        if (!appends_ && item.need != no_value && item.effect != Effect::mismatch) {
            if (item.need != state_ && makers_left_[at(item.need)] == 0) return false;
            wanted_[at(item.need)] = look_;
        }
        if (!observes_only(item.effect)) candidates_.push_back(i);
    }
    for (std::size_t i = first; i < candidates_.size();) {
        if (!fits(items_[candidates_[i]]) || has_twin(first, candidates_[i])) {
            candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
            ++i;
        }
    }
    offer_optionals(limit);
    return true;
}

/// Another candidate does the same and must be placed sooner.
bool LinearSearch::has_twin(std::size_t first, std::uint32_t which) const {
    const Item& item = items_[which];
    if (item.awaited) return false;
    for (std::size_t i = first; i < candidates_.size(); ++i) {
        const Item& other = items_[candidates_[i]];
        if (candidates_[i] == which || other.effect != item.effect || other.make != item.make ||
            other.need != item.need) {
            continue;
        }
        if (other.completed < item.completed) return true;
        if (other.completed == item.completed && candidates_[i] < which) return true;
    }
    return false;
}

/// An optional operation is worth placing only right before one that observes what it made.
void LinearSearch::offer_optionals(std::int64_t limit) {
    const auto count = static_cast<std::uint32_t>(items_.size());
    const bool all = appends_ || mismatches_;
    for (std::uint32_t i = required_; i < count && items_[i].invoked <= limit && !all; ++i) {
        if (placed_[i] == 0 && items_[i].need != no_value) wanted_[at(items_[i].need)] = look_;
    }
    const std::size_t first = candidates_.size();
    for (std::uint32_t i = required_; i < count && items_[i].invoked <= limit; ++i) {
        ++steps_;
        const Item& item = items_[i];
        if (placed_[i] != 0 || !ready(item) || !fits(item)) continue;
        if (!appends_ && item.make == state_) continue;
        if (!all && wanted_[at(item.make)] != look_) continue;
        if (has_twin(first, i)) continue;
        candidates_.push_back(i);
    }
}

/// First who makes what the most urgent operation must see, then who ends first.
void LinearSearch::order_candidates(std::size_t first) {
    const auto before = [this](std::uint32_t a, std::uint32_t b) {
        const Item& x = items_[a];
        const Item& y = items_[b];
        const bool x_urgent = urgent_ != no_value && x.make == urgent_;
        const bool y_urgent = urgent_ != no_value && y.make == urgent_;
        if (x_urgent != y_urgent) return x_urgent;
        return x.completed != y.completed ? x.completed < y.completed : a < b;
    };
    if (candidates_.size() - first < 2) return;
    std::sort(candidates_.begin() + static_cast<std::ptrdiff_t>(first), candidates_.end(), before);
}

bool LinearSearch::ready(const Item& item) const {
    return item.after == none || placed_[item.after] != 0;
}

/// Somebody must still see the present value, and nobody could make it again.
bool LinearSearch::leaves_someone(const Item& item) const {
    if (appends_ || item.make == state_ || makers_left_[at(state_)] != 0) return false;
    const bool sees = item.effect == Effect::cas && !item.optional;
    return observers_left_[at(state_)] > (sees ? 1 : 0);
}

bool LinearSearch::fits(const Item& item) {
    if (item.effect == Effect::append) {
        if (!only_appends_ || state_ == no_value) return true;
        const auto* list = lists_[at(state_)].list();
        const std::size_t length = list != nullptr ? list->size() : 0;
        return length >= longest_.size() || longest_[length] == lists_[at(item.make)];
    }
    if (item.effect == Effect::cas && item.need != state_) return false;
    return !leaves_someone(item);
}

ValueId LinearSearch::state_after(const Item& item) {
    if (item.effect == Effect::append) return appended(state_, item.make);
    return observes_only(item.effect) ? state_ : item.make;
}

/// Longer than anything that was ever read, all lists are one: no_value.
ValueId LinearSearch::appended(ValueId list, ValueId element) {
    if (list == no_value) return no_value;
    core::Value::List grown;
    if (const auto* old = lists_[at(list)].list()) grown = *old;
    if (only_appends_ && grown.size() >= longest_.size()) return no_value;
    grown.push_back(lists_[at(element)]);
    core::Value value(std::move(grown));
    const auto by_value = [](const auto& pair, const core::Value& wanted) {
        return pair.first < wanted;
    };
    auto found = std::lower_bound(list_ids_.begin(), list_ids_.end(), value, by_value);
    if (found == list_ids_.end() || found->first != value) {
        lists_.push_back(value);
        const auto id = static_cast<ValueId>(lists_.size() - 1);
        found = list_ids_.emplace(found, std::move(value), id);
    }
    return found->second;
}

void LinearSearch::unlink(std::uint32_t which) {
    next_[previous_[which]] = next_[which];
    previous_[next_[which]] = previous_[which];
}

void LinearSearch::place(std::uint32_t which) {
    const Item& item = items_[which];
    if (which < required_) {
        unlink(which);
        hash_.a ^= mark_of(which, core::hash_salt[1]);
        hash_.b ^= mark_of(which, core::hash_salt[3]);
    } else {
        used_[(which - required_) / 64] |= 1ULL << ((which - required_) % 64);
    }
    placed_[which] = 1;
    trail_.push_back(which);
    state_ = state_after(item);
    if (appends_) return;
    if (item.make != no_value) --makers_left_[at(item.make)];
    if (item.need != no_value && item.effect != Effect::mismatch && !item.optional) {
        --observers_left_[at(item.need)];
    }
}

void LinearSearch::undo_to(std::size_t trail) {
    while (trail_.size() > trail) {
        const std::uint32_t which = trail_.back();
        const Item& item = items_[which];
        trail_.pop_back();
        placed_[which] = 0;
        if (which < required_) {
            next_[previous_[which]] = which;
            previous_[next_[which]] = which;
            hash_.a ^= mark_of(which, core::hash_salt[1]);
            hash_.b ^= mark_of(which, core::hash_salt[3]);
        } else {
            used_[(which - required_) / 64] &= ~(1ULL << ((which - required_) % 64));
        }
        if (appends_) continue;
        if (item.make != no_value) ++makers_left_[at(item.make)];
        if (item.need != no_value && item.effect != Effect::mismatch && !item.optional) {
            ++observers_left_[at(item.need)];
        }
    }
}

// ---- Dead ends -------------------------------------------------------------------------------
//
// A position is the set of required operations placed and the value. Sets are compared by a
// 128-bit Zobrist sum: two different sets agree with a chance of about 2^-128 a pair.

LinearSearch::Hash LinearSearch::position() const {
    const auto state = static_cast<std::uint64_t>(static_cast<std::uint32_t>(state_)) + 1;
    return {hash_.a ^ core::fold_multiply(state * core::hash_salt[0], core::hash_salt[3]),
            hash_.b ^ core::fold_multiply(state * core::hash_salt[1], core::hash_salt[2])};
}

std::size_t LinearSearch::slot_of(const Hash& hash) const {
    std::size_t slot = hash.a & (slots_.size() - 1);
    while (slots_[slot] != none && dead_ends_[slots_[slot]].hash != hash) {
        slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
}

bool LinearSearch::is_dead_end() const {
    if (dead_ends_.empty()) return false;
    const std::size_t words = used_.size();
    for (std::uint32_t i = slots_[slot_of(position())]; i != none; i = dead_ends_[i].next) {
        bool within = true;
        for (std::size_t w = 0; w < words && within; ++w) {
            within = (dead_used_[i * words + w] & ~used_[w]) == 0;
        }
        if (within) return true;
    }
    return false;
}

void LinearSearch::remember_dead_end() {
    if (2 * (dead_ends_.size() + 1) > slots_.size()) grow_dead_ends();
    const Hash hash = position();
    const std::size_t slot = slot_of(hash);
    dead_ends_.push_back({hash, slots_[slot]});
    dead_used_.insert(dead_used_.end(), used_.begin(), used_.end());
    slots_[slot] = static_cast<std::uint32_t>(dead_ends_.size() - 1);
}

void LinearSearch::grow_dead_ends() {
    slots_.assign(std::max<std::size_t>(64, slots_.size() * 4), none);
    for (std::uint32_t i = 0; i < dead_ends_.size(); ++i) {
        const std::size_t slot = slot_of(dead_ends_[i].hash);
        dead_ends_[i].next = slots_[slot];
        slots_[slot] = i;
    }
}

}  // namespace storm::check
