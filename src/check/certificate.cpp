#include "check/certificate.h"

#include <algorithm>
#include <utility>

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
        : key_(key), keep_(key.operations.size(), 1), observers_(key.values.size()) {
        for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
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
    void add_dependents(const KeyedOperation& op, Places& todo) const {
        if (op.make == no_value) return;
        if (key_.appends) {
            add_list_dependents(op, todo);
            return;
        }
        const auto& seers = observers_[static_cast<std::size_t>(op.make)];
        todo.insert(todo.end(), seers.begin(), seers.end());
        add_mismatches(todo);
    }
    /// Taking a maker out may make a cas match that was told it does not.
    void add_mismatches(Places& todo) const {
        for (std::uint32_t i = 0; i < key_.operations.size(); ++i) {
            if (key_.operations[i].effect == Effect::mismatch) todo.push_back(i);
        }
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
};

/// Drops chunks of `size` operations, the latest first, as long as the rest stays impossible
/// and steps are left. True: some went.
bool drop_chunks(const KeyHistory& key, SearchBounds& left, LinearSearch& search, Part& part,
                 std::size_t size) {
    bool some = false;
    const Places order = part.places();
    for (std::size_t end = order.size(); end > 0 && left.steps > 0;) {
        const std::size_t begin = end > size ? end - size : 0;
        Places chunk(order.begin() + static_cast<std::ptrdiff_t>(begin),
                     order.begin() + static_cast<std::ptrdiff_t>(end));
        end = begin;
        std::erase_if(chunk, [&](std::uint32_t i) { return part.keep()[i] == 0; });
        if (chunk.empty()) continue;
        auto before = part.keep();
        part.drop(chunk);
        const SearchEnd end_of_search = search.run(key, left, &part.keep());
        left.steps -= std::min(left.steps, search.steps());
        if (end_of_search == SearchEnd::impossible) {
            some = true;
        } else {
            part.restore(std::move(before));
        }
    }
    return some;
}

}  // namespace

std::vector<std::uint32_t> smallest_impossible(const KeyHistory& key, const SearchBounds& bounds) {
    Part part(key);
    LinearSearch search;
    SearchBounds left = bounds;
    for (std::size_t size = key.operations.size() / 2; size > 1; size /= 2) {
        drop_chunks(key, left, search, part, size);
    }
    while (drop_chunks(key, left, search, part, 1)) {
    }
    return part.places();
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
