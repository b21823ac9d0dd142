// Tests of what is wrong with a file: goal: every error is reported, at its exact place, in
// words that say what would be right.
// Method: files with one or more errors; all that validate prints of them stands in
// golden/wrong_files.txt, beside the lines it speaks of, to be read by people. The laws of the
// printed form are asserted beside it: each error points into the file, at a key or value.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "core/golden_test.h"
#include "core/text.h"
#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

namespace storm::scenario {
namespace {

struct Wrong {
    std::string name;
    std::string text;
    std::vector<Setting> settings;
};

/// A whole file of which one part is replaced.
std::string file(const std::string& faults = "", const std::string& top = "",
                 const std::string& system = "system: {use: store, nodes: 3}") {
    return "stormproof: 1\n" + system + "\nworkload: [{use: mix, clients: 2}]\nfor: 4s\n" + top +
           (faults.empty() ? "" : "faults:\n" + faults);
}

std::vector<Wrong> yaml_errors() {
    return {
        {"an empty file", "", {}},
        {"only a comment", "# nothing here\n", {}},
        {"a list instead of a map", "- a\n- b\n", {}},
        {"a tab in the indentation", "stormproof: 1\nsystem:\n\tuse: store\nfor: 1s\n", {}},
        {"a brace that is never closed",
         "stormproof: 1\nsystem: {use: store, nodes: 3\nfor: 1s\n",
         {}},
        {"a bracket that is never closed", "stormproof: 1\nchecks: [linearizable,\n", {}},
        {"two colons in a line", "stormproof: 1\ntitle: a: b\n", {}},
        {"a key twice", file("", "for: 5s\n"), {}},
        {"a key twice in one line", file("  - {use: node.kill, at: 1s, target: n1, at: 2s}\n"), {}},
        {"two documents", file() + "---\n" + file(), {}},
        {"a tag", file("", "title: !!str hello\n"), {}},
        {"a merge key", file("", "network: &a {delay: 1ms}\nlimits: {<<: *a}\n"), {}},
        {"an alias of nothing", file("", "network: *there\n"), {}},
        {"an alias inside of itself", file("", "checks: &c [linearizable, *c]\n"), {}},
        {"a list as a key", file("", "[a, b]: 1\n"), {}},
        {"bytes that are no text", std::string("stormproof: 1\ntitle: \"\x01\"\n"), {}},
        {"a control character in a title", file("", "title: \"a\\e[31mb\"\n"), {}},
        {"a control character in a name", file("  - {use: \"net.\\u009bloss\", at: 1s}\n"), {}},
        {"bytes that are no UTF-8", "stormproof: 1\ntitle: caf\xe9\n", {}},
    };
}

std::vector<Wrong> value_errors() {
    return {
        {"a length of no time, of which nothing else follows",
         file("  - {use: random, every: 500ms}\n"),
         {{"for", "0s"}}},
        {"a length beyond all bounds, of which nothing else follows",
         file("  - {use: random, every: 500ms}\n"),
         {{"for", "99999999999h"}}},
        {"the file of the guide",
         "stormproof: 1\ntitle: A wrong file\nsystem: {use: store, nodes: 3}\n"
         "workload: {use: mix, for: 20s}\n\nnetwork:\n  delay: 40parsecs\n\n\nfaults:\n"
         "  - {use: net.partitoin, at: 10s}\n",
         {}},
        {"no version, no system, no length", "title: hello\n", {}},
        {"another version", "stormproof: 2\nsystem: store\nfor: 1s\n", {}},
        {"unknown keys at the top", file("", "fualts: []\nnetwrok: {}\nzebra: 1\n"), {}},
        {"units",
         file("", "network: {delay: 40, jitter: 5 ms, loss: 5, rate: 1MB, queue: x}\n"),
         {}},
        {"shares and ranges",
         file("",
              "network: {loss: 120%, duplicate: 0.00001%, spread: unifrom}\n"
              "min_effective: 101%\nsettle: -1s\n"),
         {}},
        {"values of another kind",
         file("",
              "network: [1]\nchecks: linearizable\nseeds: [1]\nswarm: maybe\nmode: wild\n"
              "must_reach: a\nlimits: {steps: 0, memory: 1parsec, speed: 1}\n"),
         {}},
        {"an unknown system", file("", "", "system: {use: stroe, nodes: 3}"), {}},
        {"a system without use", file("", "", "system: {nodes: 3}"), {}},
        {"too few nodes", file("", "", "system: {use: store, nodes: 1}"), {}},
        {"an unknown bug and options",
         file("", "", "system: {use: store, plant: ack-earyl, with: {batch: ten, speed: 3}}"),
         {}},
        {"workloads",
         "stormproof: 1\nsystem: store\nworkload:\n  - {use: mxi, clients: 0}\n  - {clients: 2}\n"
         "  - {use: mix, rate: fast}\n  - {use: mix, rate: 5/s, every: 1s}\n"
         "  - {use: mix, clents: 3, for: 5s}\n  - 7\n",
         {}},
        {"seeds that are none", file("", "seeds: 10..1\n"), {}},
        {"seeds that are no numbers", file("", "seeds: lots\n"), {}},
        {"checks",
         file("",
              "checks:\n  - linearizible\n  - {use: converged, within: 5, wihtin: 5s}\n"
              "  - {within: 5s}\n  - {use: converged, after: lunch}\n"
              "expect: {violated: convergde}\n"),
         {}},
        {"a check that cannot judge the system",
         file("", "checks: [linearizable]\n", "system: blob"),
         {}},
        {"an expectation that is none", file("", "expect: fail\n"), {}},
        {"an expectation that nobody judges",
         file("", "checks: [no-lost-acknowledged-writes]\nexpect: {violated: converged}\n"),
         {}},
    };
}

std::vector<Wrong> fault_errors() {
    return {
        {"a fault without anything",
         file("  - {use: node.kill}\n  - {at: 1s}\n  - node.kill\n"),
         {}},
        {"absent nodes",
         file("  - {use: node.kill, at: 1s, target: n4}\n"
              "  - {use: node.kill, at: 1s, target: [n1, n9, x]}\n"
              "  - {use: node.kill, at: 1s, target: leadr}\n"
              "  - {use: net.partition, at: 1s, groups: [[n1, n0], [n2, c3]]}\n"),
         {}},
        {"impossible groups",
         file("  - {use: net.partition, at: 1s, groups: [[n1, n2, n3]]}\n"
              "  - {use: net.partition, at: 1s, groups: [[n1], []]}\n"
              "  - {use: net.partition, at: 1s, groups: [[n1], [n1, n2]]}\n"
              "  - {use: net.partition, at: 1s, groups: n1}\n"
              "  - {use: net.partition, at: 1s, groups: [n1, n2], target: n1}\n"),
         {}},
        {"targets",
         file("  - {use: node.kill, at: 1s, target: {any: 7}}\n"
              "  - {use: node.kill, at: 1s, target: {where: primary}}\n"
              "  - {use: node.kill, at: 1s, target: {some: 1}}\n"
              "  - {use: node.kill, at: 1s, target: c1}\n"
              "  - {use: node.kill, at: 1s, target: [n1, n1]}\n"
              "  - {use: node.kill, at: 1s, target: []}\n"),
         {}},
        {"a leader where there is none",
         file("  - {use: node.kill, at: {after: leader, plus: 1s}, target: leader}\n", "",
              "system: blob"),
         {}},
        {"times",
         file("  - {use: node.kill, at: 4s, target: n1}\n"
              "  - {use: node.kill, at: 1s, for: 2s, every: 1s, times: 0, target: n1}\n"
              "  - {use: node.kill, at: 1s, times: 3, target: n1}\n"
              "  - {use: clock.jump, at: 1s, for: 2s, target: n1}\n"
              "  - {use: node.kill, at: 1s, probability: 0%, target: n1, ramp: soon}\n"),
         {}},
        {"triggers and ids",
         file("  - {use: node.kill, id: one, at: 1s, target: n1}\n"
              "  - {use: node.kill, id: one, at: {after: oen}, target: n1}\n"
              "  - {use: node.kill, id: \"a b\", at: {after: the-flood}, target: n1}\n"
              "  - {use: node.kill, at: {plus: 1s}, target: n1}\n"),
         {}},
        {"parameters of faults",
         file("  - {use: net.loss, at: 1s, share: 200%, brust: 1s}\n"
              "  - {use: disk.error, at: 1s, target: n1, errno: EIOO}\n"
              "  - use: net.delay\n    at: 1s\n    delay: 1s 5ms\n    direction: sideways\n"),
         {}},
    };
}

std::vector<Wrong> damage_errors() {
    return {
        {"random faults",
         file("  - {use: random, from: [node.kil, node.crash_at, disk.lost_fsync, net.loss, "
              "net.loss], every: 0s, for: 5s..1s, cuont: 3}\n  - {use: random, from: []}\n"),
         {}},
        {"a lone node",
         file("  - {use: random, from: [net.delay, net.partition], every: 1s}\n", "",
              "system: {use: store, nodes: 1}"),
         {}},
        {"more than the system tolerates",
         file("  - {use: node.kill, at: 1s, target: all}\n"
              "  - {use: node.pause, at: 1s, target: [n1, n2]}\n"
              "  - {use: disk.lost_fsync, at: 1s, target: n1}\n"
              "  - {use: net.partition, at: 1s, groups: [[n1], [n2], [n3]]}\n"
              "  - {use: clock.offset, at: 1s, target: n1, by: 0}\n"),
         {}},
        {"operations and pins",
         file("",
              "clients: 1\noperations:\n  - {client: n1, run: get}\n"
              "  - {client: c1, run: fetch, args: {a: 1}}\n  - {client: c1}\n"
              "  - {client: c1, run: get, id: 0}\n"
              "pins:\n  - {purpose: net.luck, key: 12, outcome: x}\n  - {key: a}\n"
              "absent: [n7, c1]\n"),
         {}},
    };
}

std::vector<Wrong> setting_errors() {
    return {
        {"a setting of a wrong value", file(), {{"network.delay", "40parsecs"}}},
        {"a setting of an unknown key", file(), {{"network.dealy", "40ms"}}},
        {"a setting that names nothing",
         file("  - {use: net.loss, at: 1s}\n"),
         {{"faults.3.at", "2s"}, {"", "1"}, {"faults.x", "1"}}},
        {"a setting that is no YAML", file(), {{"checks", "[linearizable"}}},
        {"an unknown bug by setting", file(), {{"system.plant", "ack-late"}}},
    };
}

std::vector<Wrong> all_wrong() {
    std::vector<Wrong> all;
    for (const auto& group :
         {yaml_errors(), value_errors(), fault_errors(), damage_errors(), setting_errors()}) {
        all.insert(all.end(), group.begin(), group.end());
    }
    return all;
}

TEST(WrongFiles, EachIsToldAllThatIsWrongAndWhatWouldBeRight) {
    const test::World world;
    std::string all;
    for (const Wrong& wrong : all_wrong()) {
        const ReadResult result = world.read(wrong.text, wrong.settings);
        EXPECT_FALSE(result.scenario) << wrong.name;
        ASSERT_FALSE(result.problems.empty()) << wrong.name;
        all += fmt::format("=== {}\n{}\n", wrong.name,
                           to_text(result.problems, "my.yaml", wrong.text));
    }
    core::expect_golden("src/scenario/golden/wrong_files.txt", all);
}

TEST(WrongFiles, EachErrorPointsAtTextThatIsThere) {
    const test::World world;
    for (const Wrong& wrong : all_wrong()) {
        const std::size_t lines = core::split(wrong.text, '\n').size();
        for (const Problem& problem : world.read(wrong.text, wrong.settings).problems) {
            EXPECT_LE(static_cast<std::size_t>(problem.line), lines) << wrong.name;
            EXPECT_GE(problem.line, problem.setting.empty() ? 1 : 0) << wrong.name;
            EXPECT_GE(problem.column, 1) << wrong.name;
            EXPECT_FALSE(problem.what.empty()) << wrong.name;
        }
    }
}

TEST(WrongFiles, PositionsAreRightInsideNestedFlowMaps) {
    const test::World world;
    const std::string line =
        "  - {use: net.partition, at: {after: leader, pluss: 2s}, groups: [[n1], [n2, n8]]}";
    const auto problems = world.read(file(line + "\n")).problems;
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].line, 6);
    EXPECT_EQ(problems[0].column, static_cast<int>(line.find("pluss")) + 1);
    EXPECT_EQ(problems[0].width, 5);
    EXPECT_EQ(problems[1].line, 6);
    EXPECT_EQ(problems[1].column, static_cast<int>(line.find("n8")) + 1);
    EXPECT_EQ(problems[1].width, 2);
}

