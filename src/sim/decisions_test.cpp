// Goal: every decision has a key that follows its cause, so that taking something out of a plan
// leaves the other decisions as they were; pins and `ambient` decide as they say; and the same
// seed gives the same run. Method: whole runs of the gallery's systems through the conductor,
// with every decision recorded and compared by key.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "gallery/gallery.h"
#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using history::Detail;

const node::System& system_named(std::string_view name) {
    static const auto systems = gallery::systems();
    return *std::ranges::find(systems, name, &node::System::name);
}

fault::PlannedFault planned(const char* id, const char* use, Duration at, Duration lasts,
                            std::vector<core::Id> names) {
    const auto faults = fault::standard_faults();
    fault::PlannedFault f;
    f.id = id;
    f.use = use;
    f.params = *fault::complete(faults.find(use)->params, {});
    f.target.kind = fault::Target::Kind::named;
    f.target.names = std::move(names);
    f.at.plus = at;
    f.lasts = lasts;
    return f;
}

fault::Plan plan_of(const node::System& system) {
    fault::Plan plan;
    plan.system = system.name;
    plan.nodes = std::max(system.nodes, 3U);
    plan.clients = 3;
    plan.network.delay = 5_ms;
    plan.network.jitter = 2_ms;
    plan.network.loss_ppm = 5'000;
    plan.network.duplicate_ppm = 5'000;
    plan.chaos = 4_s;
    plan.settle = 2_s;
    core::Dice dice(7, 7);
    for (std::uint32_t c = 0; c < plan.clients; ++c) {
        for (std::uint32_t i = 0; i < 20; ++i) {
            const auto& kind = system.operations[dice.below(system.operations.size())];
            plan.operations.push_back(
                {core::Id::client(c), i, kind.name, kind.generate(dice, c, i), 150_ms * i});
        }
    }
    plan.faults.push_back(planned("slow", "net.delay", 500_ms, 400_ms, {n1}));
    plan.faults.push_back(planned("kill", "node.kill", 1200_ms, 300_ms, {n2}));
    plan.faults.push_back(planned("loss", "net.loss", 2_s, 300_ms, {n3}));
    return plan;
}

history::RunRecord run(const node::System& system, const fault::Plan& plan, std::uint64_t seed,
                       Detail detail = Detail::full) {
    const auto faults = fault::standard_faults();
    const auto world = make_world();
    const world::Setup setup{system, plan, seed, detail, {}, {}};
    auto record = world::conduct(*world, setup, faults, [](auto&&...) { return true; });
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
    return record ? std::move(*record) : history::RunRecord{};
}

using Key = std::tuple<std::uint8_t, std::uint64_t, std::uint32_t>;
std::map<Key, std::int64_t> decisions_of(const history::RunRecord& record) {
    std::map<Key, std::int64_t> all;
    for (const auto& d : record.decisions) all[{d.purpose, d.key, d.index}] = d.outcome;
    return all;
}

bool of_a_fault(const Key& key) {
    const auto purpose = static_cast<fault::Purpose>(std::get<0>(key));
    return purpose >= fault::Purpose::fault_delay && purpose <= fault::Purpose::fault_disk_delay;
}

/// Parts per thousand of `before`'s decisions, those of faults aside, that `after` took with the
/// same outcome.
std::size_t kept(const history::RunRecord& before, const history::RunRecord& after) {
    const auto all = decisions_of(before), now = decisions_of(after);
    std::size_t count = 0, same = 0;
    for (const auto& [key, outcome] : all) {
        if (of_a_fault(key)) continue;
        ++count;
        const auto at = now.find(key);
        if (at == now.end()) continue;
        EXPECT_EQ(at->second, outcome);
        ++same;
    }
    return same * 1'000 / std::max<std::size_t>(count, 1);
}

TEST(Keys, a_decision_is_never_taken_twice_under_one_key) {
    for (const char* name : {"register", "primary-backup", "raft"}) {
        const auto& system = system_named(name);
        const auto record = run(system, plan_of(system), 3);
        EXPECT_EQ(decisions_of(record).size(), record.decisions.size()) << name;
        EXPECT_GT(record.decisions.size(), 500U) << name;
    }
}

