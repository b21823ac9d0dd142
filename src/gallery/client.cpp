#include "gallery/client.h"

#include <algorithm>

#include "node/points.h"

namespace storm::gallery {

using core::ErrorKind;
using core::Result;
using node::Io;
using node::Task;

namespace {

constexpr Duration attempt_limit = 300_ms;
constexpr Duration pause = 15_ms;

/// Asks until somebody has done it or the time is over.
Task<Result<Value>> ask(Io& io, Command command) {
    const Instant deadline = io.now() + request_limit;
    const auto servers = io.peers();
    command.client = io.self().value;
    command.sequence = static_cast<std::uint64_t>(io.now().ns);
    std::size_t at = io.dice().below(servers.size());
    std::int64_t refusals = 0;
    bool perhaps = false;  // Some attempt may have been executed.
    while (io.now() < deadline) {
        const Duration limit = std::min(attempt_limit, deadline - io.now());
        const auto answer = co_await io.call<Answer>(servers[at], Request{command}, limit);
        if (answer && answer->status == Status::done) {
            STORM_SOMETIMES(perhaps, "a request succeeds after an attempt that timed out");
            co_return answer->value;
        }
        perhaps |= !answer || answer->status != Status::not_leading;
        if (answer && answer->status == Status::superseded) break;
        const bool hint = answer && answer->leader < servers.size() && answer->leader != at;
        at = hint ? answer->leader : (at + 1) % servers.size();
        if (answer) {
            if (!hint || refusals > 0)
                co_await io.sleep(pause * std::min<std::int64_t>(refusals + 1, 6));
            ++refusals;
        }
    }
    // Not even refusals are proof that nothing was done: a copy of the request may still be on
    // its way to somebody who will lead.
    co_return core::fail(ErrorKind::timeout, "no answer in time");
}

Value key_of(core::Dice& dice, std::uint32_t keys) {
    return std::string(1, static_cast<char>('x' + dice.below(keys)));
}

Value part(const Value& args, std::size_t index) {
    const auto* list = args.list();
    return list != nullptr && index < list->size() ? (*list)[index] : Value{};
}

std::string text_of(const Value& value) {
    const auto* text = value.text();
    return text != nullptr ? *text : std::string();
}

Task<Result<Value>> run_get(Io& io, const node::Options&, Value args) {
    Command command{.kind = CommandKind::get};
    command.key = text_of(args);
    co_return co_await ask(io, std::move(command));
}

Task<Result<Value>> run_put(Io& io, const node::Options&, Value args) {
    Command command{.kind = CommandKind::put};
    command.key = text_of(part(args, 0));
    command.value = part(args, 1);
    co_return co_await ask(io, std::move(command));
}

Task<Result<Value>> run_cas(Io& io, const node::Options&, Value args) {
    Command command{.kind = CommandKind::cas};
    command.key = text_of(part(args, 0));
    command.expected = part(args, 1);
    command.value = part(args, 2);
    co_return co_await ask(io, std::move(command));
}

}  // namespace

Value unique_value(std::uint32_t client, std::uint32_t index) {
    constexpr std::uint64_t small = 100;  // So few clients give numbers that people can read.
    if (client + 1 < small) return std::uint64_t{index} * small + client + 1;
    return (std::uint64_t{client} + 1) << 32U | index;
}

node::Operation get_operation(std::uint32_t weight, std::uint32_t keys) {
    return {.name = "get",
            .weight = weight,
            .generate = [keys](core::Dice& dice, std::uint32_t,
                               std::uint32_t) { return key_of(dice, keys); },
            .run = run_get,
            .idempotent = true};
}

node::Operation put_operation(std::uint32_t weight, std::uint32_t keys) {
    return {.name = "put",
            .weight = weight,
            .generate =
                [keys](core::Dice& dice, std::uint32_t client, std::uint32_t index) {
                    return Value(Value::List{key_of(dice, keys), unique_value(client, index)});
                },
            .run = run_put};
}

node::Operation cas_operation(std::uint32_t weight, std::uint32_t keys) {
    return {.name = "cas",
            .weight = weight,
            .generate =
                [keys](core::Dice& dice, std::uint32_t client, std::uint32_t index) {
                    // What one of the first clients wrote a moment ago: now and then it is there.
                    const auto back = static_cast<std::uint32_t>(dice.below(3) + 1);
                    const auto whose = static_cast<std::uint32_t>(dice.below(3));
                    const Value old = index < back ? Value{} : unique_value(whose, index - back);
                    return Value(Value::List{key_of(dice, keys), old, unique_value(client, index)});
                },
            .run = run_cas};
}

}  // namespace storm::gallery
