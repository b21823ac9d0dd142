#include "fault/draw.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/require.h"

namespace storm::fault {
namespace {

/// At most two digits that are not 0, towards 0. Requires: number >= 0.
std::int64_t rounded(std::int64_t number) {
    std::int64_t unit = 1;
    while (number / unit >= 100) unit *= 10;
    return number / unit * unit;
}

/// Even over powers of two, then even within. Requires: 1 <= low <= high.
std::int64_t draw_magnitude(core::Dice& dice, std::int64_t low, std::int64_t high) {
    const int lowest = 63 - std::countl_zero(static_cast<std::uint64_t>(low));
    const int highest = 63 - std::countl_zero(static_cast<std::uint64_t>(high));
    const auto octave = dice.between(lowest, highest);
    const std::int64_t begin = std::max(std::int64_t{1} << octave, low);
    const std::int64_t end = octave >= 62 ? high : std::min((std::int64_t{2} << octave) - 1, high);
    return dice.between(begin, end);
}

std::int64_t draw_positive(core::Dice& dice, std::int64_t low, std::int64_t high) {
    const bool wide = low > 0 && high / low >= 100;
    const auto drawn = wide ? draw_magnitude(dice, low, high) : dice.between(low, high);
    return std::clamp(rounded(drawn), low, high);
}

bool is_number(ParamType type) {
    return type != ParamType::boolean && type != ParamType::text && type != ParamType::groups;
}

std::vector<core::Id> some_nodes(core::Dice& dice, std::uint32_t count, std::uint32_t nodes) {
    std::vector<core::Id> all;
    for (std::uint32_t i = 0; i < nodes; ++i) all.push_back(core::Id::node(i));
    for (std::uint32_t i = 0; i < count; ++i) {
        std::swap(all[i], all[i + dice.below(nodes - i)]);
    }
    all.resize(count);
    std::ranges::sort(all);
    return all;
}

}  // namespace

bool has_aim(const FaultSpec& spec, const Topology& topology) {
    const std::uint32_t ends = topology.nodes + (spec.aim == Aim::links ? topology.clients : 0);
    return topology.nodes >= 1 && ends >= (spec.aim == Aim::nodes ? 1U : 2U);
}

bool can_draw(const FaultSpec& spec, const Topology& topology) {
    return has_aim(spec, topology) && std::ranges::all_of(spec.params, [](const ParamSpec& param) {
               return param.otherwise || param.type == ParamType::groups ||
                      param.draw_low < param.draw_high;
           });
}

std::int64_t draw_number(core::Dice& dice, std::int64_t low, std::int64_t high) {
    STORM_REQUIRE(low <= high, low, high);
    if (low >= 0) return draw_positive(dice, low, high);
    if (high <= 0) return -draw_positive(dice, -high, -low);
    // Around 0: a side by chance, then from a thousandth of it upwards; never nothing.
    const bool below = dice.happens(core::one_million / 2);
    const std::int64_t far = below ? -low : high;
    const std::int64_t drawn = draw_positive(dice, std::max<std::int64_t>(far / 1000, 1), far);
    return below ? -drawn : drawn;
}

Params draw_params(const FaultSpec& spec, core::Dice& dice, const Topology& topology) {
    STORM_REQUIRE(can_draw(spec, topology), spec.name, topology.nodes);
    Params drawn;
    for (const ParamSpec& param : spec.params) {
        const bool drawable = param.draw_low < param.draw_high;
        if (param.type == ParamType::groups) {
            drawn.set(param.name, draw_groups(dice, topology.nodes), param.type);
        } else if (drawable && param.type == ParamType::text && !param.choices.empty()) {
            const auto choice =
                static_cast<std::size_t>(dice.between(param.draw_low, param.draw_high));
            drawn.set(param.name, param.choices.at(choice), param.type);
        } else if (drawable && is_number(param.type)) {
            // What may be 0 is 0 in half of all faults: no jitter, no burst.
            const bool none = param.draw_low == 0 && dice.happens(core::one_million / 2);
            const std::int64_t number =
                none ? 0 : draw_number(dice, param.draw_low, param.draw_high);
            drawn.set(param.name, number, param.type);
        }
    }
    auto all = complete(spec.params, std::move(drawn));
    const bool lone = all && spec.aim == Aim::links && topology.nodes == 1;
    if (lone && !spec.make(*all, {}, topology)) {
        for (const ParamSpec& param : spec.params) {
            if (param.type == ParamType::text && param.otherwise) {
                all->set(param.name, *param.otherwise);
            }
        }
    }
    STORM_REQUIRE(all.has_value(), spec.name, all ? "" : all.error().message);
    return std::move(*all);
}

Target draw_target(const FaultSpec& spec, core::Dice& dice, const Topology& topology,
                   std::uint32_t most, bool leader) {
    STORM_REQUIRE(most >= 1 && topology.nodes >= 1, most, topology.nodes);
    Target target;
    if (spec.aim == Aim::cut) return target;
    if (spec.aim == Aim::links && dice.happens(core::one_million / 4)) return target;
    if (leader && dice.happens(core::one_million / 4)) {
        target.kind = Target::Kind::leader;
        return target;
    }
    // One node in half of all cases, else up to `most`.
    const std::uint32_t limit = std::min(most, topology.nodes);
    const bool one = dice.happens(core::one_million / 2);
    const auto count = one ? 1U : static_cast<std::uint32_t>(dice.between(1, limit));
    if (dice.happens(core::one_million / 4)) {
        target.kind = Target::Kind::any;
        target.count = count;
        return target;
    }
    target.kind = Target::Kind::named;
    target.names = some_nodes(dice, count, topology.nodes);
    return target;
}

Groups draw_groups(core::Dice& dice, std::uint32_t nodes) {
    STORM_REQUIRE(nodes >= 2, nodes);
    std::vector<core::Id> order = some_nodes(dice, nodes, nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) {
        std::swap(order[i], order[i + dice.below(nodes - i)]);
    }
    enum class Shape : std::uint8_t { alone, halves, any };
    const auto shape = static_cast<Shape>(dice.below(3));
    const bool bridge = nodes >= 3 && dice.happens(core::one_million / 8);
    const std::uint32_t apart = nodes - (bridge ? 1 : 0);
    const std::uint32_t first = shape == Shape::alone ? 1
                                : shape == Shape::halves
                                    ? apart / 2
                                    : static_cast<std::uint32_t>(dice.between(1, apart - 1));
    Groups groups(2);
    for (std::uint32_t i = 0; i < apart; ++i) groups[i < first ? 0 : 1].push_back(order[i]);
    // The first group is the one that `direction` speaks of: either may be.
    if (dice.happens(core::one_million / 2)) std::swap(groups[0], groups[1]);
    for (auto& group : groups) std::ranges::sort(group);
    return groups;
}

}  // namespace storm::fault
