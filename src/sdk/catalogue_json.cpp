#include "sdk/catalogue_json.h"

#include <nlohmann/json.hpp>

#include "fault/reference.h"

namespace storm::sdk {
namespace {

using Json = nlohmann::ordered_json;

/// Names may come from a file that is no UTF-8: what is broken in them becomes U+FFFD.
std::string printed(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json list_of(const std::vector<std::string>& words) {
    Json list = Json::array();
    for (const auto& word : words) list.push_back(word);
    return list;
}

Json params_json(const std::vector<fault::ParamSpec>& params) {
    Json list = Json::array();
    for (const auto& param : params) {
        Json one{{"name", param.name},
                 {"type", fault::to_text(param.type)},
                 {"summary", param.summary},
                 {"range", fault::range_text(param)}};
        one["required"] = !param.otherwise.has_value();
        if (param.otherwise) one["default"] = fault::to_text(param, *param.otherwise);
        list.push_back(std::move(one));
    }
    return list;
}

std::string_view to_text(fault::Aim aim) {
    constexpr std::string_view words[] = {"nodes", "links", "cut"};
    return words[static_cast<std::size_t>(aim)];
}

Json json_of(const fault::FaultSpec& spec) {
    return {{"name", spec.name},
            {"summary", spec.summary},
            {"aim", to_text(spec.aim)},
            {"worlds", list_of(spec.worlds)},
            {"instant", spec.instant},
            {"random", spec.random},
            {"params", params_json(spec.params)},
            {"evidence", spec.evidence},
            {"known_as", spec.known_as},
            {"in_a_file", fault::scenario_use(spec)},
            {"example", spec.example}};
}

Json json_of(const check::CheckSpec& spec) {
    return {{"name", spec.name},
            {"summary", spec.summary},
            {"always", spec.built_in},
            {"models", list_of(spec.models)},
            {"params", params_json(spec.params)},
            {"certificate", spec.certificate},
            {"must_catch", spec.planted}};
}

Json json_of(const node::System& system, const scenario::Vocabulary& names) {
    Json operations = Json::array(), invariants = Json::array(), plants = Json::array();
    for (const auto& each : system.operations) operations.push_back(each.name);
    for (const auto& each : system.invariants) {
        invariants.push_back({{"name", each.name}, {"summary", each.summary}});
    }
    for (const auto& each : system.plants) {
        plants.push_back(
            {{"name", each.name}, {"summary", each.summary}, {"blames", list_of(each.blames)}});
    }
    Json numbers = Json::object();
    for (const auto& [name, summary] : system.numbers) numbers[name] = summary;
    Json out{{"name", system.name},      {"summary", system.summary},
             {"nodes", system.nodes},    {"nodes_min", system.nodes_min},
             {"operations", operations}, {"model", system.model},
             {"invariants", invariants}, {"with", numbers},
             {"plants", plants},         {"code_points", list_of(names.code_points(system))}};
    if (system.tolerates) {
        const auto tolerates = system.tolerates(system.nodes);
        out["tolerates"] = {{"crashed", tolerates.crashed}, {"damaged", tolerates.damaged}};
    }
    return out;
}

template <class Spec, class... More>
std::string printed_list(const std::vector<Spec>& specs, const More&... more) {
    Json list = Json::array();
    for (const auto& spec : specs) list.push_back(json_of(spec, more...));
    return printed(list);
}

}  // namespace

std::string explained_json(const fault::FaultSpec& spec) { return printed(json_of(spec)); }
std::string explained_json(const check::CheckSpec& spec) { return printed(json_of(spec)); }
std::string explained_json(const node::System& system, const scenario::Vocabulary& names) {
    return printed(json_of(system, names));
}

std::string listed_json(const std::vector<fault::FaultSpec>& faults) {
    return printed_list(faults);
}
std::string listed_json(const std::vector<check::CheckSpec>& checks) {
    return printed_list(checks);
}
std::string listed_json(const std::vector<node::System>& systems,
                        const scenario::Vocabulary& names) {
    return printed_list(systems, names);
}

std::string doctor_json(const Health& health) {
    Json worlds = Json::array();
    for (const auto& world : health.worlds) {
        Json missing = Json::array();
        for (const auto& lack : world.lacks) {
            for (const auto& fault : lack.faults) {
                missing.push_back({{"fault", fault}, {"why", lack.why}});
            }
        }
        worlds.push_back({{"name", world.name},
                          {"faults", list_of(world.faults)},
                          {"missing", std::move(missing)}});
    }
    Json surroundings = Json::object();
    for (const auto& [name, value] : environment()) surroundings[name] = value;
    return printed({{"worlds", std::move(worlds)},
                    {"guards", health.guarded},
                    {"memory_counted", health.counted},
                    {"processors", health.processors},
                    {"environment", std::move(surroundings)}});
}

std::string validated_json(const Loaded& loaded) {
    Json problems = Json::array();
    for (const auto& problem : loaded.problems) {
        Json one{{"line", problem.line},
                 {"column", problem.column},
                 {"width", problem.width},
                 {"what", problem.what},
                 {"help", problem.help}};
        if (!problem.setting.empty()) one["setting"] = problem.setting;
        problems.push_back(std::move(one));
    }
    const Json out{{"path", loaded.path},
                   {"valid", loaded.scenario.has_value()},
                   {"problems", std::move(problems)}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace storm::sdk
