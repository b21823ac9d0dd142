// Goal: what the terminal gets is what it can show, and nothing is drawn where nobody looks.
// Method: looks from made-up surroundings; lines and tables at given widths.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "core/text.h"
#include "ui/progress.h"
#include "ui/table.h"
#include "ui/terminal.h"

namespace storm::ui {
namespace {

Surroundings terminal() { return {.is_terminal = true, .columns = 100, .locale = "en_GB.UTF-8"}; }

TEST(Terminal, ColourIsForTerminalsThatWantIt) {
    EXPECT_TRUE(look_of(terminal()).colour);
    for (auto change :
         {+[](Surroundings& s) { s.is_terminal = false; },
          +[](Surroundings& s) { s.no_color = true; }, +[](Surroundings& s) { s.ci = true; },
          +[](Surroundings& s) { s.dumb = true; }}) {
        auto around = terminal();
        change(around);
        EXPECT_FALSE(look_of(around).colour);
    }
}

TEST(Terminal, WidthFollowsTheTerminalWithinReason) {
    EXPECT_EQ(look_of(terminal()).width, 100U);
    EXPECT_EQ(look_of({}).width, 80U);
    EXPECT_EQ(look_of({.is_terminal = true, .columns = 7}).width, 40U);
    EXPECT_EQ(look_of({.is_terminal = true, .columns = 900}).width, 160U);
}

TEST(Terminal, WhereThereIsNoneColumnsSaysTheWidth) {
    const auto with = [](const char* columns) {
        ::setenv("COLUMNS", columns, 1);
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        const auto width = look_of(surroundings(ends[1])).width;
        ::close(ends[0]);
        ::close(ends[1]);
        ::unsetenv("COLUMNS");
        return width;
    };
    EXPECT_EQ(with("50"), 50U);
    EXPECT_EQ(with("wide"), 80U);
    EXPECT_EQ(with("-1"), 80U);
    EXPECT_EQ(with(""), 80U);
}

TEST(Terminal, WithoutAUtf8LocaleItGetsAscii) {
    auto around = terminal();
    EXPECT_TRUE(look_of(around).unicode);
    around.locale = "C";
    EXPECT_FALSE(look_of(around).unicode);
    around.is_terminal = false;
    EXPECT_TRUE(look_of(around).unicode) << "a file is UTF-8";
}

Work half() {
    return {.what = "seeds 1…20,000",
            .done = 7'341,
            .total = 20'000,
            .elapsed = core::milliseconds(1203)};
}

TEST(Progress, ALineHasBarCountRateAndTimeLeft) {
    EXPECT_EQ(progress_line(half(), {.width = 80}),
              "  seeds 1…20,000  ━━━━━━━─────────────   7,341  ·  6.1 k/s  ·  eta 2.1 s");
}

TEST(Progress, ItFitsAnyScreen) {
    for (std::size_t width = 10; width < 130; ++width) {
        EXPECT_LT(core::columns(progress_line(half(), {.width = width})), width);
    }
}

TEST(Progress, WorkWithoutAnEndHasNoBarAndWorkBoundedByTimeHas) {
    auto work = half();
    work.total = 0;
    EXPECT_EQ(progress_line(work, {.width = 80}).find("━"), std::string::npos);
    EXPECT_EQ(progress_line(work, {.width = 80}).find("eta"), std::string::npos);
    work.limit = core::seconds(2);
    EXPECT_NE(progress_line(work, {.width = 80}).find("eta 0.8 s"), std::string::npos);
}

TEST(Progress, ADoneBarIsFullAndMoreThanAllIsNotMore) {
    auto work = half();
    work.done = 30'000;
    const auto line = progress_line(work, {.width = 80});
    EXPECT_NE(line.find("━━━━━━━━━━━━━━━━━━━━ "), std::string::npos) << line;
}

TEST(Progress, NothingIsDrawnWhereThereIsNoTerminal) {
    Terminal file(2, {});
    testing::internal::CaptureStderr();
    {
        Progress progress(file, "seeds", 10);
        for (std::uint64_t i = 0; i < 10; ++i) progress.update(i);
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, WhatIsSaidStays) {
    Terminal file(2, {});
    testing::internal::CaptureStderr();
    Progress(file, "seeds", 10).say("✗ seed 7 failed");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "✗ seed 7 failed\n");
}

Table faults() {
    return {.columns = {{.title = "fault"}, {.title = "seen", .right = true}, {.title = "what"}},
            .rows = {{"net.partition", "9", "nodes of different groups cannot hear each other"},
                     {"clock.jump", "12", "the wall clock steps"}}};
}

TEST(Table, ColumnsAlignAndTheLastOneWraps) {
    EXPECT_EQ(draw(faults(), {.width = 50}),
              "  fault          seen  what\n"
              "  net.partition     9  nodes of different groups\n"
              "                       cannot hear each other\n"
              "  clock.jump       12  the wall clock steps\n");
}

TEST(Table, LinesFitTheScreenAsLongAsTheRigidColumnsDo) {
    for (std::size_t width = 42; width < 100; ++width) {
        for (const auto& line : core::split(draw(faults(), {.width = width}), '\n')) {
            EXPECT_LE(core::columns(line), width);
        }
    }
}

TEST(Table, AShortRowAndAnEmptyTableAreDrawnToo) {
    auto table = faults();
    table.rows = {{"only"}};
    EXPECT_NE(draw(table, {}).find("only"), std::string::npos);
    EXPECT_EQ(draw(Table{}, {}), "");
}

TEST(Table, CellsCannotMoveTheCursor) {
    auto table = faults();
    table.rows[0][0] = "\033[2J\n";
    const auto drawn = draw(table, {});
    EXPECT_EQ(drawn.find('\033'), std::string::npos);
    EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 3);
}

}  // namespace
}  // namespace storm::ui
