// fault/families.h - the standard catalogue, a family a file.
//
// Each function adds its family to the catalogue; the order of the calls and of the faults in
// them is the order in which overlapping faults compose. The small makers below keep a fault's
// description as short as what it says.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fault/catalogue.h"

namespace storm::fault {

void add_node_faults(Catalogue& to);
void add_net_faults(Catalogue& to);
void add_clock_faults(Catalogue& to);
void add_disk_faults(Catalogue& to);

/// What a random fault draws from, both included, in the base unit.
struct Draws {
    std::int64_t low = 0, high = 0;
};

[[nodiscard]] ParamSpec duration_param(std::string name, std::string summary, Duration otherwise,
                                       Duration low, Duration high, Draws draws);
[[nodiscard]] ParamSpec share_param(std::string name, std::string summary, std::int64_t otherwise,
                                    Draws draws);
/// One of `choices`; the first is the default. A random fault draws among the first `drawn`.
[[nodiscard]] ParamSpec choice_param(std::string name, std::string summary,
                                     std::vector<std::string> choices, std::size_t drawn = 1);
[[nodiscard]] ParamSpec flag_param(std::string name, std::string summary);

/// The nodes among `targets`, sorted, each once. An error if there is none.
[[nodiscard]] core::Result<std::vector<core::Id>> nodes_of(std::span<const core::Id> targets);

}  // namespace storm::fault
