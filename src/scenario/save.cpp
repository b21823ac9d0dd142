// scenario/save.cpp - to_yaml(): a plan as a scenario that a person can read and keep.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "scenario/scenario.h"

namespace storm::scenario {
namespace {

using core::json_quoted;
using fault::ParamType;

/// Plain if YAML reads it as text so, else quoted.
std::string word(std::string_view text) {
    static constexpr std::string_view meant[] = {"true", "false", "null", "on", "off", "yes", "no"};
    const bool letters = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '/' || c == '#' || c == '-';
    });
    const bool begins =
        !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
    const bool special = std::ranges::find(meant, text) != std::end(meant);
    return letters && begins && !special ? std::string(text) : json_quoted(text);
}

/// {key: value, ...} on one line.
class Flow {
public:
    Flow& add(std::string_view key, std::string_view value) {
        text_ += fmt::format("{}{}: {}", text_.size() > 1 ? ", " : "", key, value);
        return *this;
    }
    Flow& add(const fault::Params& params) {
        for (const auto& [name, value] : params.all()) {
            add(name, param(params.type_of(name), value));
        }
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_ + "}"; }

    static std::string param(std::optional<ParamType> type, const fault::ParamValue& value) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            return fault::number_to_text(type.value_or(ParamType::integer), *number);
        }
        if (const auto* text = std::get_if<std::string>(&value)) return word(*text);
        return fault::to_text(fault::ParamSpec{}, value);
    }

private:
    std::string text_ = "{";
};

std::string share(std::uint32_t ppm) { return fault::number_to_text(ParamType::share, ppm); }

std::string names(const std::vector<core::Id>& ids) {
    std::vector<std::string> words;
    for (const core::Id id : ids) words.push_back(core::name_of(id));
    return fmt::format("[{}]", fmt::join(words, ", "));
}

std::string trigger_text(const fault::Trigger& at) {
    if (at.after.empty()) return core::to_text(at.plus);
    Flow flow;
    flow.add("after", word(at.after));
    if (at.plus.ns != 0) flow.add("plus", core::to_text(at.plus));
    return flow.text();
}

std::string target_text(const fault::Target& target) {
    switch (target.kind) {
        case fault::Target::Kind::all:
            return "all";
        case fault::Target::Kind::named:
            return target.names.size() == 1 ? core::name_of(target.names[0]) : names(target.names);
        case fault::Target::Kind::any:
            return fmt::format("{{any: {}}}", target.count);
        case fault::Target::Kind::leader:
            return "leader";
        case fault::Target::Kind::where:
            return Flow()
                .add("where", json_quoted(target.key))
                .add("is", core::to_json(target.value))
                .text();
    }
    return "all";
}

std::string fault_text(const fault::PlannedFault& fault) {
    const fault::PlannedFault plain;
    Flow flow;
    flow.add("id", word(fault.id)).add("use", word(fault.use)).add("at", trigger_text(fault.at));
    if (fault.lasts) flow.add("for", core::to_text(*fault.lasts));
    const bool cut = std::ranges::any_of(fault.params.all(), [](const auto& param) {
        return std::holds_alternative<fault::Groups>(param.second);
    });
    if (!cut) flow.add("target", target_text(fault.target));
    if (fault.every) flow.add("every", core::to_text(*fault.every));
    if (fault.times != 0) flow.add("times", std::to_string(fault.times));
    if (fault.ramp.ns != 0) flow.add("ramp", core::to_text(fault.ramp));
    if (fault.probability_ppm != plain.probability_ppm) {
        flow.add("probability", share(fault.probability_ppm));
    }
    flow.add(fault.params);
    if (!fault.required) flow.add("required", "false");
    return flow.text();
}

std::string operation_text(const fault::PlannedOperation& operation) {
    Flow flow;
    flow.add("client", core::name_of(operation.client)).add("id", std::to_string(operation.id));
    flow.add("run", word(operation.name));
    if (!operation.args.is_nil()) flow.add("args", core::to_json(operation.args));
    return flow.add("at", core::to_text(operation.not_before)).text();
}

std::string check_text(const fault::PlannedCheck& check) {
    if (check.params.all().empty()) return word(check.use);
    return Flow().add("use", word(check.use)).add(check.params).text();
}

