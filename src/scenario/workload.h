// scenario/workload.h - how clients' operations come to stand in the plan.
//
// A workload turns dice into planned operations: so many clients, so many requests a second,
// for so long, in the mix that the system's operations declare. It is a value; a program adds
// its own.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/dice.h"
#include "fault/param.h"
#include "fault/plan.h"
#include "node/system.h"

namespace storm::scenario {

struct WorkloadSpec {
    std::string name;
    std::string summary;
    std::vector<fault::ParamSpec> params;
    /// Adds operations for clients [first_client, first_client + clients) to the plan.
    std::function<void(fault::Plan&, const node::System&, const fault::Params&,
                       std::uint32_t first_client, std::uint32_t clients, std::uint64_t lane)>
        generate;
};

class Workloads {
public:
    void add(WorkloadSpec spec) { specs_.push_back(std::move(spec)); }
    [[nodiscard]] const WorkloadSpec* find(std::string_view name) const {
        for (const auto& spec : specs_) {
            if (spec.name == name) return &spec;
        }
        return nullptr;
    }
    [[nodiscard]] const std::vector<WorkloadSpec>& all() const { return specs_; }

private:
    std::vector<WorkloadSpec> specs_;
};

/// "mix": the system's operations by their weights.
[[nodiscard]] Workloads standard_workloads();

}  // namespace storm::scenario
