// Goal: the diagram holds what the certificate needs, in order, and counts what it leaves out.
// Method: hand-made records whose rows are known; the same record with much noise around it.
#include "report/trace.h"

#include <gtest/gtest.h>

#include <set>

#include "report/example_stories.h"

namespace storm::report {
namespace {

using Kind = Step::Kind;

const Step* find(const Trace& trace, const std::string& label) {
    for (const auto& step : trace.steps) {
        if (step.label == label) return &step;
    }
    return nullptr;
}

TEST(Trace, RequestsAndAnswersOfTheCertificateAreAlwaysThere) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    ASSERT_NE(find(trace, "write x = 4"), nullptr);
    ASSERT_NE(find(trace, "ok"), nullptr);
    ASSERT_NE(find(trace, "read x"), nullptr);
    ASSERT_NE(find(trace, "3"), nullptr);
}

TEST(Trace, TheFatalAnswerSaysWhatWasExpectedAndThePromiseIsMarked) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_EQ(find(trace, "3")->accent, Accent::fatal);
    EXPECT_EQ(find(trace, "3")->remark, "expected 4");
    EXPECT_EQ(find(trace, "ok")->accent, Accent::promise);
}

TEST(Trace, WhatAFaultDroppedNamesTheFault) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    const auto* lost = find(trace, "replicate");
    ASSERT_NE(lost, nullptr);
    EXPECT_EQ(lost->kind, Kind::lost);
    EXPECT_EQ(lost->remark, "net.partition n1 | n2 n3");
}

TEST(Trace, RolesStandInTheHeadingAndTheirChangesInTheRows) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_EQ(trace.lanes[trace.lane(examples::n1)].role, "primary");
    EXPECT_EQ(trace.lanes[trace.lane(examples::n2)].role, "backup");
    EXPECT_NE(find(trace, "elected, x = 3"), nullptr);
    EXPECT_EQ(find(trace, "becomes primary"), nullptr) << "the check's own words come first";
}

TEST(Trace, RowsStandInOrderOfTimeClientsBeforeNodes) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    for (std::size_t i = 1; i < trace.steps.size(); ++i) {
        EXPECT_LE(trace.steps[i - 1].at, trace.steps[i].at);
    }
    ASSERT_EQ(trace.lanes.size(), 4U);
    EXPECT_TRUE(trace.lanes.front().who.is_client());
}

TEST(Trace, NoiseIsCountedNotDrawn) {
    auto example = examples::demo();
    for (std::uint64_t i = 0; i < 500; ++i) {
        const auto at = examples::at_ms(1200 + static_cast<std::int64_t>(i % 150));
        example.message(at, at + 1_ms, examples::n2, examples::n3, "Gossip", 5000 + i, 4000 + i);
    }
    example.in_order();
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_LE(trace.steps.size(), 14U + 4U);
    EXPECT_EQ(find(trace, "gossip"), nullptr);
    EXPECT_GE(trace.messages, 500U);
    bool said = false;
    for (const auto& step : trace.steps) said = said || step.kind == Kind::skipped;
    EXPECT_TRUE(said);
    EXPECT_NE(find(trace, "3"), nullptr);
}

/// What the rows of gaps count, all together.
std::uint64_t counted_in_gaps(const Trace& trace) {
    std::uint64_t sum = 0;
    for (const auto& step : trace.steps) {
        if (step.kind == Kind::skipped) sum += std::stoull(step.label);
    }
    return sum;
}

TEST(Trace, what_is_drawn_and_what_the_gaps_count_come_to_all_messages) {
    auto example = examples::demo();
    for (std::uint64_t i = 0; i < 40; ++i) {
        const auto at = examples::at_ms(1204 + static_cast<std::int64_t>(i * 7 % 150));
        const char* names[] = {"Gossip", "Held", "Ping"};
        example.message(at, at + 1_ms, examples::n2, examples::n3, names[i % 3], 5000 + i,
                        4000 + i);
        example.in_order();
        const auto trace = smallest_trace(examples::demo_story(example));
        EXPECT_EQ(trace.messages_shown + counted_in_gaps(trace), trace.messages) << i;
        std::set<std::pair<Instant, std::string>> arrows;
        for (const auto& step : trace.steps) {
            if (step.kind == Kind::message) arrows.emplace(step.at, step.label);
        }
        EXPECT_LE(arrows.size(), trace.messages_shown) << i;
    }
}

