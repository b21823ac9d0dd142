// fault/clock_faults.cpp - wall clocks that are wrong or jump, clocks that run at another rate.
#include <utility>

#include "fault/families.h"

namespace storm::fault {
namespace {

using core::seconds;

auto turn(bool stays) {
    return [stays](const Params& params, std::span<const core::Id> targets,
                   const Topology&) -> core::Result<Effect> {
        STORM_TRY(auto nodes, nodes_of(targets));
        ClockEffect effect;
        effect.nodes = std::move(nodes);
        effect.step = params.duration("by");
        effect.drift_ppm = params.number("rate");
        effect.stays = stays;
        if (effect.step.ns == 0 && effect.drift_ppm == 0) {
            return core::fail(core::ErrorKind::bad_input, "a clock is turned by nothing");
        }
        Effect made = std::move(effect);
        STORM_CHECK(check(made));
        return made;
    };
}

constexpr std::string_view read_evidence =
    "reads of the wall clock that showed another time than the true one";

}  // namespace

void add_clock_faults(Catalogue& to) {
    const Duration day = seconds(24 * 3600);
    const Draws both_ways{-seconds(5).ns, seconds(5).ns};
    to.add({.name = "clock.offset",
            .summary = "the wall clock is wrong by a fixed time while the fault lasts",
            .aim = Aim::nodes,
            .params = {duration_param("by", "how far; negative: behind", core::milliseconds(500),
                                      -day, day, both_ways)},
            .worlds = {"sim"},
            .evidence = std::string(read_evidence),
            .known_as = "TimeChaos (Chaos Mesh), clock skew (Jepsen), libfaketime",
            .example = "scenarios/faults/clock-offset.yaml",
            .make = turn(false)});
    to.add({.name = "clock.jump",
            .summary = "the wall clock jumps, perhaps backwards, and stays so",
            .aim = Aim::nodes,
            .params = {duration_param("by", "how far; negative: back", seconds(1), -day, day,
                                      both_ways)},
            .worlds = {"sim"},
            .evidence = std::string(read_evidence),
            .known_as = "clock bump (Jepsen), an NTP step, date -s",
            .example = "scenarios/faults/clock-jump.yaml",
            .instant = true,
            .make = turn(true)});
    to.add(
        {.name = "clock.drift",
         .summary = "both clocks and all timers run too fast or too slow",
         .aim = Aim::nodes,
         .params = {{.name = "rate",
                     .type = ParamType::ppm,
                     .summary = "parts per million; negative: too slow",
                     .otherwise = std::int64_t{1'000},
                     .low = -500'000,
                     .high = 1'000'000,
                     .draw_low = -200'000,
                     .draw_high = 200'000}},
         .worlds = {"sim"},
         .evidence =
             "reads of a clock that showed what it had drifted, timers that fired at another time",
         .known_as = "clock strobe and drift (Jepsen), adjtimex, a bad oscillator",
         .example = "scenarios/faults/clock-drift.yaml",
         .make = turn(false)});
}

}  // namespace storm::fault
