// Goal: the conductor strikes, heals, chains and judges as plan and system say. Method: a fake
// world whose only life is a list of callbacks on a clock, which notes what it is told to do;
// operations take ten milliseconds and answer or fail as the test says.
#include "world/conductor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "world/clients.h"
#include "world/strikes.h"
#include "world/tolerance.h"

namespace storm::world {
namespace {

using history::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeWorld final : public World, public node::Published {
public:
    std::string_view name() const override { return "fake"; }
    core::Result<void> can(const fault::Effect& effect) const override {
        if (!std::holds_alternative<fault::ClockEffect>(effect)) return {};
        return core::fail(core::ErrorKind::missing, "this world has no clocks");
    }
    core::Result<void> start(const Setup& setup, Sink& sink, history::RunRecord& r) override {
        setup_ = &setup;
        sink_ = &sink;
        record_ = &r;
        return {};
    }
    void at(Instant when, core::Key, Callback callback) override {
        queue_.emplace(std::pair(std::max(when, now_), order_++), std::move(callback));
    }
    void when(Predicate, core::Key, Callback) override {}
    core::Result<void> drive(Instant until) override {
        while (!halted_ && !queue_.empty() && queue_.begin()->first.first <= until) {
            auto next = queue_.extract(queue_.begin());
            now_ = next.key().first;
            next.mapped()();
        }
        if (!halted_) now_ = until;
        return {};
    }
    void halt() override { halted_ = true; }
    core::Result<Token> apply(const Application& application) override {
        log.push_back(fmt::format("{} +{}#{}", core::to_text(now_), application.fault.id,
                                  application.occurrence));
        ids_.push_back(application.fault.id);
        return static_cast<Token>(ids_.size() - 1);
    }
    void revert(Token token) override {
        log.push_back(fmt::format("{} -{}", core::to_text(now_), ids_[token]));
    }
    void invoke(const fault::PlannedOperation& operation, core::Key) override {
        const auto client = operation.client;
        const auto id = operation.id;
        if (answers.contains(id) && answers[id] == core::ErrorKind::stopped) return;  // Never.
        at(now_ + 10_ms, 0, [this, client, id] {
            if (!answers.contains(id)) return sink_->completed(client, id, Value(1));
            sink_->completed(client, id, core::fail(answers[id], "no"));
        });
    }
    const node::Published& observe() const override { return *this; }
    fault::Evidence evidence(Token) override { return {.claimed = 2, .seen = 2, .what = "x"}; }
    std::int64_t decide(fault::Purpose, core::Key key, std::uint32_t index, std::string_view,
                        const std::function<std::int64_t(std::uint64_t)>& scale) override {
        return scale(core::draw(seed, 0, key, index));
    }
    Instant now() const override { return now_; }
    std::uint64_t digest() const override { return 1; }
    void stop() override {}

    const Value* get(node::Id id, std::string_view key) const override {
        const auto at = values_.find({id, std::string(key)});
        return at == values_.end() ? nullptr : &at->second;
    }
    std::uint32_t nodes() const override { return setup_->plan.nodes; }
    bool up(node::Id) const override { return true; }

    /// As if a node published at that time.
    void publish_at(Duration when, core::Id id, std::string key, Value value) {
        at(Instant{} + when, 0, [this, id, key, value] {
            values_[{id, key}] = value;
            record_->published.push_back({id, key, value, now_});
            sink_->published();
        });
    }

    std::vector<std::string> log;
    std::map<std::uint32_t, core::ErrorKind> answers;  // By operation; none: ok.
    std::uint64_t seed = 1;

private:
    std::map<std::pair<Instant, int>, Callback> queue_;
    std::map<std::pair<core::Id, std::string>, Value> values_;
    std::vector<std::string> ids_;
    const Setup* setup_ = nullptr;
    Sink* sink_ = nullptr;
    history::RunRecord* record_ = nullptr;
    Instant now_{};
    int order_ = 0;
    bool halted_ = false;
};

struct Stage {
    Stage() {
        system.name = "fake";
        system.leader_key = "leads";
        system.tolerates = [](std::uint32_t) { return node::Tolerates{.crashed = 1}; };
        node::Operation ask;
        ask.name = "ask";
        node::Operation look;
        look.name = "look";
        look.idempotent = true;
        system.operations = {ask, look};
        plan.nodes = 3;
        plan.clients = 2;
        plan.chaos = 10_s;
        plan.settle = 5_s;
    }
    fault::PlannedFault& add(std::string id, std::string use, Duration at) {
        fault::PlannedFault fault;
        fault.id = std::move(id);
        fault.use = std::move(use);
        fault.at.plus = at;
        fault.target = {.kind = fault::Target::Kind::named, .names = {core::Id::node(0)}};
        plan.faults.push_back(fault);
        return plan.faults.back();
    }
    history::RunRecord operator()(const Settled& settled = {}) {
        const Setup setup{.system = system, .plan = plan};
        auto record = conduct(world, setup, fault::standard_faults(), settled);
        EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
        return record ? std::move(*record) : history::RunRecord{};
    }
    core::Error refused() {
        const Setup setup{.system = system, .plan = plan};
        auto record = conduct(world, setup, fault::standard_faults(), {});
        EXPECT_FALSE(record.has_value());
        return record ? core::Error{} : record.error();
    }
    node::System system;
    fault::Plan plan;
    FakeWorld world;
};

TEST(Conductor, a_fault_strikes_at_its_time_and_is_reverted_after_for_or_at_the_heal) {
    Stage run;
    run.add("a", "node.kill", 1_s).lasts = 2_s;
    run.add("b", "node.pause", 4_s);
    const auto record = run();
    EXPECT_THAT(run.world.log, ElementsAre("1s +a#0", "3s -a", "4s +b#0", "10s -b"));
    ASSERT_EQ(record.faults.size(), 2U);
    EXPECT_EQ(record.faults[0].to, Instant{} + 3_s);
    EXPECT_EQ(record.faults[1].to, Instant{} + 10_s);
    EXPECT_EQ(record.faults[0].seen, 2U);
    EXPECT_EQ(record.faults[0].what, "n1");
}

TEST(Conductor, every_repeats_up_to_times_and_never_after_the_heal) {
    Stage run;
    auto& often = run.add("a", "node.kill", 1_s);
    often.lasts = 100_ms;
    often.every = 2_s;
    often.times = 3;
    auto& late = run.add("b", "node.pause", 9_s);
    late.lasts = 100_ms;
    late.every = 2_s;
    run();
    EXPECT_THAT(run.world.log, ElementsAre("1s +a#0", "1.1s -a", "3s +a#1", "3.1s -a", "5s +a#2",
                                           "5.1s -a", "9s +b#0", "9.1s -b"));
}

TEST(Conductor, a_fault_that_would_strike_more_often_than_anybody_can_tell_of_is_refused) {
    Stage run;
    run.add("a", "clock.jump", 1_s).every = 1_ns;
    EXPECT_EQ(run.refused().text(),
              "fault a: clock.jump would strike 9,000,000,000 times: every 1ns in 10s; at most "
              "10,000 strikes of one fault: want a longer every, or times: 10000");
}

TEST(Conductor, what_ends_in_the_instant_of_another_strike_has_ended_before) {
    Stage run;
    run.add("a", "node.kill", 1_s).lasts = 1_s;
    run.add("b", "node.kill", 2_s).lasts = 1_s;
    auto& again = run.add("c", "node.pause", 5_s);
    again.every = 1_s;
    again.lasts = 1_s;
    again.times = 2;
    run();
    EXPECT_THAT(run.world.log, ElementsAre("1s +a#0", "2s -a", "2s +b#0", "3s -b", "5s +c#0",
                                           "6s -c", "6s +c#1", "7s -c"));
}

TEST(Conductor, a_leader_trigger_strikes_who_leads_and_a_fault_may_follow_a_fault) {
    Stage run;
    auto& first = run.add("a", "node.kill", 500_ms);
    first.at.after = "leader";
    first.lasts = 1_s;
    first.times = 1;
    first.target = {.kind = fault::Target::Kind::leader};
    auto& second = run.add("b", "node.pause", 250_ms);
    second.at.after = "a";
    second.times = 1;
    second.lasts = 1_s;
    run.world.publish_at(2_s, core::Id::node(1), "leads", Value(1));
    run.world.publish_at(2100_ms, core::Id::node(2), "leads", Value(2));
    const auto record = run();
    EXPECT_THAT(run.world.log, ElementsAre("2.5s +a#0", "3.5s -a", "3.75s +b#0", "4.75s -b"));
    EXPECT_THAT(record.faults[0].nodes, ElementsAre(core::Id::node(2)));  // The latest.
}

TEST(Conductor, a_value_trigger_waits_for_that_value) {
    Stage run;
    auto& fault = run.add("a", "node.kill", 0_s);
    fault.at.after = "mode=ready";
    fault.times = 1;
    fault.lasts = 1_s;
    run.world.publish_at(1_s, core::Id::node(1), "mode", Value("starting"));
    run.world.publish_at(2_s, core::Id::node(1), "mode", Value("ready"));
    run();
    EXPECT_THAT(run.world.log, ElementsAre("2s +a#0", "3s -a"));
}

TEST(Conductor, a_trigger_that_is_never_met_leaves_a_record_that_says_so) {
    Stage run;
    run.add("a", "node.kill", 0_s).at.after = "leader";
    const auto record = run();
    EXPECT_TRUE(run.world.log.empty());
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_FALSE(record.faults[0].occurred);
    EXPECT_THAT(record.faults[0].what, HasSubstr("never met"));
}

TEST(Conductor, a_strike_after_the_chaos_phase_leaves_a_record_of_both_times) {
    Stage run;
    run.add("a", "node.kill", 50_s);
    auto& led = run.add("b", "node.pause", 2_s);
    led.at.after = "leader";
    run.world.publish_at(9_s, core::Id::node(1), "leads", Value(1));
    const auto record = run();
    EXPECT_TRUE(run.world.log.empty());
    ASSERT_EQ(record.faults.size(), 2U);
    EXPECT_EQ(record.faults[0].what, "it was to strike at 50 s, but the chaos phase ended at 10 s");
    EXPECT_EQ(record.faults[1].what, "it was to strike at 11 s, but the chaos phase ended at 10 s");
}

TEST(Conductor, an_occurrence_that_is_drawn_not_to_happen_leaves_a_record_that_says_so) {
    Stage run;
    run.add("a", "node.kill", 1_s).probability_ppm = 0;
    const auto record = run();
    EXPECT_TRUE(run.world.log.empty());
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_FALSE(record.faults[0].occurred);
    EXPECT_EQ(record.faults[0].what, "its probability left it out");
}

TEST(Conductor, each_occurrence_is_drawn_for_itself_by_its_probability) {
    const auto strikes = [](std::uint64_t seed) {
        Stage run;
        run.world.seed = seed;
        auto& fault = run.add("a", "node.pause", 0_s);
        fault.every = 100_ms;
        fault.lasts = 10_ms;
        fault.probability_ppm = 300'000;
        const auto record = run();
        std::vector<std::uint32_t> struck;
        for (const auto& each : record.faults) struck.push_back(each.occurrence);
        return struck;
    };
    EXPECT_EQ(strikes(1), strikes(1));
    EXPECT_NE(strikes(1), strikes(2));
    std::size_t sum = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) sum += strikes(seed).size();
    EXPECT_NEAR(static_cast<double>(sum), 600, 80);  // Of 20 times 100.
}

TEST(Conductor, a_predicate_means_the_nodes_that_satisfy_it_when_the_fault_strikes) {
    Stage run;
    auto& fault = run.add("a", "node.pause", 1_s);
    fault.target = {.kind = fault::Target::Kind::where, .key = "role", .value = Value("backup")};
    fault.every = 1_s;
    fault.lasts = 500_ms;
    fault.times = 3;
    run.plan.mode = fault::Mode::unlimited;
    run.world.publish_at(1500_ms, core::Id::node(1), "role", Value("backup"));
    run.world.publish_at(1600_ms, core::Id::node(2), "role", Value("primary"));
    run.world.publish_at(2500_ms, core::Id::node(2), "role", Value("backup"));
    const auto record = run();
    ASSERT_EQ(record.faults.size(), 3U);
    EXPECT_FALSE(record.faults[0].occurred);
    EXPECT_EQ(record.faults[0].what, "nobody was meant");
    EXPECT_THAT(record.faults[1].nodes, ElementsAre(core::Id::node(1)));
    EXPECT_THAT(record.faults[2].nodes, ElementsAre(core::Id::node(1), core::Id::node(2)));
}

TEST(Conductor, recoverable_mode_leaves_out_what_the_system_does_not_tolerate) {
    Stage run;
    run.add("a", "node.kill", 1_s).lasts = 5_s;
    auto& second = run.add("b", "node.pause", 2_s);
    second.target.names = {core::Id::node(1)};
    second.lasts = 1_s;
    const auto record = run();
    EXPECT_THAT(run.world.log, ElementsAre("1s +a#0", "6s -a"));
    ASSERT_EQ(record.faults.size(), 2U);
    EXPECT_FALSE(record.faults[1].occurred);
    EXPECT_THAT(record.faults[1].what, HasSubstr("tolerates 1 of 3"));

    Stage unlimited;
    unlimited.plan = run.plan;
    unlimited.plan.mode = fault::Mode::unlimited;
    unlimited();
    EXPECT_EQ(unlimited.world.log.size(), 4U);
}

TEST(Conductor, choices_among_nodes_stay_when_a_node_that_was_not_chosen_is_taken_out) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Stage whole;
        whole.plan.nodes = 5;
        whole.world.seed = seed;
        whole.add("a", "node.kill", 1_s).target = {.kind = fault::Target::Kind::any, .count = 1};
        const auto chosen = whole().faults[0].nodes;
        ASSERT_EQ(chosen.size(), 1U);
        Stage less;
        less.plan = whole.plan;
        less.plan.mode = fault::Mode::unlimited;
        less.world.seed = seed;
        less.plan.absent = {core::Id::node((chosen[0].index() + 1) % 5)};
        EXPECT_EQ(less().faults[0].nodes, chosen);
    }
}

