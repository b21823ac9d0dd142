// scenario/schema.cpp - json_schema(): what editors need to complete and explain a scenario.
//
// Made from the same ParamSpecs that the reader uses, so what an editor offers is what
// validate accepts. An editor cannot know more than one value at a time: that groups name nodes
// which exist, say, only validate finds out.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fault/link.h"
#include "scenario/scenario.h"

namespace storm::scenario {
namespace {

using Json = nlohmann::ordered_json;
using fault::ParamSpec;
using fault::ParamType;

/// A list: braces alone would make an object of two words and nothing of one.
Json words(std::initializer_list<const char*> all) {
    Json list = Json::array();
    for (const char* word : all) list.push_back(word);
    return list;
}

Json reference(std::string_view name) { return {{"$ref", fmt::format("#/$defs/{}", name)}}; }

Json described(Json schema, std::string_view text) {
    schema["description"] = text;
    return schema;
}

/// Text of a form. YAML reads 0 as a number, and so it does a size without a unit; any other
/// number lacks its unit.
Json pattern(std::string_view description, std::string_view regex, Json examples, Json number) {
    return {{"description", description},
            {"anyOf", {{{"type", "string"}, {"pattern", regex}}, std::move(number)}},
            {"examples", std::move(examples)}};
}

Json flag_schema() {
    // YAML 1.2 reads on and off as text.
    Json both = Json::array();
    both.push_back(true);
    both.push_back(false);
    both.push_back("on");
    both.push_back("off");
    return {{"enum", std::move(both)}};
}

Json type_schema(const ParamSpec& spec) {
    switch (spec.type) {
        case ParamType::integer: {
            Json schema = {{"type", "integer"}};
            if (spec.low != INT64_MIN) schema["minimum"] = spec.low;
            if (spec.high != INT64_MAX) schema["maximum"] = spec.high;
            return schema;
        }
        case ParamType::boolean:
            return flag_schema();
        case ParamType::text:
            if (!spec.choices.empty()) return {{"enum", spec.choices}};
            return {{"type", "string"}};
        default:
            return reference(fault::to_text(spec.type));
    }
}

/// What the editor shows when one points at the key.
std::string explained(const ParamSpec& spec) {
    std::string text = spec.summary;
    const bool number = spec.type != ParamType::boolean && spec.type != ParamType::text &&
                        spec.type != ParamType::groups;
    if (number) text += fmt::format("\nRange: {}", fault::range_text(spec));
    if (spec.otherwise) {
        text += fmt::format("\nDefault: {}", fault::to_text(spec, *spec.otherwise));
    } else {
        text += "\nRequired";
    }
    return text;
}

void add_params(Json& properties, const std::vector<ParamSpec>& specs) {
    for (const ParamSpec& spec : specs) {
        properties[spec.name] = described(type_schema(spec), explained(spec));
    }
}

Json closed(Json properties, Json required = Json::array()) {
    Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return schema;
}

Json required_params(const std::vector<ParamSpec>& specs, Json required) {
    for (const ParamSpec& spec : specs) {
        if (!spec.otherwise) required.push_back(spec.name);
    }
    return required;
}

Json definitions() {
    const Json zero = {{"const", 0}};
    Json defs;
    defs["duration"] = pattern("A number and ns, us, ms, s, m or h",
                               R"(^-?[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$|^0$)",
                               words({"40ms", "1.5s", "2m"}), zero);
    defs["share"] = pattern("A number and %, exact to a millionth",
                            R"(^[0-9]+(\.[0-9]{1,4})?%$|^0$)", words({"5%", "0.5%"}), zero);
    defs["ppm"] =
        pattern("Parts per million", "^-?[0-9]+ppm$|^0$", words({"200ppm", "-50ppm"}), zero);
    defs["bytes"] = pattern("A size", R"(^[0-9]+(\.[0-9]+)?(B|kB|KB|MB|GB|KiB|MiB|GiB|bytes)?$)",
                            words({"512", "64KiB", "1MB"}), {{"type", "integer"}, {"minimum", 0}});
    defs["rate"] =
        pattern("Bytes or bits per second", R"(^[0-9]+(\.[0-9]+)?([kMG]?B|[kMG]?bit)/s$|^0$)",
                words({"1MB/s", "56kbit/s"}), zero);
    defs["node"] = {{"type", "string"}, {"pattern", "^n[1-9][0-9]*$"}};
    defs["who"] = {{"description", "A node (n1) or a client (c1)"},
                   {"type", "string"},
                   {"pattern", "^[nc][1-9][0-9]*$"}};
    defs["groups"] = {{"description", "Lists of nodes, as in [[n1], [n2, n3]]"},
                      {"type", "array"},
                      {"minItems", 2},
                      {"items", {{"type", "array"}, {"minItems", 1}, {"items", reference("who")}}}};
    defs["target"] = {
        {"description",
         "Whom it strikes: n2, [n1, n2], leader, {any: 2}, all, "
         "{where: role=primary}"},
        {"anyOf",
         {{{"enum", words({"leader", "all"})}},
          reference("who"),
          {{"type", "array"}, {"minItems", 1}, {"items", reference("who")}},
          closed({{"any", {{"type", "integer"}, {"minimum", 1}}}}, words({"any"})),
          closed({{"where", {{"type", "string"}}}, {"is", Json::object()}}, words({"where"}))}}};
    defs["at"] = {{"description",
                   "When: 10s, or {after: leader, plus: 2s}. After a leader is elected, "
                   "after the fault with an id has ended, or once KEY=VALUE is published"},
                  {"anyOf",
                   {reference("duration"),
                    closed({{"after", {{"type", "string"}}}, {"plus", reference("duration")}},
                           words({"after"}))}}};
    return defs;
}

Json fault_schema(const fault::FaultSpec& spec) {
    Json properties;
    properties["use"] = {{"const", spec.name}, {"description", spec.summary}};
    properties["at"] = reference("at");
    if (!spec.instant) {
        properties["for"] =
            described(reference("duration"), "How long; left out: to the end of the chaos phase");
    }
    Json required = words({"use", "at"});
    if (spec.aim != fault::Aim::cut) properties["target"] = reference("target");
    if (spec.aim == fault::Aim::nodes) required.push_back("target");
    add_params(properties, spec.params);
    properties["every"] =
        described(reference("duration"), "Strikes again this long after it struck");
    properties["times"] =
        described({{"type", "integer"}, {"minimum", 1}}, "At most this often, with every");
    properties["ramp"] = described(reference("duration"), "Grows to full strength over this time");
    properties["probability"] = described(reference("share"), "Of each strike");
    properties["required"] =
        described(flag_schema(), "Whether finding nothing to act on makes the run inconclusive");
    properties["id"] = described({{"type", "string"}}, "A name, for {after: ID}");
    Json schema = closed(std::move(properties), required_params(spec.params, std::move(required)));
    schema["title"] = spec.name;
    schema["description"] =
        fmt::format("{}\nEvidence: {}\nKnown as: {}", spec.summary, spec.evidence, spec.known_as);
    return schema;
}

Json random_schema(const fault::Catalogue& faults) {
    Json properties;
    properties["use"] = {{"const", "random"},
                         {"description", "Draws faults; each seed enables some of the kinds"}};
    properties["from"] = {{"description", "The kinds; left out: all that the system tolerates"},
                          {"type", "array"},
                          {"items", {{"enum", faults.names()}}}};
    properties["every"] = described(reference("duration"), "One fault in each slot of this length");
    properties["for"] = {{"description", "How long each lasts: 2s, or drawn from 1s..5s"},
                         {"type", "string"}};
    properties["count"] =
        described({{"type", "integer"}, {"minimum", 1}}, "How many faults at most");
    Json schema = closed(std::move(properties), words({"use"}));
    schema["title"] = "random";
    return schema;
}

/// Adds $defs and gives the schema of one item of `faults`.
Json faults_schema(const fault::Catalogue& faults, Json& defs) {
    Json choices = Json::array();
    choices.push_back(reference("fault.random"));
    defs["fault.random"] = random_schema(faults);
    for (const fault::FaultSpec& spec : faults.all()) {
        defs["fault." + spec.name] = fault_schema(spec);
        choices.push_back(reference("fault." + spec.name));
    }
    return {{"type", "array"}, {"items", {{"oneOf", std::move(choices)}}}};
}

Json checks_schema(const std::vector<CheckName>& checks) {
    Json choices = Json::array();
    for (const CheckName& check : checks) {
        choices.push_back({{"const", check.name}, {"description", check.summary}});
        Json properties;
        properties["use"] = {{"const", check.name}, {"description", check.summary}};
        add_params(properties, check.params);
        if (!properties.contains("after")) {
            properties["after"] = {{"const", "heal"}, {"description", "Decides after the heal"}};
        }
        choices.push_back(
            closed(std::move(properties), required_params(check.params, words({"use"}))));
    }
    if (choices.empty()) choices.push_back({{"type", words({"string", "object"})}});
    return {{"type", "array"}, {"items", {{"anyOf", std::move(choices)}}}};
}

Json workload_schema(const Workloads& workloads) {
    Json choices = Json::array();
    for (const WorkloadSpec& spec : workloads.all()) {
        Json properties;
        properties["use"] = {{"const", spec.name}, {"description", spec.summary}};
        properties["clients"] =
            described({{"type", "integer"}, {"minimum", 1}}, "How many clients; default 2");
        add_params(properties, spec.params);
        if (properties.contains("every") && !properties.contains("rate")) {
            properties["rate"] = {{"description", "Operations of each client per time, as in 5/s"},
                                  {"type", "string"},
                                  {"pattern", "^[1-9][0-9]*/(ms|s|m|h)$"}};
        }
        choices.push_back(
            closed(std::move(properties), required_params(spec.params, words({"use"}))));
    }
    Json one = {{"anyOf", std::move(choices)}};
    return {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}};
}

Json system_schema(const std::vector<node::System>& systems) {
    Json names = Json::array();
    for (const node::System& system : systems) {
        names.push_back({{"const", system.name}, {"description", system.summary}});
    }
    Json name = systems.empty() ? Json{{"type", "string"}} : Json{{"anyOf", std::move(names)}};
    Json plants = Json::array();
    for (const node::System& system : systems) {
        for (const node::Plant& plant : system.plants) {
            plants.push_back(
                {{"const", plant.name}, {"description", system.name + ": " + plant.summary}});
        }
    }
    plants.push_back({{"type", words({"string", "null"})}});
    Json with;
    for (const node::System& system : systems) {
        for (const auto& [key, summary] : system.numbers) {
            with[key] = {{"description", system.name + ": " + summary},
                         {"type", words({"integer", "string"})}};
        }
    }
    Json properties;
    properties["use"] = described(name, "The system under test");
    properties["nodes"] = described({{"type", "integer"}, {"minimum", 1}}, "How many nodes");
    properties["plant"] = described({{"anyOf", std::move(plants)}}, "A planted bug, to be found");
    properties["with"] = described(closed(std::move(with)), "Options of the system");
    if (systems.empty()) properties["with"]["additionalProperties"] = true;
    return {{"anyOf", {closed(std::move(properties), words({"use"})), {{"type", "string"}}}}};
}

/// Keys that hold one plain value.
void add_plain_keys(Json& top) {
    top["for"] = described(reference("duration"),
                           "The chaos phase; default: the longest workload. Then all heals");
    top["settle"] =
        described(reference("duration"), "How long checks after the heal may take; default 30s");
    top["expect"] = {{"description", "The verdict that is right; default pass"},
                     {"anyOf",
                      {{{"enum", words({"pass", "violated", "inconclusive"})}},
                       closed({{"violated", {{"type", "string"}}}}, words({"violated"}))}}};
    top["seeds"] =
        described({{"type", words({"string", "integer"})}, {"pattern", R"(^[0-9]+(\.\.[0-9]+)?$)"}},
                  "1..1000, or how many from 1; default 1..1000");
    top["mode"] = described({{"enum", words({"recoverable", "unlimited"})}},
                            "recoverable: never more damage than the system tolerates (default); "
                            "unlimited: more, and safety only");
    top["swarm"] =
        described(flag_schema(), "Each seed enables a random subset of random faults; default on");
    top["code_points"] = {
        {"description", "Faults inside the code (STORM_MAYBE); default on"},
        {"anyOf",
         {flag_schema(), closed({{"active", reference("share")}, {"fires", reference("share")}})}}};
    top["min_effective"] = described(
        reference("share"), "Of the seeds with faults, how many must be effective; default 50%");
    top["must_reach"] = described({{"type", "array"}, {"items", {{"type", "string"}}}},
                                  "Code points and properties that a sweep must meet");
    top["limits"] = described(
        closed({{"steps", {{"type", "integer"}, {"minimum", 1}}}, {"memory", reference("bytes")}}),
        "Events of a run and memory of a node before it counts as endless");
}

/// Keys that saved regressions use.
void add_replay_keys(Json& top) {
    const Json number = {{"type", "integer"}};
    top["clients"] = described({{"type", "integer"}, {"minimum", 0}},
                               "How many, if more than the workloads say");
    top["operations"] = {
        {"description", "Operations one by one, as saved regressions have them"},
        {"type", "array"},
        {"items", closed({{"client", {{"type", "string"}, {"pattern", "^c[1-9][0-9]*$"}}},
                          {"id", number},
                          {"run", {{"type", "string"}}},
                          {"args", Json::object()},
                          {"at", reference("duration")}},
                         words({"client", "run"}))}};
    top["pins"] = {
        {"description", "Decisions that must come out so, as saved regressions have them"},
        {"type", "array"},
        {"items", closed({{"purpose", {{"type", "string"}}},
                          {"key", {{"type", "string"}, {"pattern", "^[0-9a-f]{16}$"}}},
                          {"index", number},
                          {"outcome", number}},
                         words({"purpose", "key", "outcome"}))}};
    top["ambient"] = described({{"enum", words({"drawn", "calm", "neutral"})}},
                               "How much of the network's own noise is drawn; default drawn");
    top["absent"] = described({{"type", "array"}, {"items", reference("node")}},
                              "Nodes that are never started");
}

}  // namespace

std::string json_schema(const Vocabulary& vocabulary) {
    Json defs = definitions();
    Json top;
    top["stormproof"] = {{"const", 1}, {"description", "The version of this format"}};
    top["title"] = described({{"type", "string"}}, "One sentence, shown above the verdict");
    top["system"] = described(system_schema(*vocabulary.systems), "What is tested");
    Json network;
    add_params(network, fault::link_params());
    top["network"] =
        described(closed(std::move(network)), "The network's own behaviour, without any fault");
    top["workload"] =
        described(workload_schema(*vocabulary.workloads), "What clients ask of the system");
    top["faults"] = described(faults_schema(*vocabulary.faults, defs), "What it has to survive");
    top["checks"] = described(checks_schema(vocabulary.checks), "What must hold all the same");
    add_plain_keys(top);
    add_replay_keys(top);
    Json schema;
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "Stormproof scenario";
    Json body = closed(std::move(top), {"stormproof", "system"});
    for (auto& [key, value] : body.items()) schema[key] = value;
    schema["$defs"] = std::move(defs);
    return schema.dump(2) + "\n";
}

}  // namespace storm::scenario
