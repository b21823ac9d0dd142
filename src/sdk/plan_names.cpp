#include "sdk/plan_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/json.h"
#include "core/text.h"

namespace storm::sdk {
namespace {

constexpr std::size_t shown_max = 5;

/// Where `"key": "value"` has its value, at or after `from`; the text's end if nowhere.
std::size_t place_of(std::string_view text, std::size_t from, std::string_view key,
                     const std::string& value) {
    const std::string wanted = core::json_quoted(value);
    const std::string name = core::json_quoted(key);
    for (auto at = text.find(name, from); at != std::string_view::npos;
         at = text.find(name, at + 1)) {
        const auto next = text.find_first_not_of(" \t\r\n:", at + name.size());
        if (next != std::string_view::npos && text.substr(next).starts_with(wanted)) return next;
    }
    return text.size();
}

class Names {
public:
    Names(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    /// `list`: the part of the plan that the key belongs to; "": its top.
    [[nodiscard]] core::Result<void> check(std::string_view what, std::string_view list,
                                           std::string_view key, const std::string& value,
                                           const std::vector<std::string>& known) const {
        if (std::ranges::find(known, value) != known.end()) return {};
        const auto part = list.empty() ? 0 : text_.find(core::json_quoted(list));
        const auto from = part == std::string_view::npos ? 0 : part;
        const auto at = core::position_of(text_, place_of(text_, from, key, value));
        std::string wrong = fmt::format("{}:{}:{}: no {} is called {}", name_, at.line, at.column,
                                        what, core::json_quoted(value));
        if (const auto near = core::nearest(value, known)) {
            wrong += fmt::format("; did you mean {}?", *near);
        } else if (!known.empty() && known.size() <= 12) {
            wrong += "; there is " + core::joined(known);
        }
        return core::fail(core::ErrorKind::bad_input, std::move(wrong));
    }

private:
    std::string_view text_;
    const std::string& name_;
};

template <class Items>
std::vector<std::string> names_of(const Items& items) {
    std::vector<std::string> out;
    for (const auto& each : items) out.push_back(each.name);
    return out;
}

}  // namespace

core::Result<void> check_plan_names(const Bench& bench, const fault::Plan& plan,
                                    std::string_view text, const std::string& name) {
    const Names names(text, name);
    STORM_CHECK(names.check("system", "", "system", plan.system, names_of(bench.systems)));
    const auto& system = *bench.system(plan.system);
    if (!plan.plant.empty()) {
        STORM_CHECK(names.check("planted bug of " + system.name, "", "plant", plan.plant,
                                names_of(system.plants)));
    }
    for (const auto& each : plan.faults) {
        STORM_CHECK(names.check("fault", "faults", "use", each.use, names_of(bench.faults.all())));
    }
    for (const auto& each : plan.operations) {
        STORM_CHECK(names.check("operation of " + system.name, "operations", "name", each.name,
                                names_of(system.operations)));
    }
    for (const auto& each : plan.checks) {
        STORM_CHECK(names.check("check", "checks", "use", each.use, bench.checks.names()));
    }
    return {};
}

std::vector<std::string> unplaced_texts(const std::vector<std::string>& unplaced,
                                        const std::vector<history::DecisionRecord>& decisions) {
    std::map<std::string, const history::DecisionRecord*> recorded;
    for (const auto& each : decisions) {
        const auto purpose = static_cast<fault::Purpose>(each.purpose);
        recorded.emplace(fault::name_of(purpose, each.key, each.index), &each);
    }
    std::map<std::string, std::size_t> times;
    for (const auto& each : unplaced) {
        const auto at = recorded.find(each);
        const std::string purpose = each.substr(0, each.find(' '));
        const bool known = at != recorded.end() && !at->second->who.empty();
        ++times[known ? purpose + " of " + at->second->who : purpose + " of a pin"];
    }
    std::vector<std::pair<std::size_t, std::string>> most;
    for (const auto& [what, n] : times) most.emplace_back(n, what);
    std::ranges::sort(most, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<std::string> out;
    std::size_t left = unplaced.size();
    for (const auto& [n, what] : most) {
        if (out.size() == shown_max) break;
        out.push_back(n == 1 ? what : fmt::format("{} × {}", core::with_commas(n), what));
        left -= n;
    }
    if (left != 0) out.push_back("and " + core::with_commas(left) + " more");
    return out;
}

}  // namespace storm::sdk
