// Goal: a plan is written for people, comes back as it was, and every mistake of a hand is
// named where it stands.
// Method: round trips of arbitrary plans; a golden file of the format; a table of edits with
// their errors; every truncation of a plan.
#include "fault/plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include <functional>
#include <set>

#include "core/golden_test.h"
#include "core/json.h"
#include "fault/plans_test.h"

namespace storm::fault {
namespace {

using core::Id;
using core::milliseconds;
using core::seconds;

Plan example() {
    Plan plan;
    plan.scenario = "scenarios/demo/primary-backup.yaml";
    plan.scenario_digest = "9f86d081884c7d65";
    plan.title = "A failover loses nothing";
    plan.system = "primary-backup";
    plan.plant = "acknowledge-before-replicate";
    plan.numbers = {{"timeout_ms", 150}};
    plan.nodes = 3;
    plan.clients = 2;
    plan.network = {.delay = milliseconds(1), .jitter = core::microseconds(500), .loss_ppm = 5'000};
    plan.chaos = seconds(5);
    plan.settle = seconds(30);
    plan.absent = {Id::node(2)};
    PlannedFault cut;
    cut.id = "net.partition#1";
    cut.use = "net.partition";
    cut.params.set("groups", Groups{{Id::node(0)}, {Id::node(1)}}, ParamType::groups);
    cut.params.set("direction", std::string("both"), ParamType::text);
    cut.at.plus = milliseconds(1204);
    cut.lasts = seconds(2);
    PlannedFault slow;
    slow.id = "random/disk.latency/3";
    slow.use = "disk.latency";
    slow.params.set("latency", milliseconds(40).ns, ParamType::duration);
    slow.params.set("share", std::int64_t{125'000}, ParamType::share);
    slow.target = {.kind = Target::Kind::any, .names = {}, .count = 2, .key = "", .value = {}};
    slow.at = {"leader", milliseconds(20)};
    slow.every = seconds(1);
    slow.times = 3;
    slow.ramp = milliseconds(200);
    slow.probability_ppm = 500'000;
    slow.required = false;
    PlannedFault kill;
    kill.id = "node.kill#2";
    kill.use = "node.kill";
    kill.target.kind = Target::Kind::where;
    kill.target.key = "role";
    kill.target.value = "backup";
    kill.at.after = "role=primary";
    plan.faults = {cut, slow, kill};
    plan.operations = {{Id::client(0), 4, "write", Value::List{"x", 4}, milliseconds(1200)},
                       {Id::client(1), 0, "read", "x", {}}};
    PlannedCheck converged;
    converged.use = "converged";
    converged.params.set("within", seconds(30).ns, ParamType::duration);
    plan.checks = {converged, {"no-lost-acknowledged-writes", {}}};
    plan.pins = {{Purpose::net_delay, 0x3b9f0c21deadbeef, 0, -250'000}};
    return plan;
}

std::string error_of(std::string_view text) {
    const auto plan = plan_from_json(text);
    return plan ? "" : plan.error().message;
}

/// The example with one piece of its text replaced.
std::string edited(std::string_view from, std::string_view to) {
    std::string text = to_json(example());
    const auto at = text.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << from << " does not stand in the plan";
        return text;
    }
    return text.replace(at, from.size(), to);
}

TEST(Plan, is_written_as_the_format_page_shows) {
    core::expect_golden("src/fault/golden/plan.json", to_json(example()));
}

TEST(Plan, of_the_golden_file_reads_as_it_was_meant) {
    const auto plan = plan_from_json(to_json(example()));
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(*plan, example());
    EXPECT_EQ(plan->faults[1].params.type_of("share"), ParamType::share);
}

RC_GTEST_PROP(Plan, comes_back_from_json_as_it_went, (const Plan& plan)) {
    const std::string text = to_json(plan);
    const auto back = plan_from_json(text);
    if (!back) RC_FAIL(back.error().message);
    RC_ASSERT(*back == plan);
    RC_ASSERT(digest(*back) == digest(plan));
    RC_ASSERT(to_json(*plan_from_json(to_json(*back))) == to_json(*back));
}

RC_GTEST_PROP(Digest, depends_on_what_a_run_depends_on_and_on_nothing_else,
              (const Plan& a, const Plan& b)) {
    Plan renamed = a;
    renamed.scenario += "x";
    renamed.title += "x";
    renamed.scenario_digest += "x";
    RC_ASSERT(digest(renamed) == digest(a));
    Plan same = b;
    same.scenario = a.scenario;
    same.title = a.title;
    same.scenario_digest = a.scenario_digest;
    RC_ASSERT((digest(same) == digest(a)) == (same == a));
}

TEST(Digest, changes_with_every_part) {
    const std::uint64_t before = digest(example());
    const std::vector<std::function<void(Plan&)>> changes = {
        [](Plan& p) { p.system += "x"; },
        [](Plan& p) { p.plant.clear(); },
        [](Plan& p) { p.numbers["timeout_ms"] = 151; },
        [](Plan& p) { p.nodes = 4; },
        [](Plan& p) { p.clients = 3; },
        [](Plan& p) { p.network.loss_ppm = 1; },
        [](Plan& p) { p.chaos.ns += 1; },
        [](Plan& p) { p.settle.ns += 1; },
        [](Plan& p) { p.mode = Mode::unlimited; },
        [](Plan& p) { p.ambient = Ambient::calm; },
        [](Plan& p) { p.site_active_ppm = 1; },
        [](Plan& p) { p.site_fires_ppm = 1; },
        [](Plan& p) { p.step_limit = 1; },
        [](Plan& p) { p.memory_limit = 1; },
        [](Plan& p) { p.absent.clear(); },
        [](Plan& p) { p.faults.pop_back(); },
        [](Plan& p) { p.faults[0].id += "x"; },
        [](Plan& p) { p.faults[0].use += "x"; },
        [](Plan& p) { p.faults[0].params.set("direction", std::string("to")); },
        [](Plan& p) { p.faults[0].lasts.reset(); },
        [](Plan& p) { p.faults[0].at.plus.ns += 1; },
        [](Plan& p) { p.faults[1].at.after = "x"; },
        [](Plan& p) { p.faults[1].target.count = 1; },
        [](Plan& p) { p.faults[1].every->ns += 1; },
        [](Plan& p) { p.faults[1].times = 4; },
        [](Plan& p) { p.faults[1].ramp.ns += 1; },
        [](Plan& p) { p.faults[1].probability_ppm = 1; },
        [](Plan& p) { p.faults[1].required = true; },
        [](Plan& p) { p.faults[2].target.value = "primary"; },
        [](Plan& p) { std::swap(p.faults[0], p.faults[1]); },
        [](Plan& p) { p.operations[0].id = 5; },
        [](Plan& p) { p.operations[0].args = "y"; },
        [](Plan& p) { p.operations[0].not_before.ns += 1; },
        [](Plan& p) { p.operations[1].client = Id::client(0); },
        [](Plan& p) { p.checks.pop_back(); },
        [](Plan& p) { p.checks[0].params.set("within", std::int64_t{1}); },
        [](Plan& p) { p.pins[0].outcome = 1; },
        [](Plan& p) { p.pins[0].key = 1; },
        [](Plan& p) { p.pins.clear(); },
    };
    std::set<std::uint64_t> seen = {before};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        Plan plan = example();
        changes[i](plan);
        EXPECT_TRUE(seen.insert(digest(plan)).second) << "change " << i;
    }
}

TEST(Plan, needs_only_what_has_no_default) {
    const auto plan = plan_from_json(R"({"stormproof-plan": 1, "system": "x", "nodes": 3})");
    ASSERT_TRUE(plan) << plan.error().message;
    Plan want;
    want.system = "x";
    want.nodes = 3;
    EXPECT_EQ(*plan, want);
    EXPECT_EQ(error_of(R"({"stormproof-plan": 1, "nodes": 3})"),
              "plan.json:1:1: the key \"system\" is missing");
    EXPECT_EQ(error_of(R"({"system": "x", "nodes": 3})"),
              "plan.json:1:1: the key \"stormproof-plan\" is missing");
    EXPECT_EQ(error_of(R"({"stormproof-plan": 1, "system": "x"})"),
              "plan.json:1:1: the key \"nodes\" is missing");
}

struct Edit {
    std::string_view from, to;
    std::string_view where;  // What the error points at: the first in the edited line.
    std::string_view error;
};
constexpr Edit edits[] = {
    {R"("stormproof-plan": 1)", R"("stormproof-plan": 2)", "2",
     "\"stormproof-plan\": 2 is out of range: want 1 to 1"},
    {R"("settle")", R"("setle")", "\"setle", "unknown key \"setle\"; did you mean \"settle\"?"},
    {R"("settle": "30s")", R"("settle": 30)", "30", "a time needs a unit, as in \"40ms\""},
    {R"("30s",)", R"("30parsecs",)", "\"30p",
     "'30parsecs' is no duration: 'parsecs' is no unit (ns, us, ms, s, m or h)"},
    {R"("30s",)", R"("-30s",)", "\"-", "\"-30s\" is negative: want 0 or more"},
    {R"("for": "5s",)", R"("for": "5s", "for": "6s",)", R"("for": "6s")",
     "the key \"for\" stands here twice"},
    {R"("mode": "recoverable")", R"("mode": "reckless")", "\"reck",
     "\"reckless\" is none of: recoverable, unlimited"},
    {R"("loss": "0.5%")", R"("loss": "140%")", "{", "loss: 140% is out of range: want 0% to 100%"},
    {R"("delay": "1ms")", R"("delay": 1)", "{",
     "delay: 1 is without a unit: a duration is a number and ns, us, ms, s, m or h, as in "
     "40ms"},
    {R"("site_active": "25%")", R"("site_active": "lots")", "\"lots",
     "share: cannot read \"lots\": a share is a number and %, as in 0.5%, exact to a "
     "millionth"},
    {R"("absent": ["n3"])", R"("absent": ["n7"])", "\"n7",
     "there is no node n7: the plan has 3 nodes"},
    {R"(["n1"], ["n2"]])", R"(["n1"], ["n9"]])", "\"n9",
     "there is no node n9: the plan has 3 nodes"},
    {R"(["n1"], ["n2"]])", R"(["n1"], ["node"]])", "\"node\"",
     "\"node\" names nobody: want a node (\"n1\") or a client (\"c1\")"},
    {R"("id": "net.partition#1", )", "", "{", "a fault needs an \"id\""},
    {R"("at": "1.204s", )", "", "{", "a fault needs \"at\": when it strikes"},
    {R"("node.kill#2")", R"("net.partition#1")", "{", "two faults have the id \"net.partition#1\""},
    {R"({"any": 2})", R"({"some": 2})", "\"some",
     "unknown key \"some\"; known here: any, where and is"},
    {R"({"any": 2})", R"({"any": 0})", "0}", "\"any\": 0 is out of range: want 1 to 1000000"},
    {R"({"any": 2})", R"({"where": "role"})", R"({"where")",
     "want {\"any\": 2} or {\"where\": \"role\", \"is\": \"backup\"}"},
    {R"({"any": 2})", R"("boss")", "\"boss",
     "no target is called \"boss\": want \"n2\", [\"n1\", \"n2\"], \"all\", \"leader\", "
     "{\"any\": 2} or {\"where\": \"role\", \"is\": \"backup\"}"},
    {R"({"any": 2})", "[]", "[]", "a target needs at least one name"},
    {R"("every": "1s")", R"("every": 0)", "0, \"times", "every 0 would never end"},
    {R"("every": "1s", "times": 3)", R"("every": "1ns")", "\"1ns",
     "disk.latency would strike 5,000,000,000 times: every 1ns in 5s; at most 10,000 strikes of "
     "one fault: want a longer every, or times: 10000"},
    {R"("after": "leader", )", "", R"({"plus")", "the key \"after\" is missing"},
    {R"("client": "c1")", R"("client": "n1")", "\"n1",
     "operations are issued by clients: want \"c1\""},
    {R"("client": "c2")", R"("client": "c3")", "\"c3",
     "there is no client c3: the plan has 2 clients"},
    {R"("client": "c2", "id": 0)", R"("client": "c1", "id": 4)", "{",
     "two operations of c1 have the id 4"},
    {R"("name": "read", )", "", "{", "an operation needs a \"name\""},
    {R"(["x",4])", R"({"x":4})", R"({"x")",
     "\"args\": want null, true, false, a whole number, text or a list, found an object"},
    {R"("use": "converged", )", "", "{", "a check needs \"use\": the name of a check"},
    {R"("net.delay", "key")", R"("net.dealy", "key")", "\"net.dealy",
     "no draw is for \"net.dealy\": did you mean \"net.delay\"?"},
    {R"("3b9f0c21deadbeef")", R"("3b9f")", "\"3b9f", "want 16 hexadecimal digits in lower case"},
    {R"(, "outcome": -250000)", "", "{", "a pin needs an \"outcome\""},
};

TEST(Plan, that_a_hand_has_spoilt_is_refused_where_it_is_wrong) {
    for (const Edit& edit : edits) {
        const std::string text = edited(edit.from, edit.to);
        const std::size_t line = text.rfind('\n', to_json(example()).find(edit.from)) + 1;
        const auto at = core::position_of(text, text.find(edit.where, line));
        EXPECT_EQ(error_of(text),
                  fmt::format("plan.json:{}:{}: {}", at.line, at.column, edit.error))
            << edit.to;
    }
}

TEST(Plan, strikes_as_often_as_every_fits_from_at_to_the_end_and_no_more_than_times) {
    PlannedFault fault;
    fault.at.plus = seconds(1);
    EXPECT_EQ(strikes(fault, seconds(5)), 1U);
    EXPECT_EQ(strikes(fault, seconds(1)), 0U);
    fault.every = seconds(2);
    EXPECT_EQ(strikes(fault, seconds(5)), 2U);  // At 1 s and 3 s.
    EXPECT_EQ(strikes(fault, seconds(5) + core::nanoseconds(1)), 3U);
    fault.times = 2;
    EXPECT_EQ(strikes(fault, seconds(500)), 2U);
    fault.at.after = "leader";  // Perhaps at once.
    fault.times = 0;
    EXPECT_EQ(strikes(fault, seconds(5)), 3U);
    fault.every = core::microseconds(500);
    EXPECT_EQ(too_many_strikes(fault, seconds(5)), "");
    fault.times = 10'001;
    EXPECT_NE(too_many_strikes(fault, seconds(5) + core::nanoseconds(1)), "");
}

TEST(Plan, cut_off_anywhere_is_refused_and_never_half_read) {
    const std::string text = to_json(example());
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        const std::string error = error_of(std::string_view(text).substr(0, size));
        EXPECT_TRUE(error.starts_with("plan.json:")) << size;
    }
    EXPECT_EQ(error_of(""),
              "plan.json:1:1: want an object in { }, found the end of the file (was it cut off?)");
}

TEST(Plan, that_is_no_text_or_too_large_is_refused_at_once) {
    EXPECT_EQ(error_of(std::string("\x7f"
                                   "ELF\x02\x01",
                                   6)),
              "plan.json:1:1: want an object in { }, found byte 0x7f (is this a text file?)");
    EXPECT_EQ(plan_from_json(std::string((256U << 20U) + 1, ' '), "p").error().message,
              "p:1:1: larger than 256 MiB");
    const std::string deep =
        R"({"stormproof-plan": 1, "operations": [{"args": )" + std::string(100'000, '[');
    EXPECT_EQ(error_of(deep), "plan.json:1:77: nested deeper than 32");
}

}  // namespace
}  // namespace storm::fault
