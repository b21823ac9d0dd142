// Goal: the table of a steady-state hypothesis marks what was not held, where, and no number on it
// contradicts its promise. Method: records of some operations around one fault, by hand.
#include <gtest/gtest.h>

#include <array>

#include "report/story.h"

namespace storm::report {
namespace {

using core::milliseconds;
using Held = Measured::Held;

struct Made {
    fault::Plan plan;
    history::RunRecord record;
    std::vector<check::Finding> findings;
    [[nodiscard]] std::vector<Hypothesis> rows() const {
        return hypothesis_of({plan, record, findings});
    }
};

/// An operation in each phase, of these times; promised: `p99` before and after.
Made made(std::array<Duration, 3> took, std::int64_t p99, check::Verdict verdict) {
    Made out;
    fault::PlannedCheck use{"steady-state", {}};
    use.params.set("p99", fault::ParamValue{p99});
    out.plan.checks = {use};
    auto& fault = out.record.faults.emplace_back();
    fault.occurred = true;
    fault.from = Instant{} + milliseconds(1'000);
    fault.to = Instant{} + milliseconds(2'000);
    for (std::int64_t i = 0; i < 3; ++i) {
        auto& operation = out.record.history.emplace_back();
        operation.outcome = history::Outcome::ok;
        operation.invoked = Instant{} + milliseconds(1'000 * i + 100);
        operation.completed = operation.invoked + took[static_cast<std::size_t>(i)];
    }
    out.record.ended = Instant{} + milliseconds(3'000);
    auto& finding = out.findings.emplace_back();
    finding.check = "steady-state";
    finding.verdict = verdict;
    return out;
}

TEST(Hypothesis, AMarkStandsAtTheCellThatWasNotHeld) {
    const auto rows = made({milliseconds(5), milliseconds(300), milliseconds(60)}, 50'000'000,
                           check::Verdict::violated)
                          .rows();
    ASSERT_EQ(rows.size(), 2U);
    for (const auto* cell :
         {&rows[0].before, &rows[0].during, &rows[0].after, &rows[1].before, &rows[1].during}) {
        EXPECT_EQ(cell->held, Held::yes) << cell->value;
    }
    EXPECT_EQ(rows[1].after.held, Held::no);
    EXPECT_EQ(rows[1].after.promise, "≤ 50 ms");
    EXPECT_EQ(rows[1].during.promise, "");
    EXPECT_EQ(rows[0].after.promise, "≥ 99 %");
}

TEST(Hypothesis, WhatWasNotSteadyBeforeIsNotToldAsNotHeld) {
    const auto rows = made({milliseconds(80), milliseconds(300), milliseconds(60)}, 50'000'000,
                           check::Verdict::inconclusive)
                          .rows();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].before.held, Held::unsteady);
    EXPECT_EQ(rows[1].after.held, Held::yes);
}

TEST(Hypothesis, NoNumberContradictsItsPromise) {
    const auto shown = [](std::int64_t took, std::int64_t most) {
        const Duration each = core::nanoseconds(took);
        return made({each, each, each}, most, check::Verdict::pass).rows()[1].before;
    };
    EXPECT_EQ(shown(13'483'000, 13'450'000).value, "13.5 ms");
    EXPECT_EQ(shown(13'230'400, 13'230'000).value, "13.2304 ms");
    EXPECT_EQ(shown(13'228'000, 13'230'000).value, "13.2 ms");
    EXPECT_EQ(shown(13'449'000, 13'440'000).value, "13.449 ms");
    EXPECT_EQ(shown(13'448'000, 13'450'000).value, "13.4 ms");
    EXPECT_EQ(shown(13'460'000, 13'460'000).value, "13.46 ms");
    EXPECT_EQ(shown(13'230'001, 13'230'000).value, "13.230001 ms");
    EXPECT_EQ(shown(1, 13'230'001).promise, "≤ 13.230001 ms");
    EXPECT_EQ(short_time(core::nanoseconds(675'697'000)), "676 ms");
    EXPECT_EQ(short_time(core::nanoseconds(999'600'000)), "1 s");
    EXPECT_EQ(short_time(core::nanoseconds(-13'483'000)), "-13.5 ms");
    EXPECT_EQ(short_time(core::nanoseconds(7)), "7 ns");
}

}  // namespace
}  // namespace storm::report
