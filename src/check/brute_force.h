// check/brute_force.h - linearizability from its definition alone, for small histories.
//
// Tries every order of the operations that happened and of every choice of those that may have.
// It shares no line with the search under test: it reads the history itself, decides who
// precedes whom itself, and runs a model of its own. Exponential: at most about 8 operations.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "history/history.h"

namespace storm::check {

class BruteForce {
public:
    explicit BruteForce(const history::History& history) : history_(history) {
        for (std::uint32_t i = 0; i < history.size(); ++i) {
            if (history[i].outcome != history::Outcome::fail) all_.push_back(i);
        }
    }

    [[nodiscard]] bool linearizable() {
        std::map<core::Value, core::Value> store;
        return place(0, store);
    }

private:
    using Store = std::map<core::Value, core::Value>;

    [[nodiscard]] bool happened(std::uint32_t i) const {
        return history_[i].outcome == history::Outcome::ok;
    }
    [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const {
        const auto& x = history_[a];
        const auto& y = history_[b];
        if (!happened(a)) return false;
        return x.completed < y.invoked ||
               (x.client == y.client && a < b && x.completed == y.invoked && key(x) == key(y));
    }
    [[nodiscard]] static core::Value key(const history::Operation& op) {
        const auto* args = op.args.list();
        const bool single =
            op.name == "read" || op.name == "write" || (op.name == "cas" && args->size() == 2);
        if (single) return {};
        return op.name == "get" || op.name == "delete" ? op.args : args->front();
    }
    [[nodiscard]] bool place(std::uint64_t placed, const Store& store) {
        bool complete = true;
        for (const auto i : all_) complete &= !happened(i) || (placed >> i & 1U) != 0;
        if (complete) return true;
        for (const auto i : all_) {
            if ((placed >> i & 1U) != 0) continue;
            bool free = true;
            for (const auto j : all_) free &= (placed >> j & 1U) != 0 || !before(j, i);
            Store next = store;
            if (free && step(history_[i], next) && place(placed | 1ULL << i, next)) return true;
        }
        return false;
    }
    /// Runs it on the store; false if it cannot have been told what it was.
    [[nodiscard]] bool step(const history::Operation& op, Store& store) const {
        const bool told = op.outcome == history::Outcome::ok;
        const auto* args = op.args.list();
        core::Value& held = store[key(op)];
        if (op.name == "read" || op.name == "get") return !told || op.result == held;
        if (op.name == "delete") return held = core::Value{}, true;
        if (op.name == "write") return held = op.args, true;
        if (op.name == "put") return held = args->back(), true;
        if (op.name == "append") {
            core::Value::List grown;
            if (const auto* old = held.list()) grown = *old;
            grown.push_back(args->back());
            return held = core::Value(std::move(grown)), true;
        }
        const core::Value& expected = (*args)[args->size() - 2];
        const auto* swapped = op.result.boolean();
        if (told && swapped != nullptr && !*swapped) return !(held == expected);
        if (!(held == expected)) return false;
        return held = args->back(), true;
    }

    const history::History& history_;
    std::vector<std::uint32_t> all_;
};

}  // namespace storm::check
