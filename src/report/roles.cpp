#include "report/roles.h"

#include <algorithm>

#include "report/stable.h"

namespace storm::report {
namespace {

bool counts_as_yes(const Value& value) {
    if (const auto* yes = value.boolean()) return *yes;
    if (const auto* number = value.integer()) return *number != 0;
    if (const auto* text = value.text()) return !text->empty();
    return !value.is_nil();
}

bool ends_nodes(const std::string& use) {
    return use == "node.kill" || use == "node.power_loss" || use == "node.crash_at";
}

}  // namespace

std::vector<Absence> absences(const history::RunRecord& record) {
    std::vector<Absence> all;
    if (record.trace.empty()) {
        for (const auto& fault : record.faults) {
            if (!fault.occurred || !ends_nodes(fault.use)) continue;
            for (const auto node : fault.nodes)
                all.push_back({node, fault.from, fault.to, fault.id});
        }
        return all;
    }
    std::map<core::Id, std::size_t> open;
    for (const auto& event : record.trace) {
        if (event.kind == history::EventKind::down) {
            if (open.emplace(event.node, all.size()).second) {
                all.push_back({event.node, event.at, record.ended, event.text});
            }
        } else if (event.kind == history::EventKind::up) {
            if (const auto at = open.find(event.node); at != open.end()) {
                all[at->second].to = event.at;
                open.erase(at);
            }
        }
    }
    return all;
}

std::vector<RoleChange> role_changes(const history::RunRecord& record,
                                     std::string_view leader_key) {
    bool by_role = false;
    for (const auto& each : record.published) by_role = by_role || each.key == "role";
    std::vector<RoleChange> all;
    for (const auto& each : record.published) {
        if (by_role ? each.key != "role" : leader_key.empty() || each.key != leader_key) continue;
        RoleChange change{each.at, each.node, {}, false};
        if (by_role) {
            if (const auto* text = each.value.text()) change.role = *text;
            change.leads = change.role == "leader" || change.role == "primary";
        } else if (counts_as_yes(each.value)) {
            change.role = leader_key.starts_with("lead") ? "leader" : leader_key;
            change.leads = true;
        }
        all.push_back(std::move(change));
    }
    for (const auto& each : absences(record)) all.push_back({each.from, each.node, {}, false});
    sort_stably(all, [](const RoleChange& a, const RoleChange& b) { return a.at < b.at; });
    std::map<core::Id, std::string> now;
    std::erase_if(all, [&](const RoleChange& change) {
        auto& role = now[change.node];
        if (role == change.role) return true;
        role = change.role;
        return false;
    });
    return all;
}

}  // namespace storm::report
