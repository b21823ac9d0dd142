#include "check/converged.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "check/parameters.h"
#include "check/telling.h"
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

/// Something was stored, or two nodes ever held different things.
bool was_disturbed(const history::RunRecord& record, const std::string& key) {
    const auto succeeded = [](const auto& op) { return op.outcome == history::Outcome::ok; };
    if (std::ranges::any_of(record.history, succeeded)) return true;
    const Value* first = nullptr;
    return std::ranges::any_of(record.published, [&](const history::Published& change) {
        if (change.key != key || change.value.is_nil()) return false;
        if (first == nullptr) first = &change.value;
        return *first != change.value;
    });
}

struct Holders {
    std::string value;  // In words.
    bool digest = false;
    std::vector<std::string> names;
};

/// Who holds the same, most of them first.
std::vector<Holders> holders(const std::vector<core::Id>& nodes,
                             const std::map<core::Id, const history::Published*>& published) {
    std::vector<Holders> groups;
    for (const auto id : nodes) {
        const auto at = published.find(id);
        const bool none = at == published.end();
        const std::string value = none ? "nothing" : held(at->second->value);
        auto group = std::ranges::find(groups, value, &Holders::value);
        if (group == groups.end()) {
            const bool digest = !none && value != core::to_human(at->second->value);
            group = groups.insert(groups.end(), {value, digest, {}});
        }
        group->names.push_back(core::name_of(id));
    }
    const auto most =
        std::ranges::max_element(groups, {}, [](const Holders& each) { return each.names.size(); });
    if (most != groups.end()) std::rotate(groups.begin(), most, most + 1);
    return groups;
}

std::string names_in(const Holders& group) {
    constexpr std::size_t most = 5;
    std::vector<std::string> shown = group.names;
    if (shown.size() > most + 1) {
        shown.resize(most);
        shown.push_back(fmt::format("{} more", group.names.size() - most));
    }
    return core::joined(shown);
}

/// "n2 holds other data than n1 and n3"; what is held, where it is no digest: "n1 and n2 hold 17,
/// n3 holds 12".
std::string who_holds_what(const std::vector<Holders>& groups) {
    const bool digests = std::ranges::any_of(groups, &Holders::digest);
    std::string text;
    std::string nothing;
    for (const auto& group : groups) {
        const char* verb = group.names.size() == 1 ? "holds" : "hold";
        std::string& into = digests && !group.digest ? nothing : text;
        if (digests && &group == &groups.front()) continue;
        const std::string what = digests && group.digest ? "other data" : group.value;
        into += fmt::format("{}{} {} {}", into.empty() ? "" : ", ", names_in(group), verb, what);
    }
    if (!digests) return text;
    if (!text.empty()) text += " than " + names_in(groups.front());
    return text + (text.empty() || nothing.empty() ? "" : ", ") + nothing;
}

Finding judge_converged(const Input& input, const fault::Params& params) {
    const auto& key = input.system.state_key;
    const auto& record = input.record;
    if (key.empty()) {
        return undecided(fmt::format("{} publishes no state to compare.", input.system.name));
    }
    if (!record.complete) return undecided("The run did not come to its end.");
    const Duration within = duration_or(params, "within", within_default);
    const Instant deadline = record.healed + within;
    const Instant judged = std::min(deadline, record.ended);
    const auto nodes = members(input.plan);
    const auto held = held_at(record, key, judged);
    if (held.empty()) return undecided(fmt::format("No node ever published {}.", key));
    const auto& first = held.begin()->second->value;
    const bool equal =
        std::ranges::all_of(held, [&](const auto& entry) { return entry.second->value == first; });
    if (equal && held.size() >= nodes.size()) {
        if (nodes.size() < 2) {
            return nothing_to_judge("There is one node alone, which cannot disagree with others.");
        }
        if (!was_disturbed(record, key)) {
            return nothing_to_judge(
                "No operation succeeded, and all nodes held the same all the time.");
        }
        return {};
    }
    if (record.ended < deadline && record.ended - record.healed >= input.plan.settle &&
        input.plan.settle < within) {
        return undecided(fmt::format("The run settled for {} only; converged waits {}.",
                                     core::to_human(input.plan.settle), core::to_human(within)));
    }
    Finding finding;
    finding.verdict = Verdict::violated;
    finding.anomaly = equal ? "node silent" : "nodes disagree";
    const auto groups = holders(nodes, held);
    if (!equal && groups.size() > 1 && std::ranges::any_of(groups, &Holders::digest)) {
        finding.sentence =
            fmt::format("{} after the heal {}.", core::to_human(judged - record.healed),
                        who_holds_what(groups));
    } else {
        finding.sentence = fmt::format(
            "{} after the heal the nodes {}: {}.", core::to_human(judged - record.healed),
            equal ? "do not all answer for their state" : "still disagree", who_holds_what(groups));
    }
    finding.expected = "the same everywhere";
    for (const auto& [id, change] : held) {
        finding.moments.push_back(
            {change->at, id, fmt::format("{} = {}", key, storm::check::held(change->value))});
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
