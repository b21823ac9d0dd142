// Goal: each anomaly is found, named and told in the user's words; what is allowed passes; where
// the search must stop it says so.
// Method: one small history per anomaly, written by hand, with the whole finding compared; long
// generated histories against a generous step count instead of a clock.
#include "check/linearizable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "check/history_builder.h"
#include "core/dice.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;
using Indices = std::vector<std::uint32_t>;

Finding judged(const HistoryBuilder& history, std::string_view model = "register") {
    return to_finding(linearizability(history.history(), model, {}), history.history());
}

TEST(Linearizable, overlapping_operations_may_take_effect_in_any_order) {
    HistoryBuilder h;
    h.ok(1, 0, 100, "write", 1).ok(2, 10, 90, "write", 2).ok(3, 20, 30, "read", {}, 2);
    h.ok(3, 40, 50, "read", {}, 1).ok(3, 110, 120, "read", {}, 1);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
}

TEST(Linearizable, a_stale_read_is_told_as_the_promise_that_was_broken) {
    HistoryBuilder h;
    h.ok(1, 1'000, 1'004, "write", 3).ok(2, 1'050, 1'060, "read", {}, 3);
    h.ok(1, 1'200, 1'204, "write", 4).ok(1, 1'310, 1'353, "read", {}, 3);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.sentence,
              "c1 was told at 1.204 s that x = 4 is stored. At 1.353 s c1 read x = 3, and x = 4 "
              "was never seen again.");
    EXPECT_EQ(finding.operations, (Indices{0, 2, 3}));
    EXPECT_EQ(finding.fatal, 3U);
    EXPECT_EQ(finding.expected, "4");
}

TEST(Linearizable, a_stale_read_of_nothing_needs_two_operations) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(2, 20, 30, "read", {}, {}).ok(2, 40, 50, "read", {}, 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.operations, (Indices{0, 1}));
    EXPECT_EQ(finding.sentence,
              "c1 was told at 10 ms that x = 1 is stored. At 30 ms c2 read x = nil, which was out "
              "of date.");
}

TEST(Linearizable, a_read_that_goes_back_behind_another_read_is_stale) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(1, 20, 100, "write", 2).ok(2, 30, 40, "read", {}, 2);
    h.ok(3, 50, 60, "read", {}, 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.operations, (Indices{0, 1, 2, 3}));
    EXPECT_EQ(finding.fatal, 3U);
    EXPECT_EQ(finding.sentence, "c2 read x = 2 at 40 ms. At 60 ms c3 read x = 1, which is older.");
}

TEST(Linearizable, a_value_that_nobody_wrote_is_named) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(2, 20, 30, "read", {}, 9).ok(2, 40, 50, "read", {}, 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.anomaly, "value never written");
    EXPECT_EQ(finding.operations, (Indices{1}));
    EXPECT_EQ(finding.sentence, "At 30 ms c2 read x = 9, but nobody ever wrote that.");
}

TEST(Linearizable, a_refused_write_must_not_be_seen) {
    HistoryBuilder h;
    h.fail(1, 0, 10, "write", 1).ok(2, 20, 30, "read", {}, 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.anomaly, "refused write seen");
    EXPECT_EQ(finding.sentence,
              "At 30 ms c2 read x = 1, but the only write of it was refused (c1 at 10 ms).");
}

TEST(Linearizable, a_value_cannot_be_seen_before_it_was_written) {
    HistoryBuilder h;
    h.ok(2, 0, 10, "read", {}, 1).ok(1, 20, 30, "write", 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.anomaly, "read from the future");
    EXPECT_EQ(finding.sentence,
              "At 10 ms c2 read x = 1, but nobody asked to store that before 20 ms.");
}

TEST(Linearizable, a_swap_of_a_value_that_was_gone_is_impossible) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 3).ok(1, 20, 30, "write", 4);
    h.ok(2, 40, 50, "cas", list({3, 5}));
    const Finding finding = judged(h, "cas-register");
    EXPECT_EQ(finding.anomaly, "cas result impossible");
    EXPECT_EQ(finding.fatal, 2U);
    EXPECT_EQ(finding.sentence,
              "c1 was told at 30 ms that x = 4 is stored. At 50 ms c2 was told that x went from 3 "
              "to 5, but x was 3 no more.");
}