TEST(Keys, taking_out_one_operation_leaves_the_other_decisions_as_they_were) {
    const auto& system = system_named("register");
    const auto plan = plan_of(system);
    const auto before = run(system, plan, 11);
    for (const std::size_t out : {3U, 25U, 59U}) {
        auto less = plan;
        less.operations.erase(less.operations.begin() + static_cast<std::ptrdiff_t>(out));
        // The operation's own decisions, a sixtieth, go with it.
        EXPECT_GE(kept(before, run(system, less, 11)), 1'000U - 17U - 20U) << out;
    }
}

TEST(Keys, taking_out_one_fault_leaves_the_other_decisions_as_they_were) {
    const auto& system = system_named("register");
    auto plan = plan_of(system);
    // A fault's consequences (clients that ask again) are decisions that it caused: let them be
    // few beside all others.
    for (auto& fault : plan.faults) fault.lasts = 60_ms;
    plan.chaos = 12_s;
    core::Dice dice(8, 8);
    for (std::uint32_t c = 0; c < plan.clients; ++c) {
        for (std::uint32_t i = 20; i < 100; ++i) {
            plan.operations.push_back({core::Id::client(c), i, "write",
                                       Value(static_cast<std::int64_t>(dice.below(1'000))),
                                       110_ms * i});
        }
    }
    const auto before = run(system, plan, 11);
    for (std::size_t out = 0; out < plan.faults.size(); ++out) {
        auto less = plan;
        less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(out));
        // A node that is not down or slow says what it did not say before: those are new.
        const std::size_t least = plan.faults[out].use.starts_with("node.") ? 900U : 980U;
        EXPECT_GE(kept(before, run(system, less, 11)), least) << plan.faults[out].id;
    }
}

TEST(Seeds, give_the_same_run_again_and_again_in_one_process) {
    for (const char* name : {"register", "primary-backup", "raft"}) {
        const auto& system = system_named(name);
        const auto plan = plan_of(system);
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            const auto a = run(system, plan, seed, Detail::verdict);
            (void)run(system, plan, seed + 100, Detail::verdict);  // Another in between.
            const auto b = run(system, plan, seed, Detail::verdict);
            EXPECT_EQ(a.digest, b.digest) << name << " " << seed;
            EXPECT_EQ(a.ladder, b.ladder);
            EXPECT_EQ(a.history, b.history);
        }
    }
}

TEST(Seeds, give_the_same_run_whether_it_is_recorded_or_not) {
    const auto& system = system_named("raft");
    const auto plan = plan_of(system);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto plain = run(system, plan, seed, Detail::verdict);
        const auto full = run(system, plan, seed, Detail::full);
        EXPECT_EQ(plain.digest, full.digest);
        EXPECT_EQ(plain.events, full.events);
        EXPECT_TRUE(plain.decisions.empty());
        EXPECT_TRUE(plain.trace.empty());
    }
}

TEST(Seeds, differ_from_one_another) {
    const auto& system = system_named("register");
    const auto plan = plan_of(system);
    std::vector<std::uint64_t> digests;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        digests.push_back(run(system, plan, seed, Detail::verdict).digest);
    }
    std::ranges::sort(digests);
    EXPECT_EQ(std::ranges::adjacent_find(digests), digests.end());
}

TEST(Seeds, of_a_correct_system_never_differ_over_many_seeds) {
    const auto& system = system_named("register");
    const auto plan = plan_of(system);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const auto a = run(system, plan, seed, Detail::verdict);
        const auto b = run(system, plan, seed, Detail::verdict);
        ASSERT_EQ(a.digest, b.digest) << seed;
        ASSERT_TRUE(a.breaches.empty()) << a.breaches[0].sentence;
    }
}

TEST(Pins, decide_as_they_say_and_what_found_no_place_is_listed) {
    const auto& system = system_named("register");
    auto plan = plan_of(system);
    const auto before = run(system, plan, 5);
    const auto loss = static_cast<std::uint8_t>(fault::Purpose::net_loss);
    const auto fate = std::ranges::find_if(
        before.decisions, [&](const auto& d) { return d.purpose == loss && d.outcome == 0; });
    ASSERT_NE(fate, before.decisions.end());
    plan.pins.push_back({fault::Purpose::net_loss, fate->key, fate->index, 1});
    plan.pins.push_back({fault::Purpose::net_loss, 12345, 0, 1});
    const auto after = run(system, plan, 5);
    EXPECT_EQ(decisions_of(after).at({loss, fate->key, fate->index}), 1);
    EXPECT_EQ(after.unplaced, std::vector<std::string>{"net.loss 12345 0"});
    EXPECT_NE(after.digest, before.digest);
}

TEST(Pins, of_every_decision_to_what_it_was_change_nothing) {
    const auto& system = system_named("register");
    auto plan = plan_of(system);
    const auto before = run(system, plan, 5);
    for (const auto& d : before.decisions) {
        plan.pins.push_back({static_cast<fault::Purpose>(d.purpose), d.key, d.index, d.outcome});
    }
    const auto after = run(system, plan, 5, Detail::verdict);
    EXPECT_EQ(after.digest, before.digest);
    EXPECT_TRUE(after.unplaced.empty());
}

TEST(Ambient, neutral_draws_nothing_of_the_network_s_own_and_calm_only_times) {
    const auto& system = system_named("register");
    auto plan = plan_of(system);
    plan.faults.clear();
    plan.ambient = fault::Ambient::neutral;
    const auto neutral = run(system, plan, 5);
    plan.ambient = fault::Ambient::calm;
    const auto calm = run(system, plan, 5);
    bool some_time = false;
    for (const auto& d : neutral.decisions) {
        const auto& info = fault::info(static_cast<fault::Purpose>(d.purpose));
        if (info.ambient) EXPECT_EQ(d.outcome, info.neutral) << info.name;
    }
    for (const auto& d : calm.decisions) {
        const auto& info = fault::info(static_cast<fault::Purpose>(d.purpose));
        if (info.ambient && !info.timing) EXPECT_EQ(d.outcome, info.neutral) << info.name;
        some_time = some_time || (info.timing && d.outcome != info.neutral);
    }
    EXPECT_TRUE(some_time);
}

}  // namespace
}  // namespace storm::sim
