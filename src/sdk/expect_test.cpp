// Tests of storm::expect() and of runs that end their process: goal: a scenario is one line of a
// user's test, whatever the node does to the process it runs in.
// Method: the small systems of the runner's tests, in this process, without the program.
#include "sdk/expect.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "report/markdown.h"
#include "report/text.h"
#include "runner/systems_test.h"
#include "sdk/replay_command.h"
#include "sdk/run_command.h"

namespace storm::sdk {
namespace {

namespace fs = std::filesystem;

/// A folder to work in, until the test is over.
class Expect : public ::testing::Test {
protected:
    void SetUp() override {
        before_ = fs::current_path();
        std::string pattern = (fs::temp_directory_path() / "storm-expect-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        fs::current_path(folder_);
    }
    void TearDown() override {
        fs::current_path(before_);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    static void write(const std::string& plant, const std::string& more) {
        std::ofstream("it.yaml") << runner::testing::scenario_text(plant) << more;
    }
    Bench bench_ = runner::testing::bench();
    fs::path before_, folder_;
};

TEST_F(Expect, IsMetByAPassAndByAnExpectedViolation) {
    write("", "seeds: 1..20\nmin_effective: 0%\n");
    const auto pass = expect(bench_, "it.yaml");
    EXPECT_TRUE(pass) << pass;
    write("wrong", "seeds: 1..20\nexpect: {violated: properties}\n");
    const auto violated = expect(bench_, "it.yaml");
    EXPECT_TRUE(violated) << violated;
}

TEST_F(Expect, IsNotMetByAViolationAndSaysWhich) {
    write("wrong", "seeds: 1..20\nexpect: pass\n");
    const auto broken = expect(bench_, "it.yaml");
    EXPECT_FALSE(broken);
    EXPECT_NE(broken.text().find("VIOLATED   properties"), std::string::npos) << broken;
    EXPECT_FALSE(expect(bench_, "nothing.yaml"));
}

TEST_F(Expect, TakesSystemsWithoutABenchAndPrintsCommandsOfTheProgramThatHasThem) {
    write("wrong", "seeds: 1..20\nexpect: pass\n");
    const auto broken = expect("it.yaml", bench_.systems, "./build/mine");
    EXPECT_FALSE(broken);
    EXPECT_NE(broken.text().find("./build/mine replay runs/it-"), std::string::npos) << broken;
}

TEST_F(Expect, SurvivesANodeThatEndsTheProcess) {
    write("segfault", "seeds: 1..10\nexpect: pass\n");
    const auto crashed = expect(bench_, "it.yaml");
    EXPECT_FALSE(crashed);
    EXPECT_NE(crashed.text().find("VIOLATED   no-crash"), std::string::npos) << crashed;
}

TEST_F(Expect, WhereNothingIsMadeSmallTheReportSaysWhy) {
    // A process that has served five requests falls: no run does so alone.
    write("old-age", "seeds: 1..20\nexpect: pass\n");
    Session session{.bench = bench_, .program = "test"};
    RunRequest request;
    request.scenario = "it.yaml";
    request.cause = false;
    request.fork_only = true;
    request.jobs = 1;
    int exit_code = 0;
    const auto scenario = load(session, request.scenario, {}, exit_code);
    ASSERT_TRUE(scenario.has_value());
    const auto outcome = run_sweep(session, *scenario, request);
    ASSERT_TRUE(outcome.tale.has_value());
    const auto story = story_of(session, *outcome.tale);
    EXPECT_FALSE(story.shrink.has_value());
    EXPECT_NE(story.not_small, "");
    const auto text = report::text(story, core::Look{});
    EXPECT_NE(text.find("made small   no: what it was made small to"), std::string::npos) << text;
    EXPECT_NE(report::markdown(story).find("Not made small: "), std::string::npos);
    std::stringstream page;
    page << std::ifstream(outcome.tale->directory + "/report.html").rdbuf();
    EXPECT_NE(page.str().find("Nothing was made small: "), std::string::npos);
    fs::remove(outcome.tale->directory + "/report.html");
    EXPECT_EQ(report(session, outcome.tale->directory), code::pass);
    std::stringstream again;
    again << std::ifstream(outcome.tale->directory + "/report.html").rdbuf();
    EXPECT_EQ(again.str(), page.str());
}

TEST_F(Expect, OneSeedThatEndsTheProcessIsAVerdictWithARunDirectory) {
    write("abort", "seeds: 1..10\nexpect: pass\n");
    Session session{.bench = bench_, .program = "test"};
    session.quiet = true;
    RunRequest request;
    request.scenario = "it.yaml";
    request.seed = 3;
    EXPECT_EQ(run(session, request), code::violated);
    EXPECT_TRUE(fs::exists("runs/it-seed-3/verdict.json"));
}

}  // namespace
}  // namespace storm::sdk
