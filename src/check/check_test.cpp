// Goal: every check passes what it must and rejects each anomaly it names; verdicts come in
// order; what cannot be judged is inconclusive.
// Method: runs by hand (run_builder.h), one or more for each way a check can end.
#include "check/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "check/reference.h"
#include "check/resilience.h"
#include "check/run_builder.h"
#include "check/steady_state.h"
#include "core/lines.h"
#include "core/text.h"
#include "node/points.h"

namespace storm::check {
namespace {

using core::Instant;
using core::Value;

void code_under_test(bool right) {  // Its sites are what counts.
    STORM_ALWAYS(right, "always in the tests");
    STORM_SOMETIMES(right, "sometimes in the tests");
}

fault::Params params(std::string name, std::int64_t number) {
    fault::Params out;
    out.set(name, fault::ParamValue{number});
    return out;
}
fault::Params params(std::string name, Duration duration) {
    return params(std::move(name), duration.ns);
}

// ---- judge() ---------------------------------------------------------------------------------

TEST(Judge, violated_comes_first_then_inconclusive_then_pass) {
    RunBuilder run;
    HistoryBuilder h;
    h.ok(1, 0, 10, "write", 1).ok(2, 20, 30, "read", {}, {});
    run.history(h);
    run.plan.checks = {{"errors", {}}, {"progress", {}}, {"linearizable", {}}};
    const auto findings = judge(standard_checks(), run.input());
    ASSERT_EQ(findings.size(), 7U) << "three named ones and four that are built in";
    EXPECT_EQ(findings[0].check, "linearizable");
    EXPECT_EQ(findings[0].verdict, Verdict::violated);
    EXPECT_EQ(findings[1].check, "progress");
    EXPECT_EQ(findings[1].verdict, Verdict::inconclusive);
    EXPECT_EQ(findings[2].check, "errors");
    for (std::size_t i = 2; i < findings.size(); ++i) {
        EXPECT_EQ(findings[i].verdict, Verdict::pass) << findings[i].check;
    }
}

TEST(Judge, an_unknown_check_and_an_unknown_model_are_inconclusive) {
    RunBuilder run;
    run.system.model = "queue";
    run.plan.checks = {{"linearisable", {}}, {"linearizable", {}}};
    const auto findings = judge(standard_checks(), run.input());
    EXPECT_EQ(findings[0].verdict, Verdict::inconclusive);
    EXPECT_EQ(findings[0].sentence, "No check is called \"linearisable\".");
    EXPECT_EQ(findings[1].sentence,
              "linearizable needs a system with the model register, cas-register and key-value; "
              "store has queue.");
}

TEST(Judge, verdicts_are_words) {
    EXPECT_EQ(to_text(Verdict::pass), "pass");
    EXPECT_EQ(to_text(Verdict::violated), "violated");
    EXPECT_EQ(to_text(Verdict::inconclusive), "inconclusive");
}

// ---- Breaches --------------------------------------------------------------------------------

TEST(Breaches, each_reaches_its_check_though_no_scenario_named_it) {
    for (const std::string check : {"invariants", "properties", "no-crash", "deterministic"}) {
        RunBuilder run;
        EXPECT_EQ(run.judged(check).verdict, Verdict::pass);
        run.breach(check, "kind", "Something broke.").breach(check, "other", "Later.");
        const auto findings = judge(standard_checks(), run.input());
        ASSERT_FALSE(findings.empty());
        EXPECT_EQ(findings[0].verdict, Verdict::violated);
        EXPECT_EQ(findings[0].reason(), check + "/kind/store.cpp:7");
        EXPECT_EQ(findings[0].sentence,
                  check == "invariants" ? "At 0 s: Something broke." : "Something broke.");
        EXPECT_NE(findings[0].detail.find("1 more"), std::string::npos);
        EXPECT_EQ(findings[1].verdict, Verdict::pass);
    }
}

TEST(Breaches, a_named_check_that_met_nothing_it_could_break_has_nothing_to_judge) {
    code_under_test(true);  // Heard by nobody: no world runs it.
    RunBuilder run;
    const auto had_nothing = [&](const std::string& check) {
        run.plan.checks = {{check, {}}};
        return run.judged(check).had_nothing();
    };
    EXPECT_TRUE(had_nothing("invariants"));
    EXPECT_TRUE(had_nothing("properties"));
    EXPECT_FALSE(had_nothing("no-crash"));
    EXPECT_FALSE(had_nothing("deterministic"));
    run.system.invariants.push_back({"law", "", [](const auto&) { return std::nullopt; }});
    EXPECT_TRUE(had_nothing("invariants")) << "nobody published anything";
    run.publish(1, 100, 7);
    EXPECT_FALSE(had_nothing("invariants"));
    run.record.sites["sometimes in the tests"] = {3, 1};
    EXPECT_TRUE(had_nothing("properties")) << "which no run can break";
    run.record.sites["always in the tests"] = {0, 0};
    EXPECT_TRUE(had_nothing("properties")) << "it was not reached";
    run.record.sites["always in the tests"] = {1, 1};
    EXPECT_FALSE(had_nothing("properties"));
    run.record.sites.clear();
    run.plan.checks.clear();
    EXPECT_EQ(run.judged("properties").verdict, Verdict::pass) << "nobody asked for it";
}

// ---- converged -------------------------------------------------------------------------------

TEST(Converged, nodes_that_come_to_hold_the_same_pass) {
    RunBuilder run;
    run.publish(1, 100, 1).publish(2, 100, 1).publish(3, 100, 2).publish(3, 15'000, 1);
    EXPECT_EQ(run.judged("converged").verdict, Verdict::pass);
}

TEST(Converged, nodes_that_still_differ_are_named_with_what_they_hold) {
    RunBuilder run;
    run.publish(1, 100, 17).publish(2, 100, 17).publish(3, 100, 12);
    const auto finding = run.judged("converged");
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.anomaly, "nodes disagree");
    EXPECT_EQ(finding.sentence,
              "30 s after the heal the nodes still disagree: n1 and n2 hold 17, n3 holds 12.");
    EXPECT_EQ(finding.moments.size(), 3U);
}

TEST(Converged, digests_are_no_words_so_only_who_differs_is_said) {
    RunBuilder run;
    const std::int64_t one = std::int64_t{1} << 60U;
    run.publish(1, 100, -one).publish(2, 100, one).publish(3, 100, one);
    EXPECT_EQ(run.judged("converged").sentence,
              "30 s after the heal n1 holds other data than n2 and n3.");
    run.publish(2, 200, 3 * (one / 2));
    EXPECT_EQ(run.judged("converged").sentence,
              "30 s after the heal n2 holds other data, n3 holds other data than n1.");
}

TEST(Converged, too_late_is_not_converged) {
    RunBuilder run;
    run.publish(1, 100, 1).publish(2, 100, 1).publish(3, 100, 2).publish(3, 15'000, 1);
    EXPECT_EQ(run.judged("converged", params("within", 2_s)).verdict, Verdict::violated);
}

TEST(Converged, a_node_that_never_says_what_it_holds_is_silent) {
    RunBuilder run;
    run.publish(1, 100, 1).publish(2, 100, 1).publish(3, 100, 1).publish(3, 200, {});
    EXPECT_EQ(run.judged("converged").anomaly, "node silent");
    run.plan.absent = {core::Id::node(2)};
    run.history(HistoryBuilder().ok(1, 50, 60, "write", 1));
    EXPECT_EQ(run.judged("converged").verdict, Verdict::pass) << "n3 was never there";
}

TEST(Converged, nodes_that_nothing_ever_set_apart_are_nothing_to_judge) {
    RunBuilder run;
    run.publish(1, 100, 0).publish(2, 100, 0).publish(3, 100, 0);
    run.history(HistoryBuilder().fail(1, 50, 60, "write", 1).info(1, 70, 80, "write", 2));
    const Finding finding = run.judged("converged");
    EXPECT_TRUE(finding.had_nothing());
    EXPECT_EQ(finding.sentence,
              "No operation succeeded, and all nodes held the same all the time.");
    RunBuilder apart = run;
    apart.publish(1, 200, 7).publish(2, 300, 7).publish(3, 300, 7);
    EXPECT_EQ(apart.judged("converged").verdict, Verdict::pass) << "they came together again";
    run.history(HistoryBuilder().ok(1, 50, 60, "write", 0));
    EXPECT_EQ(run.judged("converged").verdict, Verdict::pass);
}

TEST(Converged, one_node_alone_agrees_with_nobody) {
    RunBuilder run;
    run.plan.nodes = 1;
    run.publish(1, 100, 7).history(HistoryBuilder().ok(1, 50, 60, "write", 7));
    EXPECT_TRUE(run.judged("converged").had_nothing());
    run.plan.nodes = 2;
    run.plan.absent = {core::Id::node(1)};
    EXPECT_TRUE(run.judged("converged").had_nothing());
}

TEST(Converged, what_cannot_be_compared_is_inconclusive) {
    RunBuilder silent;
    EXPECT_EQ(silent.judged("converged").verdict, Verdict::inconclusive);
    RunBuilder keyless;
    keyless.system.state_key.clear();
    EXPECT_EQ(keyless.judged("converged").verdict, Verdict::inconclusive);
    RunBuilder cut;
    cut.publish(1, 100, 1).publish(2, 100, 2);
    cut.record.complete = false;
    EXPECT_EQ(cut.judged("converged").verdict, Verdict::inconclusive);
}

TEST(Converged, a_run_waits_until_all_nodes_hold_the_same) {
    RunBuilder run;
    run.plan.checks = {{"converged", {}}};
    FakePublished published(3);
    const auto checks = standard_checks();
    const auto is_settled = [&] {
        return settled(checks, {run.system, run.plan, run.record, published, run.record.healed});
    };
    published.set(1, "state", 1);
    published.set(2, "state", 1);
    EXPECT_FALSE(is_settled()) << "n3 holds nothing yet";
    published.set(3, "state", 2);
    EXPECT_FALSE(is_settled());
    published.set(3, "state", 1);
    EXPECT_TRUE(is_settled());
    published.take_down(2);
    EXPECT_FALSE(is_settled());
}

// ---- progress --------------------------------------------------------------------------------

TEST(Progress, a_success_after_the_heal_is_enough) {
    RunBuilder run;
    HistoryBuilder h;
    h.info(1, 9'000, 9'500, "write", 1).info(1, 10'500, 11'000, "write", 2);
    h.ok(1, 12'000, 12'100, "write", 3);
    EXPECT_EQ(run.history(h).judged("progress").verdict, Verdict::pass);
}

TEST(Progress, nothing_but_silence_after_the_heal_is_a_violation) {
    RunBuilder run;
    HistoryBuilder h;
    h.ok(1, 9'000, 9'500, "write", 1).info(1, 10'500, 11'000, "write", 2);
    h.fail(1, 12'000, 12'100, "write", 3);
    const auto finding = run.history(h).judged("progress");
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.anomaly, "no progress after the heal");
    EXPECT_EQ(finding.sentence,
              "Nothing succeeded in the 10 s after the heal: 2 operations began, the first was "
              "write 2 of c1 at 10.5 s.");
    EXPECT_EQ(finding.fatal, 1U);
}

TEST(Progress, a_success_that_comes_too_late_does_not_count) {
    RunBuilder run;
    HistoryBuilder h;
    h.ok(1, 10'500, 25'000, "write", 2);
    EXPECT_EQ(run.history(h).judged("progress").verdict, Verdict::violated);
    EXPECT_EQ(run.judged("progress", params("within", 20_s)).verdict, Verdict::pass);
}

TEST(Progress, later_on_no_operation_may_stay_without_an_answer) {
    RunBuilder run;
    HistoryBuilder h;
    h.ok(1, 10'500, 10'600, "write", 2).info(2, 22'000, 23'000, "read");
    const auto finding = run.history(h).judged("progress");
    EXPECT_EQ(finding.anomaly, "operation without answer");
    EXPECT_EQ(finding.sentence, "12 s after the heal read of c2 at 22 s was never answered.");
}

TEST(Progress, without_an_operation_after_the_heal_nothing_is_known) {
    RunBuilder run;
    HistoryBuilder h;
    h.ok(1, 9'000, 9'500, "write", 1);
    EXPECT_EQ(run.history(h).judged("progress").verdict, Verdict::inconclusive);
}

// ---- latency and errors ----------------------------------------------------------------------

RunBuilder with_latencies() {
    RunBuilder run;
    HistoryBuilder h;
    for (int i = 0; i < 99; ++i) h.ok(1, i * 100, i * 100 + 5, "read");
    h.ok(1, 9'900, 9'980, "read");
    return run.history(h);
}

TEST(Latency, a_percentile_is_a_time_that_an_operation_took) {
    const auto run = with_latencies();
    EXPECT_EQ(run.judged("latency", params("p99", 5_ms)).verdict, Verdict::pass);
    const auto finding = run.judged("latency", params("max", 50_ms));
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.anomaly, "max too high");
    EXPECT_EQ(finding.fatal, 99U);
    EXPECT_EQ(finding.expected, "at most 50 ms");
    EXPECT_NE(finding.sentence.find("took 80 ms or more; 50 ms is allowed"), std::string::npos)
        << finding.sentence;
}

TEST(Latency, each_window_is_judged_alone) {
    const auto run = with_latencies();
    auto each = params("p90", 50_ms);
    EXPECT_EQ(run.judged("latency", each).verdict, Verdict::pass);
    each.set("every", fault::ParamValue{Duration{100_ms}.ns});
    EXPECT_EQ(run.judged("latency", each).verdict, Verdict::violated);
}

TEST(Latency, without_a_limit_or_a_success_nothing_is_known) {
    EXPECT_EQ(with_latencies().judged("latency").verdict, Verdict::inconclusive);
    RunBuilder run;
    HistoryBuilder h;
    h.info(1, 0, 10, "read");
    EXPECT_EQ(run.history(h).judged("latency", params("p99", 5_ms)).verdict, Verdict::inconclusive);
}

TEST(Errors, too_many_are_counted_and_told) {
    RunBuilder run;
    HistoryBuilder h;
    for (int i = 0; i < 96; ++i) h.ok(1, i, i + 1, "read");
    h.info(2, 100, 110, "write", 1).info(2, 120, 130, "write", 1).fail(2, 140, 150, "write", 1);
    h.fail(2, 160, 170, "cas", list({1, 2}));
    run.history(h);
    EXPECT_EQ(run.judged("errors", params("max", 30'000)).verdict, Verdict::pass)
        << "a cas may be refused";
    const auto finding = run.judged("errors", params("max", 20'000));
    EXPECT_EQ(finding.anomaly, "too many errors");
    EXPECT_EQ(finding.fatal, 96U);
    EXPECT_NE(finding.sentence.find(
                  "3 of 100 operations (3 %) failed: 1 refused, 2 without an answer; 2 % may."),
              std::string::npos)
        << finding.sentence;
}

TEST(Errors, no_operation_says_nothing) {
    EXPECT_EQ(RunBuilder().judged("errors").verdict, Verdict::inconclusive);
}

// ---- steady-state ----------------------------------------------------------------------------

RunBuilder phases(int ok_during, int ok_after) {
    RunBuilder run;
    run.fault(1'000, 2'000);
    HistoryBuilder h;
    for (int i = 0; i < 10; ++i) h.ok(1, i * 100, i * 100 + 5, "read");
    for (int i = 0; i < 10; ++i) {
        h.add(i < ok_during ? history::Outcome::ok : history::Outcome::info, 1, 1'000 + i * 100,
              1'000 + i * 100 + 50, "read");
    }
    for (int i = 0; i < 10; ++i) {
        h.add(i < ok_after ? history::Outcome::ok : history::Outcome::info, 1, 2'000 + i * 100,
              2'000 + i * 100 + 5, "read");
    }
    return run.history(h);
}

TEST(SteadyState, a_system_that_recovers_holds_its_hypothesis) {
    const auto run = phases(3, 10);
    EXPECT_EQ(run.judged("steady-state").verdict, Verdict::pass);
    const auto rows = hypothesis(run.record, {});
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].phase, "before");
    EXPECT_EQ(rows[1].operations, 10U);
    EXPECT_EQ(rows[1].success_ppm, 300'000U);
    EXPECT_EQ(rows[1].p99, 50_ms);
    EXPECT_EQ(rows[2].success_ppm, 1'000'000U);
}

TEST(SteadyState, one_that_does_not_recover_breaks_it) {
    const auto finding = phases(3, 8).judged("steady-state");
    EXPECT_EQ(finding.verdict, Verdict::violated);
    EXPECT_EQ(finding.anomaly, "did not recover");
    EXPECT_NE(finding.detail.find("does not hold"), std::string::npos) << finding.detail;
}

TEST(SteadyState, one_that_degrades_too_far_breaks_it) {
    EXPECT_EQ(phases(3, 10).judged("steady-state", params("during_success", 500'000)).anomaly,
              "degraded too far");
    EXPECT_EQ(phases(10, 10).judged("steady-state", params("during_p99", 20_ms)).anomaly,
              "degraded too far");
}

TEST(SteadyState, what_is_promised_under_the_faults_is_nothing_to_judge_without_an_operation) {
    RunBuilder run;
    run.fault(1'000, 2'000);
    HistoryBuilder h;
    for (int i = 0; i < 10; ++i) h.ok(1, i * 100, i * 100 + 5, "read");
    for (int i = 0; i < 10; ++i) h.ok(1, 2'000 + i * 100, 2'000 + i * 100 + 5, "read");
    run.history(h);
    EXPECT_EQ(run.judged("steady-state").verdict, Verdict::pass) << "nothing was promised";
    for (const auto& promise : {params("during_success", 500'000), params("during_p99", 20_ms)}) {
        const Finding finding = run.judged("steady-state", promise);
        EXPECT_TRUE(finding.had_nothing());
        EXPECT_NE(finding.sentence.find("under the faults"), std::string::npos);
        EXPECT_NE(finding.detail.find("during"), std::string::npos);
    }
}

TEST(SteadyState, what_was_never_steady_proves_nothing) {
    auto run = phases(3, 10);
    run.record.history[2].outcome = history::Outcome::info;
    EXPECT_EQ(run.judged("steady-state").verdict, Verdict::inconclusive);
    RunBuilder empty;
    EXPECT_EQ(empty.judged("steady-state").verdict, Verdict::inconclusive);
}

// ---- Figures and pages -----------------------------------------------------------------------

TEST(Resilience, figures_follow_from_the_history) {
    const auto figures = resilience(phases(3, 10).record, 500_ms);
    EXPECT_EQ(figures.operations, 30U);
    EXPECT_EQ(figures.availability_ppm, 766'666U);
    EXPECT_EQ(figures.availability_faulty_ppm, 300'000U);
    EXPECT_EQ(figures.depth_ppm, 0U);
    EXPECT_EQ(figures.deepest.from, Instant{} + 1'500_ms);
    EXPECT_EQ(figures.degraded, 1'000_ms);
    ASSERT_EQ(figures.outages.size(), 1U);
    EXPECT_EQ(figures.outages[0].failed, 7U);
    EXPECT_EQ(figures.mttr, 705_ms) << "from 1.3 s to the answer at 2.005 s";
    EXPECT_TRUE(figures.recovered);
    EXPECT_EQ(figures.recovery, 5_ms);
    EXPECT_EQ(figures.p99_during, 50_ms);
}

TEST(Resilience, an_empty_run_has_no_outage) {
    const auto figures = resilience(history::RunRecord{});
    EXPECT_EQ(figures.operations, 0U);
    EXPECT_TRUE(figures.outages.empty());
    EXPECT_FALSE(figures.recovered);
}

TEST(Reference, every_check_explains_itself) {
    const auto checks = standard_checks();
    const auto page = checks_reference(checks);
    for (const auto& spec : checks.all()) {
        EXPECT_FALSE(spec.summary.empty()) << spec.name;
        EXPECT_FALSE(spec.certificate.empty()) << spec.name;
        EXPECT_NE(page.find("\n## " + spec.name + "\n"), std::string::npos);
        const auto text = explain(spec);
        EXPECT_EQ(text.find(spec.name), 0U);
        for (const auto& line : core::split(explain(spec, {.width = 64}), '\n')) {
            EXPECT_LE(core::columns(line), 64U) << line;
        }
        for (const auto& param : spec.params) {
            EXPECT_NE(text.find("\n  " + param.name + " "), std::string::npos) << param.name;
            EXPECT_TRUE(param.otherwise.has_value()) << param.name;
        }
    }
    for (const auto& line : core::split(list(checks, {.width = 40}), '\n')) {
        EXPECT_LE(core::columns(line), 40U) << line;
    }
    EXPECT_NE(
        explain(*checks.find("converged")).find("- {use: converged, within: 30s, after: heal}"),
        std::string::npos)
        << explain(*checks.find("converged"));
}

// Damage beyond what a system tolerates excuses it from liveness, never from safety.
TEST(Unlimited, mode_judges_safety_and_says_what_it_leaves_out) {
    RunBuilder run;
    run.history(HistoryBuilder{});
    run.plan.checks = {{"progress", {}}, {"converged", {}}, {"linearizable", {}}};
    run.breach("invariants", "invariant x", "x is 2");
    run.plan.mode = fault::Mode::unlimited;
    const Checks checks = standard_checks();
    std::map<std::string, Verdict> verdicts;
    for (const auto& finding : judge(checks, run.input())) {
        verdicts[finding.check] = finding.verdict;
        if (finding.verdict != Verdict::not_judged) continue;
        EXPECT_THAT(finding.sentence, testing::HasSubstr("checks safety only"));
    }
    EXPECT_EQ(verdicts["progress"], Verdict::not_judged);
    EXPECT_EQ(verdicts["converged"], Verdict::not_judged);
    EXPECT_NE(verdicts["linearizable"], Verdict::not_judged);
    EXPECT_EQ(verdicts["invariants"], Verdict::violated);
    EXPECT_EQ(not_judged(checks, run.plan.checks, run.plan.mode),
              (std::vector<std::string>{"progress", "converged"}));
    run.plan.mode = fault::Mode::recoverable;
    for (const auto& finding : judge(checks, run.input())) {
        EXPECT_NE(finding.verdict, Verdict::not_judged) << finding.check;
    }
}

TEST(Unlimited, mode_without_a_check_of_safety_is_inconclusive) {
    RunBuilder run;
    run.plan.checks = {{"progress", {}}, {"latency", {}}};
    run.plan.mode = fault::Mode::unlimited;
    const auto findings = judge(standard_checks(), run.input());
    for (const auto* name : {"progress", "latency"}) {
        const auto at = std::ranges::find(findings, name, &Finding::check);
        ASSERT_NE(at, findings.end());
        EXPECT_EQ(at->verdict, Verdict::inconclusive) << name;
    }
}

TEST(Unlimited, mode_leaves_out_every_check_of_liveness_and_no_built_in_one) {
    std::vector<std::string> liveness;
    for (const auto& spec : standard_checks().all()) {
        if (spec.demand == Demand::liveness) liveness.push_back(spec.name);
        EXPECT_FALSE(spec.built_in && spec.demand == Demand::liveness) << spec.name;
    }
    EXPECT_EQ(liveness, (std::vector<std::string>{"converged", "progress", "latency", "errors",
                                                  "steady-state"}));
}

}  // namespace
}  // namespace storm::check
