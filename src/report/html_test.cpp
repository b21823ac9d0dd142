// Goal: the page is one well-formed file that asks nothing of a network, tells the story in
// order, survives names written to break it, and stays small whatever the run.
// Method: a small reader of markup checks that tags nest and text is escaped; a golden of the
// diagram; a run of a hundred nodes and a million operations. With STORM_PAGES set to a folder
// the pages are written there, to be looked at.
#include "report/html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "report/example_stories.h"
#include "report/golden.h"
#include "report/html_parts.h"
#include "report/markdown.h"

namespace storm::report {
namespace {

using core::Id;

/// What is wrong with the nesting or quoting of markup; "" if nothing is.
std::string fault_of(const std::string& page) {
    const std::vector<std::string> empty_tags{"meta", "br", "!doctype", "link", "img"};
    std::vector<std::string> open;
    for (std::size_t i = 0; i < page.size();) {
        if (page[i] == '>') return "a bare > in text near " + page.substr(i, 40);
        if (page[i] == '&') {
            const auto end = page.find(';', i);
            if (end == std::string::npos || end - i > 8)
                return "a bare & near " + page.substr(i, 40);
        }
        if (page[i] != '<') {
            ++i;
            continue;
        }
        std::size_t end = i;
        bool quoted = false;
        while (end < page.size() && (quoted || page[end] != '>')) {
            if (page[end] == '"') quoted = !quoted;
            if (end > i && page[end] == '<') return "a < inside a tag near " + page.substr(i, 60);
            ++end;
        }
        if (end == page.size()) return "an endless tag";
        const std::string tag = page.substr(i + 1, end - i - 1);
        i = end + 1;
        const bool closes = tag.starts_with('/');
        const std::string name =
            tag.substr(closes ? 1 : 0, tag.find_first_of(" /", 1) - (closes ? 1 : 0));
        if (closes) {
            if (open.empty() || open.back() != name) return "</" + name + "> closes another";
            open.pop_back();
        } else if (!tag.ends_with('/') &&
                   std::find(empty_tags.begin(), empty_tags.end(), name) == empty_tags.end()) {
            open.push_back(name);
            if (name == "style") i = page.find("</style>", i);
        }
    }
    return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

void keep(const std::string& name, const std::string& page) {
    if (const char* folder = std::getenv("STORM_PAGES")) {
        std::ofstream(std::string(folder) + "/" + name) << page;
    }
}

void expect_sound(const std::string& page) {
    EXPECT_EQ(fault_of(page), "");
    for (const char* word : {"http", "src=", "<script", "javascript", "url(", "@import", "<link",
                             "<img", "<iframe", "onload", "onclick"}) {
        EXPECT_EQ(page.find(word), std::string::npos) << word;
    }
    for (auto at = page.find("href="); at != std::string::npos; at = page.find("href=", at + 1)) {
        EXPECT_EQ(page.substr(at, 7), "href=\"#") << page.substr(at, 40);
    }
}

/// Every link inside the page leads somewhere.
void expect_anchors(const std::string& page) {
    for (auto at = page.find("href=\"#"); at != std::string::npos;
         at = page.find("href=\"#", at + 1)) {
        const std::string id = page.substr(at + 7, page.find('"', at + 7) - at - 7);
        EXPECT_NE(page.find("id=\"" + id + "\""), std::string::npos) << id;
    }
}

std::string demo_page() {
    auto example = examples::demo();
    examples::add_whole(example);
    return html(examples::demo_story(example));
}

TEST(Html, TheReaderOfMarkupFindsWhatIsBroken) {
    EXPECT_EQ(fault_of("<p>a &amp; b<br></p>"), "");
    for (const char* bad : {"<p>", "<p></b>", "a > b", "a & b", "<p <b></p>"}) {
        EXPECT_NE(fault_of(bad), "") << bad;
    }
}

TEST(Html, APageIsOneWellFormedFileThatNeedsNoNetworkAndNoScript) {
    const auto page = demo_page();
    keep("violated.html", page);
    expect_sound(page);
    expect_anchors(page);
    EXPECT_LT(page.size(), 100'000U);
}

TEST(Html, SectionsStandInTheOrderThatTheDesignGives) {
    const auto page = demo_page();
    std::size_t last = 0;
    for (const char* id : {"verdict", "changed", "trace", "run", "faults", "cause", "hypothesis",
                           "again", "where"}) {
        const auto at = page.find(std::string("id=\"") + id + "\"");
        ASSERT_NE(at, std::string::npos) << id;
        EXPECT_GT(at, last) << id;
        last = at;
    }
}

TEST(Html, TheVerdictComesBeforeEverythingElseInTheUsersWords) {
    const auto page = demo_page();
    EXPECT_LT(page.find("VIOLATED</b>"), page.find("<h2"));
    EXPECT_NE(page.find("<h1>c1 was told at 1.204 s that x = 4 is stored."), std::string::npos);
}

TEST(Html, TheDiagramIsDrawnAsBefore) {
    const auto example = examples::demo();
    EXPECT_EQ(golden_difference("demo-trace.svg",
                                trace_svg(smallest_trace(examples::demo_story(example)))),
              "");
}

TEST(Html, TheDiagramCanBeReadWithoutSeeingIt) {
    const auto page = demo_page();
    EXPECT_NE(page.find("aria-label=\"1.353 s: n2 to c1: 3 (expected 4)\""), std::string::npos);
    EXPECT_NE(page.find("<li>1.353 s: n2 to c1: 3 (expected 4)</li>"), std::string::npos);
    EXPECT_NE(page.find("n1: primary 0 s to 2.65 s"), std::string::npos);
}

TEST(Html, ItAdaptsToDarknessPhonesAndKeyboards) {
    const auto page = demo_page();
    EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
    EXPECT_NE(page.find("name=\"viewport\""), std::string::npos);
    EXPECT_NE(page.find("class=\"skip\""), std::string::npos);
    for (auto at = page.find("class=\"card\""); at != std::string::npos;
         at = page.find("class=\"card\"", at + 1)) {
        EXPECT_EQ(page.substr(at + 13, 12), "tabindex=\"0\"") << "a card that scrolls takes focus";
    }
}

TEST(Html, RunsThatPassAndRunsThatCannotSayHavePagesToo) {
    const auto passing = examples::passing();
    const auto pass = html(examples::passing_story(passing));
    keep("passed.html", pass);
    expect_sound(pass);
    expect_anchors(pass);
    EXPECT_NE(pass.find("PASSED"), std::string::npos);
    EXPECT_NE(pass.find("never met"), std::string::npos);
    const auto idle = examples::idle_fault();
    const auto inconclusive = html(examples::idle_story(idle));
    keep("inconclusive.html", inconclusive);
    expect_sound(inconclusive);
    EXPECT_NE(inconclusive.find("no opportunity"), std::string::npos);
}

TEST(Html, ABreachAndNodesThatFellAreDrawn) {
    const auto example = examples::two_leaders();
    auto story = example.story();
    story.verdict = check::Verdict::violated;
    story.name = "invariants";
    story.leader_key = "leader";
    const auto page = html(story);
    keep("two-leaders.html", page);
    expect_sound(page);
    EXPECT_NE(page.find("class=\"down\""), std::string::npos);
    EXPECT_NE(page.find("class=\"gone\""), std::string::npos);
    EXPECT_NE(page.find("There is no earlier run"), std::string::npos);
}

TEST(Html, NamesFromOutsideStayText) {
    const std::string evil = "\"><script>alert('x')</script><img src=x onerror=1>&\xff\033[2J";
    auto example = examples::demo();
    examples::add_whole(example);
    auto& plan = example.plan;
    plan.scenario = plan.scenario_digest = plan.system = plan.plant = evil;
    for (auto* record : {&example.record, &example.whole_record}) {
        for (auto& fault : record->faults)
            fault.id = fault.use = fault.what = fault.evidence = evil;
        for (auto& event : record->trace) event.name = event.text = evil;
        for (auto& each : record->published) each.value = evil;
        for (auto& operation : record->history) {
            operation.name = operation.error = evil;
            operation.args = operation.result = evil;
        }
        record->breaches.push_back({evil, evil, evil, evil, {}, examples::n1, evil});
        record->unplaced = {evil};
    }
    auto& finding = example.findings[0];
    finding.check = finding.anomaly = finding.site = finding.sentence = finding.detail = evil;
    finding.expected = finding.moments[0].text = evil;
    auto story = examples::demo_story(example);
    story.name = story.world = story.expected = evil;
    story.causes[0].fault = evil;
    story.reasons = {{Reason::News::known, evil, evil, 1, 1, evil},
                     {Reason::News::gone, evil, evil, 1, 1, evil}};
    for (auto& row : story.hypothesis) {
        row.what = evil;
        for (auto* cell : {&row.before, &row.during, &row.after}) {
            cell->value = cell->promise = evil;
        }
    }
    for (auto& command : story.commands) command.line = command.remark = evil;
    for (auto& [name, value] : story.environment) name = value = evil;
    story.sweep->exercised = story.sweep->never_met = story.sweep->trust = evil;
    const auto page = html(story);
    EXPECT_EQ(fault_of(page), "");
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find('\033'), std::string::npos);
    EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos) << "shown, not swallowed";
    const auto comment = markdown(story);
    auto outside = comment;  // Fenced blocks show their text as it is.
    for (auto at = outside.find("```"); at != std::string::npos; at = outside.find("```")) {
        const auto end = outside.find("```", at + 3);
        outside.erase(at, end == std::string::npos ? end : end + 3 - at);
    }
    EXPECT_EQ(outside.find('<'), std::string::npos) << outside;
}

/// A hundred nodes, a million operations, thousands of faults and role changes.
examples::Example large() {
    auto example = examples::demo();
    examples::add_whole(example, 1'000'000);
    example.whole_plan.nodes = 100;
    auto& record = example.whole_record;
    record.published.clear();
    record.faults.clear();
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        const std::uint64_t bits = core::combine(i, 3);
        record.published.push_back({Id::node(static_cast<std::uint32_t>(bits % 100)), "role",
                                    bits % 3 == 0 ? "primary" : "backup",
                                    Instant{static_cast<std::int64_t>(i) * 200'000}});
        history::FaultRecord fault;
        fault.id = "random/net.partition/" + std::to_string(i);
        fault.use = i % 2 == 0 ? "net.partition" : "node.kill";
        fault.what = "n1 | n2";
        fault.nodes = {Id::node(static_cast<std::uint32_t>(bits % 100))};
        fault.from = Instant{static_cast<std::int64_t>(i) * 190'000};
        fault.to = fault.from + 3_ms;
        fault.occurred = true;
        fault.claimed = fault.seen = 2;
        record.faults.push_back(std::move(fault));
    }
    return example;
}

TEST(Html, AHundredNodesAndAMillionOperationsStayUnderFiveMegabytesAndThePageSaysHow) {
    const auto example = large();
    const auto page = html(examples::demo_story(example));
    keep("large.html", page);
    EXPECT_LT(page.size(), 5'000'000U);
    expect_sound(page);
    EXPECT_NE(page.find("too many for dots"), std::string::npos);
    EXPECT_NE(page.find("The first 200 of 20,000 faults"), std::string::npos);
}

TEST(Html, a_page_made_of_less_than_happened_says_so_at_its_drawings_and_its_table) {
    auto example = examples::demo();
    auto story = examples::demo_story(example);
    const auto whole = html(story);
    EXPECT_NE(whole.find("Every event"), std::string::npos);
    EXPECT_EQ(whole.find("Left out"), std::string::npos);
    story.smallest.events = {476'109, 5'122'308, "messages before 38 s; requests <all>"};
    story.smallest.operations = {70, 90, "the last"};
    const auto page = html(story);
    expect_sound(page);
    EXPECT_EQ(page.find("Every event"), std::string::npos);
    EXPECT_NE(page.find(">Events<small>"), std::string::npos);
    EXPECT_NE(page.find(" of 5,122,308 events</small>"), std::string::npos);
    EXPECT_NE(page.find("The whole run<small>70 of 90 operations"), std::string::npos);
    const std::string said = "requests &lt;all&gt;";
    std::size_t times = 0;
    for (auto at = page.find(said); at != std::string::npos; at = page.find(said, at + 1)) ++times;
    EXPECT_EQ(times, 3U) << "the diagram, the whole run, the table";
}

TEST(Html, AnEmptyRecordMakesAPageThatSaysSo) {
    examples::Example nothing;
    auto story = nothing.story();
    story.verdict = check::Verdict::inconclusive;
    const auto page = html(story);
    expect_sound(page);
    EXPECT_NE(page.find("No fault was planned"), std::string::npos);
}

TEST(Markdown, ASummaryHoldsVerdictPictureEvidenceAndCommands) {
    const auto example = examples::demo();
    EXPECT_EQ(golden_difference("demo.md", markdown(examples::demo_story(example))), "");
}

TEST(Markdown, NamesMakeNeitherLinksNorMentionsNorTables) {
    auto example = examples::demo();
    auto story = examples::demo_story(example);
    story.name = "[a](https://b) @everyone | # `x` *y* <b>";
    story.sentence = "```\nrm -rf\n```";
    const auto comment = markdown(story);
    EXPECT_EQ(comment.find("[a]("), std::string::npos);
    EXPECT_EQ(comment.find("@everyone"), std::string::npos);
    EXPECT_EQ(comment.find("https://"), std::string::npos);
    EXPECT_EQ(comment.find("<b>"), std::string::npos);
}

TEST(Html, cells_say_their_column_so_that_a_narrow_screen_need_not_hide_any) {
    const std::string page = labelled(
        "<p>a</p><table><tr><th scope=\"col\">fault</th><th scope=\"col\"></th><th scope=\"col\" "
        "class=\"n\">seen</th></tr>\n<tr><td>x &lt;td</td><td>y</td><td class=\"n\">3</td></tr>"
        "</table><td>");
    EXPECT_EQ(page,
              "<p>a</p><table><tr><th scope=\"col\">fault</th><th scope=\"col\"></th><th "
              "scope=\"col\" class=\"n\">seen</th></tr>\n<tr><td data-of=\"fault\">x "
              "&lt;td</td><td>y</td><td class=\"n\" data-of=\"seen\">3</td></tr></table><td>");
    const auto style = std::string(style_sheet());
    EXPECT_EQ(style.find("table{min-width"), std::string::npos);
    EXPECT_NE(style.find("attr(data-of)"), std::string::npos);
}

}  // namespace
}  // namespace storm::report
