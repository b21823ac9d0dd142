// fault/catalogue.h - every fault as data: name, parameters, meaning, worlds, evidence.
//
// `fault ls`, `fault explain`, the reference page, the JSON Schema, validation and random
// drawing all read this and nothing else. A catalogue is a value that main() builds; a
// program adds its own faults to it before handing it to the bench.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fault/effect.h"
#include "fault/param.h"

namespace storm::fault {

/// The nodes a fault is made for, when it is made.
struct Topology {
    std::uint32_t nodes = 0;
    std::uint32_t clients = 0;
};

/// What a fault is aimed at.
enum class Aim : std::uint8_t {
    nodes,  // Whole nodes: `target`.
    links,  // Links from and to `target` (all links if absent).
    cut,    // Between groups; no `target`.
};

struct FaultSpec {
    std::string name;     // "net.partition"
    std::string summary;  // One line: what the victim feels.
    Aim aim = Aim::nodes;
    std::vector<ParamSpec> params;
    std::vector<std::string> worlds;  // Who can carry it out: "sim", "local".
    std::string evidence;             // How it is proven.
    std::string known_as;             // What other tools call it.
    std::string example;              // A runnable scenario in the tree, or "".
    bool random = true;               // May be drawn by {use: random} without being named.
    bool instant = false;             // Has no duration: `for` means nothing (clock.jump).
    /// Makes the effect. Requires: params complete and in range, targets resolved.
    std::function<core::Result<Effect>(const Params&, std::span<const core::Id> targets,
                                       const Topology&)>
        make;
};

class Catalogue {
public:
    /// Requires: no fault of that name is in it.
    void add(FaultSpec spec);
    [[nodiscard]] const FaultSpec* find(std::string_view name) const;
    [[nodiscard]] const std::vector<FaultSpec>& all() const { return specs_; }
    [[nodiscard]] std::vector<std::string> names() const;
    /// The place of a fault in the order in which overlapping ones compose.
    [[nodiscard]] std::size_t order(std::string_view name) const;

private:
    std::vector<FaultSpec> specs_;
};

/// All faults that Stormproof brings.
[[nodiscard]] Catalogue standard_faults();

}  // namespace storm::fault
