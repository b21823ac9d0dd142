#include "scenario/workload.h"

#include <algorithm>

namespace storm::scenario {
namespace {

using fault::ParamSpec;
using fault::ParamType;

ParamSpec every_param() {
    return {.name = "every",
            .type = ParamType::duration,
            .summary = "time between two operations of one client, on average (or rate: 5/s)",
            .otherwise = (200_ms).ns,
            .low = (1_us).ns,
            .high = (3600_s).ns};
}
ParamSpec for_param() {
    return {.name = "for",
            .type = ParamType::duration,
            .summary = "how long clients go on; at most the chaos phase, which is the default",
            .otherwise = std::int64_t{0},
            .high = (3'600'000_s).ns};
}
ParamSpec after_heal_param() {
    return {.name = "after_heal",
            .type = ParamType::integer,
            .summary = "operations of each client after the heal, to see what survived",
            .otherwise = std::int64_t{2},
            .high = 1'000};
}

std::int64_t to_microsecond(std::int64_t ns) { return ns / 1'000 * 1'000; }

/// The operations of one client. Each has dice of its own, keyed by client and number.
class Client {
public:
    Client(fault::Plan& plan, const node::System& system, std::uint32_t client, std::uint64_t lane)
        : plan_(plan), system_(system), client_(client), lane_(lane) {
        key_ = core::key_of(core::name_of(core::Id::client(client)));
        for (const node::Operation& each : system.operations) weights_ += each.weight;
    }

    /// Gaps are even over half to one and a half times `every`.
    void chaos(Duration every, Duration length) {
        std::int64_t at =
            to_microsecond(core::Dice(lane_, core::combine(key_, 0)).between(0, every.ns));
        while (at < length.ns) {
            const std::uint32_t id = next_;
            core::Dice dice = dice_for(id);
            add(id, Duration{at}, dice);
            at += std::max<std::int64_t>(
                to_microsecond(dice_for(id, 1).between(every.ns / 2, every.ns / 2 + every.ns)),
                1'000);
        }
    }
    void after_heal(Duration every, std::int64_t count) {
        for (std::int64_t k = 1; k <= count; ++k) {
            core::Dice dice = dice_for(next_);
            add(next_, plan_.chaos + every * k, dice);
        }
    }

private:
    [[nodiscard]] core::Dice dice_for(std::uint32_t id, std::uint64_t purpose = 0) const {
        return {lane_, core::combine(core::combine(key_, purpose + 1), id)};
    }
    void add(std::uint32_t id, Duration at, core::Dice& dice) {
        const node::Operation* chosen = nullptr;
        std::uint64_t pick = dice.below(weights_);
        for (const node::Operation& each : system_.operations) {
            chosen = &each;
            if (pick < each.weight) break;
            pick -= each.weight;
        }
        if (chosen == nullptr) return;
        fault::PlannedOperation& planned = plan_.operations.emplace_back();
        planned.client = core::Id::client(client_);
        planned.id = id;
        planned.name = chosen->name;
        if (chosen->generate) planned.args = chosen->generate(dice, client_, id);
        planned.not_before = at;
        next_ = id + 1;
    }

    fault::Plan& plan_;
    const node::System& system_;
    std::uint32_t client_;
    std::uint64_t lane_;
    core::Key key_ = 0;
    std::uint64_t weights_ = 0;
    std::uint32_t next_ = 0;
};

void mix(fault::Plan& plan, const node::System& system, const fault::Params& params,
         std::uint32_t first_client, std::uint32_t clients, std::uint64_t lane) {
    if (system.operations.empty()) return;
    const Duration every = params.duration("every");
    const Duration said = params.duration("for");
    const Duration length = said.ns == 0 ? plan.chaos : std::min(said, plan.chaos);
    const auto expected = static_cast<std::size_t>(length.ns / every.ns + 1) +
                          static_cast<std::size_t>(params.number("after_heal"));
    plan.operations.reserve(plan.operations.size() +
                            std::min<std::size_t>(expected * clients, 1'000'000));
    for (std::uint32_t i = 0; i < clients; ++i) {
        Client client(plan, system, first_client + i, lane);
        client.chaos(every, length);
        client.after_heal(every, params.number("after_heal"));
    }
}

}  // namespace

Workloads standard_workloads() {
    Workloads workloads;
    workloads.add({.name = "mix",
                   .summary = "each client issues the system's operations by their weights",
                   .params = {every_param(), for_param(), after_heal_param()},
                   .generate = mix});
    return workloads;
}

}  // namespace storm::scenario
