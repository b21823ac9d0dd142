// Goal: text for people has the width it claims and cannot act on the screen.
// Method: examples of each rule; random bytes through plain(), wrapped() and shortened().
#include "core/lines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/text.h"

namespace storm::core {
namespace {

TEST(Lines, AScreenGetsNoControlCharacterButOurOwnColoursAndRedraws) {
    const std::string ours = "\r\033[K\033[1;31merror:\033[0m a\tb\nc é ▶";
    EXPECT_EQ(for_screen(ours), ours);
    const std::string sign = "\uFFFD";
    EXPECT_EQ(for_screen("\033]0;title\007"), sign + "]0;title" + sign);
    EXPECT_EQ(for_screen("\033[2J\rover"), sign + "[2J" + sign + "over");
    EXPECT_EQ(for_screen("\x7f\xc2\x9b\x9b"), sign + sign + sign);
    EXPECT_EQ(for_screen("\033["), sign + "[");
    EXPECT_EQ(plain_lines("a\n\tb\033[31m\r"), "a\n\tb" + sign + "[31m ");
}

TEST(Lines, PlainTextHoldsNothingThatActsOnTheScreen) {
    EXPECT_EQ(plain("a\033[2Jb"), "a\uFFFD[2Jb");
    EXPECT_EQ(plain("one\ntwo\tthree"), "one two three");
    EXPECT_EQ(plain("\u202Eabc"), "\uFFFDabc") << "text turned round";
    EXPECT_EQ(plain("\xff\xc0\xafx"), "\uFFFD\uFFFD\uFFFDx");
    EXPECT_EQ(plain("grün ▶ 漢"), "grün ▶ 漢");
}

TEST(Lines, PlainTextStaysAsItIs) { EXPECT_EQ(plain(plain("\001\x80 x")), plain("\001\x80 x")); }

TEST(Lines, AsciiHasTheNearestSign) {
    EXPECT_EQ(to_ascii("├─ write ──▶│ ✂ … 3 × ≥"), "|- write -->| x ... 3 x >=");
    EXPECT_EQ(to_ascii("漢"), "?");
}

TEST(Lines, ALineIsNotBrokenInsideAnEquationOrBeforeAUnit) {
    const auto lines = wrapped("at 1.204 s it was x = 4 then", 10);
    for (const auto& line : lines) {
        EXPECT_FALSE(line.ends_with("=") || line.starts_with("=") || line.starts_with("s "))
            << line;
    }
}

TEST(Lines, PaddingCountsColumnsNotBytes) {
    EXPECT_EQ(padded("é▶", 4), "é▶  ");
    EXPECT_EQ(padded_left("é", 3), "  é");
    EXPECT_EQ(padded("long", 2), "long");
}

TEST(Lines, ShorteningLeavesAnEllipsis) {
    EXPECT_EQ(shortened("replicate", 5), "repl…");
    EXPECT_EQ(shortened("fits", 4), "fits");
    EXPECT_EQ(shortened("x", 0), "");
}

TEST(Lines, PaintIsLeftOutWhereThereIsNoColour) {
    EXPECT_EQ(painted("PASSED", Paint::good, {}), "PASSED");
    EXPECT_EQ(painted("PASSED", Paint::good, {.colour = true}), "\033[32mPASSED\033[0m");
}

TEST(Lines, NamedLinesWrapBelowThemselves) {
    EXPECT_EQ(named_lines({{"cause", "one two three four five six"}}, {.width = 35}),
              "  cause      one two three four\n             five six\n");
}

RC_GTEST_PROP(Lines, ShortenedTextFits, (const std::string& text)) {
    const auto width = *rc::gen::inRange<std::size_t>(0, 30);
    RC_ASSERT(columns(shortened(plain(text), width)) <= width);
}

RC_GTEST_PROP(Lines, WrappingLosesNoWord, (const std::string& text)) {
    const auto words = plain(text);
    std::string joined;
    for (const auto& line : wrapped(words, 12)) joined += line;
    std::string kept = words;
    std::erase(kept, ' ');
    std::erase(joined, ' ');
    RC_ASSERT(joined == kept);
}

RC_GTEST_PROP(Lines, AsciiIsAscii, (const std::string& text)) {
    for (const char c : to_ascii(plain(text))) RC_ASSERT(c >= 0);
}

}  // namespace
}  // namespace storm::core
