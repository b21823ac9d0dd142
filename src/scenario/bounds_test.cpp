// Tests of bounds: goal: no file, however large or crafted, costs more than a moment.
// Method: files at and beyond each bound; what is refused says so in one error.
#include <gtest/gtest.h>

#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

std::string first_error(const std::string& text) {
    const test::World world;
    const ReadResult result = world.read(text);
    EXPECT_FALSE(result.scenario);
    return result.problems.empty() ? "" : result.problems.front().what;
}

std::string repeated(std::string_view what, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += what;
    return text;
}

TEST(Bounds, AFileOfAHundredMegabytesIsRefusedForItsSizeAlone) {
    std::string huge(100'000'000, 'x');
    EXPECT_EQ(first_error(huge), "the file has 95.4 MiB; a scenario has at most 1 MiB");
}

TEST(Bounds, AMebibyteOfCommentsIsReadAndOneByteMoreIsNot) {
    const test::World world;
    std::string text = test::simple + "#";
    text.resize(1U << 20U, ' ');
    EXPECT_TRUE(world.read(text).scenario);
    EXPECT_EQ(first_error(text + " "), "the file has 1.0 MiB; a scenario has at most 1 MiB");
}

TEST(Bounds, NestingDeeperThanThirtyTwoIsRefused) {
    const std::string deep = "a: " + repeated("[", 31) + repeated("]", 31) + "\n";
    EXPECT_EQ(first_error(deep).find("nested"), std::string::npos);
    EXPECT_EQ(first_error("a: " + repeated("[", 32) + repeated("]", 32) + "\n"),
              "nested deeper than 32");
    EXPECT_EQ(first_error("a: " + repeated("[", 500'000)), "nested deeper than 32");
    EXPECT_EQ(first_error("a: " + repeated("{a: ", 100'000)), "nested deeper than 32");
    EXPECT_NE(first_error(repeated("- ", 400'000)), "");
    EXPECT_NE(first_error(repeated("? ", 400'000)), "");
}

TEST(Bounds, AnAliasBombIsRefusedBeforeItGoesOff) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 7; ++i) {
        bomb += fmt::format("a{}: &a{} [", i, i);
        for (int k = 0; k < 9; ++k) bomb += fmt::format("{}*a{}", k > 0 ? ", " : "", i - 1);
        bomb += "]\n";
    }
    EXPECT_EQ(first_error(bomb), "aliases multiply to more than 100000 values");
}

TEST(Bounds, MoreThanSixtyFourAliasesAreRefused) {
    std::string text = "title: &t x\nmust_reach: [";
    EXPECT_EQ(first_error(text + repeated("*t, ", 65) + "]\n"), "more than 64 aliases");
    EXPECT_EQ(first_error(text + repeated("*t, ", 64) + "]\n").find("aliases"), std::string::npos);
}

TEST(Bounds, ManyValuesAndManyKeysAreRefusedOrReadInAMoment) {
    EXPECT_EQ(first_error("must_reach: [" + repeated("a,", 200'000) + "]"),
              "more than 100000 values");
    std::string keys;
    for (int i = 0; i < 45'000; ++i) keys += fmt::format("k{}: 1\n", i);
    EXPECT_EQ(first_error(keys), "unknown key \"k0\" in a scenario");
}

TEST(Bounds, ABinaryFileIsRefusedAtItsFirstByteThatIsNoText) {
    EXPECT_EQ(first_error(std::string("\x7f"
                                      "ELF\x02\x01\x01\0\0\0",
                                      10)),
              "byte 0x02 is no text");
    EXPECT_EQ(first_error(std::string("stormproof: 1\0", 14)), "byte 0x00 is no text");
    EXPECT_EQ(first_error("title: \xed\xa0\x80\n"), "byte 0xed is no text");
    EXPECT_EQ(first_error("title: \xc3"), "byte 0xc3 is no text");
    EXPECT_EQ(first_error("title: \xf4\x90\x80\x80\n"), "byte 0xf4 is no text");
}

TEST(Bounds, AVeryLongLineIsShownAroundItsError) {
    const test::World world;
    const std::string text = test::simple + "must_reach: [" + repeated("abc, ", 10'000) + "[x]]\n";
    const std::string printed = world.errors(text);
    EXPECT_NE(printed.find("must_reach is text, found a list"), std::string::npos);
    EXPECT_LT(printed.size(), 600U);
}

TEST(Bounds, ARandomPartOfAWeekMakesNoMoreThanAHundredThousandFaults) {
    const test::World world;
    const std::string text =
        "stormproof: 1\nsystem: store\nfor: 168h\nfaults:\n  - {use: random, every: 1ms}\n";
    EXPECT_EQ(world.read(text).problems.at(0).what, "that makes 604800000 faults");
}

TEST(Bounds, AFaultStrikesNoMoreThanTenThousandTimes) {
    const test::World world;
    const auto text = [](std::string_view fault) {
        return fmt::format("stormproof: 1\nsystem: store\nfor: 10s\nfaults:\n  - {}\n", fault);
    };
    const auto most = text("{use: clock.jump, at: 0s, every: 1ms, target: all}");
    EXPECT_TRUE(world.read(most).scenario) << world.errors(most);
    const auto bounded = text("{use: clock.jump, at: 1s, every: 1us, times: 10000, target: all}");
    EXPECT_TRUE(world.read(bounded).scenario) << world.errors(bounded);
    const auto beyond = text("{use: clock.jump, at: 0s, every: 999us, target: all}");
    ASSERT_EQ(world.read(beyond).problems.size(), 1U);
    const auto problem = world.read(beyond).problems.front();
    EXPECT_EQ(problem.what, "clock.jump would strike 10,011 times: every 999us in 10s");
    EXPECT_EQ(problem.help,
              "at most 10,000 strikes of one fault: want a longer every, or times: 10000");
    EXPECT_EQ(problem.line, 5);
    EXPECT_EQ(problem.column, 38);
}

TEST(Bounds, OperationsAreBoundedToo) {
    const test::World world;
    const std::string text =
        "stormproof: 1\nsystem: store\nfor: 168h\nworkload: {use: mix, clients: 100000, "
        "every: 1us}\n";
    ASSERT_FALSE(world.read(text).scenario);
    EXPECT_EQ(world.read(text).problems.at(0).what,
              "that makes more than 10 million operations a run");
}

}  // namespace
}  // namespace storm::scenario
