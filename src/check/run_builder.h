// check/run_builder.h - runs for tests of checks: a system, a plan and a record by hand.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "check/check.h"
#include "check/history_builder.h"

namespace storm::check {

struct RunBuilder {
    node::System system;
    fault::Plan plan;
    history::RunRecord record;

    RunBuilder() {
        system.name = "store";
        system.model = "register";
        system.state_key = "state";
        plan.nodes = 3;
        plan.settle = core::seconds(30);
        record.healed = core::Instant{} + core::seconds(10);
        record.ended = core::Instant{} + core::seconds(40);
        record.complete = true;
    }
    RunBuilder& history(const HistoryBuilder& builder) {
        record.history = builder.history();
        return *this;
    }
    RunBuilder& fault(std::int64_t from_ms, std::int64_t to_ms) {
        history::FaultRecord each;
        each.id = "net.partition#1";
        each.from = core::Instant{} + core::milliseconds(from_ms);
        each.to = core::Instant{} + core::milliseconds(to_ms);
        each.occurred = true;
        record.faults.push_back(each);
        return *this;
    }
    RunBuilder& publish(std::uint32_t node, std::int64_t at_ms, core::Value value,
                        std::string key = "state") {
        record.published.push_back({core::Id::node(node - 1), std::move(key), std::move(value),
                                    core::Instant{} + core::milliseconds(at_ms)});
        return *this;
    }
    RunBuilder& breach(std::string check, std::string anomaly, std::string sentence) {
        history::Breach each;
        each.check = std::move(check);
        each.anomaly = std::move(anomaly);
        each.site = "store.cpp:7";
        each.sentence = std::move(sentence);
        each.trace = "trace";
        record.breaches.push_back(each);
        return *this;
    }
    [[nodiscard]] Input input() const { return {system, plan, record}; }
    [[nodiscard]] Finding judged(const std::string& check, const fault::Params& params = {}) const {
        const Checks checks = standard_checks();
        const auto* spec = checks.find(check);
        Finding finding = spec->judge(input(), params);
        if (finding.check.empty()) finding.check = check;
        return finding;
    }
};

/// Published values as a test sets them.
class FakePublished final : public node::Published {
public:
    explicit FakePublished(std::uint32_t nodes) : nodes_(nodes) {}
    void set(std::uint32_t node, const std::string& key, core::Value value) {
        values_[{core::Id::node(node - 1), key}] = std::move(value);
    }
    void take_down(std::uint32_t node) { down_[core::Id::node(node - 1)] = true; }
    const core::Value* get(core::Id id, std::string_view key) const override {
        const auto at = values_.find({id, std::string(key)});
        return at == values_.end() ? nullptr : &at->second;
    }
    std::uint32_t nodes() const override { return nodes_; }
    bool up(core::Id id) const override { return !down_.contains(id); }

private:
    std::uint32_t nodes_;
    std::map<std::pair<core::Id, std::string>, core::Value> values_;
    std::map<core::Id, bool> down_;
};

}  // namespace storm::check
