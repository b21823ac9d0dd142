#include "world/tolerance.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/dice.h"
#include "core/text.h"

namespace storm::world {
namespace {

using Indices = std::vector<std::uint32_t>;

Indices indices_of(const std::vector<core::Id>& ids) {
    Indices out;
    for (const auto id : ids) {
        if (!id.is_client()) out.push_back(id.index());
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
}

/// Whoever is not in the largest group of a cut; the first of equal groups counts as largest.
/// Who stands at both ends of a direction hears no other: a group of its own.
Indices cut_off(const fault::LinkEffect& effect) {
    std::vector<Indices> groups;
    Indices alone;
    for (const auto& direction : effect.directions) {
        std::ranges::set_intersection(indices_of(direction.from), indices_of(direction.to),
                                      std::back_inserter(alone));
    }
    std::ranges::sort(alone);
    const auto add_group = [&](Indices group) {
        if (group.empty() || std::ranges::find(groups, group) != groups.end()) return;
        groups.push_back(std::move(group));
    };
    for (const auto id : alone) add_group({id});
    const auto add = [&](const std::vector<core::Id>& ids) {
        Indices group;
        std::ranges::set_difference(indices_of(ids), alone, std::back_inserter(group));
        add_group(std::move(group));
    };
    for (const auto& direction : effect.directions) {
        add(direction.from);
        add(direction.to);
    }
    for (const auto& group : effect.groups) add(group);
    if (groups.size() < 2) return {};
    const auto largest = std::ranges::max_element(groups, {}, &Indices::size);
    Indices out;
    for (auto at = groups.begin(); at != groups.end(); ++at) {
        if (at != largest) out.insert(out.end(), at->begin(), at->end());
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
}

bool is_cut(const fault::LinkFault& fault) {
    return fault.cut || fault.loss_ppm >= core::one_million;
}

Indices damaged_by(const fault::Effect& effect) {
    const auto* disk = std::get_if<fault::DiskEffect>(&effect);
    if (disk == nullptr || !(disk->fault.torn || disk->fault.lost_sync)) return {};
    return indices_of(disk->nodes);
}

}  // namespace

std::vector<std::uint32_t> taken_by(const fault::Effect& effect) {
    if (const auto* link = std::get_if<fault::LinkEffect>(&effect)) {
        return is_cut(link->fault) ? cut_off(*link) : Indices{};
    }
    if (const auto* node = std::get_if<fault::NodeEffect>(&effect)) {
        return node->action == fault::NodeAction::slow ? Indices{} : indices_of(node->nodes);
    }
    return {};
}

Tolerance::Tolerance(const node::System& system, const fault::Plan& plan)
    : counted_(plan.mode == fault::Mode::recoverable && system.tolerates != nullptr &&
               !plan.faults.empty()),
      system_(system.name),
      nodes_(plan.nodes) {
    if (!counted_) return;
    limit_ = system.tolerates(plan.nodes);
    holds_.resize(plan.nodes);
    damaged_.resize(plan.nodes);
    for (const auto id : indices_of(plan.absent)) {
        if (id < nodes_ && holds_[id]++ == 0) ++crashed_;
    }
}

std::optional<std::string> Tolerance::refused_kind(const fault::Effect& effect) const {
    if (const auto* link = std::get_if<fault::LinkEffect>(&effect)) {
        const auto& fault = link->fault;
        if (!limit_.message_loss && (fault.loss_ppm != 0 || fault.corrupt_ppm != 0)) {
            return "tolerates no loss of messages";
        }
        if (!limit_.duplicates && fault.duplicate_ppm != 0) return "tolerates no duplicates";
    } else if (std::holds_alternative<fault::ClockEffect>(effect)) {
        if (!limit_.clock_skew) return "tolerates no clock skew";
    } else if (const auto* disk = std::get_if<fault::DiskEffect>(&effect)) {
        if (!limit_.lost_fsync && disk->fault.lost_sync) return "tolerates no lost fsync";
    }
    return {};
}

std::optional<std::string> Tolerance::exceeded_by(const fault::Effect& effect) const {
    if (!counted_) return {};
    if (auto why = refused_kind(effect)) return system_ + " " + *why;
    std::uint32_t crashed = crashed_;
    for (const auto id : taken_by(effect)) {
        if (id < nodes_ && holds_[id] == 0) ++crashed;
    }
    if (crashed > limit_.crashed && crashed > crashed_) {
        return fmt::format("{} would be down or cut off, {} tolerates {} of {}",
                           core::counted(crashed, "node"), system_, limit_.crashed, nodes_);
    }
    // Lost synced data is counted where the system sets a bound on it.
    const auto* disk = std::get_if<fault::DiskEffect>(&effect);
    if (disk != nullptr && disk->fault.lost_sync && limit_.lost_fsync) return {};
    std::uint32_t broken = broken_;
    for (const auto id : damaged_by(effect)) {
        if (id < nodes_ && !damaged_[id]) ++broken;
    }
    if (broken > limit_.damaged && broken > broken_) {
        return fmt::format("the disks of {} would lose data, {} tolerates {} of {}",
                           core::counted(broken, "node"), system_, limit_.damaged, nodes_);
    }
    return {};
}

void Tolerance::hold(const fault::Effect& effect) {
    if (!counted_) return;
    for (const auto id : taken_by(effect)) {
        if (id < nodes_ && holds_[id]++ == 0) ++crashed_;
    }
    for (const auto id : damaged_by(effect)) {
        if (id < nodes_ && !damaged_[id]) {
            damaged_[id] = true;
            ++broken_;
        }
    }
}

void Tolerance::release(const fault::Effect& effect) {
    if (!counted_) return;
    for (const auto id : taken_by(effect)) {
        if (id < nodes_ && holds_[id] > 0 && --holds_[id] == 0) --crashed_;
    }
}

}  // namespace storm::world
