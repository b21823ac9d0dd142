#include "report/needed.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/text.h"
#include "fault/decision.h"

namespace storm::report {
namespace {

using fault::Purpose;

/// "store from n1 to n2" of "n1>n2 Store", else as it stands.
std::string whose(const std::string& who) {
    const auto arrow = who.find('>');
    const auto space = who.find(' ');
    if (arrow == std::string::npos || space == std::string::npos || arrow > space) return who;
    return fmt::format("{} from {} to {}", message_text(who.substr(space + 1)),
                       who.substr(0, arrow), who.substr(arrow + 1, space - arrow - 1));
}

std::string by(std::int64_t ns) {
    return fmt::format("{} {}", short_time(core::nanoseconds(ns < 0 ? -ns : ns)),
                       ns < 0 ? "early" : "late");
}

/// "code point raft/slow-persist fires at n2" of "n2 raft/slow-persist".
std::string fired(const std::string& who) {
    const auto space = who.find(' ');
    if (space == std::string::npos) return "a code point fires";
    return fmt::format("code point {} fires at {}", who.substr(space + 1), who.substr(0, space));
}

/// What became of one decision, in words; `who` may be "".
std::string pin_text(const fault::Decision& pin, const std::string& who) {
    const std::string of = who.empty() ? "one message" : whose(who);
    switch (pin.purpose) {
        case Purpose::net_delay:
        case Purpose::net_duplicate_delay:
            return fmt::format("the network: {} comes {}", of, by(pin.outcome));
        case Purpose::net_loss:
            return fmt::format("the network: {} is lost", of);
        case Purpose::net_duplicate:
            return fmt::format("the network: {} comes twice", of);
        case Purpose::net_reorder:
            return fmt::format("the network: {} is held back", of);
        case Purpose::net_corrupt:
            return fmt::format("the network: {} is damaged", of);
        case Purpose::disk_latency:
            return fmt::format("the disk: an operation{} comes {}", who.empty() ? "" : " of " + who,
                               by(pin.outcome));
        case Purpose::write_fate:
            return fmt::format("the disk: a write{} is {}", who.empty() ? "" : " of " + who,
                               pin.outcome == 0   ? "kept"
                               : pin.outcome == 1 ? "dropped"
                                                  : "torn");
        case Purpose::site_active:
            return {};  // That it fired says so.
        case Purpose::site_fires:
            return fired(who);
        default:
            return fmt::format("{}{}", fault::info(pin.purpose).name, who.empty() ? "" : " " + who);
    }
}

void add_pins(std::vector<std::string>& lines, const Run& run, std::size_t most) {
    std::vector<std::pair<std::string, std::size_t>> texts;  // And how often.
    const std::set<std::string> unplaced(run.record.unplaced.begin(), run.record.unplaced.end());
    for (const auto& pin : run.plan.pins) {
        if (unplaced.contains(fault::name_of(pin.purpose, pin.key, pin.index))) continue;
        const auto& all = run.record.decisions;
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& each) {
            return each.purpose == static_cast<std::uint8_t>(pin.purpose) && each.key == pin.key &&
                   each.index == pin.index;
        });
        std::string text = pin_text(pin, at == all.end() ? "" : at->who);
        if (text.empty()) continue;
        const auto same = std::find_if(texts.begin(), texts.end(),
                                       [&](const auto& each) { return each.first == text; });
        if (same != texts.end()) ++same->second;
        if (same == texts.end()) texts.emplace_back(std::move(text), 1);
    }
    const std::size_t shown = texts.size() > most ? most - 1 : texts.size();
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& [text, times] = texts[i];
        lines.push_back(times > 1 ? fmt::format("{}, {} times", text, times) : text);
    }
    if (shown < texts.size()) {
        lines.push_back(fmt::format("and {} more such decisions", texts.size() - shown));
    }
    if (!unplaced.empty()) {
        lines.push_back(fmt::format("{} that the plan fixes met nothing and changed nothing",
                                    core::counted(unplaced.size(), "decision")));
    }
}

}  // namespace

std::vector<std::string> also_needed(const Story& story, std::size_t most) {
    std::vector<std::string> lines;
    const Run& run = story.smallest;
    const auto& plan = run.plan;
    const bool noise = story.shrink.has_value() || plan.faults.empty();
    if (!plan.absent.empty()) {
        std::vector<std::string> names;
        for (const auto id : plan.absent) names.push_back(core::name_of(id));
        if (names.size() > 6) {
            const auto more = names.size() - 5;
            names.resize(5);
            names.push_back(fmt::format("{} more", more));
        }
        lines.push_back(fmt::format("{} left out, as if {} had crashed before it began",
                                    core::joined(names), plan.absent.size() == 1 ? "it" : "they"));
    }
    if (noise && plan.ambient == fault::Ambient::drawn) {
        lines.emplace_back("the network's own delays and losses");
        if (plan.site_active_ppm != 0) lines.back() += ", or code points";
    } else if (noise && plan.ambient == fault::Ambient::calm) {
        lines.emplace_back("the network's own delays");
    }
    add_pins(lines, run, most);
    return lines;
}

}  // namespace storm::report
