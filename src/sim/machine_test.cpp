// Goal: a machine and a coroutine that do the same are the same to a world. Method: the ledger
// of node/ledger_systems_test.h both ways, under plans without noise of the network's own, so
// that what remains is what the nodes do; and under drawn noise, for what each must keep.
#include <gtest/gtest.h>

#include "check/check.h"
#include "fault/catalogue.h"
#include "node/ledger_systems_test.h"
#include "sim/world.h"
#include "world/conductor.h"

namespace storm::sim {
namespace {

using history::Outcome;

fault::Plan plan_of(std::uint32_t operations) {
    fault::Plan plan;
    plan.system = "ledger";
    plan.nodes = 3;
    plan.clients = 1;
    plan.network.delay = 5_ms;
    plan.chaos = 2_s;
    plan.settle = 500_ms;
    plan.ambient = fault::Ambient::neutral;
    for (std::uint32_t i = 0; i < operations; ++i) {
        plan.operations.push_back({core::Id::client(0), i, i % 2 == 0 ? "write" : "read",
                                   i % 2 == 0 ? Value(i + 1) : Value(), 40_ms * i});
    }
    return plan;
}

fault::PlannedFault on(core::Id node, std::string use, Duration at, Duration lasts) {
    fault::PlannedFault fault;
    fault.id = use;
    fault.use = std::move(use);
    fault.at.plus = at;
    fault.lasts = lasts;
    fault.target = {.kind = fault::Target::Kind::named, .names = {node}};
    return fault;
}

history::RunRecord run(bool as_machine, const fault::Plan& plan, std::uint64_t seed = 1,
                       history::Detail detail = history::Detail::verdict) {
    const auto system = node::testing::ledger_system(as_machine);
    const world::Setup setup{.system = system, .plan = plan, .seed = seed, .detail = detail};
    auto record = world::conduct(*make_world(), setup, fault::standard_faults(), {});
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
    return record ? std::move(*record) : history::RunRecord{};
}

/// What clients and observers saw.
std::vector<std::string> seen(const history::RunRecord& record) {
    std::vector<std::string> out;
    for (const auto& op : record.history) {
        out.push_back(core::to_text(op.invoked) + " " + core::to_text(op.completed) + " " +
                      op.name + " " + core::to_human(op.result) + " " + op.error);
    }
    for (const auto& change : record.published) {
        out.push_back(core::to_text(change.at) + " " + core::name_of(change.node) + " " +
                      change.key + " " + core::to_human(change.value));
    }
    return out;
}

TEST(Machines, behave_as_the_coroutine_of_the_same_protocol_does) {
    auto plan = plan_of(40);
    const auto calm = seen(run(false, plan));
    EXPECT_GT(calm.size(), 100U);
    EXPECT_EQ(seen(run(true, plan)), calm);
    plan.faults = {on(core::Id::node(0), "node.kill", 430_ms, 200_ms),
                   on(core::Id::node(1), "node.pause", 500_ms, 300_ms),
                   on(core::Id::node(2), "net.delay", 100_ms, 1_s)};
    plan.faults[2].params.set("delay", core::milliseconds(20).ns);
    const auto stormy = seen(run(false, plan));
    EXPECT_NE(stormy, calm);
    EXPECT_EQ(seen(run(true, plan)), stormy);
}

TEST(Machines, start_anew_after_a_kill_with_their_files_and_nothing_else) {
    auto plan = plan_of(40);
    plan.faults = {on(core::Id::node(0), "node.kill", 405_ms, 100_ms)};
    const auto record = run(true, plan);
    ASSERT_EQ(record.faults.size(), 1U);
    EXPECT_GT(record.faults[0].seen, 0U);
    const auto check =
        check::judge(check::standard_checks(), {node::testing::ledger_system(true), plan, record});
    for (const auto& finding : check) EXPECT_EQ(finding.verdict, check::Verdict::pass);
    EXPECT_EQ(record.history.back().outcome, Outcome::ok);
    EXPECT_EQ(record.history.back().result, Value(39));
    std::int64_t beats = 0;
    bool began_again = false;
    for (const auto& change : record.published) {
        if (change.node != core::Id::node(0)) continue;
        began_again = began_again || change.value.integer_or(0) < beats;
        beats = change.value.integer_or(0);
    }
    EXPECT_TRUE(began_again);  // Memory is gone.
}

TEST(Machines, give_the_same_bytes_under_the_same_seed_and_others_under_another) {
    auto plan = plan_of(40);
    plan.ambient = fault::Ambient::drawn;
    plan.network.jitter = 3_ms;
    plan.faults = {on(core::Id::node(0), "node.power_loss", 405_ms, 100_ms)};
    EXPECT_EQ(run(true, plan, 3).digest, run(true, plan, 3).digest);
    EXPECT_NE(run(true, plan, 3).digest, run(true, plan, 4).digest);
}

// A request that is not made takes with it what it caused, and no other draw of the run.
TEST(Machines, keep_all_other_draws_when_one_request_is_left_out) {
    auto plan = plan_of(20);
    plan.ambient = fault::Ambient::drawn;
    plan.network.jitter = 3_ms;
    const auto draws = [&] {
        std::map<std::tuple<int, core::Key, std::uint32_t>, std::int64_t> out;
        for (const auto& d : run(true, plan, 5, history::Detail::full).decisions) {
            out[{static_cast<int>(d.purpose), d.key, d.index}] = d.outcome;
        }
        return out;
    };
    const auto all = draws();
    plan.operations.erase(plan.operations.begin() + 7);
    const auto some = draws();
    ASSERT_GT(some.size(), 300U);
    std::size_t kept = 0;
    for (const auto& [name, outcome] : some) {
        const auto at = all.find(name);
        kept += at != all.end() && at->second == outcome ? 1 : 0;
    }
    EXPECT_EQ(kept, some.size());
    EXPECT_LT(some.size(), all.size());
}

}  // namespace
}  // namespace storm::sim
