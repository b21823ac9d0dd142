// node/system.h - a system under test: what a scenario's `system: {use: NAME}` names.
//
// A system says how a node starts, which operations clients may issue, what they mean (the
// model a checker judges by), how much damage it claims to survive, and which bugs it can be
// asked to carry. It is a value; a program hands its systems to the bench.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dice.h"
#include "core/value.h"
#include "node/io.h"

namespace storm::node {

/// What a node or an operation is told about the run.
struct Options {
    std::uint32_t nodes = 0;
    std::string_view plant;                       // The planted bug, or "".
    std::map<std::string, std::int64_t> numbers;  // `system: {use: x, with: {name: number}}`.

    [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t otherwise) const {
        const auto at = numbers.find(name);
        return at == numbers.end() ? otherwise : at->second;
    }
};

/// One kind of request that a client issues.
struct Operation {
    std::string name;          // The function of the model: "read", "write", "cas".
    std::uint32_t weight = 1;  // How often it is generated beside the others.
    /// The arguments of operation number `index` of client number `client`.
    std::function<Value(core::Dice&, std::uint32_t client, std::uint32_t index)> generate;
    /// Runs it as the client. A value: done (ok). ErrorKind::refused or not_found: surely not
    /// done (fail). Any other error: perhaps done (info).
    std::function<Task<core::Result<Value>>(Io&, const Options&, Value)> run;
    bool idempotent = false;  // An unknown outcome counts as fail: reads.
};

/// A bug that the system can be asked to carry, to prove that it is found.
struct Plant {
    std::string name;                 // "acknowledge-before-replicate"
    std::string summary;              // One sentence.
    std::vector<std::string> blames;  // Checks that may report it.
};

/// What nodes have published, for invariants and predicates.
class Published {
public:
    /// The value of `key` at `id`, or null if it has none or is down.
    [[nodiscard]] virtual const Value* get(Id id, std::string_view key) const = 0;
    [[nodiscard]] virtual std::uint32_t nodes() const = 0;
    [[nodiscard]] virtual bool up(Id id) const = 0;

protected:
    ~Published() = default;
};

/// A law over published values, judged after each event that published something.
struct Invariant {
    std::string name;
    std::string summary;
    /// Nothing while it holds, else one sentence on what is wrong.
    std::function<std::optional<std::string>(const Published&)> broken;
};

/// How much damage the protocol claims to survive at one time.
struct Tolerates {
    std::uint32_t crashed = 0;  // Nodes down, wiped, paused or cut off.
    std::uint32_t damaged = 0;  // Nodes whose disk lost synced data.
    bool message_loss = true;
    bool duplicates = true;
    bool clock_skew = true;  // Offsets, jumps and drift of any size.
    bool lost_fsync = false;
};

struct System {
    std::string name;
    std::string summary;
    std::uint32_t nodes = 3;  // Default.
    std::uint32_t nodes_min = 1;
    std::uint32_t nodes_max = 100'000;
    std::function<Tolerates(std::uint32_t nodes)> tolerates;
    /// The outermost task of one life of a node.
    std::function<Task<>(Io&, const Options&)> start;
    std::vector<Operation> operations;
    std::string model;       // "register", "cas-register", "key-value" or "".
    std::string leader_key;  // Published non-zero by who believes to lead, or "".
    std::string state_key;   // Published digest that must converge, or "".
    std::vector<Invariant> invariants;
    std::vector<Plant> plants;
    /// Source files with code of its nodes, by the ends of their paths ("my/raft.cpp"): of their
    /// properties a sweep says which it never met. Empty: of the files in which it met any.
    std::vector<std::string> sources;
    std::map<std::string, std::string> numbers;  // Names of Options::numbers, explained.
};

}  // namespace storm::node
