#include "check/model.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/dice.h"

namespace storm::check {
namespace {

using core::ErrorKind;
using core::Value;
using history::Operation;
using history::Outcome;

/// Values to small integers: open addressing, at most half full.
class Interner {
public:
    ValueId id(const Value& value, std::vector<Value>& values) {
        if (value.is_nil()) return 0;
        if (2 * (values.size() + 1) > slots_.size()) grow(values);
        for (std::size_t at = hash(value) & mask();; at = (at + 1) & mask()) {
            if (slots_[at] == no_value) {
                slots_[at] = static_cast<ValueId>(values.size());
                values.push_back(value);
                return slots_[at];
            }
            if (values[static_cast<std::size_t>(slots_[at])] == value) return slots_[at];
        }
    }

private:
    static std::uint64_t hash(const Value& value) {
        if (const auto* integer = value.integer()) {
            return core::fold_multiply(static_cast<std::uint64_t>(*integer) ^ core::hash_salt[0],
                                       core::hash_salt[1]);
        }
        return core::key_of(value);
    }
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    void grow(const std::vector<Value>& values) {
        slots_.assign(std::max<std::size_t>(32, slots_.size() * 4), no_value);
        for (std::size_t i = 1; i < values.size(); ++i) {
            std::size_t at = hash(values[i]) & mask();
            while (slots_[at] != no_value) at = (at + 1) & mask();
            slots_[at] = static_cast<ValueId>(i);
        }
    }
    std::vector<ValueId> slots_;
};

/// What an operation does, taken apart but not yet interned.
struct Parts {
    Effect effect = Effect::read;
    const Value* key = nullptr;
    const Value* need = nullptr;
    const Value* make = nullptr;
};

const Value& nil() {
    static const Value value;
    return value;
}

std::optional<Parts> register_parts(const Operation& op, bool with_cas) {
    if (op.name == "read") return Parts{Effect::read, &nil(), &op.result, nullptr};
    if (op.name == "write") return Parts{Effect::write, &nil(), nullptr, &op.args};
    if (op.name != "cas" || !with_cas) return std::nullopt;
    const auto* list = op.args.list();
    if (list == nullptr || list->size() != 2) return std::nullopt;
    return Parts{Effect::cas, &nil(), list->data(), &(*list)[1]};
}

std::optional<Parts> key_value_parts(const Operation& op) {
    if (op.name == "get") return Parts{Effect::read, &op.args, &op.result, nullptr};
    if (op.name == "delete") return Parts{Effect::write, &op.args, nullptr, &nil()};
    const auto* list = op.args.list();
    if (list == nullptr) return std::nullopt;
    const Value* part = list->data();
    if (op.name == "put" && list->size() == 2) {
        return Parts{Effect::write, part, nullptr, part + 1};
    }
    if (op.name == "append" && list->size() == 2) {
        return Parts{Effect::append, part, nullptr, part + 1};
    }
    if (op.name == "cas" && list->size() == 3) {
        return Parts{Effect::cas, part, part + 1, part + 2};
    }
    return std::nullopt;
}

std::optional<Parts> parts_of(const Operation& op, std::string_view model) {
    if (model == "key-value") return key_value_parts(op);
    return register_parts(op, model == "cas-register");
}

/// Builds the histories of all keys side by side.
class Lowering {
public:
    explicit Lowering(const history::History& history) : history_(history) {}

    void add(std::uint32_t index, const Parts& parts) {
        const Operation& op = history_[index];
        const std::size_t which = key_number(*parts.key);
        KeyHistory& key = keys_[which];
        KeyedOperation out;
        out.index = index;
        out.effect = parts.effect;
        out.optional = op.outcome != Outcome::ok;
        if (out.optional && out.effect == Effect::read) return;
        if (parts.need != nullptr) out.need = interners_[which].id(*parts.need, key.values);
        if (parts.make != nullptr) out.make = interners_[which].id(*parts.make, key.values);
        const auto* swapped = op.result.boolean();
        if (out.effect == Effect::cas) {
            if (!out.optional && swapped != nullptr && !*swapped) {
                out.effect = Effect::mismatch;
                out.make = no_value;
            } else if (out.need == out.make) {
                if (out.optional) return;
                out.effect = Effect::read;  // It changes nothing.
                out.make = no_value;
            }
        }
        key.appends |= out.effect == Effect::append;
        out.invoked = op.invoked.ns;
        out.completed = out.optional ? never : std::max(op.completed.ns, op.invoked.ns);
        link(which, op.client, out);
        key.operations.push_back(out);
    }

