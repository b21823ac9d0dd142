// Goal: every fault of the standard catalogue is described in full, whatever is drawn for it
// can be carried out, and what cannot is refused in words.
// Method: laws over the catalogue as data; thousands of drawn faults made into effects; the
// links of a partition enumerated.
#include "fault/catalogue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <set>

#include "fault/draw.h"

namespace storm::fault {
namespace {

using core::Id;
using Pair = std::pair<Id, Id>;

const Catalogue& faults() {
    static const Catalogue all = standard_faults();
    return all;
}

std::vector<Id> nodes(std::uint32_t count) {
    std::vector<Id> all;
    for (std::uint32_t i = 0; i < count; ++i) all.push_back(Id::node(i));
    return all;
}

/// What a conductor makes of a target; `all` of links is no target.
std::vector<Id> resolved(const FaultSpec& spec, const Target& target, const Topology& topology) {
    switch (target.kind) {
        case Target::Kind::all:
            return spec.aim == Aim::nodes ? nodes(topology.nodes) : std::vector<Id>{};
        case Target::Kind::named:
            return target.names;
        case Target::Kind::any:
            return nodes(target.count);
        default:
            return nodes(1);
    }
}

core::Result<Effect> make(std::string_view name, const Params& given, std::vector<Id> targets,
                          const Topology& topology = {3, 2}) {
    const FaultSpec* spec = faults().find(name);
    STORM_TRY(const Params params, complete(spec->params, given));
    return spec->make(params, targets, topology);
}

std::string error_of(std::string_view name, const Params& given, std::vector<Id> targets) {
    const auto made = make(name, given, std::move(targets));
    return made ? "" : made.error().message;
}

TEST(Catalogue, holds_the_faults_of_every_family_in_the_order_they_compose) {
    const std::vector<std::string> want = {
        "node.kill",     "node.power_loss", "node.pause",   "node.slow",       "node.crash_at",
        "net.partition", "net.loss",        "net.rate",     "net.delay",       "net.reorder",
        "net.corrupt",   "net.duplicate",   "clock.offset", "clock.jump",      "clock.drift",
        "disk.latency",  "disk.error",      "disk.torn",    "disk.lost_fsync", "disk.full"};
    EXPECT_EQ(faults().names(), want);
    EXPECT_EQ(faults().order("net.loss"), 6U);
    EXPECT_EQ(faults().order("nothing"), want.size());
    EXPECT_EQ(faults().find("nothing"), nullptr);
}

TEST(Catalogue, says_of_each_fault_what_it_means_who_can_do_it_and_how_it_is_proven) {
    for (const FaultSpec& spec : faults().all()) {
        EXPECT_FALSE(spec.summary.empty()) << spec.name;
        EXPECT_FALSE(spec.evidence.empty()) << spec.name;
        EXPECT_FALSE(spec.known_as.empty()) << spec.name;
        EXPECT_FALSE(spec.worlds.empty()) << spec.name;
        EXPECT_TRUE(std::ifstream(spec.example).good()) << spec.name << ": " << spec.example;
        for (const ParamSpec& param : spec.params) {
            EXPECT_FALSE(param.summary.empty()) << spec.name << " " << param.name;
            if (param.otherwise) {
                EXPECT_TRUE(check_range(param, *param.otherwise)) << spec.name << " " << param.name;
            }
            EXPECT_LE(param.draw_low, param.draw_high) << spec.name << " " << param.name;
            if (param.type == ParamType::text || param.draw_low == param.draw_high) continue;
            EXPECT_TRUE(check_range(param, param.draw_low)) << spec.name << " " << param.name;
            EXPECT_TRUE(check_range(param, param.draw_high)) << spec.name << " " << param.name;
        }
    }
}

TEST(Catalogue, never_draws_by_itself_what_a_correct_system_does_not_survive) {
    for (const auto* name : {"node.crash_at", "disk.torn", "disk.lost_fsync"}) {
        EXPECT_FALSE(faults().find(name)->random) << name;
    }
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        core::Dice dice(core::lane_of(seed, 31), 1);
        const FaultSpec& corrupt = *faults().find("net.corrupt");
        EXPECT_FALSE(draw_params(corrupt, dice, {3, 2}).flag("undetected"));
    }
}

/// Whom the effect hits, as pairs; whether each stands in it once.
bool add_pairs(const LinkEffect& effect, std::set<Pair>& pairs) {
    bool once = true;
    const auto add = [&](const std::vector<Id>& from, const std::vector<Id>& to) {
        for (const Id a : from) {
            for (const Id b : to) once = (a == b || pairs.emplace(a, b).second) && once;
        }
    };
    for (const Direction& direction : effect.directions) add(direction.from, direction.to);
    for (const auto& from : effect.groups) {
        for (const auto& to : effect.groups) {
            if (&from != &to) add(from, to);
        }
    }
    return once;
}

RC_GTEST_PROP(Catalogue, makes_a_valid_effect_of_whatever_is_drawn,
              (std::uint64_t seed, std::uint64_t key)) {
    const Topology topology{*rc::gen::inRange(1U, 12U), *rc::gen::inRange(0U, 5U)};
    for (const FaultSpec& spec : faults().all()) {
        if (!can_draw(spec, topology)) continue;
        core::Dice dice(core::lane_of(seed, 31), core::combine(key, core::key_of(spec.name)));
        const Params params = draw_params(spec, dice, topology);
        const auto most = *rc::gen::inRange(1U, 5U);
        const Target target = draw_target(spec, dice, topology, most, true);
        RC_ASSERT(target.count <= most);
        RC_ASSERT(target.names.size() <= most);
        RC_ASSERT(*complete(spec.params, params) == params);
        const auto effect = spec.make(params, resolved(spec, target, topology), topology);
        if (!effect) RC_FAIL(spec.name + ": " + effect.error().message);
        RC_ASSERT(check(*effect).has_value());
        const auto* link = std::get_if<LinkEffect>(&*effect);
        if (link == nullptr) continue;
        std::set<Pair> pairs;
        const bool each_once = add_pairs(*link, pairs);
        RC_ASSERT(each_once);
        RC_ASSERT(!pairs.empty());
    }
}

std::set<Pair> pairs_of(const core::Result<Effect>& effect) {
    std::set<Pair> pairs;
    if (!effect) {
        ADD_FAILURE() << effect.error().message;
        return pairs;
    }
    (void)add_pairs(std::get<LinkEffect>(*effect), pairs);
    return pairs;
}

Params partition(Groups groups, std::string direction = "both") {
    Params params;
    params.set("groups", std::move(groups));
    params.set("direction", std::move(direction));
    return params;
}

TEST(Partition, cuts_between_groups_and_spares_who_is_in_none) {
    const Id n1 = Id::node(0);
    const Id n2 = Id::node(1);
    const Id n3 = Id::node(2);
    const Id c1 = Id::client(0);
    EXPECT_EQ(pairs_of(make("net.partition", partition({{n1}, {n2}}), {})),
              (std::set<Pair>{{n1, n2}, {n2, n1}}));
    EXPECT_EQ(pairs_of(make("net.partition", partition({{n1}, {n2, n3}}, "to"), {})),
              (std::set<Pair>{{n2, n1}, {n3, n1}}));
    EXPECT_EQ(pairs_of(make("net.partition", partition({{n1}, {n2, n3}}, "from"), {})),
              (std::set<Pair>{{n1, n2}, {n1, n3}}));
    EXPECT_EQ(pairs_of(make("net.partition", partition({{n1, c1}, {n2}}), {})),
              (std::set<Pair>{{n1, n2}, {c1, n2}, {n2, n1}, {n2, c1}}));
    // Three groups: one direction speaks of the first alone.
    EXPECT_EQ(pairs_of(make("net.partition", partition({{n1}, {n2}, {n3}}, "to"), {})),
              (std::set<Pair>{{n2, n1}, {n3, n1}}));
}

TEST(Partition, of_nodes_that_are_not_there_or_without_groups_is_refused) {
    const Id n1 = Id::node(0);
    EXPECT_EQ(error_of("net.partition", partition({{n1}, {Id::node(8)}}), {}),
              "there is no node n9: the last is n3");
    EXPECT_EQ(error_of("net.partition", partition({{n1}, {Id::client(4)}}), {}),
              "there is no client c5: the last is c2");
    EXPECT_EQ(error_of("net.partition", {}, {}),
              "groups is missing: want lists of nodes, as in [[n1, n2], [n3]]");
}

TEST(LinkFaults, hit_the_links_of_their_target_in_the_direction_they_say) {
    const Id n1 = Id::node(0);
    const Id n2 = Id::node(1);
    const Id n3 = Id::node(2);
    Params params;
    params.set("clients", std::string("spared"));
    EXPECT_EQ(pairs_of(make("net.delay", params, {n2})),
              (std::set<Pair>{{n2, n1}, {n2, n3}, {n1, n2}, {n3, n2}}));
    EXPECT_EQ(pairs_of(make("net.delay", params, {})).size(), 6U);
    params.set("direction", std::string("to"));
    EXPECT_EQ(pairs_of(make("net.delay", params, {n2})), (std::set<Pair>{{n1, n2}, {n3, n2}}));
    params.set("direction", std::string("from"));
    EXPECT_EQ(pairs_of(make("net.delay", params, {n2})), (std::set<Pair>{{n2, n1}, {n2, n3}}));
    EXPECT_EQ(pairs_of(make("net.delay", {}, {})).size(), 20U);  // Three nodes, two clients.
    // A client that is named is hit even where clients are spared.
    EXPECT_EQ(pairs_of(make("net.delay", params, {Id::client(0)})).size(), 3U);
}

TEST(NodeFaults, need_a_node_and_a_site_where_they_say) {
    EXPECT_EQ(error_of("node.kill", {}, {}), "no node is aimed at");
    EXPECT_EQ(error_of("node.kill", {}, {Id::client(0)}), "no node is aimed at");
    EXPECT_EQ(error_of("node.crash_at", {}, nodes(1)), "site is missing: want text");
    Params site;
    site.set("site", std::string("wal/appended"));
    EXPECT_EQ(std::get<NodeEffect>(*make("node.crash_at", site, nodes(1))).site, "wal/appended");
}

TEST(DiskFaults, come_down_to_one_disk_fault_each) {
    const auto disk = [](std::string_view name, const Params& params = {}) {
        return std::get<DiskEffect>(*make(name, params, nodes(1))).fault;
    };
    Params full;
    full.set("errno", std::string("ENOSPC"));
    full.set("ops", std::string("sync"));
    EXPECT_EQ(disk("disk.error").error, EIO);
    EXPECT_EQ(disk("disk.error", full).error, ENOSPC);
    EXPECT_EQ(disk("disk.error", full).ops, DiskOps::sync);
    EXPECT_TRUE(disk("disk.torn").torn);
    EXPECT_EQ(disk("disk.torn").ops, DiskOps::write);
    EXPECT_TRUE(disk("disk.lost_fsync").lost_sync);
    EXPECT_EQ(disk("disk.lost_fsync").ops, DiskOps::sync);
    EXPECT_EQ(disk("disk.full").room, 0);
    EXPECT_EQ(disk("disk.latency").room, -1);
    EXPECT_EQ(disk("disk.latency").latency, core::milliseconds(10));
}

TEST(ClockFaults, that_turn_nothing_are_refused_and_only_a_jump_stays) {
    Params none;
    none.set("by", std::int64_t{0});
    EXPECT_EQ(error_of("clock.offset", none, nodes(1)), "a clock is turned by nothing");
    EXPECT_TRUE(std::get<ClockEffect>(*make("clock.jump", {}, nodes(1))).stays);
    EXPECT_FALSE(std::get<ClockEffect>(*make("clock.offset", {}, nodes(1))).stays);
    EXPECT_TRUE(faults().find("clock.jump")->instant);
    EXPECT_EQ(std::get<ClockEffect>(*make("clock.drift", {}, nodes(1))).drift_ppm, 1'000);
}

TEST(Draw, gives_every_number_a_person_would_write_within_its_range) {
    core::Dice dice(1, 2);
    std::map<std::int64_t, int> magnitudes;
    for (int i = 0; i < 5'000; ++i) {
        const std::int64_t n = draw_number(dice, 1'000'000, 2'000'000'000);
        EXPECT_GE(n, 1'000'000);
        EXPECT_LE(n, 2'000'000'000);
        std::int64_t digits = n;
        while (digits % 10 == 0) digits /= 10;
        EXPECT_LT(digits, 100) << n;
        std::int64_t magnitude = 1;
        while (n / magnitude >= 10) magnitude *= 10;
        ++magnitudes[magnitude];
        EXPECT_NE(draw_number(dice, -5'000, 5'000), 0);
    }
    // 1 ms, 10 ms, 100 ms and 1 s all come up, none by the way.
    for (const auto& [magnitude, count] : magnitudes) EXPECT_GT(count, 200) << magnitude;
    EXPECT_EQ(magnitudes.size(), 4U);
}

RC_GTEST_PROP(Draw, parts_nodes_into_two_groups_that_share_nobody, (std::uint64_t seed)) {
    const auto count = *rc::gen::inRange(2U, 20U);
    core::Dice dice(seed, 1);
    const Groups groups = draw_groups(dice, count);
    RC_ASSERT(groups.size() == 2U);
    std::set<Id> all;
    std::size_t members = 0;
    for (const auto& group : groups) {
        RC_ASSERT(!group.empty());
        members += group.size();
        all.insert(group.begin(), group.end());
    }
    RC_ASSERT(all.size() == members);
    RC_ASSERT(all.size() >= count - 1);
    RC_ASSERT(all.rbegin()->index() < count);
}

TEST(Draw, comes_to_every_partition_of_three_nodes) {
    std::set<Groups> seen;
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        core::Dice dice(core::lane_of(i, 31), 1);
        seen.insert(draw_groups(dice, 3));
    }
    // Six of one against two, six of one against one with the third as a bridge.
    EXPECT_EQ(seen.size(), 12U);
}

}  // namespace
}  // namespace storm::fault
