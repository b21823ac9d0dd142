// Goal: an error arrives at the top with everything that was being done when it happened.
// Method: functions that fail at the bottom of a chain.
#include "core/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace storm::core {
namespace {

Result<int> read_number(bool works) {
    if (!works) return fail(ErrorKind::io, "disk full");
    return 7;
}
Result<std::string> read_line(bool works) {
    auto number = read_number(works);
    if (!number) return within(std::move(number).error(), "line 3");
    return std::to_string(*number);
}
Result<std::string> read_file(bool works) {
    auto line = read_line(works);
    if (!line) return within(std::move(line).error(), "reading plan.json");
    return line;
}
Result<std::size_t> length(bool works) {
    STORM_TRY(const std::string text, read_file(works));
    STORM_TRY(auto twice, read_file(works));
    return text.size() + twice.size();
}
Result<void> check(bool works) {
    STORM_CHECK(length(works));
    return {};
}
Result<std::unique_ptr<int>> owned() { return std::make_unique<int>(4); }
Result<int> moved() {
    STORM_TRY(const auto number, owned());
    return *number;
}

TEST(Error, says_what_was_being_done_outermost_first) {
    const auto result = read_file(false);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().text(), "reading plan.json: line 3: disk full");
    EXPECT_EQ(result.error().kind, ErrorKind::io);
    EXPECT_EQ(Error{}.text(), "");
}

TEST(Try, passes_values_on_and_errors_up) {
    EXPECT_EQ(length(true), 2U);
    ASSERT_FALSE(length(false).has_value());
    EXPECT_EQ(length(false).error().text(), "reading plan.json: line 3: disk full");
    EXPECT_TRUE(check(true).has_value());
    EXPECT_FALSE(check(false).has_value());
    EXPECT_EQ(moved(), 4);
}

TEST(ErrorKind, has_a_word_of_its_own) {
    std::set<std::string_view> words;
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
        words.insert(to_text(static_cast<ErrorKind>(kind)));
    }
    EXPECT_EQ(words.size(), 8U);
    EXPECT_FALSE(words.contains(""));
}

}  // namespace
}  // namespace storm::core
