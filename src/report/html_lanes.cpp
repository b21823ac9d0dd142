// report/html_lanes.cpp - who led, was down, held or cut off: a lane per node below the plot.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "core/text.h"
#include "report/html_parts.h"
#include "report/roles.h"

namespace storm::report {
namespace {

/// A stretch of a lane and what it means.
struct Stretch {
    Instant from{}, to{};
    std::string_view style;
    std::string what;
};
using Stretches = std::map<core::Id, std::vector<Stretch>>;

/// Whom a cut leaves outside: the nodes of all groups but the largest.
std::vector<core::Id> outside(const history::FaultRecord& fault, const fault::Plan& plan) {
    for (const auto& planned : plan.faults) {
        if (planned.id != fault.id || !planned.params.has("groups")) continue;
        const auto* groups = std::get_if<fault::Groups>(planned.params.find("groups"));
        if (groups == nullptr || groups->empty()) continue;
        std::size_t most = 0;
        for (const auto& group : *groups) most = std::max(most, group.size());
        std::vector<core::Id> nodes;
        for (const auto& group : *groups) {
            if (group.size() < most) nodes.insert(nodes.end(), group.begin(), group.end());
        }
        if (!nodes.empty()) return nodes;
    }
    return fault.nodes;
}

void add_roles(Stretches& lanes, const Story& story) {
    const auto& record = story.overview().record;
    std::map<core::Id, RoleChange> open;
    const auto close = [&](core::Id node, Instant at) {
        const auto it = open.find(node);
        if (it == open.end()) return;
        if (!it->second.role.empty()) {
            lanes[node].push_back(
                {it->second.at, at, it->second.leads ? "lead" : "role", it->second.role});
        }
        open.erase(it);
    };
    for (const auto& change : role_changes(record, story.leader_key)) {
        close(change.node, change.at);
        open.emplace(change.node, change);
    }
    while (!open.empty()) close(open.begin()->first, record.ended);
}

Stretches stretches_of(const Story& story) {
    const Run& run = story.overview();
    Stretches lanes;
    add_roles(lanes, story);
    for (const auto& fault : run.record.faults) {
        if (!fault.occurred) continue;
        const bool cut = fault.use == "net.partition";
        const bool held = fault.use == "node.pause" || fault.use == "node.slow";
        if (!cut && !held) continue;
        for (const auto node : cut ? outside(fault, run.plan) : fault.nodes) {
            lanes[node].push_back({fault.from, fault.to, cut ? "cut" : "held",
                                   cut ? "cut off" : fault.use.substr(5)});
        }
    }
    for (const auto& away : absences(run.record)) {
        lanes[away.node].push_back({away.from, away.to, "down", "down"});
    }
    return lanes;
}

class Lanes {
public:
    Lanes(const Story& story, const LanePlace& place)
        : record_(story.overview().record), place_(place), lanes_(stretches_of(story)) {
        end_ = std::max<std::int64_t>(record_.ended.ns, 1);
        for (const auto& operation : record_.history)
            end_ = std::max({end_, operation.invoked.ns, operation.completed.ns});
    }

    std::string draw(const fault::Plan& plan, double& height) {
        const std::uint32_t nodes = plan.nodes;
        const double pitch = nodes > 60 ? 6 : nodes > 20 ? 9 : 13;
        const std::uint32_t named = nodes > 60 ? 5 : nodes > 20 ? 2 : 1;
        const std::set<core::Id> absent(plan.absent.begin(), plan.absent.end());
        for (std::uint32_t i = 0; i < nodes; ++i) {
            const auto node = core::Id::node(i);
            const double y = place_.top + pitch * (static_cast<double>(i) + 0.5);
            const std::string words = escaped(in_words(node, absent.contains(node)));
            add("<g tabindex=\"0\" role=\"img\" aria-label=\"{}\"><title>{}</title>", words, words);
            if (i % named == 0) {
                add("<text x=\"{:.0f}\" y=\"{:.1f}\" class=\"tick\" text-anchor=\"end\">{}</text>",
                    place_.left - 8, y + 4, core::name_of(node));
            }
            if (!absent.contains(node)) {
                add("<path class=\"up\" d=\"M{:.0f} {:.1f}H{:.0f}\"/>", place_.left, y,
                    place_.right);
                stretches(node, y, pitch);
            }
            out_ += "</g>\n";
        }
        height = pitch * static_cast<double>(nodes);
        return out_;
    }

private:
    template <class... T>
    void add(fmt::format_string<T...> form, T&&... values) {
        fmt::format_to(std::back_inserter(out_), form, std::forward<T>(values)...);
    }
    [[nodiscard]] double x_of(Instant at) const {
        const double share = static_cast<double>(std::clamp<std::int64_t>(at.ns, 0, end_)) /
                             static_cast<double>(end_);
        return place_.left + share * (place_.right - place_.left);
    }

    /// One path per style; stretches closer than a pixel run together.
    void stretches(core::Id node, double y, double pitch) {
        const auto at = lanes_.find(node);
        if (at == lanes_.end()) return;
        for (const std::string_view style : {"lead", "role", "cut", "held", "down"}) {
            std::string path;
            double from = -1;
            double to = -1;
            const double line = style == "cut" ? y + (pitch > 10 ? 5 : 2) : y;
            const auto flush = [&] {
                if (to < 0) return;
                fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}H{:.1f}", from, line,
                               std::max(to, from + 1));
            };
            for (const auto& stretch : at->second) {
                if (stretch.style != style) continue;
                const double x = x_of(stretch.from);
                if (to < 0 || x > to + 1) {
                    flush();
                    from = x;
                }
                to = std::max(x_of(stretch.to), x);
            }
            flush();
            if (path.empty()) continue;
            if (style == "down") add("<path class=\"void\" d=\"{}\"/>", path);
            if (pitch < 10 && (style == "lead" || style == "role" || style == "held")) {
                add("<path class=\"{}\" style=\"stroke-width:{:.0f}\" d=\"{}\"/>", style, pitch - 3,
                    path);
            } else {
                add("<path class=\"{}\" d=\"{}\"/>", style, path);
            }
        }
    }

    [[nodiscard]] std::string in_words(core::Id node, bool absent) const {
        std::string words = core::name_of(node) + ": ";
        if (absent) return words + "not part of this run";
        const auto at = lanes_.find(node);
        if (at == lanes_.end()) return words + "up all the time";
        constexpr std::size_t most = 12;
        std::size_t said = 0;
        for (const auto& stretch : at->second) {
            if (said == most) break;
            words += fmt::format("{}{} {} to {}", said++ == 0 ? "" : ", ", stretch.what,
                                 core::to_human(stretch.from), core::to_human(stretch.to));
        }
        if (at->second.size() > most) words += fmt::format(", {} more", at->second.size() - most);
        return words;
    }

    const history::RunRecord& record_;
    LanePlace place_;
    Stretches lanes_;
    std::int64_t end_ = 1;
    std::string out_;
};

}  // namespace

std::string node_lanes(const Story& story, const LanePlace& place, double& height) {
    return Lanes(story, place).draw(story.overview().plan, height);
}

}  // namespace storm::report