TEST(Linearizable, two_swaps_from_one_value_cannot_both_succeed) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(1, 20, 40, "cas", list({1, 2}));
    h.ok(2, 20, 40, "cas", list({1, 3}));
    const Finding finding = judged(h, "cas-register");
    EXPECT_EQ(finding.anomaly, "cas result impossible");
    EXPECT_EQ(finding.operations, (Indices{0, 1, 2}));
}

TEST(Linearizable, a_swap_told_not_to_match_must_not_have_matched) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(2, 20, 30, "cas", list({1, 2}), false);
    const Finding finding = judged(h, "cas-register");
    EXPECT_EQ(finding.anomaly, "cas result impossible");
    EXPECT_EQ(finding.sentence, "At 30 ms c2 was told that x is not 1, but it was.");
}

TEST(Linearizable, readers_must_agree_on_an_order) {
    HistoryBuilder h;
    h.ok(1, 0, 100, "write", 1).ok(2, 0, 100, "write", 2).ok(3, 10, 20, "read", {}, 1);
    h.ok(4, 10, 20, "read", {}, 2).ok(3, 30, 40, "read", {}, 2).ok(4, 30, 40, "read", {}, 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_FALSE(finding.sentence.empty());
    EXPECT_GE(finding.operations.size(), 4U);
}

TEST(Linearizable, keys_are_judged_one_by_one) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "put", list({"a", 1})).ok(1, 20, 30, "put", list({"b", 2}));
    h.ok(2, 40, 50, "get", "a", 1).ok(2, 60, 70, "delete", "a").ok(2, 80, 90, "get", "a", {});
    EXPECT_EQ(judged(h, "key-value").verdict, Verdict::pass);
    h.ok(2, 100, 110, "get", "b", {});
    const Finding finding = judged(h, "key-value");
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.operations, (Indices{1, 5}));
    EXPECT_EQ(finding.sentence,
              "c1 was told at 30 ms that b = 2 is stored. At 110 ms c2 read b = nil, and b = 2 was "
              "never seen again.");
}

TEST(Linearizable, a_deleted_value_must_not_come_back) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "put", list({"a", 1})).ok(1, 20, 30, "delete", "a").ok(2, 40, 50, "get", "a", 1);
    const Finding finding = judged(h, "key-value");
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.sentence,
              "c1 was told at 30 ms that a is deleted. At 50 ms c2 read a = 1, and a = nil was "
              "never seen again.");
}

TEST(Linearizable, lists_show_what_was_appended) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "append", list({"a", 1})).ok(2, 20, 30, "append", list({"a", 2}));
    h.ok(1, 40, 50, "get", "a", list({1, 2}));
    EXPECT_EQ(judged(h, "key-value").verdict, Verdict::pass);
    h.ok(1, 60, 70, "get", "a", list({1}));
    const Finding finding = judged(h, "key-value");
    EXPECT_EQ(finding.anomaly, "stale read");
    EXPECT_EQ(finding.sentence,
              "c2 was told at 30 ms that 2 is appended to a. At 70 ms c1 read a = [1], without "
              "it.");
}

TEST(Linearizable, an_unknown_write_may_take_effect_much_later_or_never) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).info(2, 20, 30, "write", 2).ok(3, 40, 50, "read", {}, 1);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
    h.ok(3, 60, 70, "read", {}, 2);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
    h.ok(3, 80, 90, "read", {}, 1);
    EXPECT_EQ(judged(h).verdict, Verdict::violated) << "it cannot be undone";
}