TEST(WrongFiles, ColumnsCountCharactersAndMarkersStandUnderThem) {
    const test::World world;
    const std::string text = file("", "network: {spread: \"größer–日本\", delay: 40parsecs}\n");
    const ReadResult result = world.read(text);
    ASSERT_EQ(result.problems.size(), 2U);
    // 19 characters to the quote, 11 in quotes with them, then ", delay: ".
    EXPECT_EQ(result.problems[1].column, 18 + 11 + 9 + 1);
    const std::string printed = to_text(result.problems, "my.yaml", text);
    const auto lines = core::split(printed, '\n');
    const std::string& source = lines.at(4);
    const std::string& marker = lines.at(5);
    EXPECT_EQ(core::columns(source.substr(0, source.find("40parsecs"))), marker.find('^'));
}

TEST(WrongFiles, WhatIsPrintedFitsTheScreenAndTheMarkerStandsUnderItsWord) {
    const test::World world;
    const std::string far(300, 'x');
    const std::string text = file(
        "", "network: {spread: \"" + far + "\", delay: 40parsecs, loss: 5, queue: " + far + "}\n");
    const ReadResult result = world.read(text);
    ASSERT_GE(result.problems.size(), 3U);
    for (const std::size_t width : {40U, 80U, 120U}) {
        const auto lines =
            core::split(to_text(result.problems, "my.yaml", text, {.width = width}), '\n');
        bool found = false;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            // What one greps for stays on its line.
            if (!lines[i].starts_with("my.yaml:")) EXPECT_LE(core::columns(lines[i]), width);
            const auto at = lines[i].find("40parsecs");
            if (at == std::string::npos || !lines[i].contains(" | ")) continue;
            const auto marker = lines.at(i + 1).find("^~~~~~~~~");
            found = found || marker == core::columns(lines[i].substr(0, at));
        }
        EXPECT_TRUE(found) << width;
    }
}

