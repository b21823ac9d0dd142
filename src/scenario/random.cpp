#include "scenario/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <variant>

#include "core/require.h"
#include "fault/draw.h"

namespace storm::scenario {
namespace {

using core::Key;
using fault::Purpose;
using fault::Target;

std::uint64_t lane(std::uint64_t seed, Purpose purpose) {
    return core::lane_of(seed, static_cast<std::uint64_t>(purpose));
}

/// What a draw of one fault is for: the index under the fault's key.
enum Draw : std::uint8_t { wins = 0, instant = 1, length = 2, shape = 3 };

/// What one seed does with one {use: random}.
struct Enabled {
    std::vector<const RandomKind*> kinds;
    std::uint32_t slot_ppm = core::one_million;  // Share of slots that are used.
};

/// Swarm: 10 % of seeds enable all kinds, the others each kind by a coin; six in ten use all
/// slots, the rest half or a quarter of them.
Enabled enabled_for(const RandomFaults& random, bool swarm, std::uint64_t seed) {
    Enabled enabled;
    const std::uint64_t dice = lane(seed, Purpose::swarm);
    const Key key = core::key_of(random.prefix);
    const bool all = !swarm || core::happens(core::draw(dice, key, 0), 100'000);
    const RandomKind* highest = nullptr;
    std::uint64_t best = 0;
    for (const RandomKind& kind : random.kinds) {
        const std::uint64_t bits = core::draw(dice, core::combine(key, kind.key), 0);
        if (all || core::happens(bits, core::one_million / 2)) enabled.kinds.push_back(&kind);
        if (highest == nullptr || bits > best) {
            highest = &kind;
            best = bits;
        }
    }
    if (enabled.kinds.empty() && highest != nullptr) enabled.kinds.push_back(highest);
    if (swarm) {
        const std::uint64_t pick = core::scale(core::draw(dice, key, 1), 100);
        enabled.slot_ppm = pick < 60 ? 1'000'000 : pick < 85 ? 500'000 : 250'000;
    }
    return enabled;
}

const RandomKind& winner(const std::vector<const RandomKind*>& kinds, std::uint64_t dice, Key key,
                         std::uint32_t slot) {
    const RandomKind* highest = nullptr;
    std::uint64_t best = 0;
    for (const RandomKind* kind : kinds) {
        const Key own = core::combine(core::combine(key, kind->key), slot);
        const std::uint64_t bits = core::draw(dice, own, Draw::wins);
        if (highest == nullptr || bits > best) {
            highest = kind;
            best = bits;
        }
    }
    return *highest;
}

std::int64_t to_microsecond(std::uint64_t ns) {
    return static_cast<std::int64_t>(ns / 1'000 * 1'000);
}

}  // namespace

Harm harm_of(const fault::Effect& effect) {
    Harm harm;
    if (const auto* node = std::get_if<fault::NodeEffect>(&effect)) {
        harm.holds = node->action != fault::NodeAction::slow;
    } else if (const auto* link = std::get_if<fault::LinkEffect>(&effect)) {
        harm.holds = link->fault.cut;
    } else if (const auto* disk = std::get_if<fault::DiskEffect>(&effect)) {
        // A node may give up when its disk does.
        harm.holds = disk->fault.error != 0 || disk->fault.room >= 0;
        harm.damages = disk->fault.torn || disk->fault.lost_sync;
    }
    return harm;
}

Drawable drawable_of(const fault::FaultSpec& spec, const fault::Topology& topology) {
    core::Dice dice(lane(0, Purpose::fault_pick), core::key_of(spec.name));
    const fault::Params params = fault::draw_params(spec, dice, topology);
    const std::array<core::Id, 1> target = {core::Id::node(0)};
    auto made = spec.make(params,
                          spec.aim == fault::Aim::cut ? std::span<const core::Id>()
                                                      : std::span<const core::Id>(target),
                          topology);
    if (!made) return {};
    Drawable drawable;
    drawable.harm = harm_of(*made);
    drawable.effect = std::move(*made);
    return drawable;
}

std::string not_tolerated(const Drawable& drawable, const node::Tolerates& tolerates) {
    if (drawable.harm.holds && tolerates.crashed == 0) return "a node that is down or cut off";
    if (const auto* link = std::get_if<fault::LinkEffect>(&drawable.effect)) {
        const fault::LinkFault& fault = link->fault;
        const bool loses = fault.loss_ppm != 0 || fault.cut || fault.corrupt_ppm != 0 ||
                           (fault.rate != 0 && fault.queue != 0);
        if (loses && !tolerates.message_loss) return "lost messages";
        if (fault.duplicate_ppm != 0 && !tolerates.duplicates) return "duplicated messages";
    } else if (std::holds_alternative<fault::ClockEffect>(drawable.effect)) {
        if (!tolerates.clock_skew) return "wrong clocks";
    } else if (const auto* disk = std::get_if<fault::DiskEffect>(&drawable.effect)) {
        if (disk->fault.lost_sync && !tolerates.lost_fsync) return "lost syncs";
        if (disk->fault.torn && tolerates.damaged == 0) return "torn writes";
    }
    return {};
}

std::string beyond(const fault::PlannedFault& fault, const fault::Effect& effect,
                   const node::Tolerates& tolerates, std::uint32_t nodes) {
    const std::string why = not_tolerated({effect, {}}, tolerates);
    if (!why.empty()) return "tolerates no " + why;
    // A node whose disk refuses to write may go on: it is not counted before it is down.
    const Harm harm = harm_of(effect);
    if (!harm.holds || std::holds_alternative<fault::DiskEffect>(effect)) return {};
    const Budget::Hold hold = Budget::hold_of(fault, harm, Instant::max(), nodes);
    const auto taken = static_cast<std::uint32_t>(std::popcount(hold.mask)) + hold.more;
    if (taken <= tolerates.crashed) return {};
    return fmt::format("tolerates {} of {} nodes down or cut off, not {}", tolerates.crashed, nodes,
                       taken);
}

Budget::Hold Budget::hold_of(const fault::PlannedFault& fault, const Harm& harm, Instant end,
                             std::uint32_t nodes) {
    Hold hold;
    hold.from = Instant{} + fault.at.plus;
    hold.to = fault.lasts && !fault.every ? std::min(hold.from + *fault.lasts, end) : end;
    hold.damaged = harm.damages;
    if (harm.damages) hold.to = end;
    const auto add = [&hold](core::Id id) {
        if (id.is_client()) return;
        if (id.index() < 64) {
            hold.mask |= std::uint64_t{1} << id.index();
        } else {
            ++hold.more;
        }
    };
    const Target& target = fault.target;
    for (const auto& [name, value] : fault.params.all()) {
        const auto* groups = std::get_if<fault::Groups>(&value);
        if (groups == nullptr || groups->empty()) continue;
        const auto largest = std::ranges::max_element(
            *groups, {}, [](const std::vector<core::Id>& group) { return group.size(); });
        for (auto group = groups->begin(); group != groups->end(); ++group) {
            if (group != largest) std::ranges::for_each(*group, add);
        }
        return hold;
    }
    switch (target.kind) {
        case Target::Kind::all:
            hold.more = nodes;
            break;
        case Target::Kind::named:
            std::ranges::for_each(target.names, add);
            break;
        case Target::Kind::any:
            hold.more = target.count;
            break;
        case Target::Kind::leader:
        case Target::Kind::where:
            hold.more = 1;
            break;
    }
    return hold;
}

std::uint32_t Budget::held(Instant at) const {
    std::uint64_t mask = 0;
    std::uint32_t more = 0;
    for (const Hold& hold : holds_) {
        if (hold.from > at || hold.to <= at) continue;
        mask |= hold.mask;
        more += hold.more;
    }
    return static_cast<std::uint32_t>(std::popcount(mask)) + more;
}

bool Budget::fits(const Hold& hold) const {
    const auto room_at = [&](Instant at) {
        std::uint64_t mask = hold.mask;
        std::uint64_t damaged_mask = hold.damaged ? hold.mask : 0;
        std::uint32_t more = hold.more;
        std::uint32_t damaged_more = hold.damaged ? hold.more : 0;
        for (const Hold& other : holds_) {
            if (other.from > at || other.to <= at) continue;
            mask |= other.mask;
            more += other.more;
            if (!other.damaged) continue;
            damaged_mask |= other.mask;
            damaged_more += other.more;
        }
        const auto down = static_cast<std::uint32_t>(std::popcount(mask)) + more;
        const auto damaged = static_cast<std::uint32_t>(std::popcount(damaged_mask)) + damaged_more;
        return down <= crashed_ && damaged <= damaged_;
    };
    if (!room_at(hold.from)) return false;
    return std::ranges::all_of(holds_, [&](const Hold& other) {
        return other.from <= hold.from || other.from >= hold.to || room_at(other.from);
    });
}

bool Budget::admit(const fault::PlannedFault& fault, const Harm& harm, Instant end,
                   std::uint32_t nodes) {
    if (!harm.holds && !harm.damages) return true;
    const Hold hold = hold_of(fault, harm, end, nodes);
    if (!fits(hold)) return false;
    holds_.push_back(hold);
    return true;
}

void Budget::force(const fault::PlannedFault& fault, const Harm& harm, Instant end,
                   std::uint32_t nodes) {
    if (!harm.holds && !harm.damages) return;
    holds_.push_back(hold_of(fault, harm, end, nodes));
}

bool is_control(std::uint64_t seed) {
    return core::happens(core::draw(lane(seed, Purpose::swarm), core::key_of("control"), 0),
                         control_ppm);
}

namespace {

/// Draws the faults of one {use: random}.
class Drawing {
public:
    Drawing(fault::Plan& plan, const Scenario& scenario, std::uint64_t seed, Budget& budget)
        : plan_(plan),
          scenario_(scenario),
          dice_(lane(seed, Purpose::fault_pick)),
          seed_(seed),
          budget_(budget),
          topology_{scenario.nodes, scenario.clients} {
        for (const auto& fault : plan.faults) listed_.insert(fault.id);
        guarded_ = scenario.mode == fault::Mode::recoverable && scenario.system->tolerates;
        if (guarded_) most_ = scenario.system->tolerates(scenario.nodes).crashed;
    }

