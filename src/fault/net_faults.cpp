// fault/net_faults.cpp - what befalls packets between groups, on links, in one direction or both.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "fault/families.h"

namespace storm::fault {
namespace {

using core::milliseconds;
using core::one_million;
using core::seconds;

constexpr Duration hour = seconds(3600);

core::Result<void> check_exists(core::Id id, const Topology& topology) {
    const std::uint32_t count = id.is_client() ? topology.clients : topology.nodes;
    if (id.index() < count) return {};
    const std::string_view kind = id.is_client() ? "client" : "node";
    const std::string last = core::name_of({(id.value & core::Id::client_bit) | (count - 1)});
    return core::fail(core::ErrorKind::bad_input,
                      count == 0 ? fmt::format("there is no {} {}", kind, core::name_of(id))
                                 : fmt::format("there is no {} {}: the last is {}", kind,
                                               core::name_of(id), last));
}

/// Ordered pairs between the targets and everybody else; each pair once.
core::Result<std::vector<Direction>> links_of(const Params& params,
                                              std::span<const core::Id> targets,
                                              const Topology& topology) {
    std::vector<core::Id> all;
    for (std::uint32_t i = 0; i < topology.nodes; ++i) all.push_back(core::Id::node(i));
    if (params.text("clients") != "spared") {
        for (std::uint32_t i = 0; i < topology.clients; ++i) all.push_back(core::Id::client(i));
    }
    std::vector<core::Id> aimed(targets.begin(), targets.end());
    if (aimed.empty()) aimed = all;
    std::ranges::sort(aimed);
    const auto [first, last] = std::ranges::unique(aimed);
    aimed.erase(first, last);
    for (const core::Id id : aimed) STORM_CHECK(check_exists(id, topology));
    std::vector<core::Id> others;
    std::ranges::set_difference(all, aimed, std::back_inserter(others));
    std::vector<core::Id> everybody;
    std::ranges::set_union(all, aimed, std::back_inserter(everybody));

    const std::string_view direction = params.text("direction");
    std::vector<Direction> directions;
    const auto add = [&](const std::vector<core::Id>& from, const std::vector<core::Id>& to) {
        const bool alone = from.size() == 1 && from == to;
        if (!from.empty() && !to.empty() && !alone) directions.push_back({from, to});
    };
    if (direction == "to") {
        add(everybody, aimed);
    } else if (direction == "from") {
        add(aimed, everybody);
    } else {
        add(aimed, everybody);
        add(others, aimed);
    }
    if (directions.empty()) {
        return core::fail(core::ErrorKind::bad_input, "there is no link to aim at");
    }
    return directions;
}

/// make() of a fault on links: `fill` turns parameters into the fault.
template <class Fill>
auto on_links(Fill fill) {
    return [fill](const Params& params, std::span<const core::Id> targets,
                  const Topology& topology) -> core::Result<Effect> {
        LinkEffect effect;
        STORM_TRY(effect.directions, links_of(params, targets, topology));
        fill(effect.fault, params);
        Effect made = std::move(effect);
        STORM_CHECK(check(made));
        return made;
    };
}

core::Result<Effect> make_partition(const Params& params, std::span<const core::Id>,
                                    const Topology& topology) {
    const Groups& groups = params.groups("groups");
    for (const auto& group : groups) {
        for (const core::Id id : group) STORM_CHECK(check_exists(id, topology));
    }
    const std::string_view direction = params.text("direction");
    LinkEffect effect;
    effect.fault.cut = true;
    std::vector<core::Id> others;
    for (const auto& group : groups | std::views::drop(1)) {
        others.insert(others.end(), group.begin(), group.end());
    }
    if (direction == "to") {
        effect.directions = {{std::move(others), groups.front()}};
    } else if (direction == "from") {
        effect.directions = {{groups.front(), std::move(others)}};
    } else {
        effect.groups = groups;
    }
    Effect made = std::move(effect);
    STORM_CHECK(check(made));
    return made;
}

ParamSpec direction_param() {
    return choice_param("direction", "which packets: to the target, from it, or both",
                        {"both", "to", "from"}, 3);
}
ParamSpec clients_param() {
    return choice_param("clients", "whether links to and from clients are hit", {"hit", "spared"},
                        2);
}

FaultSpec link_fault(std::string name, std::string summary, std::vector<ParamSpec> params,
                     std::string evidence, std::string known_as) {
    params.push_back(direction_param());
    params.push_back(clients_param());
    FaultSpec spec;
    spec.example = fmt::format("scenarios/faults/net-{}.yaml", name.substr(4));
    spec.name = std::move(name);
    spec.summary = std::move(summary);
    spec.aim = Aim::links;
    spec.params = std::move(params);
    spec.worlds = {"sim"};
    spec.evidence = std::move(evidence);
    spec.known_as = std::move(known_as);
    return spec;
}

FaultSpec partition() {
    FaultSpec spec;
    spec.name = "net.partition";
    spec.example = "scenarios/faults/net-partition.yaml";
    spec.summary = "nodes of different groups cannot hear each other";
    spec.aim = Aim::cut;
    spec.params = {{.name = "groups",
                    .type = ParamType::groups,
                    .summary = "lists of nodes; who is in none hears all, clients too"},
                   choice_param("direction",
                                "to: the first group hears no other, but is heard; from: it hears, "
                                "but is not heard",
                                {"both", "to", "from"}, 3)};
    spec.worlds = {"sim"};
    spec.evidence = "packets dropped where they were due, per direction";
    spec.known_as =
        "NetworkChaos partition (Chaos Mesh; its \"to\" is our \"from\"), partition "
        "nemesis (Jepsen), blockade, iptables -j DROP";
    spec.make = make_partition;
    return spec;
}

FaultSpec loss() {
    FaultSpec spec = link_fault(
        "net.loss", "packets get lost",
        {share_param("share", "of the packets; with burst, of the time", one_million / 20,
                     {one_million / 100, one_million / 2}),
         duration_param("burst", "time falls into slots of this length, each lost or not", {}, {},
                        hour, {0, milliseconds(500).ns})},
        "packets dropped where they were due",
        "netem loss, NetworkChaos loss (Chaos Mesh), packet-loss (LitmusChaos)");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        fault.loss_ppm = params.share("share");
        fault.burst = params.duration("burst");
    });
    return spec;
}

