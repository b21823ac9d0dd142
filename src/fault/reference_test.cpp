// Goal: pages about faults say what the catalogue says, and nothing of them is stale.
// Method: golden files; laws over all pages.
#include "fault/reference.h"

#include <gtest/gtest.h>

#include "core/golden_test.h"
#include "core/text.h"

namespace storm::fault {
namespace {

TEST(FaultReference, equals_the_page_in_the_tree) {
    core::expect_golden("docs/reference/faults.md", faults_reference(standard_faults()));
}

TEST(FaultPages, look_as_they_did) {
    const Catalogue faults = standard_faults();
    const std::vector<std::string> worlds{"sim", "local"};
    std::string pages = faults_list(faults, worlds) + "\n";
    for (const FaultSpec& spec : faults.all()) pages += explain(spec) + "\n";
    core::expect_golden("src/fault/golden/explain.txt", pages);
}

TEST(FaultPages, fit_their_width_and_mention_every_parameter) {
    const Catalogue faults = standard_faults();
    for (const std::size_t width : {40U, 60U, 80U, 120U}) {
        for (const FaultSpec& spec : faults.all()) {
            const std::string page = explain(spec, {.width = width});
            for (const std::string& line : core::split(page, '\n')) {
                // What is to be pasted stays on its line.
                if (line.contains("{at:") || line.contains("scenarios/")) continue;
                EXPECT_LE(core::columns(line), width) << line;
                EXPECT_FALSE(line.ends_with(' ')) << line;
            }
            for (const ParamSpec& param : spec.params) {
                EXPECT_TRUE(page.contains("\n  " + param.name)) << spec.name << " " << param.name;
            }
        }
    }
}

TEST(FaultPages, list_says_which_world_can_do_each) {
    const Catalogue faults = standard_faults();
    const std::vector<std::string> worlds{"local", "sim"};
    for (const std::size_t width : {40U, 60U, 80U, 120U}) {
        const auto lines = core::split(faults_list(faults, worlds, {.width = width}), '\n');
        for (const std::string& line : lines) EXPECT_LE(core::columns(line), width) << line;
        const auto of = [&](std::string_view name) {
            for (const std::string& line : lines) {
                if (line.starts_with(name)) return line;
            }
            return std::string();
        };
        if (width < 60) continue;  // What it is stands below.
        EXPECT_TRUE(of("node.kill").contains(" local  sim  a process")) << of("node.kill");
        EXPECT_TRUE(of("net.loss").contains(" –      sim  packets")) << of("net.loss");
    }
}

TEST(FaultPages, are_ascii_where_the_screen_is) {
    for (const FaultSpec& spec : standard_faults().all()) {
        for (const char c : explain(spec, {.unicode = false})) {
            EXPECT_LT(static_cast<unsigned char>(c), 0x80) << spec.name;
        }
    }
}

}  // namespace
}  // namespace storm::fault
