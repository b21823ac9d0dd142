// report/roles.h - who was what, when: roles read from published values.
//
// A node that publishes text under "role" has that role; else one that publishes the system's
// leader key as anything but nil, false, 0 or "" is called by that key, or plainly "leader" if
// the key begins so ("leading"). A node that ends has no role until it publishes again.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.h"
#include "history/record.h"

namespace storm::report {

struct RoleChange {
    Instant at{};
    core::Id node;
    std::string role;    // "" : none any more.
    bool leads = false;  // It is the role of who leads.
};

/// In order of time; only true changes. Deaths come from the record's events, or where those
/// were not kept from its faults.
[[nodiscard]] std::vector<RoleChange> role_changes(const history::RunRecord& record,
                                                   std::string_view leader_key);

/// When a node was not running.
struct Absence {
    core::Id node;
    Instant from{}, to{};
    std::string by;  // The fault, or "".
};
[[nodiscard]] std::vector<Absence> absences(const history::RunRecord& record);

}  // namespace storm::report
