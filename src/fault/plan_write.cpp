// fault/plan_write.cpp - a plan to text and to its digest.
//
// One fault, operation, check or pin a line, so that a person can take one out and a diff
// shows it. What has its default is left out.
#include <fmt/format.h>

#include <string>

#include "core/text.h"
#include "fault/plan.h"

namespace storm::fault {
namespace {

using core::combine;
using core::json_quoted;
using core::Key;

std::string names_json(const std::vector<core::Id>& ids) {
    std::string text = "[";
    for (const core::Id id : ids) {
        if (text.size() > 1) text += ", ";
        text += "\"" + core::name_of(id) + "\"";
    }
    return text + "]";
}

std::string quoted(Duration time) { return "\"" + core::to_text(time) + "\""; }
std::string share(std::uint32_t ppm) { return "\"" + number_to_text(ParamType::share, ppm) + "\""; }

/// {"key": value, ...} on one line.
class Object {
public:
    Object& add(std::string_view key, std::string_view json) {
        text_ += fmt::format("{}{}: {}", text_.size() > 1 ? ", " : "", json_quoted(key), json);
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_ + "}"; }

private:
    std::string text_ = "{";
};

std::string number_json(std::optional<ParamType> type, std::int64_t number) {
    if (!type || *type == ParamType::integer) return std::to_string(number);
    std::string text = number_to_text(*type, number);
    // "0" has no unit and would read back as text.
    const auto back = number_with_unit(text);
    if (!back || back->second != number) return std::to_string(number);
    return "\"" + text + "\"";
}

std::string param_json(const Params& params, const std::string& name, const ParamValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return number_json(params.type_of(name), *number);
    }
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (number_with_unit(*text)) return Object().add("text", json_quoted(*text)).text();
        return json_quoted(*text);
    }
    std::string text = "[";
    for (const auto& group : std::get<Groups>(value)) {
        if (text.size() > 1) text += ", ";
        text += names_json(group);
    }
    return text + "]";
}

std::string params_json(const Params& params) {
    Object object;
    for (const auto& [name, value] : params.all()) {
        object.add(name, param_json(params, name, value));
    }
    return object.text();
}

std::string fault_json(const PlannedFault& fault) {
    const PlannedFault plain;
    Object object;
    object.add("id", json_quoted(fault.id)).add("use", json_quoted(fault.use));
    object.add("at", to_json(fault.at));
    if (fault.lasts) object.add("for", quoted(*fault.lasts));
    if (fault.target != plain.target) object.add("target", to_json(fault.target));
    if (!fault.params.all().empty()) object.add("with", params_json(fault.params));
    if (fault.every) object.add("every", quoted(*fault.every));
    if (fault.times != plain.times) object.add("times", std::to_string(fault.times));
    if (fault.ramp != plain.ramp) object.add("ramp", quoted(fault.ramp));
    if (fault.probability_ppm != plain.probability_ppm) {
        object.add("probability", share(fault.probability_ppm));
    }
    if (fault.required != plain.required) object.add("required", "false");
    return object.text();
}

std::string operation_json(const PlannedOperation& operation) {
    Object object;
    object.add("client", json_quoted(core::name_of(operation.client)));
    object.add("id", std::to_string(operation.id)).add("name", json_quoted(operation.name));
    if (!operation.args.is_nil()) object.add("args", core::to_json(operation.args));
    object.add("at", quoted(operation.not_before));
    return object.text();
}

std::string check_json(const PlannedCheck& check) {
    Object object;
    object.add("use", json_quoted(check.use));
    if (!check.params.all().empty()) object.add("with", params_json(check.params));
    return object.text();
}

std::string pin_json(const Decision& pin) {
    Object object;
    object.add("purpose", json_quoted(info(pin.purpose).name));
    object.add("key", json_quoted(core::hex(pin.key))).add("index", std::to_string(pin.index));
    return object.add("outcome", std::to_string(pin.outcome)).text();
}

std::string network_json(const LinkFault& network) {
    const Params all = params_of(network);
    const Params defaults = params_of(LinkFault{});
    Params different;
    for (const auto& [name, value] : all.all()) {
        if (*defaults.find(name) != value) different.set(name, value, all.type_of(name));
    }
    return params_json(different);
}

/// The plan's own object: a key a line, lists an item a line.
class Page {
public:
    void add(std::string_view key, std::string_view json) {
        text_ += fmt::format("{}\n  {}: {}", text_.size() > 1 ? "," : "", json_quoted(key), json);
    }
    template <class Items, class Write>
    void list(std::string_view key, const Items& items, Write write) {
        std::string json = "[";
        for (const auto& item : items)
            json += (json.size() > 1 ? ",\n    " : "\n    ") + write(item);
        add(key, items.empty() ? "[]" : json + "\n  ]");
    }
    [[nodiscard]] std::string text() const { return text_ + "\n}\n"; }

private:
    std::string text_ = "{";
};

