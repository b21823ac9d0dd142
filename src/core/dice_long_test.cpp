// Goal: streams of draws pass a battery of statistical tests that we did not write.
// Method: dieharder (Debian's package of that name) reads each stream from a pipe; no test may
// report FAILED, and WEAK, which it says of one good result in a hundred (tests report up to
// thirty each), must stay rare. The tests that its own manual calls suspect (opso, oqso, dna,
// sums) are left out. Without the program the test is skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/dice_streams_test.h"

namespace storm::core {
namespace {

struct Verdicts {
    int passed = 0;
    int weak = 0;
    std::string failed;  // The lines that say so.
};

/// Writes draws into dieharder until it has read enough, and counts what it says.
Verdicts dieharder(const std::string& test, const DrawStream& stream) {
    const std::string answer = testing::TempDir() + "dieharder-" + std::to_string(::getpid());
    const std::string command = "dieharder -g 200 -d " + test + " >" + answer + " 2>/dev/null";
    std::FILE* to = ::popen(command.c_str(), "w");
    std::vector<std::uint64_t> block(8192);
    for (std::uint64_t n = 0; to != nullptr;) {
        for (auto& bits : block) bits = stream.at(n++);
        if (std::fwrite(block.data(), sizeof(std::uint64_t), block.size(), to) != block.size())
            break;
    }
    if (to != nullptr) ::pclose(to);
    Verdicts verdicts;
    std::ifstream lines(answer);
    for (std::string line; std::getline(lines, line);) {
        if (line.contains("PASSED")) ++verdicts.passed;
        if (line.contains("WEAK")) ++verdicts.weak;
        if (line.contains("FAILED")) verdicts.failed += line + "\n";
    }
    std::filesystem::remove(answer);
    return verdicts;
}

class Battery : public testing::TestWithParam<DrawStream> {
protected:
    void SetUp() override {
        if (std::system("command -v dieharder >/dev/null") != 0) {
            GTEST_SKIP() << "no dieharder here: apt-get install dieharder";
        }
        std::signal(SIGPIPE, SIG_IGN);
    }
};
INSTANTIATE_TEST_SUITE_P(of, Battery, testing::ValuesIn(draw_streams()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Battery, finds_nothing_in_the_stream) {
    const std::array<std::string, 22> tests = {
        "0",  "1",  "2",   "3",   "4",        "8",        "9",   "10",  "11",  "13",  "15",
        "16", "17", "100", "101", "102 -n 8", "200 -n 3", "203", "204", "205", "208", "209"};
    std::vector<std::string> weak;
    for (const std::string& test : tests) {
        const Verdicts verdicts = dieharder(test, GetParam());
        EXPECT_EQ(verdicts.failed, "");
        EXPECT_GT(verdicts.passed + verdicts.weak, 0) << "test " << test << " said nothing";
        if (verdicts.weak > 0) weak.push_back(test);
    }
    EXPECT_LE(weak.size(), 4U) << testing::PrintToString(weak);
}

}  // namespace
}  // namespace storm::core
