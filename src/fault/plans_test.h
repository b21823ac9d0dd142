// fault/plans_test.h - arbitrary plans that a world could be given.
#pragma once
#include <rapidcheck.h>

#include <cstdint>
#include <string>

#include "core/values_test.h"
#include "fault/links_test.h"
#include "fault/plan.h"

namespace storm::fault {

/// Text that JSON carries unchanged, with what must be escaped and what looks like a number.
inline rc::Gen<std::string> any_text() {
    return rc::gen::oneOf(
        rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)),
        rc::gen::element<std::string>("", "x", "5s", "40ms", "5%", "200ppm", "64KiB", "1MB/s", "0",
                                      "é \"ü\"", "line\nbreak", "\xef\xbf\xbd", "role=backup"));
}
inline rc::Gen<std::string> any_name() { return rc::gen::nonEmpty(any_text()); }

inline Duration any_time() {
    return {*rc::gen::oneOf(rc::gen::just<std::int64_t>(0),
                            rc::gen::inRange<std::int64_t>(0, 3'600'000'000'000))};
}

inline core::Id any_node(const Plan& plan) {
    return core::Id::node(*rc::gen::inRange(0U, plan.nodes));
}

inline ParamValue any_param_value(const Plan& plan, ParamType type) {
    switch (type) {
        case ParamType::boolean:
            return *rc::gen::arbitrary<bool>();
        case ParamType::text:
            return *any_text();
        case ParamType::groups: {
            Groups groups(*rc::gen::inRange<std::size_t>(0, 3));
            for (auto& group : groups) group.push_back(any_node(plan));
            return groups;
        }
        default:
            return *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-3'000'000, 3'000'000),
                                   rc::gen::arbitrary<std::int64_t>());
    }
}

inline Params any_params(const Plan& plan) {
    Params params;
    const auto count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
        const auto type = static_cast<ParamType>(*rc::gen::inRange(0, 9));
        const bool known = *rc::gen::inRange(0, 4) != 0;
        params.set(*any_text(), any_param_value(plan, type),
                   known ? std::optional(type) : std::nullopt);
    }
    return params;
}

inline Target any_target(const Plan& plan) {
    Target target;
    target.kind = static_cast<Target::Kind>(*rc::gen::inRange(0, 5));
    if (target.kind == Target::Kind::named) {
        target.names = {any_node(plan)};
        if (*rc::gen::arbitrary<bool>()) target.names.push_back(any_node(plan));
    }
    if (target.kind == Target::Kind::any) target.count = *rc::gen::inRange(1U, 9U);
    if (target.kind == Target::Kind::where) {
        target.key = *any_text();
        target.value = core::as_json_carries_it(*rc::gen::resize(10, rc::gen::arbitrary<Value>()));
    }
    return target;
}

inline PlannedFault any_fault(const Plan& plan, const std::string& id) {
    PlannedFault fault;
    fault.id = id + *any_text();
    fault.use = *any_name();
    fault.params = any_params(plan);
    fault.target = any_target(plan);
    if (*rc::gen::arbitrary<bool>()) fault.at.after = *any_text();
    fault.at.plus = any_time();
    if (*rc::gen::arbitrary<bool>()) fault.lasts = any_time();
    if (*rc::gen::arbitrary<bool>()) fault.every = any_time() + Duration{1};
    fault.times = *rc::gen::inRange(0U, 5U);
    if (!too_many_strikes(fault, plan.chaos).empty()) fault.every = plan.chaos;
    fault.ramp = any_time();
    fault.probability_ppm = *rc::gen::inRange(0U, 1'000'001U);
    fault.required = *rc::gen::arbitrary<bool>();
    return fault;
}

inline PlannedOperation any_operation(const Plan& plan, std::uint32_t id) {
    PlannedOperation operation;
    operation.client = core::Id::client(*rc::gen::inRange(0U, plan.clients));
    operation.id = id;
    operation.name = *any_name();
    operation.args = core::as_json_carries_it(*rc::gen::resize(10, rc::gen::arbitrary<Value>()));
    operation.not_before = any_time();
    return operation;
}

inline Decision any_pin() {
    static const std::vector<Purpose> purposes = [] {
        std::vector<Purpose> all;
        for (std::size_t i = 1; i < purpose_count; ++i) {
            const auto each = static_cast<Purpose>(i);
            if (purpose_from(info(each).name) == each) all.push_back(each);
        }
        return all;
    }();
    return {*rc::gen::elementOf(purposes), *rc::gen::arbitrary<std::uint64_t>(),
            *rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::int64_t>()};
}

inline Plan any_plan() {
    Plan plan;
    plan.scenario = *any_text();
    plan.scenario_digest = *any_text();
    plan.title = *any_text();
    plan.system = *any_text();
    plan.plant = *any_text();
    if (*rc::gen::arbitrary<bool>())
        plan.numbers[*any_text()] = *rc::gen::arbitrary<std::int64_t>();
    plan.nodes = *rc::gen::inRange(1U, 9U);
    plan.clients = *rc::gen::inRange(1U, 9U);
    plan.network = *rc::gen::arbitrary<LinkFault>();
    plan.chaos = any_time();
    plan.settle = any_time();
    plan.mode = *rc::gen::element(Mode::recoverable, Mode::unlimited);
    plan.ambient = *rc::gen::element(Ambient::drawn, Ambient::calm, Ambient::neutral);
    plan.site_active_ppm = *rc::gen::inRange(0U, 1'000'001U);
    plan.site_fires_ppm = *rc::gen::inRange(0U, 1'000'001U);
    plan.step_limit = *rc::gen::inRange<std::uint64_t>(0, INT64_MAX);
    plan.memory_limit = *rc::gen::inRange<std::uint64_t>(0, INT64_MAX);
    if (*rc::gen::arbitrary<bool>()) plan.absent.push_back(any_node(plan));
    const auto few = [] { return *rc::gen::inRange(0, 4); };
    for (int i = few(); i > 0; --i) {
        plan.faults.push_back(any_fault(plan, "f" + std::to_string(i)));
    }
    for (int i = few(); i > 0; --i) {
        plan.operations.push_back(any_operation(plan, static_cast<std::uint32_t>(i)));
    }
    for (int i = few(); i > 0; --i) plan.checks.push_back({*any_name(), any_params(plan)});
    for (int i = few(); i > 0; --i) plan.pins.push_back(any_pin());
    return plan;
}

}  // namespace storm::fault

namespace rc {

template <>
struct Arbitrary<storm::fault::Plan> {
    static Gen<storm::fault::Plan> arbitrary() {
        return gen::exec([] { return storm::fault::any_plan(); });
    }
};

}  // namespace rc

namespace storm::fault {

inline void showValue(const Plan& plan, std::ostream& out) { out << to_json(plan); }

}  // namespace storm::fault