std::string pin_text(const fault::Decision& pin) {
    return Flow()
        .add("purpose", word(fault::info(pin.purpose).name))
        .add("key", json_quoted(core::hex(pin.key)))
        .add("index", std::to_string(pin.index))
        .add("outcome", std::to_string(pin.outcome))
        .text();
}

std::string system_text(const fault::Plan& plan) {
    Flow flow;
    flow.add("use", word(plan.system)).add("nodes", std::to_string(plan.nodes));
    if (!plan.plant.empty()) flow.add("plant", word(plan.plant));
    Flow with;
    for (const auto& [name, number] : plan.numbers) with.add(word(name), std::to_string(number));
    if (!plan.numbers.empty()) flow.add("with", with.text());
    return flow.text();
}

std::string network_text(const fault::LinkFault& network) {
    const fault::Params all = fault::params_of(network);
    const fault::Params defaults = fault::params_of(fault::LinkFault{});
    fault::Params said;
    for (const auto& [name, value] : all.all()) {
        const bool always = name == "delay" || name == "jitter";
        if (always || *defaults.find(name) != value) said.set(name, value, all.type_of(name));
    }
    return Flow().add(said).text();
}

template <class Items, class Write>
void list(std::string& text, std::string_view key, const Items& items, Write write) {
    if (items.empty()) return;
    text += fmt::format("{}:\n", key);
    for (const auto& item : items) text += "  - " + write(item) + "\n";
}

std::string comment(std::string_view why) {
    std::string text;
    for (const std::string& line : core::split(why, '\n')) {
        if (!line.empty()) text += "# " + line + "\n";
    }
    // A comment must be text, too.
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }, ' ');
    return text;
}

/// What whoever mends it is to change here.
std::string after_the_mend(const fault::Plan& plan) {
    const std::string plant = plan.plant.empty() ? "" : "remove plant: " + plan.plant + " and ";
    return fmt::format("Once that is mended, {}write expect: pass in the last line.", plant);
}

}  // namespace

std::string to_yaml(const fault::Plan& plan, const Regression& regression) {
    std::string text = comment(regression.why);
    if (!regression.violates.empty()) text += comment(after_the_mend(plan));
    const auto line = [&text](std::string_view key, std::string_view value) {
        text += fmt::format("{}: {}\n", key, value);
    };
    line("stormproof", "1");
    line("title", json_quoted(plan.title));
    line("system", system_text(plan));
    line("network", network_text(plan.network));
    line("for", core::to_text(plan.chaos));
    line("settle", core::to_text(plan.settle));
    line("clients", std::to_string(plan.clients));
    if (plan.mode == fault::Mode::unlimited) line("mode", "unlimited");
    line("swarm", "off");
    const fault::Plan plain;
    if (plan.site_active_ppm == 0 && plan.site_fires_ppm == plain.site_fires_ppm) {
        line("code_points", "off");
    } else {
        line("code_points", Flow()
                                .add("active", share(plan.site_active_ppm))
                                .add("fires", share(plan.site_fires_ppm))
                                .text());
    }
    if (plan.ambient != fault::Ambient::drawn) line("ambient", fault::to_text(plan.ambient));
    if (plan.step_limit != 0 || plan.memory_limit != 0) {
        Flow limits;
        if (plan.step_limit != 0) limits.add("steps", std::to_string(plan.step_limit));
        if (plan.memory_limit != 0) limits.add("memory", std::to_string(plan.memory_limit));
        line("limits", limits.text());
    }
    if (!plan.absent.empty()) line("absent", names(plan.absent));
    line("seeds", fmt::format("{}..{}", regression.seed, regression.seed));
    list(text, "faults", plan.faults, fault_text);
    list(text, "operations", plan.operations, operation_text);
    list(text, "pins", plan.pins, pin_text);
    auto checks = plan.checks;
    if (!regression.violates.empty()) {
        std::erase_if(checks, [&](const auto& c) { return c.use != regression.violates; });
    }
    list(text, "checks", checks, check_text);
    line("expect", regression.violates.empty()
                       ? "pass"
                       : Flow().add("violated", word(regression.violates)).text());
    return text;
}

}  // namespace storm::scenario
