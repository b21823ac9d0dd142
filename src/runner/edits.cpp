#include "runner/edits.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace storm::runner {
namespace {

using fault::Plan;
using fault::PlannedFault;
using fault::Target;

/// A chaos phase of no time is none, and no scenario may ask for it.
constexpr Duration chaos_min = core::milliseconds(1);

Duration rounded(Duration time, Duration to) {
    const std::int64_t half = to.ns / 2;
    return Duration{(time.ns + half) / to.ns * to.ns};
}

bool begins_after(const PlannedFault& fault, Duration time) {
    return fault.at.after.empty() && fault.at.plus > time;
}

/// The plan whose fault number `i` went through `change`.
Edit change_fault(std::size_t i, std::function<void(PlannedFault&)> change) {
    return [i, change = std::move(change)](const Plan& plan) {
        Plan out = plan;
        change(out.faults[i]);
        return out;
    };
}

void add_repeat_edits(const PlannedFault& fault, std::size_t i, Duration chaos,
                      std::vector<Edit>& out) {
    if (!fault.every && fault.times == 1) return;
    if (fault.every || !fault.at.after.empty()) {
        out.push_back(change_fault(i, [](PlannedFault& f) {
            f.every.reset();
            f.times = 1;
        }));
    }
    if (!fault.every || fault.every->ns <= 0 || !fault.at.after.empty()) return;
    // One later occurrence alone.
    const std::int64_t most = std::min<std::int64_t>((chaos - fault.at.plus).ns / fault.every->ns,
                                                     fault.times != 0 ? fault.times - 1 : 15);
    for (std::int64_t k = 1; k <= most && k <= 15; ++k) {
        out.push_back(change_fault(i, [k](PlannedFault& f) {
            f.at.plus += *f.every * k;
            f.every.reset();
            f.times = 1;
        }));
    }
}

void add_target_edits(const PlannedFault& fault, std::size_t i, std::uint32_t nodes,
                      std::vector<Edit>& out) {
    const auto& target = fault.target;
    if (target.kind == Target::Kind::named && target.names.size() > 1) {
        for (std::size_t k = 0; k < target.names.size(); ++k) {
            out.push_back(change_fault(i, [k](PlannedFault& f) {
                f.target.names.erase(f.target.names.begin() + static_cast<std::ptrdiff_t>(k));
            }));
        }
    }
    if (target.kind == Target::Kind::any && target.count > 1) {
        out.push_back(change_fault(i, [](PlannedFault& f) { f.target.count = 1; }));
        out.push_back(change_fault(i, [](PlannedFault& f) { --f.target.count; }));
    }
    if (target.kind == Target::Kind::all && nodes > 1 && nodes <= 16) {
        for (std::uint32_t k = 0; k < nodes; ++k) {
            out.push_back(change_fault(i, [k](PlannedFault& f) {
                f.target.kind = Target::Kind::named;
                f.target.names = {core::Id::node(k)};
            }));
        }
    }
}

void add_group_edits(const PlannedFault& fault, std::size_t i, std::vector<Edit>& out) {
    for (const auto& [name, value] : fault.params.all()) {
        const auto* groups = std::get_if<fault::Groups>(&value);
        if (groups == nullptr) continue;
        for (std::size_t g = 0; g < groups->size(); ++g) {
            if ((*groups)[g].size() < 2) continue;
            for (std::size_t k = 0; k < (*groups)[g].size(); ++k) {
                out.push_back(change_fault(i, [g, k, key = name](PlannedFault& f) {
                    fault::Groups smaller = f.params.groups(key);
                    smaller[g].erase(smaller[g].begin() + static_cast<std::ptrdiff_t>(k));
                    f.params.set(key, std::move(smaller));
                }));
            }
        }
    }
}

void add_length_edits(const PlannedFault& fault, std::size_t i, std::vector<Edit>& out) {
    if (fault.ramp.ns > 0) {
        out.push_back(change_fault(i, [](PlannedFault& f) { f.ramp = {}; }));
    }
    if (fault.probability_ppm < core::one_million) {
        out.push_back(change_fault(i, [](PlannedFault& f) { f.probability_ppm = 1'000'000; }));
    }
    if (!fault.lasts || fault.lasts->ns < 2'000'000) return;
    for (const std::int64_t part : {8, 2}) {
        out.push_back(change_fault(i, [part](PlannedFault& f) { f.lasts = *f.lasts / part; }));
    }
}

}  // namespace