TEST(Trace, ALongCertificateKeepsItsLimits) {
    auto example = examples::demo();
    for (std::uint32_t i = 0; i < 60; ++i) {
        const auto client = core::Id::client(2 + i);
        example.operation(client, i, "write", Value::List{"x", 100 + static_cast<int>(i)}, {},
                          examples::at_ms(1210), examples::at_ms(1220));
        example.findings[0].operations.push_back(static_cast<std::uint32_t>(2 + i));
    }
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_LE(trace.steps.size(), 14U + 4U);
    EXPECT_LE(trace.lanes.size(), 6U);
    EXPECT_EQ(trace.operations, 62U);
    EXPECT_EQ(trace.operations_shown, 5U);
    ASSERT_NE(find(trace, "3"), nullptr) << "what shows the violation is never left out";
    EXPECT_NE(find(trace, "write x = 4"), nullptr) << "nor the promise";
}

TEST(Trace, ABreachIsFollowedBackThroughTheMessagesThatLedToIt) {
    const auto example = examples::two_leaders();
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    story.leader_key = "leader";
    const auto trace = smallest_trace(story);
    const auto* fatal = find(trace, "two leaders in a term");
    ASSERT_NE(fatal, nullptr);
    EXPECT_EQ(fatal->accent, Accent::fatal);
    EXPECT_NE(find(trace, "vote granted"), nullptr);
    const auto* down = find(trace, "down");
    ASSERT_NE(down, nullptr);
    EXPECT_EQ(down->remark, "node.kill n2");
    EXPECT_NE(find(trace, "up again"), nullptr);
}

TEST(Trace, WhatAServerSendsWhileItServesBelongsToTheRequestWhateverItsCause) {
    auto example = examples::demo();
    example.findings[0].moments.clear();
    std::erase_if(example.record.trace, [](const history::Event& event) {
        return event.name == "Replicate" || event.name == "Heartbeat";
    });
    // Sent by a task of its own: no key leads from the request to it.
    example.message(examples::at_ms(1203), examples::at_ms(1205), examples::n1, examples::n2,
                    "Append", 61, 60);
    example.in_order();
    const auto trace = smallest_trace(examples::demo_story(example));
    ASSERT_NE(find(trace, "append"), nullptr);
    EXPECT_NE(find(trace, "becomes primary"), nullptr);
}

TEST(Trace, ABrokenLawIsShownAtTheNodeThatPublishedLast) {
    auto example = examples::two_leaders();
    for (auto& event : example.record.trace) {
        if (event.kind == examples::EventKind::violated) event.node = {}, event.cause = 0;
    }
    example.event(examples::at_ms(420), examples::EventKind::publish, examples::n2, {}, "leader",
                  {}, 0, 42);
    example.in_order();
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    const auto trace = smallest_trace(story);
    const auto* fatal = find(trace, "two leaders in a term");
    ASSERT_NE(fatal, nullptr);
    EXPECT_EQ(fatal->from, examples::n2);
    EXPECT_NE(find(trace, "vote granted"), nullptr);
}

TEST(Trace, WhatTheRunFoundWrongHasOneRow) {
    auto example = examples::two_leaders();
    auto& finding = example.findings.front();
    finding.check = "no-crash";
    finding.anomaly = "exception";
    finding.site = "store.cpp:7";
    finding.moments = {{examples::at_ms(420), examples::n2, "exception"}};
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    const auto trace = smallest_trace(story);
    std::size_t rows = 0;
    for (const auto& step : trace.steps) rows += step.label == "exception" ? 1 : 0;
    EXPECT_EQ(rows, 1U);
    ASSERT_NE(find(trace, "exception"), nullptr);
    EXPECT_EQ(find(trace, "exception")->accent, Accent::fatal);
    EXPECT_EQ(find(trace, "exception")->remark, "store.cpp:7");
}

TEST(Trace, NothingIsShownOfANodeThatWasLeftOut) {
    auto example = examples::demo();
    example.plan.absent = {examples::n3};
    const auto trace = smallest_trace(examples::demo_story(example));
    for (const auto& step : trace.steps) EXPECT_NE(step.to, examples::n3);
}

TEST(Trace, AskingAgainIsTheSameRequest) {
    auto example = examples::demo();
    example.message(Instant{} + core::microseconds(1352100), examples::at_ms(1353), examples::c1,
                    examples::n3, "Read", 71, 20);
    example.in_order();
    const auto trace = smallest_trace(examples::demo_story(example));
    std::size_t asked = 0;
    for (const auto& step : trace.steps) asked += step.label == "read x" ? 1 : 0;
    EXPECT_EQ(asked, 2U);
}

