#include "check/lost_writes.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "check/telling.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;

constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }

bool is_observer(const KeyedOperation& op) {
    return !op.optional && op.need != no_value && op.effect != Effect::mismatch;
}

/// One key without lists, with what its values say about time.
class Register {
public:
    explicit Register(const KeyHistory& key)
        : key_(key),
          made_until_(key.values.size(), before_all),
          seen_until_(key.values.size(), before_all) {
        made_.assign(key.values.size(), false);
        made_[0] = true;
        for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
            const auto& op = key.operations[i];
            if (op.make != no_value) {
                made_[at(op.make)] = true;
                made_until_[at(op.make)] = std::max(made_until_[at(op.make)], op.completed);
                if (!op.optional) promises_.push_back(i);
            }
            if (is_observer(op)) {
                seen_until_[at(op.need)] = std::max(seen_until_[at(op.need)], op.completed);
            }
        }
        std::ranges::sort(promises_, [&](std::uint32_t a, std::uint32_t b) {
            const auto& x = key.operations[a];
            const auto& y = key.operations[b];
            return x.completed != y.completed ? x.completed < y.completed : a < b;
        });
    }

    [[nodiscard]] std::optional<LostWrite> find(bool reads_may_lag) const {
        for (std::uint32_t r = 0; r < key_.operations.size(); ++r) {
            const auto& read = key_.operations[r];
            if (!is_observer(read) || !made_[at(read.need)]) continue;
            if (const auto w = promise_behind(r)) {
                if (!reads_may_lag || nothing_newer(key_.operations[*w], read)) {
                    return LostWrite{*w, r};
                }
            }
        }
        return std::nullopt;
    }

private:
    /// The last write that `read` should have reflected and that nobody sees again.
    [[nodiscard]] std::optional<std::uint32_t> promise_behind(std::uint32_t reader) const {
        const auto& read = key_.operations[reader];
        const std::int64_t old = made_until_[at(read.need)];
        if (old == never) return std::nullopt;
        const auto ended_later = [&](std::int64_t time, std::uint32_t place) {
            return time < key_.operations[place].completed;
        };
        auto from = std::upper_bound(promises_.begin(), promises_.end(), read.invoked, ended_later);
        while (from != promises_.begin()) {
            const std::uint32_t place = *--from;
            const auto& write = key_.operations[place];
            if (write.completed <= old) break;
            if (write.invoked > old && write.make != read.need &&
                seen_until_[at(write.make)] <= read.invoked && precedes(key_, place, reader)) {
                return place;
            }
        }
        return std::nullopt;
    }
    /// Whatever was observed from `read` on is from before `write`.
    [[nodiscard]] bool nothing_newer(const KeyedOperation& write,
                                     const KeyedOperation& read) const {
        return std::ranges::none_of(key_.operations, [&](const KeyedOperation& op) {
            return is_observer(op) && op.completed > read.invoked &&
                   made_until_[at(op.need)] >= write.invoked;
        });
    }

    const KeyHistory& key_;
    std::vector<std::int64_t> made_until_;  // When the last that made it ended.
    std::vector<std::int64_t> seen_until_;  // When the last that observed it ended.
    std::vector<bool> made_;
    std::vector<std::uint32_t> promises_;  // Ok writes in the order in which they ended.
};

bool shows(const Value& seen, const Value& element) {
    const auto* list = seen.list();
    return list != nullptr && std::ranges::find(*list, element) != list->end();
}

/// Something other than an append can have replaced the list between the two.
bool replaced(const KeyHistory& key, const KeyedOperation& write, const KeyedOperation& read) {
    return std::ranges::any_of(key.operations, [&](const KeyedOperation& op) {
        return (op.effect == Effect::write || op.effect == Effect::cas) &&
               op.completed >= write.invoked && op.invoked <= read.completed;
    });
}

