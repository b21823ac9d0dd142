// Goal: JSON is read strictly, and whatever is wrong is named with its line and column.
// Method: a table of broken documents with their errors; values of every kind; properties over
// arbitrary values and arbitrary bytes.
#include "core/json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "core/values_test.h"

namespace storm::core {
namespace {

struct Small {
    std::int64_t number = 0;
    bool flag = false;
    std::string word;
    std::vector<std::int64_t> list;
    bool operator==(const Small&) const = default;
};

Result<Small> read_small(std::string_view text) {
    Small small;
    JsonReader in(text, "x.json");
    in.object([&](std::string_view key) {
        if (key == "number") {
            small.number = in.integer(-5, 99);
        } else if (key == "flag") {
            small.flag = in.boolean();
        } else if (key == "word") {
            small.word = in.text();
        } else if (key == "list") {
            in.list([&] { small.list.push_back(in.integer()); });
        } else {
            in.unknown_key({"number", "flag", "word", "list"});
        }
    });
    STORM_CHECK(in.finish());
    return small;
}

std::string error_of(std::string_view text) {
    const auto result = read_small(text);
    return result ? "" : result.error().message;
}

TEST(JsonReader, reads_what_it_asks_for_in_any_order) {
    const auto small = read_small(
        "\n{ \"list\" : [1,\t2 ], \"word\": \"\\u00e9\\n\","
        "\r\n\"flag\":true,\"number\":-5}\n");
    ASSERT_TRUE(small) << small.error().text();
    EXPECT_EQ(*small, (Small{-5, true, "é\n", {1, 2}}));
    EXPECT_EQ(read_small("{}"), Small{});
}

TEST(JsonReader, names_line_column_what_is_wrong_and_what_would_be_right) {
    const std::map<std::string, std::string> broken = {
        {"", "x.json:1:1: want an object in { }, found the end of the file (was it cut off?)"},
        {"\n\n", "x.json:3:1: want an object in { }, found the end of the file (was it cut off?)"},
        {"[]", "x.json:1:1: want an object in { }, found a list"},
        {std::string(3, '\0'),
         "x.json:1:1: want an object in { }, found byte 0x00 (is this a "
         "text file?)"},
        {"{", "x.json:1:2: want a key in quotes, found the end of the file (was it cut off?)"},
        {"{\n\"number\": 1.5}",
         "x.json:2:11: \"number\": want a whole number, without point, "
         "exponent or leading 0"},
        {"{\"number\": 100}", "x.json:1:12: \"number\": 100 is out of range: want -5 to 99"},
        {"{\"number\": 99999999999999999999}",
         "x.json:1:12: \"number\": 99999999999999999999 is out of range: want -5 to 99"},
        {"{\"number\": \"7\"}", "x.json:1:12: \"number\": want a whole number, found text"},
        {"{\"number\": 07}",
         "x.json:1:12: \"number\": want a whole number, without point, "
         "exponent or leading 0"},
        {"{\"flag\": 1}", "x.json:1:10: \"flag\": want true or false, found a number"},
        {"{\"flag\": trust}", "x.json:1:10: \"flag\": want true or false"},
        {"{\"nubmer\": 1}", "x.json:1:2: unknown key \"nubmer\"; did you mean \"number\"?"},
        {"{\"qqq\": 1}",
         "x.json:1:2: unknown key \"qqq\"; known here: number, flag, word and list"},
        {"{\"number\": 1,\n \"number\": 2}", "x.json:2:2: the key \"number\" stands here twice"},
        {"{\"number\": 1} 2", "x.json:1:15: want the end of the file, found a number"},
        {"{\"number\" 1}", "x.json:1:11: \"number\": want ':' after a key, found a number"},
        {"{\"number\": 1 \"flag\": true}", "x.json:1:14: want ',' or '}', found text"},
        {"{\"list\": [1 2]}", "x.json:1:13: \"list\": want ',' or ']', found a number"},
        {"{\"list\": [1,]}", "x.json:1:13: \"list\": want a whole number, found ']'"},
        {"{\"word\": \"abc", "x.json:1:10: text without a closing quote (was the file cut off?)"},
        {"{\"word\": \"a\nb\"}", "x.json:1:10: text without a closing quote"},
        {"{\"word\": \"a\xff\"}", "x.json:1:12: byte 0xff is not UTF-8 (is this a text file?)"},
        {"{\"word\": \"a\\q\"}", "x.json:1:14: an unknown escape in text"},
    };
    for (const auto& [text, error] : broken) EXPECT_EQ(error_of(text), error) << text;
}

TEST(JsonReader, counts_lines_from_where_it_is_told) {
    JsonReader in("{]", "h.jsonl", 41);
    in.object([](std::string_view) {});
    EXPECT_EQ(in.finish().error().message, "h.jsonl:41:2: want a key in quotes, found ']'");
}

TEST(JsonReader, keeps_only_the_first_error) {
    JsonReader in("{}", "x");
    in.refuse(0, "first");
    in.refuse(1, "second");
    EXPECT_EQ(in.peek(), JsonReader::Kind::nothing);
    EXPECT_EQ(in.finish().error().message, "x:1:1: first");
}

TEST(JsonReader, refuses_depth_in_values_and_in_structure) {
    for (const int depth : {30, 5000}) {
        const auto count = static_cast<std::size_t>(depth);
        const std::string text = std::string(count, '[') + std::string(count, ']');
        JsonReader in(text, "x");
        (void)in.value();
        EXPECT_EQ(in.finish().has_value(), depth == 30) << depth;
    }
    const std::string open(5000, '[');
    JsonReader in(open, "x");
    const std::function<void()> into = [&] { in.list(into); };
    in.list(into);
    EXPECT_EQ(in.finish().error().message, "x:1:33: nested deeper than 32");
}

TEST(JsonReader, bounds_the_items_of_lists) {
    std::string many = "[0";
    for (std::size_t i = 0; i < JsonReader::items_max; ++i) many += ",0";
    many += "]";
    JsonReader in(many, "x");
    (void)in.value();
    EXPECT_EQ(in.finish().error().message, "x:1:1: more than 10,000,000 items in lists");
}

TEST(JsonReader, positions_an_error_inside_a_value_of_many_lines) {
    JsonReader in("[1,\n [2,\n  x]]", "x");
    (void)in.value();
    EXPECT_TRUE(in.finish().error().message.starts_with("x:3:3: ")) << in.finish().error().message;
}

RC_GTEST_PROP(JsonReader, reads_every_value_that_was_written, (const Value& value)) {
    const std::string json = "{\"v\":" + to_json(value) + "}";
    JsonReader in(json, "x");
    Value back;
    in.object([&](std::string_view) { back = in.value(); });
    RC_ASSERT(in.finish().has_value());
    RC_ASSERT(back == as_json_carries_it(value));
}

RC_GTEST_PROP(JsonReader, ends_with_a_result_or_a_placed_error_on_any_bytes,
              (const std::string& text)) {
    const auto small = read_small(text);
    if (!small) RC_ASSERT(small.error().message.starts_with("x.json:"));
}

}  // namespace
}  // namespace storm::core
