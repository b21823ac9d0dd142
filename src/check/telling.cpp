#include "check/telling.h"

#include <fmt/core.h>

#include "core/glance.h"
#include "core/id.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

using core::Value;
using history::Operation;
using history::Outcome;

/// The last of an operation's arguments: what a write stores.
const Value& last_argument(const Operation& op, bool has_key) {
    const auto* list = op.args.list();
    if (!has_key && op.name == "write") return op.args;
    return list != nullptr && !list->empty() ? list->back() : op.args;
}

/// What it does to the key: "x = 4 is stored".
std::string deed(const Operation& op, const Value& key) {
    const auto name = name_of_key(key);
    const bool has_key = op.name != "write" && op.name != "read";
    const std::string value = core::to_human(last_argument(op, has_key));
    if (op.name == "delete") return fmt::format("{} is deleted", name);
    if (op.name == "append") return fmt::format("{} is appended to {}", value, name);
    const auto* list = op.args.list();
    if (op.name == "cas" && list != nullptr && list->size() >= 2) {
        return fmt::format("{} went from {} to {}", name, core::to_human((*list)[list->size() - 2]),
                           value);
    }
    return fmt::format("{} = {} is stored", name, value);
}

}  // namespace

std::string held(const Value& value) {
    constexpr std::int64_t plain = 1'000'000'000'000;
    const auto* number = value.integer();
    if (number == nullptr || (*number < plain && *number > -plain)) return core::to_human(value);
    return core::hex(static_cast<std::uint64_t>(*number)).substr(0, 8);
}

std::string name_of_key(const Value& key) { return key.is_nil() ? "x" : core::to_human(key); }

std::string holds(const Value& key, const Value& value) {
    return fmt::format("{} = {}", name_of_key(key), core::to_human(value));
}

std::string told(const Operation& op, const Value& key) {
    const auto client = core::name_of(op.client);
    if (op.outcome == Outcome::ok) {
        return fmt::format("{} was told at {} that {}", client, core::to_glance(op.completed),
                           deed(op, key));
    }
    return fmt::format("{} asked at {} and never learnt whether {}", client,
                       core::to_glance(op.invoked), deed(op, key));
}

std::string read_at(const Operation& op, const Value& key) {
    const auto when = core::to_glance(op.completed);
    const auto client = core::name_of(op.client);
    if (op.name == "cas") {
        return fmt::format("At {} {} was told that {}", when, client, deed(op, key));
    }
    return fmt::format("At {} {} read {}", when, client, holds(key, op.result));
}

std::string alternatives(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

}  // namespace storm::check