/// Keys of everything that equality sees, in a fixed order.
class Digest {
public:
    Digest& add(std::uint64_t number) {
        key_ = combine(key_, number);
        return *this;
    }
    Digest& add(std::int64_t number) { return add(static_cast<std::uint64_t>(number)); }
    Digest& add(std::uint32_t number) { return add(std::uint64_t{number}); }
    Digest& add(bool flag) { return add(std::uint64_t{flag}); }
    Digest& add(std::string_view text) { return add(core::key_of(text)); }
    Digest& add(Duration time) { return add(time.ns); }
    Digest& add(core::Id id) { return add(std::uint64_t{id.value}); }
    Digest& add(const Value& value) { return add(core::key_of(value)); }
    template <class T>
    Digest& add(const std::optional<T>& value) {
        add(value.has_value());
        return value ? add(*value) : *this;
    }
    template <class T>
    Digest& add(const std::vector<T>& items) {
        add(std::uint64_t{items.size()});
        for (const T& item : items) add(item);
        return *this;
    }
    Digest& add(const Params& params) {
        add(std::uint64_t{params.all().size()});
        for (const auto& [name, value] : params.all()) {
            add(std::string_view(name)).add(std::uint64_t{value.index()});
            std::visit([this](const auto& each) { add_alternative(each); }, value);
        }
        return *this;
    }
    Digest& add(const PlannedFault& fault) {
        const Target& target = fault.target;
        add(std::string_view(fault.id)).add(std::string_view(fault.use)).add(fault.params);
        add(std::uint64_t{static_cast<std::uint8_t>(target.kind)}).add(target.names);
        add(target.count).add(std::string_view(target.key)).add(target.value);
        add(std::string_view(fault.at.after)).add(fault.at.plus).add(fault.lasts).add(fault.every);
        return add(fault.times).add(fault.ramp).add(fault.probability_ppm).add(fault.required);
    }
    Digest& add(const PlannedOperation& operation) {
        add(operation.client).add(operation.id).add(std::string_view(operation.name));
        return add(operation.args).add(operation.not_before);
    }
    Digest& add(const PlannedCheck& check) {
        return add(std::string_view(check.use)).add(check.params);
    }
    Digest& add(const Decision& pin) {
        add(std::uint64_t{static_cast<std::uint8_t>(pin.purpose)}).add(pin.key).add(pin.index);
        return add(pin.outcome);
    }
    [[nodiscard]] std::uint64_t key() const { return key_; }

private:
    void add_alternative(std::int64_t number) { add(number); }
    void add_alternative(bool flag) { add(flag); }
    void add_alternative(const std::string& text) { add(std::string_view(text)); }
    void add_alternative(const Groups& groups) { add(groups); }

    Key key_ = core::key_of("storm.plan.1");
};

}  // namespace

std::string to_json(const Target& target) {
    switch (target.kind) {
        case Target::Kind::all:
            return "\"all\"";
        case Target::Kind::leader:
            return "\"leader\"";
        case Target::Kind::any:
            return Object().add("any", std::to_string(target.count)).text();
        case Target::Kind::where:
            return Object()
                .add("where", json_quoted(target.key))
                .add("is", core::to_json(target.value))
                .text();
        case Target::Kind::named:
            break;
    }
    if (target.names.size() == 1) return json_quoted(core::name_of(target.names[0]));
    return names_json(target.names);
}

std::string to_json(const Trigger& trigger) {
    if (trigger.after.empty()) return quoted(trigger.plus);
    Object object;
    object.add("after", json_quoted(trigger.after));
    if (trigger.plus.ns != 0) object.add("plus", quoted(trigger.plus));
    return object.text();
}

std::string to_json(const Plan& plan) {
    const Plan plain;
    Page page;
    page.add("stormproof-plan", "1");
    if (!plan.scenario.empty()) page.add("scenario", json_quoted(plan.scenario));
    if (!plan.scenario_digest.empty()) {
        page.add("scenario_digest", json_quoted(plan.scenario_digest));
    }
    if (!plan.title.empty()) page.add("title", json_quoted(plan.title));
    page.add("system", json_quoted(plan.system));
    if (!plan.plant.empty()) page.add("plant", json_quoted(plan.plant));
    if (!plan.numbers.empty()) {
        Object numbers;
        for (const auto& [name, number] : plan.numbers) numbers.add(name, std::to_string(number));
        page.add("numbers", numbers.text());
    }
    page.add("nodes", std::to_string(plan.nodes));
    page.add("clients", std::to_string(plan.clients));
    if (!plan.absent.empty()) page.add("absent", names_json(plan.absent));
    page.add("network", network_json(plan.network));
    page.add("for", quoted(plan.chaos));
    page.add("settle", quoted(plan.settle));
    page.add("mode", plan.mode == Mode::recoverable ? "\"recoverable\"" : "\"unlimited\"");
    page.add("ambient", json_quoted(to_text(plan.ambient)));
    page.add("site_active", share(plan.site_active_ppm));
    page.add("site_fires", share(plan.site_fires_ppm));
    if (plan.step_limit != plain.step_limit) {
        page.add("step_limit", std::to_string(plan.step_limit));
    }
    if (plan.memory_limit != plain.memory_limit) {
        page.add("memory_limit", std::to_string(plan.memory_limit));
    }
    page.list("faults", plan.faults, fault_json);
    page.list("operations", plan.operations, operation_json);
    page.list("checks", plan.checks, check_json);
    page.list("pins", plan.pins, pin_json);
    return page.text();
}

std::uint64_t digest(const Plan& plan) {
    Digest all;
    all.add(std::string_view(plan.system)).add(std::string_view(plan.plant));
    all.add(std::uint64_t{plan.numbers.size()});
    for (const auto& [name, number] : plan.numbers) all.add(std::string_view(name)).add(number);
    all.add(plan.nodes).add(plan.clients).add(params_of(plan.network)).add(plan.chaos);
    all.add(plan.settle).add(std::uint64_t{static_cast<std::uint8_t>(plan.mode)});
    all.add(std::uint64_t{static_cast<std::uint8_t>(plan.ambient)});
    all.add(plan.site_active_ppm).add(plan.site_fires_ppm).add(plan.step_limit);
    all.add(plan.memory_limit).add(plan.absent).add(plan.faults).add(plan.operations);
    return all.add(plan.checks).add(plan.pins).key();
}

}  // namespace storm::fault
