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
#include "check/random_history.h"
#include "core/dice.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;
using history::Outcome;

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
        HistoryMaker maker(flavour, seed);
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
