#include "check/certificate.h"

#include <algorithm>
#include <utility>

#include "core/require.h"

namespace storm::check {
namespace {

using Places = std::vector<std::uint32_t>;

bool observes(const KeyedOperation& op) { return op.need != no_value; }

bool contains(const core::Value& whole, const core::Value& part) {
    if (whole == part) return true;
    const auto* list = whole.list();
    if (list == nullptr) return false;
    return std::ranges::any_of(*list, [&](const core::Value& v) { return contains(v, part); });
}

/// Which operations are left, and what may leave with what.
class Part {
public:
    explicit Part(const KeyHistory& key)
        : key_(key),
          keep_(key.operations.size(), 1),
          observers_(key.values.size()),
          makers_(key.values.size()) {
        for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
            if (key.operations[i].effect == Effect::mismatch) mismatches_.push_back(i);
            if (key.operations[i].make != no_value) {
                makers_[static_cast<std::size_t>(key.operations[i].make)].push_back(i);
            }
            if (observes(key.operations[i])) {
                observers_[static_cast<std::size_t>(key.operations[i].need)].push_back(i);
            }
        }
    }

    [[nodiscard]] const std::vector<std::uint8_t>& keep() const { return keep_; }
    [[nodiscard]] Places places() const {
        Places out;
        for (std::uint32_t i = 0; i < keep_.size(); ++i) {
            if (keep_[i] != 0) out.push_back(i);
        }
        return out;
    }
    /// Takes `places` out, and with each maker all that observe what it made.
    void drop(const Places& places) {
        Places todo = places;
        while (!todo.empty()) {
            const std::uint32_t which = todo.back();
            todo.pop_back();
            if (keep_[which] == 0) continue;
            keep_[which] = 0;
            add_dependents(key_.operations[which], todo);
        }
    }
    void restore(std::vector<std::uint8_t> keep) { keep_ = std::move(keep); }

private:
    /// `seer` ended before `maker` began, or another write lies surely between the two. Only asked
    /// while somebody else is left that `seer` may have it from: a part should show where what
    /// was observed came from.
    [[nodiscard]] bool out_of_sight(const KeyedOperation& maker, const KeyedOperation& seer) const {
        const auto& makers = makers_[static_cast<std::size_t>(maker.make)];
        const bool other = std::ranges::any_of(makers, [&](std::uint32_t i) {
            return keep_[i] != 0 && key_.operations[i].invoked <= seer.completed;
        });
        if (!other) return false;
        if (seer.completed < maker.invoked) return true;
        if (maker.completed >= seer.invoked) return false;
        auto between = std::ranges::upper_bound(key_.operations, maker.completed, {},
                                                &KeyedOperation::invoked);
        for (; between != key_.operations.end() && between->invoked < seer.invoked; ++between) {
            const auto place = static_cast<std::size_t>(between - key_.operations.begin());
            if (keep_[place] != 0 && between->effect == Effect::write && !between->optional &&
                between->completed < seer.invoked) {
                return true;
            }
        }
        return false;
    }
    void add_dependents(const KeyedOperation& op, Places& todo) const {
        if (op.make == no_value) return;
        if (key_.appends) {
            add_list_dependents(op, todo);
            return;
        }
        for (const auto seer : observers_[static_cast<std::size_t>(op.make)]) {
            if (keep_[seer] != 0 && !out_of_sight(op, key_.operations[seer])) todo.push_back(seer);
        }
        // Taking a maker out may make a cas match that was told it does not.
        todo.insert(todo.end(), mismatches_.begin(), mismatches_.end());
    }
    /// Where lists grow: all that observed the element or the list, in whatever it stood.
    void add_list_dependents(const KeyedOperation& op, Places& todo) const {
        const auto& made = key_.values[static_cast<std::size_t>(op.make)];
        for (std::uint32_t i = 0; i < key_.operations.size(); ++i) {
            const auto& other = key_.operations[i];
            if (!observes(other)) continue;
            const auto& seen = key_.values[static_cast<std::size_t>(other.need)];
            const bool apart = op.effect == Effect::append && !contains(seen, made);
            if (!apart || other.effect == Effect::mismatch) todo.push_back(i);
        }
    }

