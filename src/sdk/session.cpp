#include "sdk/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "core/context.h"
#include "core/text.h"
#include "runner/directory.h"
#include "runner/fleet.h"
#include "sdk/places.h"
#include "sdk/story_file.h"

#ifndef STORM_VERSION
#define STORM_VERSION "0.1.0"
#endif

namespace storm::sdk {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t scenario_bytes_max = std::size_t{1} << 20U;

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
// Whether the first does not ask either: see FirstSignal.
std::atomic<bool> nothing_to_tell = false;

void on_signal(int number) {
    const core::HooksOff not_the_node;
    const bool second =
        signal_caught.load() != 0 && real_time_ns() - signal_at.load() > same_signal_ns;
    if (second || nothing_to_tell.load()) _exit(128 + number);
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
    err.print(fmt::format("{}: {} {}\n", program, core::painted("error:", core::Paint::bad, look),
                          core::plain_lines(what)));
    if (!help.empty()) err.print(fmt::format("  {}\n", core::plain_lines(help)));
    return exit_code;
}

void open_missing_streams() {
    for (int stream = 0; stream <= 2; ++stream) {
        if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF) {
            (void)::open("/dev/null", O_RDONLY);  // Takes the lowest number that is free.
        }
    }
}

int finish(Session& session, int exit_code) {
    const int why = session.out.failed();
    if (why == 0 || why == EPIPE) return exit_code;
    const std::string reason = why == EBADF ? "it is closed" : std::strerror(why);
    return session.fail(code::internal, "the result could not be written to stdout: " + reason);
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

FirstSignal::FirstSignal(Does does) : before_(nothing_to_tell.exchange(does == ends)) {
    // One that came before this has nobody left to ask for it.
    const int number = stopped_by();
    if (does == ends && number != 0) _exit(128 + number);
}
FirstSignal::~FirstSignal() { nothing_to_tell.store(before_); }

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
    sigaction(SIGXFSZ, &action, nullptr);  // A file that may not grow is told as a full disk is.
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

namespace {

/// All that comes from a stream. One byte more than a scenario may have is enough for its reader
/// to refuse it.
core::Result<std::string> read_stream(int stream, const std::string& name) {
    std::string text(scenario_bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(stream, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR && stopped_by() == 0) continue;
        if (got < 0) return core::fail(core::ErrorKind::io, name + ": " + std::strerror(errno));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

/// A file, or a pipe as a shell makes of <(...) where what is read leaves nothing behind: of a run
/// the path is recorded, and a pipe can be read only once.
core::Result<std::string> read_path(const std::string& path, Source source) {
    std::error_code ignored;
    if (!fs::is_fifo(path, ignored)) return runner::read_file(path, scenario_bytes_max);
    if (source == Source::file) {
        return core::fail(core::ErrorKind::io,
                          path + ": a pipe; a run names its scenario, which must be a file");
    }
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return core::fail(core::ErrorKind::io, path + ": " + std::strerror(errno));
    auto text = read_stream(fd, path);
    ::close(fd);
    return text;
}

}  // namespace

core::Result<Loaded> read_scenario(const Session& session, const std::string& path,
                                   const std::vector<std::string>& settings, Source source) {
    Loaded out;
    const bool streamed = source == Source::file_or_stdin && path == "-";
    out.path = "stdin";
    if (!streamed) {
        STORM_TRY(out.path, find_scenario(path, session.program));
    }
    std::vector<scenario::Setting> changes;
    for (const auto& each : settings) {
        const auto at = each.find('=');
        if (at == std::string::npos || at == 0) {
            return core::fail(core::ErrorKind::not_found,
                              fmt::format("--set {}: no value; write --set path=value, as in "
                                          "--set network.delay=10ms",
                                          each));
        }
        changes.push_back({each.substr(0, at), each.substr(at + 1)});
    }
    auto text = streamed ? read_stream(0, out.path) : read_path(out.path, source);
    if (!text) {
        text.error().kind = core::ErrorKind::bad_input;
        return std::unexpected(std::move(text).error());
    }
    out.text = std::move(*text);
    auto vocabulary = session.bench.vocabulary();
    vocabulary.program = session.program;
    auto read = scenario::read(out.text, out.path, vocabulary, changes);
    out.scenario = std::move(read.scenario);
    out.problems = std::move(read.problems);
    return out;
}

std::string problems_text(const Session& session, const Loaded& loaded) {
    return scenario::to_text(loaded.problems, loaded.path, loaded.text, session.err.look());
}

std::optional<scenario::Scenario> load(Session& session, const std::string& path,
                                       const std::vector<std::string>& settings, int& exit_code,
                                       Source source) {
    auto loaded = read_scenario(session, path, settings, source);
    if (!loaded) {
        exit_code = session.fail(loaded.error());
        return std::nullopt;
    }
    if (!loaded->scenario) {
        session.err.print(problems_text(session, *loaded));
        exit_code = code::bad_scenario;
    }
    return std::move(loaded->scenario);
}

namespace {

/// Whether a folder holds what a run or a sweep leaves, if only a part of it.
bool holds_any(const fs::path& place) {
    std::error_code ignored;
    return std::ranges::any_of(std::array{"plan.json", "decisions.jsonl", "history.jsonl",
                                          "events.jsonl", "sweep.json", story_name},
                               [&](const char* file) { return fs::exists(place / file, ignored); });
}

/// When the run there was written, in nanoseconds; -1: there is none.
std::int64_t age_mark(const fs::path& directory, bool pages) {
    for (const char* file : {"verdict.json", "sweep.json"}) {
        struct stat info = {};
        if (stat((directory / file).c_str(), &info) == 0) {
            return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                   info.st_mtim.tv_nsec;
        }
        if (!pages) break;
    }
    return -1;
}

core::Result<std::string> newest_run(bool pages) {
    std::error_code ignored;
    std::string newest = remembered_place();
    std::int64_t newest_time = newest.empty() ? -1 : age_mark(newest, pages);
    if (fs::exists("runs", ignored)) {
        for (const auto& entry : fs::directory_iterator("runs", ignored)) {
            const auto name = entry.path().filename().string();
            if (name.find(".new-") != std::string::npos) continue;  // Never finished.
            const auto time = age_mark(entry.path(), pages);
            if (time > newest_time) newest_time = time, newest = entry.path().string();
        }
    }
    if (newest_time < 0) {
        return core::fail(core::ErrorKind::not_found,
                          "there is no run yet, neither below runs/ nor where --out put one last");
    }
    return newest;
}

}  // namespace

core::Result<std::string> find_run(const std::string& run, bool pages) {
    if (run.empty()) return newest_run(pages);
    std::error_code ignored;
    for (const auto& place : {run, "runs/" + run}) {
        if (fs::exists(fs::path(place) / "verdict.json", ignored)) return place;
    }
    for (const auto& place : {run, "runs/" + run}) {
        if (!holds_any(place)) continue;
        if (const auto sweep = read_tale(place); !sweep) {
            return std::unexpected(damaged(sweep.error()));
        }
        if (pages) return place;
        return core::fail(core::ErrorKind::not_found,
                          place + " holds a sweep in which nothing failed; it has no run");
    }
    return core::fail(core::ErrorKind::not_found,
                      run + ": no run directory (it would hold verdict.json)");
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