TEST(Conductor, operations_of_a_client_follow_one_another_and_others_do_not_wait) {
    Stage run;
    run.plan.operations = {{core::Id::client(0), 0, "ask", {}, 1_s},
                           {core::Id::client(0), 1, "ask", {}, 1_s},
                           {core::Id::client(1), 0, "ask", {}, 1_s}};
    const auto record = run();
    ASSERT_EQ(record.history.size(), 3U);
    EXPECT_EQ(record.history[0].invoked, Instant{} + 1_s);
    EXPECT_EQ(record.history[1].client, core::Id::client(1));
    EXPECT_EQ(record.history[1].invoked, Instant{} + 1_s);
    EXPECT_EQ(record.history[2].invoked, Instant{} + 1010_ms);
}

TEST(Conductor, outcomes_follow_the_error_and_an_info_retires_the_process) {
    Stage run;
    run.world.answers = {{1, core::ErrorKind::refused},
                         {2, core::ErrorKind::timeout},
                         {3, core::ErrorKind::timeout},
                         {4, core::ErrorKind::stopped}};
    for (std::uint32_t i = 0; i < 5; ++i) {
        run.plan.operations.push_back({core::Id::client(0), i, i == 3 ? "look" : "ask", {}, 1_s});
    }
    const auto history = run().history;
    ASSERT_EQ(history.size(), 5U);
    EXPECT_EQ(history[0].outcome, Outcome::ok);
    EXPECT_EQ(history[1].outcome, Outcome::fail);
    EXPECT_EQ(history[2].outcome, Outcome::info);
    EXPECT_EQ(history[3].outcome, Outcome::fail);  // A read that got no answer did nothing.
    EXPECT_EQ(history[4].outcome, Outcome::info);  // Never ended.
    EXPECT_EQ(history[2].process, 0U);
    EXPECT_EQ(history[3].process, 2U);
    EXPECT_EQ(history[4].completed, Instant{} + 15_s);
}