Plan cut_at(Plan plan, Instant fatal) {
    const Duration end = std::max(chaos_min, (fatal - Instant{}) + core::milliseconds(1));
    if (end >= plan.chaos) return plan;
    plan.chaos = end;
    std::erase_if(plan.faults, [&](const auto& fault) { return begins_after(fault, end); });
    std::erase_if(plan.operations, [&](const auto& op) { return op.not_before > end; });
    return plan;
}

Plan only(Plan plan, const Names& operations) {
    std::erase_if(plan.operations, [&](const auto& op) {
        return std::ranges::find(operations, std::pair(op.client.index(), op.id)) ==
               operations.end();
    });
    return plan;
}

Plan only_clients(Plan plan, const Names& operations) {
    std::map<std::uint32_t, std::uint32_t> last;
    for (const auto& [client, id] : operations) last[client] = std::max(last[client], id);
    std::erase_if(plan.operations, [&](const auto& op) {
        const auto at = last.find(op.client.index());
        return at == last.end() || op.id > at->second;
    });
    return plan;
}

std::size_t count(const Plan& plan, Part part) {
    switch (part) {
        case Part::faults:
            return plan.faults.size();
        case Part::operations:
            return plan.operations.size();
        case Part::pins:
            return plan.pins.size();
    }
    return 0;
}

Plan without(Plan plan, Part part, std::size_t from, std::size_t count) {
    const auto erase = [&](auto& list) {
        const auto begin = list.begin() + static_cast<std::ptrdiff_t>(std::min(from, list.size()));
        const auto end =
            list.begin() + static_cast<std::ptrdiff_t>(std::min(from + count, list.size()));
        list.erase(begin, end);
    };
    switch (part) {
        case Part::faults:
            erase(plan.faults);
            break;
        case Part::operations:
            erase(plan.operations);
            break;
        case Part::pins:
            erase(plan.pins);
            break;
    }
    return plan;
}

std::vector<Edit> client_edits(const Plan& plan) {
    std::set<core::Id> clients;
    for (const auto& operation : plan.operations) clients.insert(operation.client);
    std::vector<Edit> out;
    if (clients.size() < 2) return out;
    for (const auto client : clients) {
        out.push_back([client](const Plan& from) {
            Plan smaller = from;
            std::erase_if(smaller.operations, [&](const auto& op) { return op.client == client; });
            return smaller;
        });
    }
    return out;
}

std::vector<Edit> node_edits(const Plan& plan, const node::System& system, bool majority) {
    std::vector<Edit> out;
    const std::size_t left = plan.nodes - plan.absent.size();
    if (left <= std::max<std::size_t>(1, system.nodes_min)) return out;
    if (plan.mode == fault::Mode::recoverable && system.tolerates &&
        plan.absent.size() >= system.tolerates(plan.nodes).crashed) {
        return out;
    }
    if (majority && (left - 1) * 2 <= plan.nodes) return out;
    for (std::uint32_t i = plan.nodes; i-- > 0;) {
        const auto id = core::Id::node(i);
        if (std::ranges::find(plan.absent, id) != plan.absent.end()) continue;
        out.push_back([id](const Plan& from) {
            Plan smaller = from;
            smaller.absent.push_back(id);
            std::ranges::sort(smaller.absent);
            return smaller;
        });
    }
    return out;
}

std::vector<Edit> fault_edits(const Plan& plan) {
    std::vector<Edit> out;
    for (std::size_t i = 0; i < plan.faults.size(); ++i) {
        const auto& fault = plan.faults[i];
        add_repeat_edits(fault, i, plan.chaos, out);
        add_target_edits(fault, i, plan.nodes, out);
        add_group_edits(fault, i, out);
        add_length_edits(fault, i, out);
    }
    return out;
}