TEST(Linearizable, at_one_instant_only_one_clients_operations_are_in_order) {
    HistoryBuilder other;
    other.ok(1, 0, 10, "write", 1).ok(2, 10, 20, "read", {}, {});
    EXPECT_EQ(judged(other).verdict, Verdict::pass);
    HistoryBuilder same;
    same.ok(1, 0, 10, "write", 1).ok(1, 10, 20, "read", {}, {});
    EXPECT_EQ(judged(same).verdict, Verdict::violated);
}

TEST(Linearizable, what_the_model_does_not_know_is_inconclusive) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "increment", 1);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.verdict, Verdict::inconclusive);
    EXPECT_EQ(finding.sentence,
              "The history cannot be judged: operation \"increment\" with 1 is not one of a "
              "register.");
    EXPECT_EQ(judged(h, "queue").verdict, Verdict::inconclusive);
}

TEST(Linearizable, appending_to_what_is_no_list_is_inconclusive) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "put", list({"a", "text"})).ok(1, 20, 30, "append", list({"a", 1}));
    EXPECT_EQ(judged(h, "key-value").verdict, Verdict::inconclusive);
}

/// Many writers of few values at once, and one read that cannot be: the hard case.
History hard(std::uint32_t clients, std::int64_t rounds) {
    HistoryBuilder h;
    core::Dice dice(5, 5);
    for (std::int64_t round = 0; round < rounds; ++round) {
        for (std::uint32_t c = 1; c <= clients; ++c) {
            const auto from = round * 100 + static_cast<std::int64_t>(dice.below(10));
            h.ok(c, from, from + 80, "write", static_cast<std::int64_t>(dice.below(3)));
        }
        for (std::uint32_t c = 1; c <= clients; ++c) {
            h.ok(c + clients, round * 100 + 10, round * 100 + 80, "cas", list({1, 2}));
        }
    }
    auto history = h.history();
    std::ranges::sort(history, {}, [](const auto& op) { return std::pair(op.invoked, op.id); });
    return history;
}

TEST(Linearizable, a_search_that_is_cut_short_says_why) {
    const auto history = hard(12, 3);
    const auto steps = linearizability(history, "cas-register", {.steps = 100, .memory = 1 << 20});
    ASSERT_EQ(steps.verdict, Verdict::inconclusive);
    EXPECT_NE(steps.why.find("was given up after 100 steps"), std::string::npos) << steps.why;
    const auto memory =
        linearizability(history, "cas-register", {.steps = ~0ULL >> 1, .memory = 4096});
    EXPECT_EQ(memory.verdict, Verdict::inconclusive);
    EXPECT_NE(memory.why.find("MiB"), std::string::npos) << memory.why;
}

TEST(Linearizable, long_histories_take_few_steps_an_operation) {
    core::Dice dice(3, 3);
    HistoryBuilder h;
    std::int64_t held = 0;
    const std::int64_t count = 20'000;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto client = static_cast<std::uint32_t>(1 + i % 5);
        const bool writes = dice.happens(500'000);
        if (writes) held = dice.between(1, 4);
        const Value result = held == 0 ? Value{} : Value{held};
        const std::int64_t late = i % 1'000 == 7 && writes ? 400 : 30;
        if (writes) {
            h.ok(client, i * 10, i * 10 + late, "write", held);
        } else {
            h.ok(client, i * 10, i * 10 + 5, "read", {}, result);
        }
    }
    const auto result = linearizability(h.history(), "register", {});
    EXPECT_EQ(result.verdict, Verdict::pass);
    EXPECT_LT(result.steps, 100U * count);
}

TEST(Linearizable, a_history_without_an_answer_to_explain_is_nothing_to_judge) {
    EXPECT_TRUE(judged({}).had_nothing());
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).info(2, 5, 30, "read").fail(1, 20, 30, "cas", list({1, 2}));
    const Finding finding = judged(h, "cas-register");
    EXPECT_TRUE(finding.had_nothing());
    EXPECT_EQ(finding.sentence, "No read and no cas was answered.");
    h.ok(1, 40, 50, "cas", list({7, 2}), false);
    EXPECT_EQ(judged(h, "cas-register").verdict, Verdict::pass);
}

}  // namespace
}  // namespace storm::check
