// Goal: the search for an order is exact, on every model, with lost and refused operations.
// Method: random small histories (seeded; short times, so that ties are frequent; few values, so
// that they repeat; results from a real store half of the time, so that both verdicts are
// frequent) against an independent brute force; every order found is run through the model by a
// second, tiny checker; every certificate is judged by brute force.
#include "check/linear_search.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "check/brute_force.h"
#include "check/certificate.h"
#include "check/history_builder.h"
#include "check/linearizable.h"
#include "core/dice.h"

namespace storm::check {
namespace {

using core::Dice;
using core::Value;
using history::History;
using history::Operation;
using history::Outcome;

enum class Flavour : std::uint8_t { registers, cas, key_value, lists };

std::string_view model_of(Flavour flavour) {
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
class Maker {
public:
    Maker(Flavour flavour, std::uint64_t seed) : flavour_(flavour), dice_(seed, 7) {}

    History make(std::uint32_t operations) {
        History history;
        std::map<std::uint32_t, std::int64_t> free_at;
        const auto clients = static_cast<std::uint32_t>(dice_.between(1, 4));
        values_ = static_cast<std::uint32_t>(dice_.between(1, 5));
        std::int64_t now = 0;
        for (std::uint32_t i = 0; i < operations; ++i) {
            const auto client = static_cast<std::uint32_t>(dice_.below(clients));
            now = std::max(now + dice_.between(0, 2), free_at[client]);
            Operation op;
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
    Value value() { return static_cast<std::int64_t>(dice_.below(values_)) + 1; }
    Value key() { return dice_.happens(800'000) ? "a" : "b"; }
    void fill(Operation& op) {
        const auto what = dice_.below(10);
        const auto how = dice_.below(10);
        op.outcome = how < 7 ? Outcome::ok : how < 9 ? Outcome::info : Outcome::fail;
        const bool keyed = flavour_ == Flavour::key_value || flavour_ == Flavour::lists;
        const Value where = keyed ? key() : Value{};
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
    void play(Operation& op, const Value& where) {
        Value& held = store_[where];
        const bool happens =
            op.outcome == Outcome::ok || (op.outcome == Outcome::info && dice_.happens(500'000));
        if (op.name == "read" || op.name == "get") {
            op.result = dice_.happens(850'000) ? held : other();
        } else if (op.name == "cas") {
            const auto& args = *op.args.list();
            const bool matches = args[args.size() - 2] == held;
            if (!matches && op.outcome == Outcome::ok && dice_.happens(800'000)) {
                if (dice_.happens(500'000)) op.result = false;
                if (op.result.is_nil()) op.outcome = Outcome::fail;
            } else if (happens && matches) {
                held = args.back();
            }
        } else if (happens && op.name == "append") {
            auto grown = held.list() != nullptr ? *held.list() : Value::List{};
            grown.push_back(op.args.list()->back());
            held = std::move(grown);
        } else if (happens) {
            held = op.name == "delete" ? Value{}
                   : op.name == "put"  ? op.args.list()->back()
                                       : op.args;
        }
    }
    Value other() {
        if (flavour_ != Flavour::lists) return dice_.happens(200'000) ? Value{} : value();
        Value::List some;
        for (auto n = dice_.below(3); n > 0; --n) some.push_back(value());
        return some.empty() ? Value{} : Value(some);
    }

    Flavour flavour_;
    Dice dice_;
    std::uint32_t values_ = 1;
    std::map<Value, Value> store_;
};

/// Runs an order through the model: empty if it is a linearization, else what is wrong.
std::string flaw_of_order(const KeyHistory& key, const std::vector<std::uint32_t>& order,
                          const History& history) {
    std::set<std::uint32_t> placed;
    Value held;
    for (const auto place : order) {
        const auto& op = key.operations[place];
        for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
            const auto& other = key.operations[i];
            if (placed.contains(i) || i == place || other.optional) continue;
            if (precedes(history, other.index, op.index)) return "an earlier one is missing";
        }
        if (!placed.insert(place).second) return "placed twice";
        const auto& values = key.values;
        const auto value = [&](ValueId id) { return values[static_cast<std::size_t>(id)]; };
        if (op.effect == Effect::mismatch && held == value(op.need)) return "it did match";
        if (op.effect == Effect::read && held != value(op.need)) return "another value";
        if (op.effect == Effect::cas && held != value(op.need)) return "another old value";
        if (op.effect == Effect::append) {
            auto grown = held.list() != nullptr ? *held.list() : Value::List{};
            grown.push_back(value(op.make));
            held = std::move(grown);
        } else if (op.make != no_value) {
            held = value(op.make);
        }
    }
    for (std::uint32_t i = 0; i < key.operations.size(); ++i) {
        if (!key.operations[i].optional && !placed.contains(i)) return "one is missing";
    }
    return {};
}

History part_of(const History& history, const std::vector<std::uint32_t>& indices) {
    History part;
    for (const auto i : indices) part.push_back(history[i]);
    return part;
}

std::string shown(const History& history) {
    std::string text;
    for (const auto& op : history) {
        text += core::name_of(op.client) + " " + std::to_string(op.invoked.ns) + ".." +
                std::to_string(op.completed.ns) + " " + op.name + " " + core::to_json(op.args) +
                " -> " + core::to_json(op.result) + " " +
                (op.outcome == Outcome::ok     ? "ok"
                 : op.outcome == Outcome::info ? "info"
                                               : "fail") +
                "\n";
    }
    return text;
}

/// Compares one history; true if it is linearizable.
bool compare(const History& history, std::string_view model) {
    const bool truth = BruteForce(history).linearizable();
    const auto result = linearizability(history, model, {});
    EXPECT_EQ(result.verdict, truth ? Verdict::pass : Verdict::violated) << shown(history);
    const auto keys = lower(history, model);
    EXPECT_TRUE(keys.has_value());
    LinearSearch search;
    for (const auto& key : *keys) {
        if (search.run(key, {}) != SearchEnd::linearizable) continue;
        EXPECT_EQ(flaw_of_order(key, search.order(), history), "") << shown(history);
    }
    if (result.verdict == Verdict::violated) {
        const auto finding = to_finding(result, history);
        const auto part = part_of(history, finding.operations);
        EXPECT_FALSE(BruteForce(part).linearizable()) << shown(history) << "part\n" << shown(part);
        EXPECT_FALSE(finding.sentence.empty());
        EXPECT_NE(std::ranges::find(finding.operations, finding.fatal), finding.operations.end());
    }
    return truth;
}

void compare_many(Flavour flavour, std::uint64_t seeds) {
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
        Maker maker(flavour, seed);
        const auto length = static_cast<std::uint32_t>(3 + seed % 6);
        (compare(maker.make(length), model_of(flavour)) ? passed : failed) += 1;
    }
    if (testing::Test::HasFailure()) return;
    EXPECT_GT(passed, seeds / 5);
    EXPECT_GT(failed, seeds / 20);
}

TEST(LinearSearch, agrees_with_brute_force_on_registers) {
    compare_many(Flavour::registers, 20'000);
}
TEST(LinearSearch, agrees_with_brute_force_on_cas_registers) { compare_many(Flavour::cas, 20'000); }
TEST(LinearSearch, agrees_with_brute_force_on_key_value_stores) {
    compare_many(Flavour::key_value, 20'000);
}
TEST(LinearSearch, agrees_with_brute_force_on_lists) { compare_many(Flavour::lists, 20'000); }

}  // namespace
}  // namespace storm::check
