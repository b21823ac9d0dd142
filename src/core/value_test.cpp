// Goal: a value survives its trip through JSON, has one order and one key, and text that is
// no value is refused with the column where it goes wrong.
// Method: properties over arbitrary values; a table of texts that must be refused.
#include "core/value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "core/values_test.h"

namespace storm::core {
namespace {

RC_GTEST_PROP(Value, comes_back_from_json_as_it_went, (const Value& value)) {
    const auto back = value_from_json(to_json(value));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == as_json_carries_it(value));
}

RC_GTEST_PROP(Value, is_one_line_of_json, (const Value& value)) {
    const std::string json = to_json(value);
    RC_ASSERT(json.find_first_of("\n\r\t") == std::string::npos);
}

RC_GTEST_PROP(Value, is_ordered_totally_and_as_it_is_equal,
              (const Value& a, const Value& b, const Value& c)) {
    RC_ASSERT((a == b) == ((a <=> b) == 0));
    RC_ASSERT((a < b) == (b > a));
    RC_ASSERT(!(a < b && b < c) || a < c);
    RC_ASSERT(std::is_eq(a <=> a));
}

RC_GTEST_PROP(Value, has_the_key_of_its_content, (const Value& a, const Value& b)) {
    const Value copy = a;  // NOLINT: another object is the point.
    RC_ASSERT(key_of(copy) == key_of(a));
    RC_ASSERT((key_of(a) == key_of(b)) == (a == b));
}

RC_GTEST_PROP(Value, from_any_text_is_a_value_or_an_error, (const std::string& text)) {
    const auto value = value_from_json(text);
    if (!value) RC_ASSERT(value.error().kind == ErrorKind::bad_input);
    if (value) RC_ASSERT(value_from_json(to_json(*value)).has_value());
}

TEST(Value, prints_as_json_and_for_people) {
    const Value::List inner{1, 2};
    const Value value(Value::List{Value(), true, -4, "a \"b\"\n", inner, Value(Value::List{})});
    EXPECT_EQ(to_json(value), R"([null,true,-4,"a \"b\"\n",[1,2],[]])");
    EXPECT_EQ(to_human(value), "[nil, true, -4, a \"b\"\n, [1, 2], []]");
    EXPECT_EQ(to_human(Value()), "nil");
    EXPECT_EQ(to_json("\x01"), "\"\\u0001\"");
}

TEST(Value, reads_all_of_json_that_it_can_mean) {
    EXPECT_EQ(value_from_json(" [ 1 ,\t[ ] ] "), (Value(Value::List{1, Value(Value::List{})})));
    EXPECT_EQ(value_from_json(R"("\u0041\u00e9\u20ac\ud83d\ude00\/")"),
              Value("Aé€\xf0\x9f\x98\x80/"));
    EXPECT_EQ(value_from_json("-9223372036854775808"),
              Value(std::numeric_limits<std::int64_t>::min()));
    EXPECT_EQ(value_from_json("-0"), Value(0));
}

TEST(Value, tells_kinds_apart_whatever_they_hold) {
    EXPECT_NE(Value(false), Value(0));
    EXPECT_NE(Value(), Value(false));
    EXPECT_NE(Value("0"), Value(0));
    EXPECT_NE(Value(""), Value(Value::List{}));
    EXPECT_EQ(Value("x").kind(), Value::Kind::text);
    EXPECT_EQ(Value(7).integer_or(1), 7);
    EXPECT_EQ(Value("7").integer_or(1), 1);
}

TEST(Value, refuses_what_it_cannot_hold_and_says_where) {
    const std::pair<const char*, const char*> texts[] = {
        {"", "column 1: a value is missing"},
        {"  ", "column 3: a value is missing"},
        {"1.5", "column 1: a number with fraction or exponent is no value here"},
        {"1e3", "column 1: a number with fraction or exponent is no value here"},
        {"01", "column 1: a leading zero"},
        {"-", "column 1: want a digit after '-'"},
        {"9223372036854775808", "column 1: an integer outside 64 bits"},
        {"{}", "column 1: an object is no value here"},
        {"nul", "column 1: want null, true, false, an integer, \"text\" or [a list]"},
        {"1 2", "column 3: more after the value"},
        {"[1,]", "column 4: want null, true, false, an integer, \"text\" or [a list]"},
        {"[1", "column 3: want ',' or ']' in a list"},
        {"[1;2]", "column 3: want ',' or ']' in a list"},
        {"\"a", "column 3: text without a closing quote"},
        {"\"\\x\"", "column 4: an unknown escape in text"},
        {"\"\\ud800\"", "column 8: an unknown escape in text"},
        {"\"\\udc00\"", "column 8: an unknown escape in text"},
        {"\"\\u12g4\"", "column 4: an unknown escape in text"},
        {"\"\n\"", "column 2: a control character in text"},
    };
    for (const auto& [text, why] : texts) {
        const auto value = value_from_json(text);
        ASSERT_FALSE(value.has_value()) << text;
        EXPECT_EQ(value.error().text(), why) << text;
    }
}

TEST(Value, refuses_lists_deeper_than_32) {
    EXPECT_TRUE(value_from_json(to_json(nested(32))).has_value());
    EXPECT_FALSE(value_from_json(to_json(nested(33))).has_value());
    EXPECT_FALSE(value_from_json(std::string(1'000'000, '[')).has_value());
}

}  // namespace
}  // namespace storm::core
