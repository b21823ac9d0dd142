// Goal: our own log goes to stderr, one whole line a message, from the level that was asked for.
// Method: what GoogleTest captures of stderr, also with several threads writing.
#include "core/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "core/text.h"

namespace storm::core {
namespace {

class Log : public testing::Test {
protected:
    void TearDown() override { set_log_level(LogLevel::warning); }
};

TEST_F(Log, prints_warnings_and_errors_unless_told_otherwise) {
    testing::internal::CaptureStderr();
    log(LogLevel::debug, "a");
    log(LogLevel::info, "b");
    log(LogLevel::warning, "c");
    log(LogLevel::error, "d");
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "stormproof: warning: c\nstormproof: error: d\n");
}

TEST_F(Log, prints_from_the_level_that_was_set) {
    testing::internal::CaptureStderr();
    set_log_level(LogLevel::debug);
    log(LogLevel::debug, "a");
    set_log_level(LogLevel::error);
    log(LogLevel::warning, "b");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "stormproof: debug: a\n");
}

TEST_F(Log, keeps_the_lines_of_several_threads_whole) {
    testing::internal::CaptureStderr();
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 100; ++i) log(LogLevel::error, std::string(50, 'x'));
            });
        }
    }
    auto lines = split(testing::internal::GetCapturedStderr(), '\n');
    ASSERT_EQ(lines.size(), 401U);
    lines.pop_back();
    EXPECT_TRUE(std::ranges::all_of(lines, [](const std::string& line) {
        return line == "stormproof: error: " + std::string(50, 'x');
    }));
}

}  // namespace
}  // namespace storm::core
