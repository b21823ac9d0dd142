// Goal: an acknowledged write that is gone is found, and nothing is called lost that is not.
// Method: small histories by hand for each clause of the claim; random histories, on which every
// violation must also be one of linearizability by brute force.
#include "check/lost_writes.h"

#include <gtest/gtest.h>

#include <vector>

#include "check/brute_force.h"
#include "check/run_builder.h"
#include "core/dice.h"

namespace storm::check {
namespace {

using core::Value;
using Indices = std::vector<std::uint32_t>;

Finding judged(const HistoryBuilder& history, const char* model = "register",
               bool reads_may_lag = false) {
    RunBuilder run;
    run.system.model = model;
    run.history(history);
    fault::Params params;
    params.set("reads_may_lag", fault::ParamValue{reads_may_lag});
    return run.judged("no-lost-acknowledged-writes", params);
}

TEST(LostWrites, a_write_that_a_later_read_does_not_show_is_lost) {
    HistoryBuilder h;
    h.ok(1, 1'000, 1'004, "write", 3).ok(1, 1'200, 1'204, "write", 4);
    h.ok(1, 1'310, 1'353, "read", {}, 3);
    const Finding finding = judged(h);
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.reason(), "no-lost-acknowledged-writes/lost write/");
    EXPECT_EQ(finding.sentence,
              "c1 was told at 1.204 s that x = 4 is stored. At 1.353 s c1 read x = 3, and x = 4 "
              "was never seen again.");
    EXPECT_EQ(finding.operations, (Indices{1, 2}));
    EXPECT_EQ(finding.fatal, 2U);
    EXPECT_EQ(finding.expected, "4");
}

TEST(LostWrites, a_write_that_is_seen_later_was_only_late) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 3).ok(1, 20, 30, "write", 4).ok(2, 40, 50, "read", {}, 3);
    h.ok(2, 60, 70, "read", {}, 4);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
}

TEST(LostWrites, a_value_that_an_unknown_write_may_have_made_excuses_the_read) {
    HistoryBuilder h;
    h.info(2, 0, 5, "write", 3).ok(1, 20, 30, "write", 4).ok(2, 40, 50, "read", {}, 3);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
}

TEST(LostWrites, a_write_beside_or_after_it_excuses_the_read) {
    HistoryBuilder beside;
    beside.ok(1, 0, 30, "write", 3).ok(2, 20, 25, "write", 4).ok(2, 40, 50, "read", {}, 3);
    EXPECT_EQ(judged(beside).verdict, Verdict::pass);
    HistoryBuilder after;
    after.ok(1, 0, 10, "write", 4).ok(2, 20, 25, "write", 3).ok(2, 40, 50, "read", {}, 3);
    EXPECT_EQ(judged(after).verdict, Verdict::pass);
}

TEST(LostWrites, values_that_repeat_count_by_the_last_that_wrote_them) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 3).ok(1, 20, 30, "write", 4).ok(1, 40, 50, "write", 3);
    h.ok(2, 60, 70, "read", {}, 3);
    EXPECT_EQ(judged(h).verdict, Verdict::pass);
}

TEST(LostWrites, a_first_write_is_lost_when_nothing_is_read) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "put", list({"a", 1})).ok(2, 20, 30, "get", "a", {});
    const Finding finding = judged(h, "key-value");
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.expected, "1");
}

TEST(LostWrites, a_delete_that_does_not_hold_is_lost) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "put", list({"a", 1})).ok(1, 20, 30, "delete", "a").ok(2, 40, 50, "get", "a", 1);
    EXPECT_EQ(judged(h, "key-value").verdict, Verdict::violated);
}

TEST(LostWrites, an_append_that_is_missing_from_then_on_is_lost) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "append", list({"a", 1})).ok(1, 20, 30, "append", list({"a", 2}));
    h.ok(2, 40, 50, "get", "a", list({1}));
    const Finding finding = judged(h, "key-value");
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.operations, (Indices{1, 2}));
    EXPECT_EQ(finding.expected, "a list with 2");
    HistoryBuilder replaced = h;
    replaced.ok(2, 60, 70, "get", "a", list({1, 2}));
    EXPECT_EQ(judged(replaced, "key-value").verdict, Verdict::pass);
}

TEST(LostWrites, where_reads_may_lag_only_what_never_comes_back_is_lost) {
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 3).ok(1, 20, 30, "write", 4).ok(2, 40, 50, "read", {}, 3);
    EXPECT_EQ(judged(h, "register", true).verdict, Verdict::violated);
    h.ok(1, 60, 70, "write", 5).ok(2, 80, 90, "read", {}, 5);
    EXPECT_EQ(judged(h, "register", false).verdict, Verdict::violated);
    EXPECT_EQ(judged(h, "register", true).verdict, Verdict::pass) << "4 may have been overwritten";
}

TEST(LostWrites, what_no_read_could_have_missed_is_nothing_to_judge) {
    HistoryBuilder refused;
    refused.info(1, 0, 10, "write", 3).fail(1, 20, 30, "write", 4).ok(2, 40, 50, "read");
    EXPECT_TRUE(judged(refused).had_nothing()) << "no write was acknowledged";
    HistoryBuilder unread;
    unread.ok(2, 0, 10, "read").ok(1, 5, 30, "write", 4).info(2, 40, 50, "read");
    EXPECT_TRUE(judged(unread).had_nothing()) << "the only answered read began before";
    HistoryBuilder keys;
    keys.ok(1, 0, 10, "put", list({"a", 1})).ok(1, 20, 30, "get", "b");
    EXPECT_TRUE(judged(keys, "key-value").had_nothing()) << "another key was read";
    keys.ok(1, 40, 50, "get", "a", 1);
    EXPECT_EQ(judged(keys, "key-value").verdict, Verdict::pass);
    EXPECT_TRUE(judged({}).had_nothing());
}

TEST(LostWrites, whatever_is_called_lost_is_not_linearizable_either) {
    std::uint64_t lost = 0;
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        core::Dice dice(seed, 3);
        HistoryBuilder h;
        std::int64_t now = 0;
        for (std::int64_t i = 0; i < 6; ++i) {
            const auto client = static_cast<std::uint32_t>(1 + dice.below(3));
            now += dice.between(0, 3);
            const auto until = now + dice.between(0, 4);
            const Value value = dice.between(1, 4);
            if (dice.happens(500'000)) {
                h.add(dice.happens(800'000) ? history::Outcome::ok : history::Outcome::info, client,
                      now, until, "write", value);
            } else {
                h.ok(client, now, until, "read", {}, dice.happens(200'000) ? Value{} : value);
            }
        }
        if (judged(h).verdict != Verdict::violated) continue;
        ++lost;
        ASSERT_FALSE(BruteForce(h.history()).linearizable()) << seed;
    }
    EXPECT_GT(lost, 500U);
}

}  // namespace
}  // namespace storm::check
