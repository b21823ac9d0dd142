#include "fault/shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace storm::fault {
namespace {

std::optional<Effect> effect_of(const FaultSpec& spec, const Params& params,
                                const Topology& topology) {
    if (spec.aim != Aim::nodes || topology.nodes == 0) return std::nullopt;
    auto whole = complete(spec.params, params);
    if (!whole) return std::nullopt;
    const core::Id target = core::Id::node(0);
    auto effect = spec.make(*whole, {&target, 1}, topology);
    if (!effect) return std::nullopt;
    return std::move(*effect);
}

bool lies_about_syncs(const FaultSpec& spec, const Params& params, const Topology& topology) {
    const auto effect = effect_of(spec, params, topology);
    const auto* disk = effect ? std::get_if<DiskEffect>(&*effect) : nullptr;
    return disk != nullptr && disk->fault.lost_sync;
}

}  // namespace

bool cuts_power(const FaultSpec& spec, const Params& params, const Topology& topology) {
    const auto effect = effect_of(spec, params, topology);
    const auto* node = effect ? std::get_if<NodeEffect>(&*effect) : nullptr;
    return node != nullptr && node->action == NodeAction::power_loss;
}

std::string never_shown(const std::vector<PlannedFault>& faults, const Catalogue& catalogue,
                        const Topology& topology) {
    const auto any = [&](auto&& is) {
        return std::ranges::find_if(faults, [&](const PlannedFault& fault) {
            const auto* spec = catalogue.find(fault.use);
            return spec != nullptr && is(*spec, fault.params, topology);
        });
    };
    const auto lie = any(lies_about_syncs);
    if (lie == faults.end() || any(cuts_power) != faults.end()) return {};
    return fmt::format(
        "{} shows only when a power loss takes what a sync had promised, and no "
        "fault here cuts the power: add node.power_loss of the same node, after it",
        lie->use);
}

}  // namespace storm::fault