    const KeyHistory& key_;
    std::vector<std::uint8_t> keep_;
    std::vector<Places> observers_;
    std::vector<Places> makers_;
    Places mismatches_;
};

/// Takes out what can go, chunk by chunk, as long as the rest stays impossible.
class Reduction {
public:
    Reduction(const KeyHistory& key, const SearchBounds& bounds)
        : key_(key), part_(key), left_(bounds) {}

    Places run() {
        const SearchEnd end = search_.run(key_, left_, &part_.keep());
        STORM_REQUIRE(end == SearchEnd::impossible, key_.operations.size());
        steps_once_ = std::max<std::uint64_t>(200'000, 2 * search_.steps());
        for (std::size_t size = key_.operations.size() / 2; size > 1; size /= 2) drop_chunks(size);
        while (drop_chunks(1)) {
        }
        return part_.places();
    }

private:
    /// The latest first. True: some went.
    bool drop_chunks(std::size_t size) {
        bool some = false;
        const Places order = part_.places();
        for (std::size_t end = order.size(); end > 0 && left_.steps > 0;) {
            const std::size_t begin = end > size ? end - size : 0;
            Places chunk(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
            end = begin;
            std::erase_if(chunk, [&](std::uint32_t i) { return part_.keep()[i] == 0; });
            if (!chunk.empty()) some |= try_without(chunk);
        }
        return some;
    }
    bool try_without(const Places& chunk) {
        auto before = part_.keep();
        part_.drop(chunk);
        const SearchBounds once{std::min(left_.steps, steps_once_), left_.memory};
        const SearchEnd end = search_.run(key_, once, &part_.keep());
        left_.steps -= std::min(left_.steps, search_.steps() + key_.operations.size());
        if (end == SearchEnd::impossible) return true;
        part_.restore(std::move(before));
        return false;
    }

    const KeyHistory& key_;
    Part part_;
    LinearSearch search_;
    SearchBounds left_;
    std::uint64_t steps_once_ = 0;  // A part that needs much more than the whole is kept as it is.
};

}  // namespace

std::vector<std::uint32_t> smallest_impossible(const KeyHistory& key, const SearchBounds& bounds) {
    return Reduction(key, bounds).run();
}

std::uint32_t fatal_of(const KeyHistory& key, const std::vector<std::uint32_t>& part) {
    std::uint32_t fatal = part.empty() ? 0 : part.back();
    for (const auto place : part) {
        const auto& op = key.operations[place];
        if (!op.optional && op.need != no_value) fatal = place;
    }
    return fatal;
}

std::vector<ValueId> possible_instead(const KeyHistory& key, const std::vector<std::uint32_t>& part,
                                      std::uint32_t fatal) {
    if (key.appends || key.operations[fatal].effect == Effect::mismatch) return {};
    std::vector<std::uint8_t> keep(key.operations.size(), 0);
    std::vector<ValueId> candidates{0};
    for (const auto place : part) {
        keep[place] = 1;
        if (key.operations[place].make > 0) candidates.push_back(key.operations[place].make);
    }
    std::ranges::sort(candidates);
    candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
    KeyHistory changed = key;
    LinearSearch search;
    std::vector<ValueId> possible;
    for (const ValueId value : candidates) {
        auto& op = changed.operations[fatal];
        if (value == key.operations[fatal].need) continue;
        op.need = value;
        op.effect = op.need == op.make || op.effect == Effect::read ? Effect::read : Effect::cas;
        if (search.run(changed, {}, &keep) == SearchEnd::linearizable) possible.push_back(value);
    }
    return possible;
}

}  // namespace storm::check