TEST(Trace, APromiseIsGivenBeforeTheFatalRequestBegins) {
    auto example = examples::demo();
    example.record.history[0].completed = examples::at_ms(1400);
    example.event(examples::at_ms(1400), examples::EventKind::deliver, examples::c1, examples::n1,
                  "Written", {}, 14, 11);
    example.in_order();
    const auto trace = smallest_trace(examples::demo_story(example));
    for (const auto& step : trace.steps) EXPECT_NE(step.accent, Accent::promise) << step.label;
}

TEST(Trace, ADuplicateIsSaid) {
    auto example = examples::demo();
    example.event(examples::at_ms(1203), examples::EventKind::deliver, examples::n1, examples::c1,
                  "Write", {}, 11, 10);
    example.in_order();
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_EQ(find(trace, "write x = 4")->remark, "arrives 2 times");
}

TEST(Trace, AnAnswerThatNeverCameIsSaid) {
    auto example = examples::demo();
    example.record.history[0].outcome = history::Outcome::info;
    const auto trace = smallest_trace(examples::demo_story(example));
    EXPECT_NE(find(trace, "no answer"), nullptr);
}

TEST(Trace, WithoutEventsOrAFindingThereIsNone) {
    auto example = examples::demo();
    example.record.trace.clear();
    EXPECT_TRUE(smallest_trace(examples::demo_story(example)).empty());
    const auto pass = examples::passing();
    EXPECT_TRUE(smallest_trace(examples::passing_story(pass)).empty());
}

TEST(Trace, ACertificateThatPointsOutsideTheHistoryIsIgnored) {
    auto example = examples::demo();
    example.findings[0].operations = {0, 1, 77};
    EXPECT_FALSE(smallest_trace(examples::demo_story(example)).empty());
}

TEST(Trace, WordsSayTheSameAsTheRows) {
    const auto example = examples::demo();
    const auto trace = smallest_trace(examples::demo_story(example));
    const auto words = in_words(trace);
    ASSERT_EQ(words.size(), trace.steps.size());
    EXPECT_EQ(words.front(), "1.200 s: c1 to n1: write x = 4");
    EXPECT_EQ(words.back(), "1.353 s: n2 to c1: 3 (expected 4)");
}

TEST(Trace, AShortStoryIsToldInMicroseconds) {
    Trace trace;
    trace.lanes.push_back({examples::n1, ""});
    for (const std::int64_t us : {100, 101, 102}) {
        trace.steps.push_back({.kind = Kind::note, .at = Instant{us * 1000}});
    }
    const auto clock = clock_texts(trace);
    EXPECT_EQ(clock[0], "0.100 ms");
    EXPECT_NE(clock[1], clock[2]);
}

TEST(Words, ARequestReadsAsAPersonWouldWriteIt) {
    EXPECT_EQ(request_text("write", Value::List{"x", 4}), "write x = 4");
    EXPECT_EQ(request_text("write", 4), "write x = 4");
    EXPECT_EQ(request_text("read", {}), "read x");
    EXPECT_EQ(request_text("cas", Value::List{"x", 3, 4}), "cas x 3 → 4");
    EXPECT_EQ(request_text("cas", Value::List{3, 4}), "cas x 3 → 4");
}

TEST(Words, AnAnswerIsItsValueOrOk) {
    history::Operation operation;
    operation.outcome = history::Outcome::ok;
    operation.name = "write";
    EXPECT_EQ(answer_text(operation), "ok");
    operation.name = "read";
    EXPECT_EQ(answer_text(operation), "nil");
    operation.result = 7;
    EXPECT_EQ(answer_text(operation), "7");
    operation.outcome = history::Outcome::fail;
    operation.error = "not leader";
    EXPECT_EQ(answer_text(operation), "refused: not leader");
}

TEST(Words, EvidenceSaysWhenThereWasNone) {
    history::FaultRecord fault;
    EXPECT_EQ(evidence_text(fault), "never struck: its trigger was never met");
    fault.occurred = true;
    EXPECT_EQ(evidence_text(fault), "met nothing that it could act on");
    EXPECT_EQ(effect_word(fault), "no opportunity");
    fault.claimed = 3;
    EXPECT_EQ(effect_word(fault), "ineffective");
    fault.seen = 3;
    EXPECT_EQ(effect_word(fault), "effective");
    fault.evidence = "processes ended";
    fault.seen = 1;
    EXPECT_EQ(evidence_text(fault), "1 process ended");
}

}  // namespace
}  // namespace storm::report
