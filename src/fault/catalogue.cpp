#include "fault/catalogue.h"

#include <algorithm>

#include "core/require.h"
#include "fault/families.h"

namespace storm::fault {

void Catalogue::add(FaultSpec spec) {
    STORM_REQUIRE(find(spec.name) == nullptr, spec.name);
    STORM_REQUIRE(spec.make != nullptr, spec.name);
    specs_.push_back(std::move(spec));
}

const FaultSpec* Catalogue::find(std::string_view name) const {
    const auto at = std::ranges::find(specs_, name, &FaultSpec::name);
    return at != specs_.end() ? &*at : nullptr;
}

std::vector<std::string> Catalogue::names() const {
    std::vector<std::string> names;
    for (const FaultSpec& spec : specs_) names.push_back(spec.name);
    return names;
}

std::size_t Catalogue::order(std::string_view name) const {
    const auto at = std::ranges::find(specs_, name, &FaultSpec::name);
    return static_cast<std::size_t>(at - specs_.begin());
}

Catalogue standard_faults() {
    Catalogue all;
    add_node_faults(all);
    add_net_faults(all);
    add_clock_faults(all);
    add_disk_faults(all);
    return all;
}

ParamSpec duration_param(std::string name, std::string summary, Duration otherwise, Duration low,
                         Duration high, Draws draws) {
    return {.name = std::move(name),
            .type = ParamType::duration,
            .summary = std::move(summary),
            .otherwise = otherwise.ns,
            .low = low.ns,
            .high = high.ns,
            .draw_low = draws.low,
            .draw_high = draws.high};
}

ParamSpec share_param(std::string name, std::string summary, std::int64_t otherwise, Draws draws) {
    return {.name = std::move(name),
            .type = ParamType::share,
            .summary = std::move(summary),
            .otherwise = otherwise,
            .high = core::one_million,
            .draw_low = draws.low,
            .draw_high = draws.high};
}

ParamSpec choice_param(std::string name, std::string summary, std::vector<std::string> choices,
                       std::size_t drawn) {
    STORM_REQUIRE(drawn >= 1 && drawn <= choices.size(), drawn);
    const std::string first = choices.front();
    return {.name = std::move(name),
            .type = ParamType::text,
            .summary = std::move(summary),
            .otherwise = first,
            .draw_high = static_cast<std::int64_t>(drawn) - 1,
            .choices = std::move(choices)};
}

ParamSpec flag_param(std::string name, std::string summary) {
    return {.name = std::move(name),
            .type = ParamType::boolean,
            .summary = std::move(summary),
            .otherwise = false};
}

core::Result<std::vector<core::Id>> nodes_of(std::span<const core::Id> targets) {
    std::vector<core::Id> nodes;
    for (const core::Id id : targets) {
        if (!id.is_client()) nodes.push_back(id);
    }
    std::ranges::sort(nodes);
    const auto [first, last] = std::ranges::unique(nodes);
    nodes.erase(first, last);
    if (nodes.empty()) return core::fail(core::ErrorKind::bad_input, "no node is aimed at");
    return nodes;
}

}  // namespace storm::fault
