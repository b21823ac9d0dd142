// Goal: the JSON Schema and the page of plan.json know the keys that the reader knows, and their
// examples read.
// Method: the golden plan's keys looked up in the schema; each key of the schema given to the
// reader, which must not call it unknown; the page's example read.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "fault/decision.h"
#include "fault/plan.h"

namespace storm::fault {
namespace {

using Json = nlohmann::json;

std::string file(const std::string& path) {
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

const Json& schema() {
    static const Json all = Json::parse(file("docs/formats/plan.schema.json"));
    return all;
}

std::string error_of(const std::string& text) {
    const auto plan = plan_from_json(text);
    return plan ? "" : plan.error().message;
}

TEST(PlanSchema, has_every_key_of_a_written_plan) {
    const Json plan = Json::parse(file("src/fault/golden/plan.json"));
    for (const auto& [key, value] : plan.items()) {
        EXPECT_TRUE(schema()["properties"].contains(key)) << key;
    }
    const std::pair<std::string, std::string> lists[] = {
        {"faults", "fault"}, {"operations", "operation"}, {"checks", "check"}, {"pins", "pin"}};
    for (const auto& [list, kind] : lists) {
        for (const Json& item : plan[list]) {
            for (const auto& [key, value] : item.items()) {
                EXPECT_TRUE(schema()["$defs"][kind]["properties"].contains(key)) << key;
            }
        }
    }
}

TEST(PlanSchema, has_no_key_that_the_reader_does_not_know) {
    for (const auto& [key, value] : schema()["properties"].items()) {
        // No key takes the value {"?": [{}]}: refused, but not as unknown itself.
        const std::string error = error_of(fmt::format(R"({{"{}": {{"?": [{{}}]}}}})", key));
        EXPECT_FALSE(error.contains(fmt::format("unknown key \"{}\"", key))) << error;
    }
    const std::pair<std::string, std::string> lists[] = {
        {"faults", "fault"}, {"operations", "operation"}, {"checks", "check"}, {"pins", "pin"}};
    for (const auto& [list, kind] : lists) {
        for (const auto& [key, value] : schema()["$defs"][kind]["properties"].items()) {
            const std::string error =
                error_of(fmt::format(R"({{"{}": [{{"{}": {{"?": [{{}}]}}}}]}})", list, key));
            EXPECT_FALSE(error.contains(fmt::format("unknown key \"{}\"", key))) << error;
        }
    }
}

TEST(PlanSchema, names_every_purpose_that_a_pin_can_have) {
    const Json& purposes = schema()["$defs"]["pin"]["properties"]["purpose"]["enum"];
    std::size_t known = 0;
    for (std::size_t i = 1; i < purpose_count; ++i) {
        const auto purpose = static_cast<Purpose>(i);
        if (purpose_from(info(purpose).name) == purpose) ++known;
    }
    EXPECT_EQ(purposes.size(), known);
    for (const Json& name : purposes) {
        EXPECT_TRUE(purpose_from(name.get<std::string>())) << name;
    }
}

TEST(PlanPage, shows_a_plan_that_reads) {
    const std::string page = file("docs/formats/plan.md");
    const std::size_t begin = page.find("```json\n") + 8;
    EXPECT_EQ(error_of(page.substr(begin, page.find("```", begin) - begin)), "");
}

}  // namespace
}  // namespace storm::fault
