// Tests of storm::expect() and of runs that end their process: goal: a scenario is one line of a
// user's test, whatever the node does to the process it runs in.
// Method: the small systems of the runner's tests, in this process, without the program.
#include "sdk/expect.h"

#include <filesystem>
#include <fstream>

#include "runner/systems_test.h"
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
