#include "check/converged.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "check/parameters.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

constexpr Duration within_default = 30_s;

bool takes_part(const fault::Plan& plan, core::Id id) {
    return std::ranges::find(plan.absent, id) == plan.absent.end();
}

std::vector<core::Id> members(const fault::Plan& plan) {
    std::vector<core::Id> ids;
    for (std::uint32_t i = 0; i < plan.nodes; ++i) {
        if (takes_part(plan, core::Id::node(i))) ids.push_back(core::Id::node(i));
    }
    return ids;
}

/// What each node held last, up to and with `until`.
std::map<core::Id, const history::Published*> held_at(const history::RunRecord& record,
                                                      const std::string& key, Instant until) {
    std::map<core::Id, const history::Published*> held;
    for (const auto& change : record.published) {
        if (change.key != key || change.at > until) continue;
        held[change.node] = change.value.is_nil() ? nullptr : &change;
    }
    std::erase_if(held, [](const auto& entry) { return entry.second == nullptr; });
    return held;
}

Finding inconclusive(std::string why) {
    Finding finding;
    finding.verdict = Verdict::inconclusive;
    finding.anomaly = "not decided";
    finding.sentence = std::move(why);
    return finding;
}

/// "n1 and n2 hold 17, n3 holds 12"
std::string who_holds_what(const std::vector<core::Id>& nodes,
                           const std::map<core::Id, const history::Published*>& held) {
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const auto id : nodes) {
        const auto at = held.find(id);
        const std::string value = at == held.end() ? "nothing" : core::to_human(at->second->value);
        auto group = std::ranges::find(groups, value, [](const auto& g) { return g.first; });
        if (group == groups.end()) group = groups.insert(groups.end(), {value, {}});
        group->second.push_back(core::name_of(id));
    }
    std::string text;
    for (const auto& [value, names] : groups) {
        if (!text.empty()) text += ", ";
        std::vector<std::string> shown(
            names.begin(),
            names.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(names.size(), 5)));
        if (shown.size() < names.size()) {
            shown.push_back(fmt::format("{} more", names.size() - shown.size()));
        }
        text += fmt::format("{} {} {}", core::joined(shown), names.size() == 1 ? "holds" : "hold",
                            value);
    }
    return text;
}

Finding judge_converged(const Input& input, const fault::Params& params) {
    const auto& key = input.system.state_key;
    const auto& record = input.record;
    if (key.empty()) {
        return inconclusive(fmt::format("{} publishes no state to compare.", input.system.name));
    }
    if (!record.complete) return inconclusive("The run did not come to its end.");
    const Duration within = duration_or(params, "within", within_default);
    const Instant deadline = record.healed + within;
    const Instant judged = std::min(deadline, record.ended);
    const auto nodes = members(input.plan);
    const auto held = held_at(record, key, judged);
    if (held.empty()) return inconclusive(fmt::format("No node ever published {}.", key));
    const auto& first = held.begin()->second->value;
    const bool equal =
        std::ranges::all_of(held, [&](const auto& entry) { return entry.second->value == first; });
    if (equal && held.size() >= nodes.size()) return {};
    if (record.ended < deadline && record.ended - record.healed >= input.plan.settle &&
        input.plan.settle < within) {
        return inconclusive(fmt::format("The run settled for {} only; converged waits {}.",
                                        core::to_human(input.plan.settle), core::to_human(within)));
    }
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = equal ? "node silent" : "nodes disagree";
    finding.sentence =
        fmt::format("{} after the heal the nodes {}: {}.", core::to_human(judged - record.healed),
                    equal ? "do not all answer for their state" : "still disagree",
                    who_holds_what(nodes, held));
    finding.expected = "one value everywhere";
    for (const auto& [id, change] : held) {
        finding.moments.push_back(
            {change->at, id, fmt::format("{} = {}", key, core::to_human(change->value))});
    }
    std::ranges::sort(finding.moments, [](const Moment& a, const Moment& b) {
        return std::pair(a.at, a.who) < std::pair(b.at, b.who);
    });
    return finding;
}

bool all_equal(const Settling& run, const fault::Params&) {
    const Value* first = nullptr;
    for (const auto id : members(run.plan)) {
        if (!run.published.up(id)) return false;
        const Value* value = run.published.get(id, run.system.state_key);
        if (value == nullptr) return false;
        if (first == nullptr) first = value;
        if (*value != *first) return false;
    }
    return true;
}

}  // namespace

CheckSpec converged_check() {
    CheckSpec spec;
    spec.name = "converged";
    spec.demand = Demand::liveness;
    spec.summary = "after the heal all nodes come to hold the same";
    spec.params = {duration_param("within", "how long it may take", within_default),
                   text_param("after", "from when on it is counted", "heal", {"heal"})};
    spec.certificate = "what each node held last, and since when";
    spec.planted = "primary-backup/no-fencing-after-failover";
    spec.judge = judge_converged;
    spec.settled = all_equal;
    return spec;
}

}  // namespace storm::check