TEST(WrongFiles, ACodePointThatIsNotInTheProgramIsToldWithTheNearestThatIs) {
    test::World world;
    world.names.sites = {{"store/flush", "src/store.cpp"},
                         {"store/saved", "src/store.cpp"},
                         {"other/saved", "src/other.cpp"},
                         {"no slot is used twice", "src/store.cpp", false}};
    const auto with_site = [](const std::string& site) {
        return file("  - {use: node.crash_at, at: 1s, target: n1, site: " + site + "}\n",
                    "must_reach: [\"no such thing\", store/flush]\n");
    };
    const std::string text = with_site("store/savd");
    const auto problems = world.read(text).problems;
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].what, "no code point or property is called \"no such thing\"");
    EXPECT_EQ(problems[1].what, "no code point is called \"store/savd\"");
    EXPECT_EQ(problems[1].help, "did you mean store/saved?   (stormproof system explain store)");
    const auto line = core::split(text, '\n').at(static_cast<std::size_t>(problems[1].line - 1));
    EXPECT_EQ(line.find("store/savd") + 1, static_cast<std::size_t>(problems[1].column)) << line;
    const auto said = [&](const std::string& site) {
        const auto found = world.read(with_site(site)).problems;
        return found.empty() ? "" : found.back().what + ": " + found.back().help;
    };
    world.systems[0].sources = {"store.cpp"};
    const std::string where = "   (stormproof system explain store)";
    EXPECT_EQ(said("nonsuch"),
              "no code point is called \"nonsuch\": want store/flush | store/saved" + where);
    EXPECT_EQ(said("no slot is used twice"),
              "\"no slot is used twice\" is a property, no code point: want store/flush | "
              "store/saved" +
                  where);
    for (char c = 'a'; c < 'k'; ++c) {
        world.names.sites->push_back({std::string("store/") + c, "src/store.cpp"});
    }
    EXPECT_EQ(said("nonsuch"),
              "no code point is called \"nonsuch\": want store/a or another" + where);
    world.names.sites->clear();
    EXPECT_EQ(said("nonsuch"), "no code point is called \"nonsuch\": its code has no STORM_MAYBE");
    world.names.sites.reset();
    EXPECT_EQ(world.errors(text), "") << "where nobody knows the program's sites";
}

