// Tests of what nodes do to the process: goal: whatever a node prints, and whatever it closes, a
// result on stdout is that and nothing else; a node that ends the process fails, never passes.
// Method: the command line of a program with a talkative system, in a child whose streams are
// files.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include <iostream>

#include "core/guard.h"
#include "runner/worker.h"
#include "sdk/command_line.h"
#include "sdk/program_test.h"
#include "sdk/standard.h"

namespace storm::sdk::testing {
namespace {

void misbehave(std::string_view plant) {
    if (plant == "exit") std::exit(0);  // NOLINT: what it is for.
    if (plant == "quick-exit") std::quick_exit(0);
    if (plant == "kill") std::raise(SIGKILL);
    if (plant == "close") {
        for (int fd = 0; fd < 1024; ++fd) ::close(fd);
    }
    if (plant == "close-range") ::close_range(1, ~0U, 0);
    if (plant == "fclose") std::fclose(stdout);
    if (plant == "dup") ::dup2(0, 1);
}

node::Task<> talk(node::Io& io, const node::Options& options) {
    for (int n = 0;; ++n) {
        std::printf("printed by %d\n", n);
        std::cout << "streamed by " << n << "\n";
        if (n == 3) misbehave(options.plant);
        co_await io.sleep(core::milliseconds(50));
    }
}

Bench talkers() {
    Bench bench = standard_bench();
    bench.program = "talk";
    node::System system;
    system.name = "talker";
    system.summary = "A node that cannot keep quiet.";
    system.nodes = 1;
    system.start = talk;
    for (const char* plant :
         {"exit", "quick-exit", "kill", "close", "close-range", "fclose", "dup"}) {
        system.plants.push_back({plant, "", {}});
    }
    bench.systems.push_back(system);
    return bench;
}

class NodeOutput : public Program {
protected:
    [[nodiscard]] Ended run(const std::string& plant, const std::string& format = "json") const {
        write("talk.yaml", "stormproof: 1\nsystem: {use: talker" +
                               (plant.empty() ? plant : ", plant: " + plant) + "}\nfor: 1s\n");
        return storm({}, {.in_child =
                              [&] {
                                  const Bench bench = talkers();
                                  std::vector<std::string> words = {"talk",   "run", "talk.yaml",
                                                                    "--seed", "1",   "--format",
                                                                    format};
                                  std::vector<char*> argv;
                                  for (auto& word : words) argv.push_back(word.data());
                                  argv.push_back(nullptr);
                                  const int count = static_cast<int>(words.size());
                                  const int code = run_command_line(bench, count, argv.data());
                                  std::fflush(nullptr);
                                  _exit(code);
                              },
                          .meanwhile = {},
                          .program = {},
                          .shell = {}});
    }
};

TEST_F(NodeOutput, goes_to_stderr_and_never_into_a_result) {
    const auto ended = run("");
    EXPECT_EQ(ended.code, 0) << ended.all();
    const auto result = nlohmann::json::parse(ended.out, nullptr, false);
    EXPECT_FALSE(result.is_discarded()) << ended.out;
    EXPECT_TRUE(has(ended.err, "printed by 3")) << ended.err;
    EXPECT_TRUE(has(ended.err, "streamed by 3")) << ended.err;
    EXPECT_FALSE(has(run("", "text").out, "by 3"));
}

TEST_F(NodeOutput, of_a_node_that_ends_the_process_is_a_failure_that_names_it) {
    for (const std::string plant : {"exit", "quick-exit", "kill"}) {
        const auto ended = run(plant);
        EXPECT_EQ(ended.code, 1) << plant << ended.all();
        const auto result = nlohmann::json::parse(ended.out, nullptr, false);
        ASSERT_FALSE(result.is_discarded()) << ended.out;
        EXPECT_TRUE(has(ended.out, "no-crash")) << ended.out;
        if (core::process_guarded())
            EXPECT_TRUE(has(ended.out, "n1 ended the process")) << ended.out;
    }
}

TEST_F(NodeOutput, survives_a_node_that_closes_what_it_does_not_own) {
    if (!core::process_guarded()) GTEST_SKIP() << "guards are off in this build";
    for (const std::string plant : {"close", "close-range", "fclose", "dup"}) {
        const auto ended = run(plant);
        EXPECT_EQ(ended.code, 1) << plant << ended.all();
        const auto result = nlohmann::json::parse(ended.out, nullptr, false);
        ASSERT_FALSE(result.is_discarded()) << plant << ended.out;
        EXPECT_TRUE(has(ended.out, "a descriptor of the bench")) << plant << ended.out;
    }
}

}  // namespace
}  // namespace storm::sdk::testing

// What it runs again in a fresh process is this program.
int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == storm::runner::worker_command) {
        return storm::run_command_line(storm::sdk::testing::talkers(), argc, argv);
    }
    ::testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
