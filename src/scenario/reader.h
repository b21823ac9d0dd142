// scenario/reader.h - the tree of one scenario file to a typed Scenario.
//
// One method a key of the file; each files what is wrong and goes on. Later keys lean on
// earlier ones (groups need to know how many nodes there are), so run() reads in that order and
// not in the order of the file. Only this module uses it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "scenario/form.h"
#include "scenario/scenario.h"
#include "scenario/yaml_tree.h"

namespace storm::scenario {

class Reader {
public:
    Reader(const YamlNode& root, Problems& problems, const Vocabulary& names)
        : root_(root), form_(problems), names_(names) {}

    /// Requires: root is a map. What it gives is whole only if no problem was filed.
    [[nodiscard]] Scenario run();

private:
    // read.cpp
    void read_version();
    void read_system();
    void read_system_map(const YamlNode& node);
    void read_numbers(const YamlNode& with);
    void read_lengths();
    void guess_chaos();
    void read_network();
    void read_checks();
    void read_check(const YamlNode& node);
    void read_expect();
    void read_seeds();
    void read_switches();
    void read_limits();
    // read_load.cpp
    void read_workloads();
    void read_workload(const YamlNode& node);
    void read_rate(const YamlNode& node, fault::Params& params);
    void read_operations();
    void read_operation(const YamlNode& node, std::vector<std::uint32_t>& next_id);
    void read_pins();
    // read_faults.cpp
    void read_faults();
    void read_listed(const YamlNode& node);
    void read_random(const YamlNode& node);
    void read_random_kinds(const YamlNode& node, RandomFaults& random);
    void undrawable(const YamlNode& node, const fault::FaultSpec& spec,
                    const fault::Topology& topology);
    void read_random_times(const YamlNode& node, RandomFaults& random);
    void read_target(const YamlNode& node, const fault::FaultSpec& spec,
                     fault::PlannedFault& fault);
    [[nodiscard]] std::optional<fault::Target> target_of(const YamlNode& node);
    [[nodiscard]] std::optional<fault::Target> target_map(const YamlNode& node);
    void check_tolerated(const YamlNode& use, const fault::FaultSpec& spec,
                         const fault::PlannedFault& fault);
    void read_times(const YamlNode& node, const fault::FaultSpec& spec, fault::PlannedFault& fault);
    void read_trigger(const YamlNode& node, fault::PlannedFault& fault);
    void check_triggers();
    // sites.cpp
    void check_site(const YamlNode& node, const std::string& site);
    void check_point(const YamlNode& node, const std::string& site);
    [[nodiscard]] const fault::FaultSpec* fault_named(const YamlNode& use);

    [[nodiscard]] const YamlNode* top(std::string_view key) const {
        const YamlNode* node = root_.find(key);
        return node != nullptr && !node->is(YamlNode::Kind::null) ? node : nullptr;
    }
    [[nodiscard]] bool leads() const {
        return out_.system == nullptr || !out_.system->leader_key.empty();
    }

    /// Ids and `after`s as they were read, to be compared when all faults are known.
    struct After {
        const YamlNode* node;
        std::string word;
    };

    const YamlNode& root_;
    Form form_;
    const Vocabulary& names_;
    Scenario out_;
    bool chaos_guessed_ = false;
    std::vector<After> afters_;
};

/// All keys of the top level.
[[nodiscard]] const std::vector<std::string>& top_keys();
/// Keys that every listed fault may have beside the parameters of its kind.
[[nodiscard]] const std::vector<std::string>& fault_keys();
[[nodiscard]] const std::vector<std::string>& random_keys();

}  // namespace storm::scenario