    void draw(const RandomFaults& random) {
        const Enabled enabled = enabled_for(random, scenario_.swarm, seed_);
        if (enabled.kinds.empty()) return;
        const Key key = core::key_of(random.prefix);
        const std::uint64_t swarm = lane(seed_, Purpose::swarm);
        for (std::uint32_t slot = 0; slot < random.slots; ++slot) {
            if (enabled.slot_ppm < core::one_million &&
                !core::happens(core::draw(swarm, key, 16 + std::uint64_t{slot}),
                               enabled.slot_ppm)) {
                continue;
            }
            draw_slot(random, winner(enabled.kinds, dice_, key, slot), key, slot);
        }
    }

private:
    void draw_slot(const RandomFaults& random, const RandomKind& kind, Key key,
                   std::uint32_t slot) {
        const Key own = core::combine(core::combine(key, kind.key), slot);
        fault::PlannedFault planned;
        const std::uint64_t into = core::scale(core::draw(dice_, own, Draw::instant),
                                               static_cast<std::uint64_t>(random.every.ns));
        planned.at.plus.ns =
            to_microsecond(static_cast<std::uint64_t>(random.every.ns) * slot + into);
        if (planned.at.plus >= plan_.chaos) return;
        planned.id = random.prefix;
        planned.id += kind.spec->name;
        planned.id += '/';
        planned.id += std::to_string(slot);
        while (listed_.contains(planned.id)) planned.id += '\'';
        planned.use = kind.spec->name;
        planned.required = false;
        if (!kind.spec->instant) {
            const auto span =
                static_cast<std::uint64_t>(random.lasts_high.ns - random.lasts_low.ns) + 1;
            const std::uint64_t extra = core::scale(core::draw(dice_, own, Draw::length), span);
            planned.lasts = Duration{std::max<std::int64_t>(
                to_microsecond(static_cast<std::uint64_t>(random.lasts_low.ns) + extra), 1'000)};
        }
        // A fault that is too much all by itself is drawn anew; one that is too much beside
        // others is left out, so that its draws do not depend on theirs.
        const Instant end = Instant{} + plan_.chaos;
        for (std::uint32_t attempt = 0; attempt < 4; ++attempt) {
            core::Dice dice(dice_, core::combine(own, attempt), Draw::shape);
            planned.params = fault::draw_params(*kind.spec, dice, topology_);
            planned.target = fault::draw_target(*kind.spec, dice, topology_, std::max(most_, 1U),
                                                !scenario_.system->leader_key.empty());
            if (guarded_) {
                Budget alone(most_, most_damaged());
                if (!alone.admit(planned, kind.harm, end, scenario_.nodes)) continue;
                if (!budget_.admit(planned, kind.harm, end, scenario_.nodes)) return;
            }
            plan_.faults.push_back(std::move(planned));
            return;
        }
    }
    [[nodiscard]] std::uint32_t most_damaged() const {
        return scenario_.system->tolerates(scenario_.nodes).damaged;
    }

    fault::Plan& plan_;
    const Scenario& scenario_;
    std::uint64_t dice_;
    std::uint64_t seed_;
    Budget& budget_;
    std::set<std::string> listed_;  // Ids that the scenario gives: those of a saved plan, too.
    fault::Topology topology_;
    bool guarded_ = false;
    std::uint32_t most_ = 1;
};

}  // namespace

void add_random_faults(fault::Plan& plan, const Scenario& scenario,
                       const fault::Catalogue& catalogue, std::uint64_t seed) {
    if (scenario.random.empty() || (scenario.swarm && is_control(seed))) return;
    node::Tolerates tolerates;
    if (scenario.system->tolerates) tolerates = scenario.system->tolerates(scenario.nodes);
    Budget budget(tolerates.crashed, tolerates.damaged);
    const fault::Topology topology{scenario.nodes, scenario.clients};
    const Instant end = Instant{} + plan.chaos;
    for (const fault::PlannedFault& listed : plan.faults) {
        const fault::FaultSpec* spec = catalogue.find(listed.use);
        if (spec == nullptr || !listed.at.after.empty()) continue;
        std::array<core::Id, 1> one = {core::Id::node(0)};
        const auto made = spec->make(listed.params, one, topology);
        if (made) budget.force(listed, harm_of(*made), end, scenario.nodes);
    }
    Drawing drawing(plan, scenario, seed, budget);
    for (const RandomFaults& random : scenario.random) drawing.draw(random);
}

}  // namespace storm::scenario
