// Tests of where runs may stand: goal: what a user has is never replaced but by a run of its own
// kind. Method: the real program, with --out at folders that hold what is not its own, and the
// bytes that stand there afterwards.
#include <algorithm>

#include "sdk/program_test.h"

namespace storm::sdk::testing {
namespace {

class Places : public Program {
protected:
    [[nodiscard]] std::string sound() const {
        return scenario("demo/primary-backup-repaired.yaml");
    }
    [[nodiscard]] std::string broken() const { return scenario("demo/primary-backup.yaml"); }
    Ended run(const std::string& file, const std::vector<std::string>& more) {
        std::vector<std::string> words = {"run", file, "--no-cause", "--out", "it"};
        words.insert(words.end(), more.begin(), more.end());
        if (std::ranges::find(more, "--seed") == more.end()) {
            words.insert(words.end(), {"--seeds", "3"});
        }
        return storm(words);
    }
    /// Runs into `it`, and is refused before the work with these words.
    void refused(const std::string& file, const std::vector<std::string>& more,
                 const std::vector<std::string>& says) {
        const auto answer = run(file, more);
        EXPECT_EQ(answer.code, 64) << answer.all();
        EXPECT_EQ(answer.out, "");
        for (const auto& each : says) EXPECT_TRUE(has(answer.err, each)) << each << answer.err;
        EXPECT_TRUE(has(answer.err, "name another")) << answer.err;
    }
};

TEST_F(Places, AFolderWithAFileOfTheNameOfOursIsNoRun) {
    fs::create_directories(folder_ / "it");
    write("it/verdict.json", "{\"my\":\"file\"}");
    refused(sound(), {}, {"it/verdict.json:1:2"});
    fs::create_directories(folder_ / "it/src");
    write("it/src/main.c", "int main(){}");
    refused(sound(), {}, {"it", "src"});
    EXPECT_EQ(read("it/src/main.c"), "int main(){}");
    EXPECT_EQ(read("it/verdict.json"), "{\"my\":\"file\"}");
}

TEST_F(Places, FilesOfTheUserInARunDirectoryKeepItThere) {
    ASSERT_EQ(run(broken(), {}).code, 0);
    ASSERT_TRUE(there("it/whole/verdict.json"));
    EXPECT_EQ(run(broken(), {}).code, 0) << "over itself";
    fs::create_directories(folder_ / "it/findings");
    for (const auto* mine : {"notes.txt", "whole/notes.txt", "findings/notes.txt"}) {
        write("it/" + std::string(mine), "mine");
        refused(broken(), {}, {"it", mine});
        EXPECT_EQ(read("it/" + std::string(mine)), "mine");
        fs::remove(folder_ / "it" / mine);
    }
    fs::create_directories(folder_ / "it/findings/mine");
    refused(broken(), {}, {"findings/mine"});
    fs::remove_all(folder_ / "it/findings");
    fs::create_symlink("/etc/hosts", folder_ / "it/sweep.json.link");
    refused(broken(), {}, {"sweep.json.link"});
    fs::remove(folder_ / "it/sweep.json.link");
    // What a page that was cut off left there is ours.
    write("it/report.html.new-999999", "half");
    EXPECT_EQ(run(broken(), {}).code, 0);
    // The default place gives way instead.
    ASSERT_EQ(storm({"run", sound(), "--seeds", "3"}).code, 0);
    write("runs/primary-backup-repaired/notes.txt", "mine");
    EXPECT_EQ(storm({"run", sound(), "--seeds", "3"}).code, 0);
    EXPECT_EQ(read("runs/primary-backup-repaired/notes.txt"), "mine");
    EXPECT_TRUE(there("runs/primary-backup-repaired-2/sweep.json"));
}

TEST_F(Places, AnotherScenariosOrVariantsRunIsNeverReplaced) {
    ASSERT_EQ(run(broken(), {}).code, 0);
    const auto before = read("it/verdict.json");
    refused(sound(), {}, {"it holds a run of", "demo/primary-backup.yaml"});
    refused(sound(), {"--seed", "3"}, {"it holds a run of"});
    refused(broken(), {"--set", "network.delay=3ms"}, {"it holds a run of"});
    refused(broken(), {"--world", "local"}, {"it holds a run of"});
    EXPECT_EQ(read("it/verdict.json"), before);
    // What is expected and which seeds run makes no other run.
    EXPECT_EQ(run(broken(), {"--set", "expect=pass"}).code, 1);
    // Of `shrink`, too.
    ASSERT_EQ(storm({"run", sound(), "--seed", "3", "--out", "it-small"}).code, 0);
    const auto small = storm({"shrink", "it"});
    EXPECT_EQ(small.code, 64) << small.all();
    EXPECT_TRUE(has(small.err, "it-small holds a run of")) << small.err;
}

TEST_F(Places, APassReplacesTheFindingOfItsOwnScenario) {
    write("store.yaml", content(broken()));
    ASSERT_EQ(run("store.yaml", {}).code, 0);
    write("store.yaml", content(sound()));
    const auto pass = run("./store.yaml", {});
    EXPECT_EQ(pass.code, 0) << pass.all();
    EXPECT_FALSE(there("it/verdict.json"));
}

TEST_F(Places, ADamagedRunIsLeftAndToldWhatToDoAboutIt) {
    ASSERT_EQ(run(broken(), {}).code, 0);
    const auto whole = read("it/story.json");
    write("it/story.json", whole.substr(0, whole.size() / 2));
    refused(broken(), {}, {"it/story.json", "remove it first"});
    write("it/story.json", whole);
    const auto verdict = read("it/verdict.json");
    write("it/verdict.json", verdict.substr(0, verdict.size() / 2));
    refused(broken(), {}, {"it/verdict.json", "remove it first"});
    write("it/verdict.json", verdict);
    EXPECT_EQ(run(broken(), {}).code, 0);
    fs::remove(folder_ / "it/story.json");  // As one from before there was any.
    EXPECT_EQ(run(broken(), {}).code, 0);
    fs::remove_all(folder_ / "it");
    EXPECT_EQ(run(sound(), {}).code, 0);
}

}  // namespace
}  // namespace storm::sdk::testing
