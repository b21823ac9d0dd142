// Goal: words for people are right: nearest names, plurals, short numbers, widths, quoting.
// Method: tables; round trips; quoted text judged by a JSON library that we did not write.
#include "core/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace storm::core {
namespace {

const std::vector<std::string> faults = {"net.partition", "net.delay",  "net.loss",
                                         "node.kill",     "node.pause", "disk.full"};

TEST(Nearest, finds_the_word_that_was_meant) {
    EXPECT_EQ(nearest("net.partitoin", faults), "net.partition");  // A swap counts one.
    EXPECT_EQ(nearest("net.dealy", faults), "net.delay");
    EXPECT_EQ(nearest("node.kil", faults), "node.kill");
    EXPECT_EQ(nearest("nodekill", faults), "node.kill");
    EXPECT_EQ(nearest("net.loss", faults), "net.loss");
}

TEST(Nearest, says_nothing_when_no_word_is_near) {
    EXPECT_EQ(nearest("clock.jump", faults), std::nullopt);
    EXPECT_EQ(nearest("", faults), std::nullopt);
    EXPECT_EQ(nearest("net.loss", std::vector<std::string>{}), std::nullopt);
    const std::vector<std::string> units = {"ns", "us"};
    EXPECT_EQ(nearest("xy", units), std::nullopt);
}

TEST(Nearest, counts_a_swap_of_neighbours_as_one_mistake) {
    const std::vector<std::string> one = {"ab"};
    EXPECT_EQ(nearest("ba", one), "ab");
    const std::vector<std::string> either = {"abdc", "abcx"};
    EXPECT_EQ(nearest("abcd", either), "abdc");  // The first of two at one mistake each.
}

RC_GTEST_PROP(Nearest, forgives_any_one_mistake, ()) {
    const auto word =
        *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'e')));
    std::string mistaken = word;
    const auto at = *rc::gen::inRange<std::size_t>(0, word.size());
    switch (*rc::gen::inRange(0, 4)) {
        case 0:
            mistaken.erase(at, 1);
            break;
        case 1:
            mistaken.insert(at, 1, 'z');
            break;
        case 2:
            mistaken[at] = 'z';
            break;
        default:
            if (at > 0) std::swap(mistaken[at - 1], mistaken[at]);
    }
    RC_ASSERT(nearest(mistaken, std::vector{word}) == word);
}

TEST(Numbers, have_commas_at_thousands) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(17'918), "17,918");
    EXPECT_EQ(with_commas(~0ULL), "18,446,744,073,709,551,615");
}

TEST(Numbers, are_short_in_three_digits_and_a_unit) {
    const std::pair<double, const char*> texts[] = {
        {0, "0"},          {812, "812"},      {999.4, "999"},     {999.6, "1 k"},
        {6'100, "6.1 k"},  {6'123, "6.12 k"}, {17'918, "17.9 k"}, {123'456, "123 k"},
        {999'600, "1 M"},  {4.1e6, "4.1 M"},  {2e9, "2 G"},       {0.5, "0.5"},
        {3.14159, "3.14"}, {9.999, "10"},     {99.97, "100"},     {-6'100, "-6.1 k"},
        {-0.001, "0"},     {7e18, "7000 P"},
    };
    for (const auto& [n, text] : texts) EXPECT_EQ(short_number(n), text) << n;
    EXPECT_EQ(short_number(std::numeric_limits<double>::infinity()), "inf");
    EXPECT_EQ(short_number(std::nan("")), "?");
}

TEST(Words, are_counted_with_their_plural) {
    EXPECT_EQ(counted(1, "fault"), "1 fault");
    EXPECT_EQ(counted(0, "fault"), "0 faults");
    EXPECT_EQ(counted(14'000, "fault"), "14,000 faults");
    EXPECT_EQ(counted(2, "history"), "2 histories");
    EXPECT_EQ(counted(2, "delay"), "2 delays");
    EXPECT_EQ(counted(2, "process"), "2 processes");
    EXPECT_EQ(counted(2, "crash"), "2 crashes");
}

TEST(Words, are_joined_as_in_a_sentence) {
    const std::vector<std::string> words = {"a", "b", "c"};
    EXPECT_EQ(joined({}), "");
    EXPECT_EQ(joined(std::span(words).first(1)), "a");
    EXPECT_EQ(joined(std::span(words).first(2)), "a and b");
    EXPECT_EQ(joined(words), "a, b and c");
}

RC_GTEST_PROP(Hex, comes_back, (std::uint64_t n)) {
    RC_ASSERT(hex(n).size() == 16U);
    RC_ASSERT(from_hex(hex(n)) == n);
}

TEST(Hex, has_no_other_form) {
    EXPECT_EQ(hex(0xabc), "0000000000000abc");
    for (const char* text : {"", "abc", "0000000000000ABC", "000000000000abcg", "0x00000000000abc",
                             "00000000000000abc", " 000000000000abc"}) {
        EXPECT_EQ(from_hex(text), std::nullopt) << text;
    }
}

TEST(Columns, count_what_a_terminal_shows) {
    const std::pair<const char*, std::size_t> texts[] = {
        {"", 0},
        {"abc", 3},
        {"é", 1},
        {"e\xcc\x81", 1},
        {"→─┆", 3},
        {"日本", 4},
        {"한", 2},
        {"ｆ", 2},
        {"✓✗●", 3},
        {"\xf0\x9f\x98\x80", 2},
        {"\x1b", 0},
        {"\xff\xfe", 2},
        {"a\xe2\x80\x8d"
         "b",
         2},
    };
    for (const auto& [text, width] : texts) EXPECT_EQ(columns(text), width) << text;
}

RC_GTEST_PROP(Characters, use_up_any_bytes, (const std::string& bytes)) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const std::size_t before = rest.size();
        const char32_t point = take_character(rest);
        RC_ASSERT(rest.size() < before);
        RC_ASSERT(point <= 0x10ffffU);
        RC_ASSERT(point < 0xd800U || point > 0xdfffU);
    }
}

TEST(Characters, that_are_broken_read_as_one_replacement_each) {
    const auto read = [](std::string_view bytes) {
        std::u32string points;
        while (!bytes.empty()) points += take_character(bytes);
        return points;
    };
    EXPECT_EQ(read("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), U"a\u00e9\u20ac\U0001f600");
    EXPECT_EQ(read("\xc0\x80"), U"\ufffd\ufffd");  // Overlong.
    EXPECT_EQ(read("\xe0\x80\x80"), U"\ufffd\ufffd\ufffd");
    EXPECT_EQ(read("\xed\xa0\x80"), U"\ufffd\ufffd\ufffd");  // A surrogate.
    EXPECT_EQ(read("\xf4\x90\x80\x80"), U"\ufffd\ufffd\ufffd\ufffd");
    EXPECT_EQ(read("\xe2\x82"), U"\ufffd");  // Cut off.
    EXPECT_EQ(read("\xe2\x82x"), U"\ufffdx");
    EXPECT_EQ(read("\xf0\x9f\x98"), U"\ufffd");
}

RC_GTEST_PROP(QuotedText, is_json_that_means_the_same, (const std::string& text)) {
    const auto json = nlohmann::json::parse(json_quoted(text), nullptr, false);
    RC_ASSERT(json.is_string());
    // The library's own replacement of broken UTF-8 is the reference.
    const auto reference = nlohmann::json::parse(
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    RC_ASSERT(json == reference);
}

TEST(Split, keeps_empty_parts) {
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
    EXPECT_EQ(split("", ','), std::vector<std::string>{""});
}

}  // namespace
}  // namespace storm::core
