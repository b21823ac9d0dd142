// fault/node_faults.cpp - processes that end, stand still or are slow.
#include <utility>

#include "fault/families.h"

namespace storm::fault {
namespace {

using core::microseconds;
using core::milliseconds;

/// make() of a fault that does one thing to whole nodes.
auto act(NodeAction action) {
    return [action](const Params& params, std::span<const core::Id> targets,
                    const Topology&) -> core::Result<Effect> {
        STORM_TRY(auto nodes, nodes_of(targets));
        NodeEffect effect;
        effect.action = action;
        effect.nodes = std::move(nodes);
        effect.cost = params.duration("cost");
        effect.jitter = params.duration("jitter");
        effect.site = params.text("site");
        Effect made = std::move(effect);
        STORM_CHECK(check(made));
        return made;
    };
}

}  // namespace

void add_node_faults(Catalogue& to) {
    to.add({.name = "node.kill",
            .summary = "a process ends at once; completed writes survive, and it starts again "
                       "when the fault is over",
            .aim = Aim::nodes,
            .params = {},
            .worlds = {"sim", "local"},
            .evidence = "lives that ended while the node had work due; a node that is down already "
                        "has no life to end",
            .known_as = "pod-kill, container-kill (Chaos Mesh), process kill (Jepsen), SIGKILL",
            .example = "scenarios/faults/node-kill.yaml",
            .make = act(NodeAction::kill)});
    to.add({.name = "node.power_loss",
            .summary = "a machine loses power: each write not yet synced is kept, torn or lost",
            .aim = Aim::nodes,
            .params = {},
            .worlds = {"sim"},
            .evidence = "lives that ended while the node had work due; of a node that is down "
                        "already, unsynced data that is lost",
            .known_as = "VM power-off (AWS FIS), LazyFS (Jepsen), crash consistency testing",
            .example = "scenarios/faults/node-power-loss.yaml",
            .make = act(NodeAction::power_loss)});
    to.add({.name = "node.pause",
            .summary = "a process makes no step; what comes due waits until the fault is over",
            .aim = Aim::nodes,
            .params = {},
            .worlds = {"sim", "local"},
            .evidence =
                "steps that were due and held back; of several pauses the first counts, the "
                "next once it alone holds them back",
            .known_as = "pod-failure (Chaos Mesh), SIGSTOP, process pause (Jepsen), a long "
                        "garbage collection",
            .example = "scenarios/faults/node-pause.yaml",
            .make = act(NodeAction::pause)});
    to.add(
        {.name = "node.slow",
         .summary = "each step of a process takes longer",
         .aim = Aim::nodes,
         .params = {duration_param("cost", "what each step takes on top", milliseconds(1), {},
                                   core::seconds(60), {microseconds(100).ns, milliseconds(20).ns}),
                    duration_param("jitter", "how far the cost strays", {}, {}, core::seconds(60),
                                   {0, 0})},
         .worlds = {"sim"},
         .evidence = "steps that began later than they were due",
         .known_as = "gray failure, CPU stress (Chaos Mesh, LitmusChaos pod-cpu-hog)",
         .example = "scenarios/faults/node-slow.yaml",
         .make = act(NodeAction::slow)});
    to.add({.name = "node.crash_at",
            .summary = "a process ends when it next reaches a named code point",
            .aim = Aim::nodes,
            .params = {{.name = "site",
                        .type = ParamType::text,
                        .summary = "the name of the code point, as in \"wal/appended\"",
                        .names_site = true}},
            .worlds = {"sim"},
            .evidence = "lives that ended at the code point",
            .known_as = "failpoint panic (etcd gofail, TiKV fail-rs), BUGGIFY (FoundationDB)",
            .example = "scenarios/faults/node-crash-at.yaml",
            .random = false,
            .make = act(NodeAction::crash_at)});
}

}  // namespace storm::fault