TEST(WrongFiles, ABracketThatIsNeverClosedIsToldWhereItOpens) {
    const test::World world;
    const std::string before = "stormproof: 1\ntitle: \"a { in quotes\"  # and [ in a remark\n";
    for (const std::string text :
         {"system: {use: store, nodes: 3\nfor: 1s\n", "checks: [linearizable,\nfor: 1s\n",
          "seed: it is 'tis\nchecks: [linearizable,\nfor: 1s\n",
          "faults:\n  - {use: net.partition, groups: [[n1], [n2]}\n"}) {
        const auto problems = world.read(before + text).problems;
        ASSERT_EQ(problems.size(), 1U) << text;
        EXPECT_TRUE(problems[0].what.contains("never closed")) << problems[0].what;
        const auto line =
            core::split(before + text, '\n').at(static_cast<std::size_t>(problems[0].line - 1));
        const char at = line.at(static_cast<std::size_t>(problems[0].column - 1));
        EXPECT_TRUE(at == '{' || at == '[') << line;
    }
}

TEST(WrongFiles, AQuoteThatIsNeverClosedIsToldWhereItOpens) {
    const test::World world;
    const std::string rest = "for: 1s\nchecks:\n  - linearizable";
    for (const std::string text :
         {"title: \"no end\n", "title: 'no ''end\n", "title: \"no \\\" end\n",
          "title: &t \"no end\n", "\"title: no end\n", "system: {use: store, nodes: \"3}\n",
          "checks: ['a, b]\n"}) {
        for (const std::string end : {"", "\n", "\n\n", " \n # done\n"}) {
            const auto problems = world.read("stormproof: 1\n" + text + rest + end).problems;
            ASSERT_EQ(problems.size(), 1U) << text;
            EXPECT_TRUE(problems[0].what.contains("never closed")) << text << problems[0].what;
            EXPECT_EQ(problems[0].line, 2) << text;
            const auto quote = text.find_first_of("\"'");
            EXPECT_EQ(problems[0].column, static_cast<int>(quote + 1)) << text;
        }
    }
}

