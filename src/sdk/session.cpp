#include "sdk/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "core/text.h"
#include "runner/directory.h"
#include "runner/fleet.h"

#ifndef STORM_VERSION
#define STORM_VERSION "0.1.0"
#endif

namespace storm::sdk {
namespace {

namespace fs = std::filesystem;

std::atomic<int> signal_caught = 0;

std::int64_t real_time_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

// The first asks for an orderly end, the second does not ask. Who signals both us and our group
// (timeout, a shell that ends) means the first twice.
std::atomic<std::int64_t> signal_at = 0;
constexpr std::int64_t same_signal_ns = 500'000'000;

void on_signal(int number) {
    if (signal_caught.load() != 0 && real_time_ns() - signal_at.load() > same_signal_ns) {
        _exit(128 + number);
    }
    if (signal_caught.load() == 0) signal_at.store(real_time_ns());
    signal_caught.store(number);
}

int exit_code_of(core::ErrorKind kind) {
    switch (kind) {
        case core::ErrorKind::bad_input:
            return code::bad_scenario;
        case core::ErrorKind::not_found:
            return code::usage;
        case core::ErrorKind::missing:
            return code::missing;
        case core::ErrorKind::io:
            return code::internal;
        default:
            return code::internal;
    }
}

}  // namespace

int Session::fail(const core::Error& error) {
    const std::string text = error.text();
    if (error.kind == core::ErrorKind::io) {
        for (const int denial : {EACCES, EPERM, EROFS}) {
            if (text.ends_with(std::strerror(denial))) return fail(code::denied, text);
        }
    }
    return fail(exit_code_of(error.kind), text);
}

int Session::fail(int exit_code, const std::string& what, const std::string& help) {
    const auto& look = err.look();
    err.print(
        fmt::format("{}: {} {}\n", program, core::painted("error:", core::Paint::bad, look), what));
    if (!help.empty()) err.print(fmt::format("  {}\n", help));
    return exit_code;
}

std::string shell_word(const std::string& text) {
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || c >= 0x80 ||
               std::string_view("/._-+=:,@%").find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!text.empty() && std::ranges::all_of(text, plain)) return text;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

int stopped_by() { return signal_caught.load(); }

void catch_signals() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // Ignored under nohup, and to be left so.
    struct sigaction before = {};
    sigaction(SIGHUP, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
}

core::Result<std::string> find_scenario(const std::string& path, const std::string& program) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path;
    if (!path.starts_with('/')) {
        const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
        for (fs::path folder = self.parent_path(); folder.has_relative_path();
             folder = folder.parent_path()) {
            for (const char* below : {"", "share/stormproof"}) {
                const fs::path there = folder / below / path;
                if (fs::exists(there, ignored)) return fs::relative(there, ignored).string();
            }
        }
    }
    return core::fail(
        core::ErrorKind::not_found,
        fmt::format("{}: there is no such file ({} init makes a first one)", path, program));
}

std::optional<scenario::Scenario> load(Session& session, const std::string& path,
                                       const std::vector<std::string>& settings, int& exit_code) {
    const auto found = find_scenario(path, session.program);
    if (!found) {
        exit_code = session.fail(found.error());
        return std::nullopt;
    }
    const auto text = runner::read_file(*found, std::size_t{1} << 20U);
    if (!text) {
        exit_code = session.fail(code::bad_scenario, text.error().text());
        return std::nullopt;
    }
    std::vector<scenario::Setting> changes;
    for (const auto& each : settings) {
        const auto at = each.find('=');
        if (at == std::string::npos || at == 0) {
            exit_code = session.fail(code::usage, fmt::format("--set {}: no value", each),
                                     "write --set path=value, as in --set network.delay=10ms");
            return std::nullopt;
        }
        changes.push_back({each.substr(0, at), each.substr(at + 1)});
    }
    auto vocabulary = session.bench.vocabulary();
    vocabulary.program = session.program;
    auto read = scenario::read(*text, *found, vocabulary, changes);
    if (!read.scenario) {
        session.err.print(scenario::to_text(read.problems, *found, *text));
        exit_code = code::bad_scenario;
        return std::nullopt;
    }
    return std::move(read.scenario);
}

core::Result<std::string> find_run(const std::string& run) {
    std::error_code ignored;
    if (!run.empty()) {
        if (fs::exists(fs::path(run) / "verdict.json", ignored)) return run;
        const std::string below = "runs/" + run;
        if (fs::exists(fs::path(below) / "verdict.json", ignored)) return below;
        return core::fail(core::ErrorKind::not_found,
                          run + ": no run directory (it would hold verdict.json)");
    }
    std::string newest;
    std::int64_t newest_time = -1;
    if (fs::exists("runs", ignored)) {
        for (const auto& entry : fs::directory_iterator("runs", ignored)) {
            struct stat info = {};
            const std::string file = (entry.path() / "verdict.json").string();
            if (stat(file.c_str(), &info) != 0) continue;
            const auto time = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                              info.st_mtim.tv_nsec;
            if (time > newest_time) newest_time = time, newest = entry.path().string();
        }
    }
    if (newest.empty()) {
        return core::fail(core::ErrorKind::not_found, "there is no run below runs/ yet");
    }
    return newest;
}

std::string version_text() { return STORM_VERSION; }

std::vector<std::pair<std::string, std::string>> environment() {
    struct utsname machine = {};
    uname(&machine);
    return {{"stormproof", STORM_VERSION},
            {"build", runner::build_id()},
            {"compiler", __VERSION__},
            {"machine", fmt::format("{} {}, {}", machine.sysname, machine.machine,
                                    core::counted(runner::processors(), "processor"))}};
}

}  // namespace storm::sdk
