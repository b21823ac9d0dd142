// sdk/schema_test.h - whether a JSON value is what a JSON Schema of docs/formats says.
//
// As much of JSON Schema 2020-12 as those schemas use. A keyword that is not known here is an
// error itself: nothing passes because nobody looked.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include "core/text.h"

namespace storm::sdk::testing {

class Schema {
public:
    using Json = nlohmann::json;

    /// `part` names one of its $defs; "": the whole.
    explicit Schema(const std::string& path, const std::string& part = {}) {
        std::ifstream file(path);
        all_ = Json::parse(file, nullptr, false);
        EXPECT_FALSE(all_.is_discarded()) << path << " is no JSON";
        if (!part.empty()) {
            EXPECT_TRUE(all_["$defs"].contains(part)) << path << " " << part;
            start_ = Json{{"$ref", "#/$defs/" + part}};
        } else {
            start_ = all_;
        }
    }
    /// The first thing that is wrong, with its path; "" if the value is as the schema says.
    [[nodiscard]] std::string wrong(const Json& value) { return wrong(start_, value, "$"); }

private:
    static bool is(const std::string& type, const Json& v) {
        return (type == "object" && v.is_object()) || (type == "array" && v.is_array()) ||
               (type == "string" && v.is_string()) || (type == "boolean" && v.is_boolean()) ||
               (type == "null" && v.is_null()) || (type == "number" && v.is_number()) ||
               (type == "integer" && v.is_number_integer());
    }
    bool matches(const std::string& pattern, const std::string& text) {
        auto at = patterns_.find(pattern);
        if (at == patterns_.end()) {
            at = patterns_.emplace(pattern, std::regex(pattern, std::regex::ECMAScript)).first;
        }
        return std::regex_search(text, at->second);
    }
    std::size_t how_many(const Json& schemas, const Json& v, const std::string& at) {
        return static_cast<std::size_t>(std::ranges::count_if(
            schemas, [&](const Json& each) { return wrong(each, v, at).empty(); }));
    }
    std::string wrong_object(const Json& schema, const Json& v, const std::string& at) {
        for (const auto& key : schema.value("required", Json::array())) {
            if (!v.contains(key.get<std::string>())) return at + " lacks " + key.dump();
        }
        const Json properties = schema.value("properties", Json::object());
        for (const auto& [key, value] : v.items()) {
            const auto known = properties.find(key);
            const Json rest = schema.value("additionalProperties", Json(true));
            if (known == properties.end() && rest == false) return at + " has \"" + key + "\"";
            const Json& its = known != properties.end() ? *known : rest;
            if (its.is_boolean()) continue;
            if (const auto why = wrong(its, value, at + "." + key); !why.empty()) return why;
        }
        return {};
    }
    std::string wrong(const Json& schema, const Json& v, const std::string& at) {
        static const std::set<std::string> known{
            "$schema",  "$defs",     "$ref",       "title",    "description",
            "examples", "type",      "properties", "required", "additionalProperties",
            "items",    "enum",      "const",      "pattern",  "minimum",
            "maximum",  "minLength", "minItems",   "anyOf",    "oneOf"};
        for (const auto& [key, value] : schema.items()) {
            if (!known.contains(key)) return "the schema says " + key + ", which nobody reads";
        }
        if (schema.contains("$ref")) {
            const auto name = schema["$ref"].get<std::string>();
            const auto cut = name.rfind('/') + 1;
            if (const auto why = wrong(all_["$defs"].at(name.substr(cut)), v, at); !why.empty()) {
                return why;
            }
        }
        if (schema.contains("type")) {
            const Json types = schema["type"].is_array() ? schema["type"] : Json{schema["type"]};
            if (std::ranges::none_of(types, [&](const Json& t) { return is(t, v); })) {
                return at + " is " + v.dump() + ", want " + types.dump();
            }
        }
        if (schema.contains("const") && v != schema["const"]) return at + " is " + v.dump();
        if (schema.contains("enum") &&
            std::ranges::find(schema["enum"], v) == schema["enum"].end()) {
            return at + " is " + v.dump() + ", want one of " + schema["enum"].dump();
        }
        if (const auto why = wrong_scalar(schema, v); !why.empty()) return at + why;
        if (schema.contains("anyOf") && how_many(schema["anyOf"], v, at) == 0) {
            return at + " is none of what it may be: " + v.dump();
        }
        if (schema.contains("oneOf") && how_many(schema["oneOf"], v, at) != 1) {
            return at + " is not one of what it may be: " + v.dump();
        }
        if (v.is_array() && v.size() < schema.value("minItems", 0U)) return at + " has too few";
        if (v.is_array() && schema.contains("items")) {
            for (std::size_t i = 0; i < v.size(); ++i) {
                const auto why = wrong(schema["items"], v[i], at + "[" + std::to_string(i) + "]");
                if (!why.empty()) return why;
            }
        }
        return v.is_object() ? wrong_object(schema, v, at) : "";
    }
    std::string wrong_scalar(const Json& schema, const Json& v) {
        if (v.is_string()) {
            const auto text = v.get<std::string>();
            if (schema.contains("pattern") && !matches(schema["pattern"], text)) {
                return " is " + v.dump() + ", want " + schema["pattern"].dump();
            }
            if (text.size() < schema.value("minLength", 0U)) return " is too short";
        }
        if (v.is_number()) {
            if (schema.contains("minimum") && v < schema["minimum"]) return " is " + v.dump();
            if (schema.contains("maximum") && v > schema["maximum"]) return " is " + v.dump();
        }
        return {};
    }

    Json all_, start_;
    std::map<std::string, std::regex> patterns_;
};

/// Each line of `text` is as the schema says; and there is one at least.
inline void expect_lines(Schema schema, const std::string& text) {
    std::size_t lines = 0;
    for (const auto& line : core::split(text, '\n')) {
        if (line.empty()) continue;
        const auto value = nlohmann::json::parse(line, nullptr, false);
        ASSERT_FALSE(value.is_discarded()) << line;
        const auto why = schema.wrong(value);
        ASSERT_EQ(why, "") << line;
        ++lines;
    }
    EXPECT_GT(lines, 0U);
}

inline void expect_value(Schema schema, const std::string& text) {
    const auto value = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << text;
    EXPECT_EQ(schema.wrong(value), "");
}

}  // namespace storm::sdk::testing