    std::vector<KeyHistory> take() { return std::move(keys_); }

private:
    std::size_t key_number(const Value& key) {
        const auto name = static_cast<std::size_t>(names_interner_.id(key, names_));
        if (name >= numbers_.size()) numbers_.resize(name + 1, none);
        if (numbers_[name] == none) {
            numbers_[name] = keys_.size();
            keys_.push_back({key, {}, {Value{}}, false});
            interners_.emplace_back();
        }
        return numbers_[name];
    }

    void link(std::size_t which, core::Id client, KeyedOperation& out) {
        const auto& operations = keys_[which].operations;
        const auto [at, fresh] = last_.try_emplace({which, client}, 0U);
        if (!fresh && operations[at->second].completed == out.invoked) out.after = at->second;
        if (out.optional) {
            if (fresh) last_.erase(at);
        } else if (fresh || operations[at->second].completed <= out.completed) {
            at->second = static_cast<std::uint32_t>(operations.size());
        }
    }

    static constexpr std::size_t none = ~std::size_t{0};
    const history::History& history_;
    std::vector<KeyHistory> keys_;
    std::vector<Interner> interners_;
    Interner names_interner_;
    std::vector<Value> names_{Value{}};
    std::vector<std::size_t> numbers_;
    /// The last operation of a client on a key that was told ok.
    std::map<std::pair<std::size_t, core::Id>, std::uint32_t> last_;
};

bool is_listlike(const Value& value) { return value.is_nil() || value.list() != nullptr; }

/// Appending is defined on lists only; what a system makes of another value we cannot know.
core::Result<void> check_appends(const KeyHistory& key) {
    if (!key.appends) return {};
    for (const auto& op : key.operations) {
        const ValueId whole = op.effect == Effect::append ? no_value : op.make;
        for (const ValueId id : {op.need, whole}) {
            if (id == no_value || is_listlike(key.values[static_cast<std::size_t>(id)])) continue;
            return core::fail(
                ErrorKind::bad_input,
                fmt::format("key {} is appended to but also holds {}, which is no list",
                            core::to_human(key.key),
                            core::to_human(key.values[static_cast<std::size_t>(id)])));
        }
    }
    return {};
}

}  // namespace

bool is_known_model(std::string_view model) {
    return model == "register" || model == "cas-register" || model == "key-value";
}

core::Result<std::vector<KeyHistory>> lower(const history::History& history,
                                            std::string_view model) {
    if (!is_known_model(model)) {
        return core::fail(ErrorKind::bad_input,
                          fmt::format("no model is called \"{}\" (register, cas-register, "
                                      "key-value)",
                                      model));
    }
    Lowering lowering(history);
    for (std::uint32_t i = 0; i < history.size(); ++i) {
        const auto& op = history[i];
        const auto parts = parts_of(op, model);
        if (!parts) {
            return core::fail(ErrorKind::bad_input,
                              fmt::format("operation \"{}\" with {} is not one of a {}", op.name,
                                          core::to_human(op.args), model));
        }
        if (op.outcome != Outcome::fail) lowering.add(i, *parts);
    }
    auto keys = lowering.take();
    for (auto& key : keys) {
        STORM_CHECK(check_appends(key));
        const auto by_invocation = [](const KeyedOperation& a, const KeyedOperation& b) {
            return a.invoked < b.invoked;
        };
        if (!std::ranges::is_sorted(key.operations, by_invocation)) {
            return core::fail(ErrorKind::bad_input, "the history is not in order of invocation");
        }
    }
    return keys;
}

bool precedes(const KeyHistory& key, std::uint32_t a, std::uint32_t b) {
    const auto& operations = key.operations;
    if (operations[a].completed < operations[b].invoked) return true;
    std::uint32_t before = operations[b].after;
    while (before != ~0U && before != a) before = operations[before].after;
    return before == a;
}

bool precedes(const history::History& history, std::uint32_t a, std::uint32_t b) {
    const Operation& first = history[a];
    const Operation& second = history[b];
    if (first.outcome != Outcome::ok) return false;
    if (first.completed < second.invoked) return true;
    return a < b && first.client == second.client && first.completed == second.invoked;
}

}  // namespace storm::check