TEST(Conductor, it_ends_early_once_all_is_settled_and_not_before) {
    Stage run;
    run.plan.operations = {{core::Id::client(0), 0, "ask", {}, 11_s}};
    const auto record =
        run([](const auto&, const auto&, Instant now) { return now >= Instant{} + 10500_ms; });
    EXPECT_EQ(record.ended, Instant{} + 11050_ms);  // The operation came later still.
    EXPECT_TRUE(record.complete);
    Stage never;
    EXPECT_EQ(never([](const auto&, const auto&, Instant) { return false; }).ended,
              Instant{} + 15_s);
}

TEST(Conductor, a_broken_invariant_is_reported_once_at_its_time) {
    Stage run;
    run.system.invariants.push_back(
        {"below-two", "", [](const node::Published& p) -> std::optional<std::string> {
             const auto* value = p.get(core::Id::node(0), "x");
             if (value == nullptr || value->integer_or(0) < 2) return {};
             return "x is " + core::to_human(*value);
         }});
    run.world.publish_at(1_s, core::Id::node(0), "x", Value(1));
    run.world.publish_at(2_s, core::Id::node(0), "x", Value(2));
    run.world.publish_at(3_s, core::Id::node(0), "x", Value(3));
    const auto record = run();
    ASSERT_EQ(record.breaches.size(), 1U);
    EXPECT_EQ(record.breaches[0].at, Instant{} + 2_s);
    EXPECT_EQ(record.breaches[0].site, "below-two");
    EXPECT_EQ(record.breaches[0].sentence, "x is 2");
}

