// Goal: the simulator carries a small system end to end. Method: a ping service written as a
// user would, run through the conductor; digests compared, faults applied, evidence read.
#include <gtest/gtest.h>

#include <map>

#include "fault/catalogue.h"
#include "node/points.h"
#include "node/system.h"
#include "sim/world.h"
#include "world/conductor.h"

namespace storm::sim {
namespace {

struct Ping {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ping, 1, n)
};
struct Pong {
    std::uint64_t n = 0;
    STORM_MESSAGE(Pong, 1, n)
};

Task<> ponger(Io& io, const node::Options&) {
    std::uint64_t served = 0;
    auto file = co_await io.open("log");
    for (;;) {
        auto in = co_await io.receive();
        if (auto ping = in.as<Ping>()) {
            if (file) {
                (void)co_await file->append({std::byte{1}, std::byte{2}});
                (void)co_await file->sync();
            }
            io.publish("served", ++served);
            (void)STORM_MAYBE("smoke/served");
            (void)io.wall();
            io.reply(in, Pong{ping->n});
        }
    }
}

node::System ping_system() {
    node::System system;
    system.name = "ping";
    system.tolerates = [](std::uint32_t) {
        return node::Tolerates{.crashed = 3, .damaged = 3, .lost_fsync = true};
    };
    system.start = ponger;
    node::Operation ping;
    ping.name = "ping";
    ping.run = [](Io& io, const node::Options&, Value args) -> Task<core::Result<Value>> {
        auto pong = co_await io.call<Pong>(
            core::Id::node(0), Ping{static_cast<std::uint64_t>(args.integer_or(0))}, 100_ms);
        if (!pong) co_return std::unexpected(pong.error());
        co_return Value(pong->n);
    };
    system.operations.push_back(ping);
    return system;
}

fault::Plan ping_plan() {
    fault::Plan plan;
    plan.system = "ping";
    plan.nodes = 3;
    plan.clients = 2;
    plan.network.delay = 5_ms;
    plan.network.jitter = 2_ms;
    plan.chaos = 2_s;
    plan.settle = 1_s;
    for (std::uint32_t c = 0; c < 2; ++c) {
        for (std::uint32_t i = 0; i < 50; ++i) {
            plan.operations.push_back(
                {core::Id::client(c), i, "ping", Value(static_cast<std::int64_t>(i)), 20_ms * i});
        }
    }
    return plan;
}

history::RunRecord run(const fault::Plan& plan, std::uint64_t seed, std::string sabotage = {},
                       history::Detail detail = history::Detail::verdict) {
    const auto system = ping_system();
    const auto faults = fault::standard_faults();
    const auto world = make_world();
    world::Setup setup{system, plan, seed, detail, {}, std::move(sabotage)};
    auto record = world::conduct(*world, setup, faults, [](auto&&...) { return true; });
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
    return record ? std::move(*record) : history::RunRecord{};
}

TEST(Smoke, APingIsAnsweredAndTheSameSeedGivesTheSameDigest) {
    const auto plan = ping_plan();
    const auto a = run(plan, 7), b = run(plan, 7), c = run(plan, 8);
    ASSERT_EQ(a.history.size(), 100U);
    for (const auto& op : a.history) EXPECT_EQ(op.outcome, history::Outcome::ok);
    EXPECT_NE(a.digest, 0U);
    EXPECT_EQ(a.digest, b.digest);
    EXPECT_NE(a.digest, c.digest);
}

/// Each fault of the catalogue, by name: none can be forgotten here.
class EachFault : public testing::TestWithParam<std::string> {};

/// What must be said of a fault so that the ping system is bound to feel it.
fault::Params told(const fault::FaultSpec& spec) {
    fault::Params params;
    if (spec.name == "net.partition") {
        params.set("groups",
                   fault::Groups{{core::Id::node(0)}, {core::Id::client(0), core::Id::client(1)}});
    }
    if (spec.name == "node.crash_at") params.set("site", std::string("smoke/served"));
    auto all = fault::complete(spec.params, std::move(params));
    EXPECT_TRUE(all.has_value()) << spec.name;
    return all.value_or(fault::Params{});
}

// The law: carried out, a fault is effective; judged and not carried out, it is ineffective.
TEST_P(EachFault, IsEffectiveAndIneffectiveWhenOnlyJudged) {
    auto plan = ping_plan();
    fault::PlannedFault f;
    f.id = "it";
    f.use = GetParam();
    const auto faults = fault::standard_faults();
    const auto* spec = faults.find(f.use);
    ASSERT_NE(spec, nullptr) << f.use;
    f.params = told(*spec);
    f.target.kind = fault::Target::Kind::named;
    f.target.names = {core::Id::node(0)};
    if (spec->aim == fault::Aim::cut) f.target = {};
    f.at.plus = 200_ms;
    f.lasts = 600_ms;
    plan.faults.push_back(f);
    if (f.use == "disk.lost_fsync") {  // Only a power loss shows it.
        f.id = "dark";
        f.use = "node.power_loss";
        f.params = {};
        f.at.plus = 700_ms;
        plan.faults.push_back(f);
    }
    const auto judge = [](const history::FaultRecord& r) {
        return fault::judge(fault::Evidence{r.claimed, r.voided, r.seen, {}, {}});
    };
    const auto real = run(plan, 3);
    ASSERT_EQ(real.faults.size(), plan.faults.size());
    EXPECT_EQ(judge(real.faults[0]), fault::Effectiveness::effective)
        << real.faults[0].claimed << " " << real.faults[0].voided << " " << real.faults[0].seen;
    const auto hollow = run(plan, 3, "it");
    ASSERT_EQ(hollow.faults.size(), plan.faults.size());
    EXPECT_EQ(judge(hollow.faults[0]), fault::Effectiveness::ineffective)
        << hollow.faults[0].claimed << " " << hollow.faults[0].voided << " "
        << hollow.faults[0].seen;
}

TEST(Smoke, a_file_call_and_what_its_caller_does_next_are_told_as_one_step) {
    const auto record = run(ping_plan(), 3, {}, history::Detail::full);
    std::map<std::uint64_t, int> files;  // By what they were done under.
    int published = 0;
    for (const auto& e : record.trace) {
        if (e.kind == history::EventKind::file) ++files[e.cause];
        if (e.kind == history::EventKind::publish) published += files.contains(e.cause) ? 1 : 0;
    }
    EXPECT_GT(published, 10);
    for (const auto& [cause, count] : files) EXPECT_EQ(count, 1) << cause;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EachFault, testing::ValuesIn(fault::standard_faults().names()),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

}  // namespace
}  // namespace storm::sim
