// sdk/doctor.h - what works here and what does not: each world is asked itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runner/bench.h"

namespace storm::sdk {

/// Faults that a world cannot do, for one reason.
struct Lack {
    std::string why;
    std::vector<std::string> faults;
};
struct WorldHealth {
    std::string name;
    std::vector<std::string> faults;  // That it can do.
    std::vector<Lack> lacks;
    [[nodiscard]] std::size_t missing() const {
        std::size_t all = 0;
        for (const auto& lack : lacks) all += lack.faults.size();
        return all;
    }
};
struct Health {
    std::vector<WorldHealth> worlds;
    bool guarded = false;  // A node that asks the operating system is caught.
    bool counted = false;  // A node's memory is counted.
    std::uint64_t processors = 0;
};

/// Makes each world once and starts none.
[[nodiscard]] Health examine(const Bench& bench);

}  // namespace storm::sdk