FaultSpec rate() {
    FaultSpec spec =
        link_fault("net.rate",
                   "a link carries only so much; more waits in a queue, or is dropped when that "
                   "is full",
                   {{.name = "rate",
                     .type = ParamType::rate,
                     .summary = "what passes",
                     .otherwise = std::int64_t{1'000'000},
                     .low = 1,
                     .high = 100'000'000'000,
                     .draw_low = 1'000,
                     .draw_high = 1'000'000},
                    {.name = "queue",
                     .type = ParamType::bytes,
                     .summary = "what may wait",
                     .otherwise = std::int64_t{65'536},
                     .low = 1,
                     .high = 1'000'000'000'000,
                     .draw_low = 1'024,
                     .draw_high = 65'536}},
                   "packets that arrived later, or were dropped by the full queue",
                   "bandwidth (Toxiproxy, Chaos Mesh), tc tbf, traffic shaping");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        fault.rate = params.number("rate");
        fault.queue = params.number("queue");
    });
    return spec;
}

FaultSpec delay() {
    FaultSpec spec = link_fault(
        "net.delay", "packets arrive later",
        {duration_param("delay", "added to every packet", milliseconds(100), {}, hour,
                        {milliseconds(1).ns, seconds(2).ns}),
         duration_param("jitter", "how far a delay strays", {}, {}, hour,
                        {0, milliseconds(500).ns}),
         choice_param(
             "spread",
             "uniform: delay ± jitter; long-tail: seldom many times more; constant: no jitter",
             {"uniform", "long-tail", "constant"}, 2)},
        "packets that arrived later",
        "latency (Toxiproxy), netem delay, NetworkChaos delay (Chaos Mesh), network-latency "
        "(AWS FIS)");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        const std::string_view spread = params.text("spread");
        fault.delay = params.duration("delay");
        if (spread != "constant") fault.jitter = params.duration("jitter");
        if (spread == "long-tail") fault.spread = Spread::long_tail;
    });
    return spec;
}

FaultSpec reorder() {
    FaultSpec spec = link_fault(
        "net.reorder", "some packets are held back, so that later ones overtake them",
        {share_param("share", "of the packets", one_million / 10,
                     {one_million / 100, one_million / 2}),
         duration_param("by", "how long they are held back", milliseconds(50), core::nanoseconds(1),
                        hour, {milliseconds(1).ns, seconds(1).ns})},
        "packets that arrived later", "netem reorder, NetworkChaos reorder (Chaos Mesh)");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        fault.reorder_ppm = params.share("share");
        fault.reorder_by = params.duration("by");
    });
    return spec;
}

FaultSpec corrupt() {
    FaultSpec spec = link_fault(
        "net.corrupt",
        "bytes of packets are damaged; the checksum finds it and the packet is "
        "thrown away",
        {share_param("share", "of the packets", one_million / 20,
                     {one_million / 100, one_million / 5}),
         flag_param("undetected", "damage passes the checksum; few systems survive that")},
        "packets that the receiver found damaged, or took damaged",
        "netem corrupt, NetworkChaos corrupt (Chaos Mesh)");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        fault.corrupt_ppm = params.share("share");
        fault.undetected = params.flag("undetected");
    });
    return spec;
}

FaultSpec duplicate() {
    FaultSpec spec = link_fault("net.duplicate", "some packets arrive twice",
                                {share_param("share", "of the packets", one_million / 20,
                                             {one_million / 100, one_million / 2})},
                                "second copies that arrived",
                                "netem duplicate, NetworkChaos duplicate (Chaos Mesh)");
    spec.make = on_links([](LinkFault& fault, const Params& params) {
        fault.duplicate_ppm = params.share("share");
    });
    return spec;
}

}  // namespace

// The order of judge(): what drops a packet comes before what delays or copies it.
void add_net_faults(Catalogue& to) {
    to.add(partition());
    to.add(loss());
    to.add(rate());
    to.add(delay());
    to.add(reorder());
    to.add(corrupt());
    to.add(duplicate());
}

}  // namespace storm::fault
