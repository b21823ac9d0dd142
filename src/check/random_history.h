// check/random_history.h - small random histories for tests: ties, repeated values, both verdicts.
//
// Times are a few nanoseconds, so that operations overlap and touch often; values are few, so
// that they repeat; answers are mostly those of a store that runs one operation after another,
// and sometimes not, so that about as many histories can be explained as cannot.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "check/history_builder.h"
#include "core/dice.h"

namespace storm::check {

enum class Flavour : std::uint8_t { registers, cas, key_value, lists };

inline std::string_view model_of(Flavour flavour) {
    switch (flavour) {
        case Flavour::registers:
            return "register";
        case Flavour::cas:
            return "cas-register";
        case Flavour::key_value:
        case Flavour::lists:
            break;
    }
    return "key-value";
}

/// Makes random histories of one flavour.
class HistoryMaker {
public:
    HistoryMaker(Flavour flavour, std::uint64_t seed) : flavour_(flavour), dice_(seed, 7) {}

    history::History make(std::uint32_t operations) {
        history::History history;
        std::map<std::uint32_t, std::int64_t> free_at;
        const auto clients = static_cast<std::uint32_t>(dice_.between(1, 4));
        values_ = static_cast<std::uint32_t>(dice_.between(1, 5));
        std::int64_t now = 0;
        for (std::uint32_t i = 0; i < operations; ++i) {
            const auto client = static_cast<std::uint32_t>(dice_.below(clients));
            now = std::max(now + dice_.between(0, 2), free_at[client]);
            history::Operation op;
            op.client = core::Id::client(client);
            op.id = i;
            op.invoked = Instant{now};
            op.completed = Instant{now + dice_.between(0, 5)};
            fill(op);
            free_at[client] = op.completed.ns;
            history.push_back(std::move(op));
        }
        return history;
    }

private:
    core::Value value() { return static_cast<std::int64_t>(dice_.below(values_)) + 1; }
    core::Value key() { return dice_.happens(800'000) ? "a" : "b"; }
    void fill(history::Operation& op) {
        const auto what = dice_.below(10);
        const auto how = dice_.below(10);
        op.outcome = how < 7   ? history::Outcome::ok
                     : how < 9 ? history::Outcome::info
                               : history::Outcome::fail;
        const bool keyed = flavour_ == Flavour::key_value || flavour_ == Flavour::lists;
        const core::Value where = keyed ? key() : core::Value{};
        if (what < 5) {
            op.name = keyed ? "get" : "read";
            op.args = where;
        } else if (flavour_ == Flavour::lists && what < 9) {
            op.name = "append";
            op.args = list({where, value()});
        } else if (flavour_ == Flavour::lists || (keyed && what == 5)) {
            op.name = "delete";
            op.args = where;
        } else if (flavour_ == Flavour::registers || what < 8) {
            op.name = keyed ? "put" : "write";
            op.args = keyed ? list({where, value()}) : value();
        } else {
            op.name = "cas";
            op.args = keyed ? list({where, value(), value()}) : list({value(), value()});
        }
        play(op, where);
    }
    /// What a store that runs operations one after another would answer, or something else.
    void play(history::Operation& op, const Value& where) {
        Value& held = store_[where];
        const bool happens = op.outcome == history::Outcome::ok ||
                             (op.outcome == history::Outcome::info && dice_.happens(500'000));
        if (op.name == "read" || op.name == "get") {
            op.result = dice_.happens(850'000) ? held : other();
        } else if (op.name == "cas") {
            const auto& args = *op.args.list();
            const bool matches = args[args.size() - 2] == held;
            if (!matches && op.outcome == history::Outcome::ok && dice_.happens(800'000)) {
                if (dice_.happens(500'000)) op.result = false;
                if (op.result.is_nil()) op.outcome = history::Outcome::fail;
            } else if (happens && matches) {
                held = args.back();
            }
        } else if (happens && op.name == "append") {
            auto grown = held.list() != nullptr ? *held.list() : core::Value::List{};
            grown.push_back(op.args.list()->back());
            held = std::move(grown);
        } else if (happens) {
            held = op.name == "delete" ? core::Value{}
                   : op.name == "put"  ? op.args.list()->back()
                                       : op.args;
        }
    }
    core::Value other() {
        if (flavour_ != Flavour::lists) return dice_.happens(200'000) ? core::Value{} : value();
        core::Value::List some;
        for (auto n = dice_.below(3); n > 0; --n) some.push_back(value());
        return some.empty() ? core::Value{} : core::Value(some);
    }

    Flavour flavour_;
    core::Dice dice_;
    std::uint32_t values_ = 1;
    std::map<core::Value, core::Value> store_;
};

}  // namespace storm::check
