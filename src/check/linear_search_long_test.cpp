// Goal: as linear_search_test.cpp, on many more histories and longer ones.
// Method: a million random histories a model, three to eight operations, verdict against brute
// force; other seeds than in the short test.
#include <gtest/gtest.h>

#include "check/brute_force.h"
#include "check/linearizable.h"
#include "check/random_history.h"

namespace storm::check {
namespace {

void compare_many(Flavour flavour) {
    constexpr std::uint64_t first = 1'000'000;
    constexpr std::uint64_t many = 1'000'000;
    for (std::uint64_t seed = first; seed < first + many; ++seed) {
        HistoryMaker maker(flavour, seed);
        const auto history = maker.make(static_cast<std::uint32_t>(3 + seed % 6));
        const bool truth = BruteForce(history).linearizable();
        const auto result = linearizability(history, model_of(flavour), {});
        ASSERT_EQ(result.verdict, truth ? Verdict::pass : Verdict::violated) << "seed " << seed;
    }
}

TEST(LinearSearchLong, a_million_registers) { compare_many(Flavour::registers); }
TEST(LinearSearchLong, a_million_cas_registers) { compare_many(Flavour::cas); }
TEST(LinearSearchLong, a_million_key_value_stores) { compare_many(Flavour::key_value); }
TEST(LinearSearchLong, a_million_stores_of_lists) { compare_many(Flavour::lists); }

}  // namespace
}  // namespace storm::check