std::vector<Edit> time_edits(const Plan& plan) {
    std::vector<Edit> out;
    Duration first = plan.chaos;
    Duration last{};
    for (const auto& fault : plan.faults) {
        if (fault.at.after.empty()) first = std::min(first, fault.at.plus);
        last = std::max(last, fault.at.plus + fault.lasts.value_or(Duration{}));
    }
    for (const auto& operation : plan.operations) {
        first = std::min(first, operation.not_before);
        last = std::max(last, operation.not_before);
    }
    for (const Duration start : {Duration{}, core::seconds(1), core::seconds(2)}) {
        const Duration by = first - start;
        if (by < core::milliseconds(1)) continue;
        out.push_back([by](const Plan& from) {
            Plan earlier = from;
            for (auto& fault : earlier.faults) {
                if (fault.at.after.empty()) fault.at.plus -= by;
            }
            for (auto& operation : earlier.operations) operation.not_before -= by;
            earlier.chaos = std::max(chaos_min, earlier.chaos - by);
            return earlier;
        });
    }
    for (const Duration unit : {core::seconds(1), core::milliseconds(100), core::milliseconds(10),
                                core::milliseconds(1)}) {
        out.push_back([unit](const Plan& from) {
            Plan round = from;
            for (auto& fault : round.faults) {
                fault.at.plus = rounded(fault.at.plus, unit);
                if (fault.lasts && *fault.lasts >= unit) fault.lasts = rounded(*fault.lasts, unit);
                if (fault.every && *fault.every >= unit) fault.every = rounded(*fault.every, unit);
            }
            for (auto& op : round.operations) op.not_before = rounded(op.not_before, unit);
            round.chaos = std::max(chaos_min, rounded(round.chaos + unit / 2, unit));
            return round;
        });
    }
    if (plan.chaos > last + core::seconds(2)) {
        out.push_back([end = last + core::seconds(1)](const Plan& from) {
            Plan shorter = from;
            shorter.chaos = rounded(end, core::milliseconds(100));
            return shorter;
        });
    }
    return out;
}

namespace {

std::optional<fault::Decision> ambient_decision(const history::DecisionRecord& record) {
    const auto purpose = static_cast<fault::Purpose>(record.purpose);
    const auto& about = fault::info(purpose);
    if (!about.ambient || record.outcome == about.neutral) return std::nullopt;
    return fault::Decision{purpose, record.key, record.index, record.outcome};
}

}  // namespace

Plan pinned(Plan plan, const history::RunRecord& record) {
    plan.ambient = fault::Ambient::neutral;
    plan.pins.clear();
    for (const auto& decision : record.decisions) {
        if (auto pin = ambient_decision(decision)) plan.pins.push_back(*pin);
    }
    return plan;
}

PinNames pin_names(const history::RunRecord& record) {
    PinNames out;
    for (const auto& decision : record.decisions) {
        auto pin = ambient_decision(decision);
        if (!pin) continue;
        out[{pin->purpose, pin->key, pin->index}] = decision.who.substr(0, decision.who.find(' '));
    }
    return out;
}

std::vector<Edit> pin_edits(const Plan& plan, const PinNames& names) {
    std::map<std::string, std::set<std::size_t>> groups;  // Name of the group to pins.
    for (std::size_t i = 0; i < plan.pins.size(); ++i) {
        const auto& pin = plan.pins[i];
        const auto at = names.find({pin.purpose, pin.key, pin.index});
        if (at != names.end()) groups["link " + at->second].insert(i);
        groups["purpose " + std::string(fault::info(pin.purpose).name)].insert(i);
    }
    std::vector<Edit> out;
    for (const auto& [name, members] : groups) {
        if (members.size() == plan.pins.size()) continue;
        out.push_back([going = members](const Plan& from) {
            Plan smaller = from;
            smaller.pins.clear();
            for (std::size_t i = 0; i < from.pins.size(); ++i) {
                if (!going.contains(i)) smaller.pins.push_back(from.pins[i]);
            }
            return smaller;
        });
    }
    return out;
}

}  // namespace storm::runner
