// sdk/program_test.h - the real program, run as a user runs it, in a folder that goes away.
//
// STORM_BIN names the program. Every run has a time limit, so that a hang is a failure; its two
// streams go to files, so that no pipe can fill up.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace storm::sdk::testing {

namespace fs = std::filesystem;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;  // Everything takes some ten times as long.
#else
inline constexpr bool sanitized = false;
#endif

struct Ended {
    int code = -1;   // Exit code; -1: it did not exit.
    int signal = 0;  // That ended it.
    std::string out, err;
    [[nodiscard]] std::string all() const { return out + err; }
};

inline std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// What a test wants to be different about one run.
struct Twist {
    std::function<void()> in_child;        // Between fork and exec.
    std::function<void(pid_t)> meanwhile;  // In the test, once it runs.
    std::string program;                   // argv[0]; "": the path of the program.
    std::string shell;                     // Run this script instead.
};

class Program : public ::testing::Test {
protected:
    void SetUp() override {
        const char* named = std::getenv("STORM_BIN");
        if (named == nullptr) GTEST_SKIP() << "STORM_BIN names no program";
        binary_ = named;
        ASSERT_TRUE(fs::exists(binary_)) << binary_;
        tree_ = fs::current_path();
        std::string pattern = (fs::temp_directory_path() / "storm-sdk-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        fs::create_directory(folder_ / "streams");
    }
    void TearDown() override {
        std::error_code ignored;
        if (!folder_.empty()) fs::remove_all(folder_, ignored);
    }

    /// A scenario of the tree, by its path below scenarios/.
    [[nodiscard]] std::string scenario(const std::string& name) const {
        return (tree_ / "scenarios" / name).string();
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        return content(folder_ / name);
    }
    [[nodiscard]] bool there(const std::string& name) const { return fs::exists(folder_ / name); }

    [[nodiscard]] Ended storm(std::vector<std::string> words, const Twist& twist = {}) const {
        words.insert(words.begin(), twist.program.empty() ? binary_ : twist.program);
        const std::string out = (folder_ / "streams" / "out").string();
        const std::string err = (folder_ / "streams" / "err").string();
        const pid_t child = fork();
        if (child == 0) {
            std::vector<char*> argv;
            for (auto& word : words) argv.push_back(word.data());
            argv.push_back(nullptr);
            const int to = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            const int log = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            unsetenv("COLUMNS");
            if (chdir(folder_.c_str()) != 0 || dup2(to, 1) < 0 || dup2(log, 2) < 0) _exit(99);
            alarm(sanitized ? 280 : 50);
            if (twist.in_child) twist.in_child();
            if (!twist.shell.empty()) execl("/bin/sh", "sh", twist.shell.c_str(), nullptr);
            execv(binary_.c_str(), argv.data());
            _exit(98);
        }
        if (twist.meanwhile) twist.meanwhile(child);
        int status = 0;
        waitpid(child, &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                WIFSIGNALED(status) ? WTERMSIG(status) : 0, content(out), content(err)};
    }

    std::string binary_;
    fs::path tree_, folder_;
};

/// Lines that a terminal's width broke, as one.
inline std::string one_line(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const char plain = c == '\n' ? ' ' : c;
        if (plain != ' ' || !out.ends_with(' ')) out += plain;
    }
    return out;
}
inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline void pause_for(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

}  // namespace storm::sdk::testing