std::optional<LostWrite> lost_append(const KeyHistory& key) {
    std::map<Value, std::int64_t> seen_until;
    for (const auto& op : key.operations) {
        const auto* list = is_observer(op) ? key.values[at(op.need)].list() : nullptr;
        if (list == nullptr) continue;
        for (const auto& element : *list) {
            auto& until = seen_until.try_emplace(element, before_all).first->second;
            until = std::max(until, op.completed);
        }
    }
    std::vector<std::pair<std::uint32_t, std::int64_t>> appends;  // Place, last time it was seen.
    for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
        const auto& op = key.operations[i];
        if (op.effect != Effect::append || op.optional) continue;
        const auto seen = seen_until.find(key.values[at(op.make)]);
        appends.emplace_back(i, seen == seen_until.end() ? before_all : seen->second);
    }
    for (std::uint32_t r = 0; r < key.operations.size(); ++r) {
        const auto& read = key.operations[r];
        if (!is_observer(read)) continue;
        for (auto w = appends.rbegin(); w != appends.rend(); ++w) {
            const auto& write = key.operations[w->first];
            if (w->second > read.invoked || !precedes(key, w->first, r)) continue;
            if (shows(key.values[at(read.need)], key.values[at(write.make)])) continue;
            if (!replaced(key, write, read)) return LostWrite{w->first, r};
        }
    }
    return std::nullopt;
}

/// What the read may have shown: the write's value, or one that was made beside or after it.
std::string expected(const KeyHistory& key, const LostWrite& lost) {
    const auto& write = key.operations[lost.write];
    const auto& read = key.operations[lost.read];
    std::vector<ValueId> values{write.make};
    for (const auto& op : key.operations) {
        if (op.make == no_value || op.completed < write.invoked || op.invoked > read.completed) {
            continue;
        }
        if (std::ranges::find(values, op.make) == values.end()) values.push_back(op.make);
    }
    if (values.size() > 3) {
        return core::to_human(key.values[at(write.make)]) + " or a later value";
    }
    std::vector<std::string> words;
    for (const auto id : values) words.push_back(core::to_human(key.values[at(id)]));
    return alternatives(words);
}

Finding tell(const KeyHistory& key, const History& history, const LostWrite& lost) {
    const auto& write = key.operations[lost.write];
    const auto& read = key.operations[lost.read];
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = "lost write";
    finding.operations = {std::min(write.index, read.index), std::max(write.index, read.index)};
    finding.fatal = read.index;
    const auto& made = key.values[at(write.make)];
    const std::string read_text = read_at(history[read.index], key.key);
    const std::string told_text = told(history[write.index], key.key);
    if (write.effect == Effect::append) {
        finding.expected = "a list with " + core::to_human(made);
        finding.sentence = fmt::format("{}. {}, and {} was never seen again.", told_text, read_text,
                                       core::to_human(made));
        return finding;
    }
    finding.expected = expected(key, lost);
    finding.sentence = fmt::format("{}. {}, and {} was never seen again.", told_text, read_text,
                                   holds(key.key, made));
    return finding;
}

/// Some read could have missed an acknowledged write.
bool was_tested(const KeyHistory& key) {
    std::int64_t first = never;
    for (const auto& op : key.operations) {
        if (op.make != no_value && !op.optional) first = std::min(first, op.completed);
    }
    return std::ranges::any_of(key.operations, [first](const KeyedOperation& op) {
        return is_observer(op) && op.invoked >= first;
    });
}

Finding judge_lost_writes(const Input& input, const fault::Params& params) {
    const auto& history = input.record.history;
    auto keys = lower(history, input.system.model);
    if (!keys) {
        return undecided(fmt::format("The history cannot be judged: {}.", keys.error().message));
    }
    const bool lag = params.has("reads_may_lag") && params.flag("reads_may_lag");
    for (const auto& key : *keys) {
        if (const auto lost = lost_write(key, lag)) return tell(key, history, *lost);
    }
    if (std::ranges::none_of(*keys, was_tested)) {
        return nothing_to_judge("No read was answered after an acknowledged write to its key.");
    }
    return {};
}

}  // namespace

std::optional<LostWrite> lost_write(const KeyHistory& key, bool reads_may_lag) {
    if (key.appends) return lost_append(key);
    return Register(key).find(reads_may_lag);
}

CheckSpec lost_writes_check() {
    CheckSpec spec;
    spec.name = "no-lost-acknowledged-writes";
    spec.summary = "what a client was told is stored is read, until something newer is";
    spec.params = {{"reads_may_lag",
                    fault::ParamType::boolean,
                    "reads may show the past; a write is lost only if all later ones do",
                    fault::ParamValue{false},
                    0,
                    1,
                    0,
                    0,
                    {}}};
    spec.certificate = "the acknowledged write and the read that shows a state from before it";
    spec.planted = "primary-backup/acknowledge-before-replicate";
    spec.models = {"register", "cas-register", "key-value"};
    spec.judge = judge_lost_writes;
    return spec;
}

}  // namespace storm::check
