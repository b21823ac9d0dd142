// scenario/vocabulary_for_tests.h - what the tests of this module let scenarios name.
//
// The real catalogue of faults, and small systems that never start: tests of files and plans need
// names, operations and what is tolerated, not nodes.
#pragma once
#include <fmt/format.h>

#include <string>
#include <vector>

#include "scenario/scenario.h"

namespace storm::scenario::test {

inline Value put_args(core::Dice& dice, std::uint32_t client, std::uint32_t index) {
    Value::List list;
    list.emplace_back("k" + std::to_string(dice.below(3)));
    list.emplace_back(static_cast<std::int64_t>(index * 1'000 + client));
    return list;
}

inline node::System store() {
    node::System system;
    system.name = "store";
    system.summary = "a key-value store with a leader";
    system.nodes = 3;
    system.nodes_min = 2;
    system.nodes_max = 9;
    system.tolerates = [](std::uint32_t nodes) {
        node::Tolerates tolerates;
        tolerates.crashed = (nodes - 1) / 2;
        return tolerates;
    };
    system.operations = {
        {.name = "get",
         .weight = 2,
         .generate = [](core::Dice& dice, std::uint32_t,
                        std::uint32_t) { return Value("k" + std::to_string(dice.below(3))); }},
        {.name = "put", .weight = 1, .generate = put_args}};
    system.model = "key-value";
    system.leader_key = "leader";
    system.plants = {{.name = "ack-early", .summary = "acknowledges too early", .blames = {}}};
    system.numbers = {{"batch", "how many at once"}, {"pace", "between heartbeats"}};
    return system;
}

inline node::System blob() {
    node::System system = store();
    system.name = "blob";
    system.leader_key = "";
    system.model = "";
    system.plants.clear();
    return system;
}

/// What the scenarios of the tree know of a system of the gallery.
inline node::System like_gallery(std::string name) {
    node::System system = store();
    system.name = std::move(name);
    system.nodes_min = 1;
    system.plants = {{.name = "acknowledge-before-replicate", .summary = "", .blames = {}}};
    if (system.name == "register") {
        system.operations[0].name = "read";
        system.operations[1].name = "write";
        system.model = "register";
        system.leader_key = "";
    }
    return system;
}

inline CheckName check_within(std::string name) {
    return {.name = std::move(name),
            .summary = "after the heal",
            .params = {{.name = "within",
                        .type = fault::ParamType::duration,
                        .summary = "how soon",
                        .otherwise = (5_s).ns}},
            .models = {}};
}

/// Owns what a Vocabulary points to.
struct World {
    fault::Catalogue faults = fault::standard_faults();
    Workloads workloads = standard_workloads();
    std::vector<node::System> systems = {store(), blob(), like_gallery("register"),
                                         like_gallery("primary-backup"), like_gallery("raft")};
    Vocabulary names;

    World() {
        names.faults = &faults;
        names.workloads = &workloads;
        names.systems = &systems;
        names.checks = {
            {.name = "linearizable",
             .summary = "one order explains all",
             .params = {},
             .models = {"register", "key-value"}},
            {.name = "no-lost-acknowledged-writes", .summary = "", .params = {}, .models = {}},
            {.name = "invariants", .summary = "", .params = {}, .models = {}, .built_in = true},
            {.name = "properties", .summary = "", .params = {}, .models = {}, .built_in = true},
            check_within("progress"),
            check_within("converged")};
    }
    World(const World&) = delete;

    [[nodiscard]] ReadResult read(std::string_view text,
                                  const std::vector<Setting>& settings = {}) const {
        return scenario::read(text, "my.yaml", names, settings);
    }
    /// What `stormproof validate` prints; "" if all is well.
    [[nodiscard]] std::string errors(std::string_view text,
                                     const std::vector<Setting>& settings = {}) const {
        const ReadResult result = read(text, settings);
        return result.scenario ? "" : to_text(result.problems, "my.yaml", text);
    }
};

inline const std::string simple = R"(stormproof: 1
title: A store survives
system: {use: store, nodes: 5}
network: {delay: 2ms, jitter: 1ms, loss: 0.5%}
workload:
  - {use: mix, clients: 3, rate: 5/s}
for: 4s
settle: 3s
faults:
  - {use: net.partition, at: 1s, for: 500ms, groups: [[n1], [n2, n3, n4, n5]]}
  - {use: random, from: [node.kill, net.delay, clock.jump], every: 1s, for: 200ms..800ms}
checks:
  - linearizable
  - {use: converged, within: 2s, after: heal}
expect: pass
)";

}  // namespace storm::scenario::test
