// Goal: every code point of the program is listed, reached or not, wherever it stands; and in
// node code, and only there, each asks the hooks that are set.
// Method: sites in functions, inline functions, templates, classes and coroutines, in two
// sources, of which most are never run; hooks that write down what they are asked.
#include "node/points.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/fake_driver_test.h"
#include "node/points_sites_test.h"

namespace storm::node {
namespace {

struct Points final : core::CodeHooks {
    bool maybe(const core::CodeSite& site) override {
        asked.push_back(std::string("maybe ") + site.message);
        return fires;
    }
    void property(const core::CodeSite& site, bool holds) override {
        asked.push_back(std::string(holds ? "holds " : "fails ") + site.message);
    }
    void leaked(std::string_view) override {}
    void allocated(std::ptrdiff_t) override {}
    bool fires = false;
    std::vector<std::string> asked;
};

/// While it lives, this thread runs node code under `points`.
struct AsNode {
    explicit AsNode(Points& points) { core::context.hooks = &points; }
    AsNode(const AsNode&) = delete;
    AsNode& operator=(const AsNode&) = delete;
    ~AsNode() { core::context = {}; }
};

const core::CodeSite* site_called(std::string_view message) {
    for (const core::CodeSite* site : all_sites()) {
        if (message == site->message) return site;
    }
    return nullptr;
}

[[maybe_unused, gnu::used]] void never_called(int n) {
    STORM_ALWAYS(n > 1, "test: always");
    STORM_ALWAYS_OR_UNREACHABLE(n > 1, "test: always or unreachable");
    STORM_SOMETIMES(n > 1, "test: sometimes");
    STORM_REACHABLE("test: reachable");
    STORM_UNREACHABLE("test: unreachable");
    static_cast<void>(STORM_MAYBE("test/maybe"));
    static_cast<void>(in_a_template(3L));
}

TEST(Sites, are_listed_with_their_kind_and_place_though_never_reached) {
    using enum core::PropertyKind;
    const std::map<std::string, core::PropertyKind> kinds = {
        {"test: always", always},           {"test: always or unreachable", always_or_unreachable},
        {"test: sometimes", sometimes},     {"test: reachable", reachable},
        {"test: unreachable", unreachable},
    };
    for (const auto& [message, kind] : kinds) {
        const core::CodeSite* site = site_called(message);
        ASSERT_NE(site, nullptr) << message;
        EXPECT_EQ(site->kind, kind) << message;
        EXPECT_FALSE(site->is_maybe);
        EXPECT_TRUE(std::string_view(site->file).ends_with("points_test.cpp"));
        EXPECT_GT(site->line, 50);
    }
    ASSERT_NE(site_called("test/maybe"), nullptr);
    EXPECT_TRUE(site_called("test/maybe")->is_maybe);
}

TEST(Sites, in_headers_templates_classes_and_coroutines_are_listed) {
    for (const char* message :
         {"inline: n is not negative", "inline/maybe", "template: n is large",
          "class: member called", "class: lambda in a template", "coroutine: begun",
          "coroutine/maybe", "coroutine: there are nodes", "elsewhere: never called"}) {
        EXPECT_NE(site_called(message), nullptr) << message;
    }
}

TEST(Sites, in_a_header_are_one_site_however_many_sources_include_it) {
    std::map<std::string, std::set<const core::CodeSite*>> sites;
    std::set<const core::CodeSite*> all;
    for (const core::CodeSite* site : all_sites()) {
        sites[site->message].insert(site);
        EXPECT_TRUE(all.insert(site).second) << site->message << " is listed twice";
    }
    EXPECT_EQ(sites["inline: n is not negative"].size(), 1U);
    EXPECT_EQ(sites["coroutine: begun"].size(), 1U);
    // Each instance of a template is a site; the message is what it is called everywhere.
    EXPECT_EQ(sites["template: n is large"].size(), 2U);
}

TEST(Point, asks_nobody_outside_node_code_and_is_false) {
    EXPECT_EQ(in_an_inline_function(3), 3);
    EXPECT_FALSE(STORM_MAYBE("test/outside"));
}

TEST(Point, asks_the_hooks_in_node_code) {
    Points points;
    const AsNode node(points);
    EXPECT_EQ(in_an_inline_function(3), 3);
    points.fires = true;
    EXPECT_EQ(in_an_inline_function(-3), -1);
    InAClass::nested(1);
    EXPECT_EQ(points.asked,
              (std::vector<std::string>{"holds inline: n is not negative", "maybe inline/maybe",
                                        "fails inline: n is not negative", "maybe inline/maybe",
                                        "fails class: lambda in a template"}));
}

TEST(Point, asks_nobody_once_the_life_has_ended) {
    Points points;
    points.fires = true;
    const AsNode node(points);
    core::context.sealed = true;
    EXPECT_EQ(in_an_inline_function(-3), -3);
    EXPECT_TRUE(points.asked.empty());
}

TEST(Point, works_in_coroutines_before_and_after_a_wait) {
    Life life;
    Points points;
    life.start(in_a_coroutine(life.io));
    const AsNode node(points);
    life.driver.pass(1_ms);
    EXPECT_EQ(points.asked, (std::vector<std::string>{"maybe coroutine/maybe",
                                                      "holds coroutine: there are nodes"}));
}

TEST(Point, may_stand_in_a_function_that_also_runs_when_compiling) {
    static_assert(in_a_constexpr_function(4) == 4);
    EXPECT_EQ(in_a_constexpr_function(5), 5);
}

TEST(Point, evaluates_its_condition_once) {
    int times = 0;
    STORM_ALWAYS(++times > 0, "test: once");
    EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace storm::node