TEST(Conductor, what_a_world_or_a_plan_cannot_do_is_an_error_before_anything_happens) {
    Stage clock;
    clock.add("a", "clock.offset", 1_s).params.set("by", std::int64_t{1'000'000'000});
    EXPECT_EQ(clock.refused().kind, core::ErrorKind::missing);
    Stage unknown;
    unknown.add("a", "net.unplug", 1_s);
    EXPECT_THAT(unknown.refused().text(), HasSubstr("net.unplug"));
    Stage twice;
    twice.add("a", "node.kill", 1_s);
    twice.add("a", "node.kill", 2_s);
    EXPECT_THAT(twice.refused().text(), HasSubstr("two faults are called a"));
    Stage nobody;
    nobody.add("a", "node.kill", 1_s).target.names = {core::Id::node(8)};
    EXPECT_THAT(nobody.refused().text(), HasSubstr("n9"));
    Stage client;
    client.plan.operations = {{core::Id::client(7), 0, "ask", {}, 1_s}};
    EXPECT_THAT(client.refused().text(), HasSubstr("c8"));
    Stage operation;
    operation.plan.operations = {{core::Id::client(0), 0, "dance", {}, 1_s}};
    EXPECT_THAT(operation.refused().text(), HasSubstr("dance"));
    EXPECT_TRUE(operation.world.log.empty());
}

// Whom a fault strikes is what its target says, however many links lead there.
TEST(Conductor, a_fault_is_told_of_by_its_target_and_not_by_whom_it_reaches) {
    using core::Id;
    const auto told = [](const std::string& use, std::vector<Id> target, std::string way = "both",
                         std::string clients = "hit") {
        Stage run;
        run.plan.mode = fault::Mode::unlimited;
        auto& fault = run.add("a", use, 1_s);
        if (use == "net.partition") {
            fault.target = {};
            fault.params.set("groups", fault::Groups{{Id::node(0)}, {Id::node(1), Id::node(2)}});
        } else if (target.empty()) {
            fault.target = {};
        } else {
            fault.target.names = std::move(target);
        }
        if (use.starts_with("net.")) fault.params.set("direction", std::move(way));
        if (use == "net.loss") fault.params.set("clients", std::move(clients));
        const auto record = run();
        std::string nodes;
        for (const auto id : record.faults[0].nodes) nodes += " " + core::name_of(id);
        return record.faults[0].what + ":" + nodes;
    };
    const Id n1 = Id::node(0), n2 = Id::node(1), n3 = Id::node(2), c2 = Id::client(1);
    EXPECT_EQ(told("net.loss", {n1}), "n1: n1");
    EXPECT_EQ(told("net.loss", {n1}, "both", "spared"), "n1: n1");
    EXPECT_EQ(told("net.loss", {n2}, "to"), "to n2: n2");
    EXPECT_EQ(told("net.delay", {n2, n1}, "from"), "from n1 n2: n1 n2");
    EXPECT_EQ(told("net.loss", {c2, n1, n2}), "n1 n2 c2: n1 n2 c2");
    EXPECT_EQ(told("net.loss", {}), "everywhere: n1 n2 n3 c1 c2");
    EXPECT_EQ(told("net.loss", {n3, n1, n2}), "everywhere: n1 n2 n3 c1 c2");
    EXPECT_EQ(told("net.loss", {}, "both", "spared"), "all nodes: n1 n2 n3");
    EXPECT_EQ(told("net.loss", {}, "to"), "to all nodes: n1 n2 n3");
    EXPECT_EQ(told("net.partition", {}), "n1 | n2 n3: n1 n2 n3");
    EXPECT_EQ(told("net.partition", {}, "to"), "n2 n3 → n1: n1 n2 n3");
    EXPECT_EQ(told("net.partition", {}, "from"), "n1 → n2 n3: n1 n2 n3");
    EXPECT_EQ(told("node.kill", {n2}), "n2: n2");
    EXPECT_EQ(told("node.kill", {}), "all nodes: n1 n2 n3");
}

TEST(Tolerance, the_smaller_side_of_a_cut_is_taken_and_what_is_absent_counts) {
    const auto ids = [](std::initializer_list<std::uint32_t> indices) {
        std::vector<core::Id> out;
        for (const auto i : indices) out.push_back(core::Id::node(i));
        return out;
    };
    fault::LinkEffect cut;
    cut.fault.cut = true;
    cut.directions = {{ids({0, 1, 2}), ids({3, 4})}, {ids({3, 4}), ids({0, 1, 2})}};
    EXPECT_THAT(taken_by(cut), ElementsAre(3U, 4U));
    cut.fault.cut = false;
    EXPECT_TRUE(taken_by(cut).empty());

    // Cut from all others is who is aimed at, not the others.
    cut.fault.cut = true;
    cut.directions = {{ids({1}), ids({0, 1, 2, 3})}, {ids({0, 2, 3}), ids({1})}};
    EXPECT_THAT(taken_by(cut), ElementsAre(1U));
    cut.directions = {{ids({0, 1, 2, 3, 4}), ids({1, 3})}};
    EXPECT_THAT(taken_by(cut), ElementsAre(1U, 3U));
    cut.directions = {{ids({0, 1, 2}), ids({0, 1, 2})}};
    EXPECT_EQ(taken_by(cut).size(), 2U);

    Stage run;
    run.plan.absent = {core::Id::node(2)};
    run.add("a", "node.kill", 1_s);
    Tolerance tolerance(run.system, run.plan);
    const fault::Effect kill = fault::NodeEffect{.nodes = ids({0})};
    EXPECT_TRUE(tolerance.exceeded_by(kill).has_value());
    run.plan.absent.clear();
    Tolerance free(run.system, run.plan);
    EXPECT_FALSE(free.exceeded_by(kill).has_value());
    free.hold(kill);
    EXPECT_FALSE(free.exceeded_by(kill).has_value());  // Down already: nobody more is taken.
    const fault::Effect other = fault::NodeEffect{.nodes = ids({1})};
    EXPECT_TRUE(free.exceeded_by(other).has_value());
    free.release(kill);
    EXPECT_FALSE(free.exceeded_by(other).has_value());
}

TEST(Conductor, a_probability_strikes_in_that_share_of_the_seeds_and_draws_for_each_occurrence) {
    int seeds = 0;
    int strikes = 0;
    int both = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        Stage run;
        run.world.seed = seed;
        auto& fault = run.add("a", "node.kill", 1_s);
        fault.lasts = 100_ms;
        fault.every = 4_s;
        fault.times = 2;
        fault.probability_ppm = 250'000;
        const auto record = run();
        int struck = 0;
        for (const auto& each : record.faults) struck += each.occurred ? 1 : 0;
        strikes += struck;
        seeds += struck != 0 ? 1 : 0;
        both += struck == 2 ? 1 : 0;
        EXPECT_EQ(run.world.log.size(), static_cast<std::size_t>(struck) * 2);
    }
    EXPECT_NEAR(strikes, 1000, 5 * 28);  // 4,000 draws at 25 %, five sigma.
    EXPECT_NEAR(seeds, 875, 5 * 23);     // 1 - 0.75^2 of 2,000.
    EXPECT_NEAR(both, 125, 5 * 11);
}

TEST(Conductor, a_fault_that_its_probability_spared_is_no_missed_trigger_but_never_struck) {
    Stage run;
    run.add("a", "node.kill", 1_s).probability_ppm = 0;
    const auto record = run();
    EXPECT_TRUE(run.world.log.empty());
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_FALSE(record.faults[0].occurred);
}

TEST(Conductor, a_predicate_strikes_those_who_publish_that_value_when_it_strikes) {
    Stage run;
    run.plan.mode = fault::Mode::unlimited;
    auto& fault = run.add("a", "node.kill", 3_s);
    fault.target = {.kind = fault::Target::Kind::where, .key = "role", .value = "backup"};
    fault.lasts = 1_s;
    auto& nobody = run.add("b", "node.pause", 4_s);
    nobody.target = {.kind = fault::Target::Kind::where, .key = "role", .value = "king"};
    run.world.publish_at(1_s, core::Id::node(0), "role", Value("primary"));
    run.world.publish_at(1_s, core::Id::node(1), "role", Value("backup"));
    run.world.publish_at(1_s, core::Id::node(2), "role", Value("backup"));
    run.world.publish_at(2_s, core::Id::node(1), "role", Value("primary"));
    const auto record = run();
    EXPECT_THAT(run.world.log, ElementsAre("3s +a#0", "4s -a"));
    ASSERT_EQ(record.faults.size(), 2U);
    EXPECT_THAT(record.faults[0].nodes, ElementsAre(core::Id::node(2)));
    EXPECT_FALSE(record.faults[1].occurred);
    EXPECT_THAT(record.faults[1].what, HasSubstr("nobody was meant"));
}

TEST(Conductor, a_value_trigger_strikes_each_time_the_value_comes_and_a_leader_once_in_force) {
    Stage run;
    auto& value = run.add("a", "node.kill", 100_ms);
    value.at.after = "term=2";  // A number as it is printed.
    value.lasts = 500_ms;
    auto& leader = run.add("b", "node.pause", 0_s);
    leader.at.after = "leader";
    leader.lasts = 500_ms;
    run.world.publish_at(1_s, core::Id::node(1), "term", Value(2));
    run.world.publish_at(1200_ms, core::Id::node(2), "term", Value(2));  // Still in force.
    run.world.publish_at(3_s, core::Id::node(2), "term", Value(2));
    run.world.publish_at(5_s, core::Id::node(0), "leads", Value(0));  // Claims nothing.
    run.world.publish_at(6_s, core::Id::node(0), "leads", Value(1));
    run();
    EXPECT_THAT(run.world.log,
                ElementsAre("1.1s +a#0", "1.6s -a", "3.1s +a#1", "3.6s -a", "6s +b#0", "6.5s -b"));
}

TEST(Conductor, a_chain_of_faults_goes_on_as_long_as_the_first_repeats) {
    Stage run;
    auto& first = run.add("a", "node.kill", 1_s);
    first.lasts = 500_ms;
    first.every = 3_s;
    first.times = 2;
    auto& second = run.add("b", "node.pause", 200_ms);
    second.at.after = "a";
    second.lasts = 300_ms;
    run();
    EXPECT_THAT(run.world.log, ElementsAre("1s +a#0", "1.5s -a", "1.7s +b#0", "2s -b", "4s +a#1",
                                           "4.5s -a", "4.7s +b#1", "5s -b"));
}

}  // namespace
}  // namespace storm::world
