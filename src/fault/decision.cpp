#include "fault/decision.h"

#include <array>

namespace storm::fault {
namespace {

struct Row {
    Purpose purpose;
    PurposeInfo info;
};
// Ambient is the noise of the network and of code points, which nobody planned. What a planned
// fault, a crash or the conductor draws is drawn whatever `ambient` says.
// write-fate 0 is "kept".
constexpr std::array<Row, 26> rows = {{
    // name, neutral, ambient, timing
    {Purpose::none, {"none", 0, false, false}},
    {Purpose::net_delay, {"net.delay", 0, true, true}},
    {Purpose::net_loss, {"net.loss", 0, true, false}},
    {Purpose::net_duplicate, {"net.duplicate", 0, true, false}},
    {Purpose::net_duplicate_delay, {"net.duplicate-delay", 0, true, true}},
    {Purpose::net_reorder, {"net.reorder", 0, true, false}},
    {Purpose::net_corrupt, {"net.corrupt", 0, true, false}},
    {Purpose::fault_delay, {"fault.delay", 0, false, false}},
    {Purpose::fault_loss, {"fault.loss", 0, false, false}},
    {Purpose::fault_duplicate, {"fault.duplicate", 0, false, false}},
    {Purpose::fault_reorder, {"fault.reorder", 0, false, false}},
    {Purpose::fault_corrupt, {"fault.corrupt", 0, false, false}},
    {Purpose::fault_burst, {"fault.burst", 0, false, false}},
    {Purpose::fault_disk, {"fault.disk", 0, false, false}},
    {Purpose::fault_disk_delay, {"fault.disk-delay", 0, false, false}},
    {Purpose::disk_latency, {"disk.latency", 0, true, true}},
    {Purpose::write_fate, {"disk.write-fate", 0, false, false}},
    {Purpose::site_active, {"site.active", 0, true, false}},
    {Purpose::site_fires, {"site.fires", 0, true, false}},
    {Purpose::node_dice, {"node.dice", 0, false, false}},
    {Purpose::step_cost, {"node.step-cost", 0, true, true}},
    {Purpose::workload, {"workload", 0, false, false}},
    {Purpose::fault_pick, {"fault.pick", 0, false, false}},
    {Purpose::target, {"fault.target", 0, false, false}},
    {Purpose::occurs, {"fault.occurs", 1, false, false}},
    {Purpose::swarm, {"swarm", 0, false, false}},
}};

consteval std::array<PurposeInfo, purpose_count> by_number() {
    std::array<PurposeInfo, purpose_count> table{};
    for (const Row& row : rows) table[static_cast<std::size_t>(row.purpose)] = row.info;
    return table;
}
constexpr std::array<PurposeInfo, purpose_count> table = by_number();
constexpr std::array<std::string_view, 3> ambients = {"drawn", "calm", "neutral"};

}  // namespace

const PurposeInfo& info(Purpose purpose) {
    const auto number = static_cast<std::size_t>(purpose);
    return table[number < table.size() && !table[number].name.empty() ? number : 0];
}

std::string name_of(Purpose purpose, core::Key key, std::uint32_t index) {
    return std::string(info(purpose).name) + " " + std::to_string(key) + " " +
           std::to_string(index);
}

std::optional<Purpose> purpose_from(std::string_view name) {
    if (name.empty()) return std::nullopt;
    for (std::size_t i = 1; i < table.size(); ++i) {
        if (table[i].name == name) return static_cast<Purpose>(i);
    }
    return std::nullopt;
}

std::string_view to_text(Ambient ambient) { return ambients[static_cast<std::size_t>(ambient)]; }

std::optional<Ambient> ambient_from(std::string_view text) {
    for (std::size_t i = 0; i < ambients.size(); ++i) {
        if (ambients[i] == text) return static_cast<Ambient>(i);
    }
    return std::nullopt;
}

}  // namespace storm::fault