TEST(WrongFiles, BytesThatAreNoTextDoNotReachTheTerminal) {
    const test::World world;
    const std::string text =
        "\x7f"
        "ELF\xff\xfe\x9b"
        "31m \xc2\x9b"
        "7m\x80\n";
    const auto printed = to_text(world.read(text).problems, "my.yaml", text);
    for (std::string_view rest = printed; !rest.empty();) {
        const auto before = rest;
        const char32_t code = core::take_character(rest);
        EXPECT_TRUE(code == U'\n' || (code >= 0x20 && code < 0x7f) || code >= 0xa0);
        if (code == 0xfffd) {
            EXPECT_EQ(before.substr(0, before.size() - rest.size()), "\uFFFD") << printed;
        }
    }
}

TEST(WrongFiles, AFileWithWindowsLineEndsAndAMarkInFrontIsTheSameFile) {
    const test::World world;
    std::string windows = "\xef\xbb\xbf";
    for (const char c : test::simple)
        windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(world.errors(windows), "");
    const std::string wrong = "\xef\xbb\xbfstormproof: 1\r\nsystem: stroe\r\nfor: 1s\r\n";
    const auto problems = world.read(wrong).problems;
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].line, 2);
    EXPECT_EQ(problems[0].column, 9);
}

TEST(WrongFiles, AHundredErrorsAreShownAndTheRestCounted) {
    const test::World world;
    std::string text = file();
    for (int i = 0; i < 250; ++i) text += "key" + std::to_string(i) + ": 1\n";
    const auto problems = world.read(text).problems;
    ASSERT_EQ(problems.size(), Problems::most + 1);
    EXPECT_EQ(problems.back().what, "and 150 more");
}

}  // namespace
}  // namespace storm::scenario
