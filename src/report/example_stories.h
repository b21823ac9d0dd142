// report/example_stories.h - stories made by hand, for tests of reports.
//
// The demo as a simulator would record it, a larger run of the same system to draw whole, a
// breach, a pass and a run that cannot say. Figures are invented.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "report/example_run.h"

namespace storm::report::examples {

/// The demo: acknowledged before it was replicated, behind a partition.
inline Example demo() {
    Example e;
    e.plan.scenario = "scenarios/demo/primary-backup.yaml";
    e.plan.scenario_digest = "5f2c00000000009a";
    e.plan.system = "primary-backup";
    e.plan.nodes = 3;
    e.plan.ambient = fault::Ambient::neutral;
    e.plan.clients = 1;
    e.record.seed = 7341;
    e.record.digest = 0x3b9f0c21;
    e.record.healed = at_ms(2600);
    e.record.ended = at_ms(4000);
    e.record.complete = true;
    e.publish(at_ms(0), n1, "role", "primary");
    e.publish(at_ms(0), n2, "role", "backup");
    e.publish(at_ms(0), n3, "role", "backup");
    e.publish(at_ms(1310), n2, "role", "primary");
    e.operation(c1, 1, "write", Value::List{"x", 4}, {}, at_ms(1200), at_ms(1204));
    e.operation(c1, 2, "read", "x", 3, at_ms(1352), at_ms(1353));
    for (std::uint64_t i = 0; i < 9; ++i) {  // Heartbeats that nobody needs to see.
        const auto t = Instant{} + milliseconds(1205 + 11 * static_cast<std::int64_t>(i));
        e.message(t, t + 1_ms, n1, n2, "Heartbeat", 900 + i, 77, "net.partition#1");
    }
    e.event(at_ms(1200), EventKind::invoke, c1, c1, "write", {}, 0, 10);
    e.message(at_ms(1200), at_ms(1202), c1, n1, "Write", 11, 10);
    e.message(at_ms(1203), at_ms(1205), n1, n2, "Replicate", 12, 11, "net.partition#1");
    e.message(at_ms(1203), at_ms(1205), n1, n3, "Replicate", 13, 11, "net.partition#1");
    e.message(at_ms(1203), at_ms(1204), n1, c1, "Written", 14, 11);
    e.event(at_ms(1204), EventKind::complete, c1, c1, "write", "ok");
    e.event(at_ms(1352), EventKind::invoke, c1, c1, "read", {}, 0, 20);
    e.message(at_ms(1352), Instant{} + microseconds(1352400), c1, n2, "Read", 21, 20);
    e.message(Instant{} + microseconds(1352500), at_ms(1353), n2, c1, "Found", 22, 21);
    e.event(at_ms(1353), EventKind::complete, c1, c1, "read", "ok");
    e.in_order();
    history::FaultRecord cut;
    cut.id = "net.partition#1";
    cut.use = "net.partition";
    cut.what = "n1 | n2 n3";
    cut.nodes = {n1, n2, n3};
    cut.from = at_ms(1180);
    cut.to = at_ms(2600);
    cut.occurred = true;
    cut.claimed = 18;
    cut.seen = 18;
    cut.seen_at = {{n2, 9}, {n3, 9}};
    cut.evidence = "packets dropped";
    e.record.faults.push_back(cut);
    check::Finding lost;
    lost.verdict = check::Verdict::violated;
    lost.check = "no-lost-acknowledged-writes";
    lost.anomaly = "lost write";
    lost.sentence =
        "c1 was told at 1.204 s that x = 4 is stored. At 1.353 s c1 read x = 3, and "
        "x = 4 was never seen again.";
    lost.operations = {0, 1};
    lost.fatal = 1;
    lost.expected = "4";
    lost.moments = {{at_ms(1310), n2, "elected, x = 3"}};
    e.findings.push_back(lost);
    return e;
}

/// The run before it was shrunk: two clients, some four hundred operations.
inline void add_whole(Example& e, std::uint32_t operations = 420) {
    e.has_whole = true;
    e.whole_plan = e.plan;
    e.whole_plan.clients = 2;
    e.whole_record = e.record;
    e.whole_record.trace.clear();
    auto& history = e.whole_record.history;
    history.clear();
    for (std::uint32_t i = 0; i < operations; ++i) {
        const std::uint64_t bits = core::combine(i, 7);
        const auto invoked = Instant{static_cast<std::int64_t>(i) * (4'000'000'000 / operations)};
        const auto spread = static_cast<std::int64_t>(bits % 2'000'000 * (1 + bits % 7));
        history::Operation operation{Id::client(i % 2),
                                     i,
                                     0,
                                     i % 3 == 0 ? "write" : "read",
                                     "x",
                                     4,
                                     {},
                                     invoked,
                                     invoked + nanoseconds(1'500'000 + spread),
                                     history::Outcome::ok};
        const bool cut = invoked > at_ms(1180) && invoked < at_ms(1350);
        if (e.whole_findings.empty() && invoked > at_ms(1350)) {
            e.whole_findings = e.findings;
            for (auto& finding : e.whole_findings) finding.fatal = i;
        }
        if (cut && i % 2 == 0) {
            operation.outcome = history::Outcome::info;
            operation.completed = invoked + 1_s;
        } else if (cut && i % 5 == 0) {
            operation.outcome = history::Outcome::fail;
        }
        history.push_back(std::move(operation));
    }
    auto down = e.record.faults.front();
    down.id = "random/node.kill/1";
    down.use = "node.kill";
    down.what = "n3";
    down.nodes = {n3};
    down.from = at_ms(3000);
    down.to = at_ms(3350);
    down.claimed = down.seen = 1;
    down.seen_at = {{n3, 1}};
    down.evidence = "processes ended";
    e.whole_record.faults.push_back(down);
    e.whole_record.published.push_back({n1, "role", "backup", at_ms(2650)});
}

/// A node that breaks an invariant after it was killed and came back: no operation shows it.
inline Example two_leaders() {
    Example e;
    e.plan.system = "raft";
    e.plan.scenario = "scenarios/raft.yaml";
    e.plan.nodes = 3;
    e.record.seed = 12;
    e.record.ended = at_ms(900);
    e.record.complete = true;
    e.publish(at_ms(150), n1, "leader", 1);
    e.publish(at_ms(420), n2, "leader", 1);
    e.message(at_ms(140), at_ms(145), n1, n2, "RequestVote", 31, 30);
    e.message(at_ms(145), at_ms(150), n2, n1, "VoteGranted", 32, 31);
    e.event(at_ms(200), EventKind::down, n2, n2, {}, "random/node.kill/1");
    e.event(at_ms(400), EventKind::up, n2, n2, {}, {});
    e.message(at_ms(410), at_ms(414), n2, n3, "RequestVote", 41, 40);
    e.message(at_ms(415), at_ms(420), n3, n2, "VoteGranted", 42, 41);
    e.event(at_ms(420), EventKind::violated, n2, n2, {}, "n1 and n2 both lead in term 1", 0, 42);
    e.in_order();
    history::FaultRecord kill;
    kill.id = "random/node.kill/1";
    kill.use = "node.kill";
    kill.what = "n2";
    kill.nodes = {n2};
    kill.from = at_ms(200);
    kill.to = at_ms(400);
    kill.occurred = true;
    kill.claimed = kill.seen = 1;
    kill.seen_at = {{n2, 1}};
    kill.evidence = "processes ended";
    kill.required = false;
    e.record.faults.push_back(kill);
    e.record.breaches.push_back({"invariants",
                                 "one leader a term",
                                 "one-leader",
                                 "n1 and n2 both lead in term 1.",
                                 at_ms(420),
                                 n2,
                                 {}});
    check::Finding finding;
    finding.verdict = check::Verdict::violated;
    finding.check = "invariants";
    finding.anomaly = "two leaders in a term";
    finding.sentence = "n1 and n2 both lead in term 1.";
    e.findings.push_back(finding);
    return e;
}

/// A sweep that found nothing; shown is its last seed.
inline Example passing() {
    Example e = demo();
    e.findings.clear();
    e.record.history[1].result = 4;
    return e;
}
inline Story passing_story(const Example& e) {
    Story story = e.story();
    story.name = "primary-backup";
    story.sweep = Sweep{.asked = 10'000,
                        .run = 10'000,
                        .controls = 61,
                        .effective = 9'204,
                        .operations = 4'100'000,
                        .took = milliseconds(38'000),
                        .exercised = "14 of 15 fault kinds × 3 roles; never: disk.bitrot",
                        .never_met = "sometimes \"follower truncates a conflict\" (41 of 43 met)",
                        .trust = "a bug that struck 1 seed in 2,000 would show with 99.3 %"};
    story.sweep->kinds = {{"net.loss", 2'101, 88, 0}, {"net.partition", 4'417, 12, 0}};
    story.compared = true;
    story.commands = {{"stormproof run scenarios/demo/primary-backup.yaml", "once more"}};
    return story;
}

/// A required fault that met nothing.
inline Example idle_fault() {
    Example e = passing();
    auto& fault = e.record.faults.front();
    fault.id = "net.loss#1";
    fault.use = "net.loss";
    fault.what = "n1 → n2";
    fault.claimed = fault.seen = 0;
    fault.seen_at.clear();
    return e;
}
inline Story idle_story(const Example& e) {
    Story story = e.story();
    story.verdict = check::Verdict::inconclusive;
    story.name = "primary-backup";
    story.sentence =
        "net.loss on n1 → n2 found no packet to lose between 1.18 s and 2.6 s, and "
        "the scenario requires it.";
    return story;
}

inline Story demo_story(const Example& e) {
    Story story = e.story();
    story.verdict = check::Verdict::violated;
    story.name = "no-lost-acknowledged-writes";
    story.shrink = Shrink{.faults_before = 14,
                          .faults_after = 1,
                          .operations_before = 61,
                          .operations_after = 2,
                          .nodes_before = 3,
                          .nodes_after = 3,
                          .runs = 412,
                          .took = milliseconds(1900)};
    story.sweep = Sweep{.asked = 20'000,
                        .run = 7'341,
                        .controls = 310,
                        .effective = 6'604,
                        .failing = 1,
                        .operations = 447'000,
                        .took = milliseconds(1200)};
    story.causes = {{"net.partition", 37, 0, 200}};
    story.compared = true;
    story.reasons = {{Reason::News::fresh, e.findings.empty() ? "" : e.findings[0].reason(),
                      e.findings.empty() ? "" : e.findings[0].sentence, 7341, 1, "runs/demo-7341"}};
    using enum Measured::Held;
    story.hypothesis = {
        {"success rate", {"100 %", "≥ 99 %"}, {"93.1 %", "≥ 95 %", no}, {"100 %", "≥ 99 %"}},
        {"p99 latency", {"6.1 ms", "≤ 50 ms"}, {"1 s", ""}, {"7.4 ms", "≤ 50 ms"}}};
    story.commands = {{"stormproof replay runs/demo-7341", "same bytes: 3b9f0c21"},
                      {"stormproof shrink runs/demo-7341 --save scenarios/early-ack.yaml",
                       "keep it as a regression"}};
    story.page = "runs/demo-7341/report.html";
    story.environment = {{"build", "0.1.0+g1a2b3c4"},
                         {"compiler", "clang 19.1.7"},
                         {"machine", "Linux 6.18, x86-64, 2 cores"}};
    return story;
}

}  // namespace storm::report::examples
