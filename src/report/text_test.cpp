// Goal: what stands in a terminal is the verdict, the picture and the proof, fits the screen,
// and says in signs whatever it says in colour.
// Method: goldens of hand-made stories at several widths; drawings of random traces measured
// line by line; names that try to move the cursor.
#include "report/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/text.h"
#include "report/drawing.h"
#include "report/example_stories.h"
#include "report/golden.h"
#include "report/trace.h"

namespace storm::report {
namespace {

using core::Look;

std::string without_colour(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\033') {
            while (i < text.size() && text[i] != 'm') ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::size_t widest(const std::string& text) {
    std::size_t most = 0;
    for (const auto& line : core::split(text, '\n')) most = std::max(most, core::columns(line));
    return most;
}

TEST(Text, TheDemoStandsInEightyColumnsAsDrawn) {
    const auto example = examples::demo();
    const auto story = examples::demo_story(example);
    const auto shown = text(story, {.width = 80});
    EXPECT_LE(widest(shown), 80U);
    EXPECT_EQ(golden_difference("demo-80.txt", shown), "");
}

TEST(Text, AWiderScreenGivesTheDrawingAir) {
    const auto example = examples::demo();
    const auto story = examples::demo_story(example);
    const auto shown = text(story, {.width = 120});
    EXPECT_LE(widest(shown), 120U);
    EXPECT_EQ(golden_difference("demo-120.txt", shown), "");
}

TEST(Text, WithoutUnicodeTheSameStandsInAscii) {
    const auto example = examples::demo();
    const auto story = examples::demo_story(example);
    const auto shown = text(story, {.width = 80, .unicode = false});
    for (const char c : shown) ASSERT_GE(c, 0) << "a byte beyond ASCII in:\n" << shown;
    EXPECT_LE(widest(shown), 80U);
    EXPECT_EQ(golden_difference("demo-ascii.txt", shown), "");
}

TEST(Text, ColourSaysNothingThatAWordOrASignDoesNotSayToo) {
    const auto example = examples::demo();
    const auto story = examples::demo_story(example);
    const auto coloured = text(story, {.width = 80, .colour = true});
    EXPECT_NE(coloured.find("\033["), std::string::npos);
    EXPECT_EQ(without_colour(coloured), text(story, {.width = 80}));
}

TEST(Text, ABreachWithoutOperationsIsToldFromTheFaultToItsMoment) {
    const auto example = examples::two_leaders();
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    story.name = "invariants";
    story.leader_key = "leader";
    EXPECT_EQ(golden_difference("two-leaders.txt", text(story, {.width = 80})), "");
}

TEST(Text, APassSaysWhatWasExercisedAndWhatWasNot) {
    const auto example = examples::passing();
    EXPECT_EQ(
        golden_difference("passed.txt", text(examples::passing_story(example), {.width = 80})), "");
}

TEST(Text, APassOfOneRunCountsWhatWasAnsweredAndSaysWhoJudged) {
    auto example = examples::passing();
    example.plan.checks = {{"linearizable", {}}};
    example.record.history.emplace_back();  // Nobody answered it.
    auto story = example.story();
    story.sentence.clear();
    EXPECT_EQ(story.verdict_sentence(),
              "primary-backup: 2 of 3 operations answered, and no check is violated.");
    example.plan.checks.clear();
    EXPECT_EQ(story.verdict_sentence(),
              "primary-backup: 2 of 3 operations answered, and no built-in check is violated; the "
              "scenario names no other.");
}

TEST(Text, ACrashSaysWhoCalledWhom) {
    auto example = examples::two_leaders();
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    example.findings[0].check = "no-crash";
    example.findings[0].detail = "  store::find(int)\n  counter() [clone .resume]\n  main\n";
    EXPECT_NE(proof_text(story, {.width = 80}).find("stack      store::find ← counter\n"),
              std::string::npos)
        << proof_text(story, {.width = 80});
    example.findings[0].detail = "  counter()\n  main\n";
    EXPECT_EQ(proof_text(story, {.width = 80}).find("stack"), std::string::npos);
}

TEST(Text, AnInconclusiveRunSaysWhyAndDrawsNothing) {
    const auto example = examples::idle_fault();
    const auto shown = text(examples::idle_story(example), {.width = 80});
    EXPECT_EQ(shown.find("├"), std::string::npos);
    EXPECT_EQ(golden_difference("inconclusive.txt", shown), "");
}

TEST(Text, APartialSweepNeverPassesForAWholeOne) {
    const auto example = examples::passing();
    auto story = examples::passing_story(example);
    story.sweep->run = 1'234;
    story.sweep->stopped = true;
    const auto shown = text(story, {.width = 80});
    EXPECT_NE(shown.find("after 1,234 seeds of 10,000"), std::string::npos) << shown;
}

TEST(Text, NamesFromOutsideCannotMoveTheCursor) {
    auto example = examples::demo();
    example.findings[0].moments[0].text = "\033[2J\033]0;owned\007 elected";
    example.record.history[0].args = Value::List{"x\r\033[1A", "4\n5"};
    example.record.faults[0].what = "n1 \033[31m| n2";
    auto story = examples::demo_story(example);
    story.name = "\033[31mPASSED";
    story.sentence = "all is well\033[2K\rPASSED";
    for (const char c : text(story, {.width = 80})) {
        EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
    }
}

/// A trace of random rows over a few lanes.
Trace random_trace() {
    Trace trace;
    const auto lanes = *rc::gen::inRange<std::uint32_t>(1, 7);
    for (std::uint32_t i = 0; i < lanes; ++i) {
        trace.lanes.push_back({core::Id::node(i), *rc::gen::arbitrary<std::string>()});
    }
    const auto rows = *rc::gen::inRange<std::size_t>(1, 15);
    for (std::size_t i = 0; i < rows; ++i) {
        Step step;
        step.kind = static_cast<Step::Kind>(*rc::gen::inRange(0, 6));
        step.accent = static_cast<Accent>(*rc::gen::inRange(0, 4));
        step.at = Instant{static_cast<std::int64_t>(i) * 1'000'000};
        step.from = core::Id::node(*rc::gen::inRange<std::uint32_t>(0, lanes));
        step.to = core::Id::node(*rc::gen::inRange<std::uint32_t>(0, lanes));
        step.label = *rc::gen::arbitrary<std::string>();
        step.remark = *rc::gen::arbitrary<std::string>();
        trace.steps.push_back(std::move(step));
    }
    return trace;
}

RC_GTEST_PROP(Drawing, NoLineIsWiderThanTheScreen, ()) {
    const Trace trace = random_trace();
    const Look look{.width = *rc::gen::inRange<std::size_t>(40, 140),
                    .colour = *rc::gen::arbitrary<bool>(),
                    .unicode = *rc::gen::arbitrary<bool>()};
    const auto drawn = without_colour(draw(trace, look));
    if (look.unicode) RC_ASSERT(widest(drawn) <= look.width);
    RC_ASSERT(std::count(drawn.begin(), drawn.end(), '\n') >=
              static_cast<std::ptrdiff_t>(trace.steps.size()));
}

TEST(Drawing, NothingIsDrawnOfAnEmptyTrace) { EXPECT_EQ(draw({}, {}), ""); }

TEST(Text, ARunThatNeedsMoreThanFaultsSaysWhat) {
    auto example = examples::demo();
    example.plan.faults.clear();
    example.record.faults.clear();
    example.plan.absent = {examples::n3};
    example.plan.pins = {{fault::Purpose::net_loss, 7, 0, 1},
                         {fault::Purpose::net_delay, 8, 0, 2'500'000},
                         {fault::Purpose::site_fires, 9, 0, 1}};
    example.record.decisions = {{2, 7, 0, 1, "n1>n2 StoreEntry"},
                                {1, 8, 0, 2'500'000, "n2>c1 Answer"},
                                {23, 9, 0, 1, "n2 log/slow-write"}};
    const auto text = proof_text(examples::demo_story(example), {});
    EXPECT_NE(text.find("no fault, but n3 left out, as if it had crashed"), std::string::npos)
        << text;
    EXPECT_NE(text.find("the network: store entry from n1 to n2 is lost"), std::string::npos);
    EXPECT_NE(text.find("the network: answer from n2 to c1 comes 2.5 ms late"), std::string::npos);
    EXPECT_NE(text.find("code point log/slow-write fires at n2"), std::string::npos);
    EXPECT_EQ(text.find("fails by itself"), std::string::npos);
}

TEST(Text, APinThatMetNoDecisionIsNoEvidence) {
    auto example = examples::demo();
    example.plan.pins = {{fault::Purpose::net_loss, 7, 0, 1},
                         {fault::Purpose::net_delay, 8, 0, 2'500'000}};
    example.record.decisions = {{1, 8, 0, 2'500'000, "n2>c1 Answer"}};
    example.record.unplaced = {"net.loss 7 0"};
    const auto text = proof_text(examples::demo_story(example), {});
    EXPECT_EQ(text.find("lost"), std::string::npos) << text;
    EXPECT_NE(text.find("the network: answer from n2 to c1 comes 2.5 ms late"), std::string::npos);
    EXPECT_NE(text.find("1 decision that the plan fixes met nothing"), std::string::npos) << text;
}

TEST(Text, ARunThatFailsByItselfIsSaidToOnlyIfNothingIsDrawn) {
    auto example = examples::demo();
    example.plan.faults.clear();
    example.record.faults.clear();
    EXPECT_NE(proof_text(examples::demo_story(example), {}).find("fails by itself"),
              std::string::npos);
    example.plan.ambient = fault::Ambient::drawn;
    const auto text = proof_text(examples::demo_story(example), {});
    EXPECT_NE(text.find("no fault, but the network's own delays and losses"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("fails by itself"), std::string::npos);
}

TEST(Text, CausesOnTheSameSeedsAreOneSentence) {
    EXPECT_EQ(causes_text({{"net.loss", 16, 0, 200}, {"node.pause", 16, 15, 200}}),
              "on 200 fresh seeds 16 fail; without net.loss none, without node.pause 15");
    EXPECT_EQ(causes_text({{"net.loss", 37, 0, 200}}),
              "on 200 fresh seeds: with net.loss 37 fail, without it none");
    EXPECT_EQ(causes_text({{"net.loss", 0, 0, 200}}),
              "on 200 fresh seeds none fails, with net.loss or without: it takes what this seed "
              "drew, too");
    EXPECT_EQ(causes_text({{"net.loss", 1, 0, 3}}), "not known: stopped after 3 fresh seeds");
}

TEST(Text, WhatTwoChecksSayAlikeIsSaidOnceAndTheSecondIsNamed) {
    const auto example = examples::demo();
    auto story = examples::demo_story(example);
    story.reasons.push_back({Reason::News::fresh, "linearizable/stale read/",
                             example.findings[0].sentence, 7341, 1, ""});
    const auto text = proof_text(story, {});
    EXPECT_NE(text.find("linearizable says the same"), std::string::npos) << text;
    EXPECT_EQ(text.find(example.findings[0].sentence.substr(0, 40)), std::string::npos) << text;
}

}  // namespace
}  // namespace storm::report
