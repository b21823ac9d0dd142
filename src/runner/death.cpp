#include "runner/death.h"

#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <vector>

#include "core/context.h"
#include "core/require.h"
#include "core/stack.h"
#include "core/text.h"

// Of every sanitizer's run time (sanitizer/common_interface_defs.h); null where there is none.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace storm::runner {
namespace {

constexpr std::size_t output_max = 256U << 10U;
constexpr std::string_view stack_mark = "stormproof: stack after signal";
constexpr std::array fatal_signals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// What a signal handler can reach is global by nature; set once in a worker.
LastWords* last_words = nullptr;

void write_text(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void say_last_words() {
    auto& context = core::context;
    context.hooks = nullptr;  // What follows is ours, not the node's.
    if (last_words == nullptr) return;
    last_words->said = true;
    last_words->now_ns = context.now.ns;
    last_words->dispatch = context.dispatches;
    const char* name = context.node;
    for (std::size_t i = 0; i + 1 < sizeof last_words->node && name[i] != '\0'; ++i) {
        last_words->node[i] = name[i];
    }
}

void on_fatal(int signal) {
    say_last_words();
    write_text("\n");
    write_text(stack_mark);
    write_text("\n");
    std::array<void*, 48> frames{};
    const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
    backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

struct SignalName {
    int signal;
    std::string_view name;
};
constexpr std::array<SignalName, 9> signal_names = {{{SIGSEGV, "segmentation fault"},
                                                     {SIGBUS, "bus error"},
                                                     {SIGFPE, "arithmetic exception"},
                                                     {SIGILL, "illegal instruction"},
                                                     {SIGABRT, "abort"},
                                                     {SIGXCPU, "endless loop"},
                                                     {SIGKILL, "killed by signal 9"},
                                                     {SIGTERM, "killed by signal 15"},
                                                     {SIGPIPE, "broken pipe"}}};

std::string_view line_with(std::string_view text, std::string_view what) {
    const auto at = text.find(what);
    if (at == std::string_view::npos) return {};
    const auto begin = text.rfind('\n', at);
    const auto from = begin == std::string_view::npos ? 0 : begin + 1;
    return text.substr(from, text.find('\n', at) - from);
}

/// "file.cpp:12" at the beginning of "file.cpp:12:5: runtime error", or of what follows a
/// program's name and a colon.
std::string place_in(std::string_view text) {
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] != ':' || text[i + 1] < '0' || text[i + 1] > '9') continue;
        std::size_t from = text.find_last_of(" \t", i);
        from = from == std::string_view::npos ? 0 : from + 1;
        std::size_t to = i + 1;
        while (to < text.size() && text[to] >= '0' && text[to] <= '9') ++to;
        if (text.substr(from, i - from).find('.') == std::string_view::npos) continue;
        while (text.substr(from).starts_with("../")) from += 3;
        return std::string(text.substr(from, to - from));
    }
    return {};
}

/// Lines like "./stormproof(_ZN4raft6appendEv+0x12) [0x5581]", or "./stormproof(+0x72010) [0x5581]"
/// of a function that is not exported: names made readable.
core::ReadableStack readable_stack(std::string_view output) {
    core::ReadableStack stack;
    const auto mark = output.find(stack_mark);
    if (mark == std::string_view::npos) return stack;
    auto lines = core::split(output.substr(mark), '\n');
    std::size_t handler = lines.size();
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const auto open = line.find('(');
        const auto plus = line.find('+', open == std::string::npos ? 0 : open);
        if (open == std::string::npos || plus == std::string::npos) continue;
        std::string name = core::demangled(line.substr(open + 1, plus - open - 1));
        const bool library = line.find(".so") < open;
        if (name.empty() && !library) {
            // A call may be the last thing that a function does: its return address is another's.
            // Below the handler and the signal's own frame stands no call but the instruction.
            const auto offset = std::strtoull(line.c_str() + plus + 1, nullptr, 16);
            const std::uintptr_t back = i == handler + 2 ? 0 : 1;
            name = core::function_at(static_cast<std::uintptr_t>(offset) - back);
        }
        if (name.find("on_fatal") != std::string::npos) {
            handler = i;
            continue;
        }
        if (library) {
            stack.text += "  " + (name.empty() ? line : name) + "\n";
        } else {
            stack.add(name, line);
        }
    }
    return stack;
}

/// "#1 0x55 in raft::append(int) /src/raft.cpp:12:3": the first frame with a file of ours.
std::string sanitizer_site(std::string_view output) {
    for (const auto& line : core::split(output, '\n')) {
        const auto in = line.find(" in ");
        if (line.find('#') == std::string::npos || in == std::string::npos) continue;
        // "raft::append(int) /src/raft.cpp:12:3" or "raft::append(int) (/path/program+0x12)".
        std::string said = line.substr(in + 4);
        said.resize(std::min({said.size(), said.find(" /"), said.find(" (/")}));
        const std::string function = core::plain_name(std::move(said));
        if (line.find("/usr/") != std::string::npos || core::is_runtime(function)) continue;
        if (function.starts_with("__interceptor") || function.find("asan") == 0) continue;
        return function;
    }
    return {};
}

struct Kind {
    std::string anomaly, site;
};

/// What a sanitizer's report or an assertion says; nothing if there is none.
std::optional<Kind> from_report(std::string_view output) {
    for (const auto tool : {"AddressSanitizer: ", "ThreadSanitizer: ", "MemorySanitizer: "}) {
        const auto line = line_with(output, tool);
        if (line.empty()) continue;
        auto what = line.substr(line.find(tool) + std::string_view(tool).size());
        what = what.substr(0, std::min(what.find(" on "), what.find(" (")));
        return Kind{std::string(what), sanitizer_site(output)};
    }
    if (const auto line = line_with(output, "runtime error: "); !line.empty()) {
        return Kind{"undefined behaviour", place_in(line)};
    }
    if (!line_with(output, core::memory_exceeded_mark).empty()) return Kind{"memory limit", {}};
    if (!line_with(output, core::exit_mark).empty()) return Kind{"exit", {}};
    if (!line_with(output, core::signal_mark).empty()) return Kind{"signal sent", {}};
    if (const auto line = line_with(output, ": required: "); !line.empty()) {
        return Kind{"failed requirement", place_in(line)};
    }
    if (const auto line = line_with(output, ": Assertion "); !line.empty()) {
        return Kind{"failed assertion", place_in(line)};
    }
    if (const auto line = line_with(output, "terminate called"); !line.empty()) {
        return Kind{"uncaught exception", {}};
    }
    return std::nullopt;
}

}  // namespace

void warm_up_stack_traces() {
    std::array<void*, 2> frames{};
    static_cast<void>(backtrace(frames.data(), 2));
}

void install_death_handlers(LastWords* words) {
    last_words = words;
    install_pulse(&words->pulse);
    constexpr std::size_t size = 64U << 10U;
    stack_t stack{};
    stack.ss_sp = std::malloc(size);  // For as long as the process lives.
    stack.ss_size = size;
    sigaltstack(&stack, nullptr);
    struct sigaction action{};
    action.sa_handler = on_fatal;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGXCPU, &action, nullptr);
    sigaction(SIGABRT, &action, nullptr);
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(say_last_words);
        return;
    }
    for (const int signal : fatal_signals) sigaction(signal, &action, nullptr);
}

int open_last_words() { return memfd_create("stormproof-worker", MFD_CLOEXEC); }

void redirect_output(int file) {
    if (file < 0) return;
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
}

void trim_output(int file) {
    if (file < 0 || ::lseek(file, 0, SEEK_CUR) < static_cast<off_t>(output_max)) return;
    if (::ftruncate(file, 0) == 0) ::lseek(file, 0, SEEK_SET);
}

std::string read_output(int file) {
    if (file < 0) return {};
    const off_t end = ::lseek(file, 0, SEEK_END);
    const off_t from = std::max<off_t>(0, end - static_cast<off_t>(output_max));
    std::string text(static_cast<std::size_t>(std::max<off_t>(0, end - from)), '\0');
    const auto got = ::pread(file, text.data(), text.size(), from);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

void require_channel(int channel) {
    for (const int fd : {channel, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) != -1) continue;
        if (last_words != nullptr) last_words->closed = true;
        _exit(70);
    }
}

int reap(pid_t worker, LastWords& words) {
    constexpr int patience_ms = 5'000;
    int status = 0;
    for (int waited = 0;; ++waited) {
        const pid_t got = ::waitpid(worker, &status, waited < patience_ms ? WNOHANG : 0);
        if (got == worker || (got < 0 && errno != EINTR)) return status;
        if (waited == patience_ms - 1) {
            words.closed = true;
            ::kill(worker, SIGKILL);
        }
        const timespec moment{0, waited < 100 ? 50'000 : 1'000'000};
        nanosleep(&moment, nullptr);
    }
}

namespace {

/// Whether what took all the time was one step of a node: its code alone can be blamed for it. A
/// signal that the bench would have heard was not heard: node code holds it back.
bool stuck_in_node(const LastWords& words, bool named) {
    if (!words.said) return true;
    const bool went_on = words.pulse.answers != 0 && words.pulse.dispatch != words.dispatch;
    return named && !went_on;
}

std::string unfinished_sentence(const Death& death) {
    const std::string where = death.node.empty()
                                  ? "outside the code of any node"
                                  : fmt::format("in {}, which went from step to step", death.node);
    return fmt::format(
        "The run took so long that it was stopped, {} in, {}{}: that is no loop of "
        "the system, but more than was carried out in that time.",
        core::to_human(death.at), where, death.site.empty() ? "" : " (" + death.site + ")");
}

}  // namespace

Death describe_death(int status, bool looping, const LastWords& words, std::string_view output) {
    Death death;
    death.at = Instant{words.now_ns};
    death.node = std::string(words.node, strnlen(words.node, sizeof words.node));
    const core::ReadableStack stack = readable_stack(output);
    const auto report = from_report(output);
    if (words.closed) {
        death.anomaly = "closed a descriptor";
    } else if (looping) {
        death.unfinished = !stuck_in_node(words, !death.node.empty());
        death.anomaly = death.unfinished ? "did not end" : "endless loop";
        death.site = stack.top;
    } else if (report) {
        death.anomaly = report->anomaly;
        death.site = report->site.empty() ? stack.top : report->site;
    } else if (WIFSIGNALED(status)) {
        const auto* name = std::ranges::find(signal_names, WTERMSIG(status), &SignalName::signal);
        death.anomaly = name != signal_names.end() ? std::string(name->name)
                                                   : fmt::format("signal {}", WTERMSIG(status));
        death.site = stack.top;
    } else {
        death.anomaly = "exit";  // The code under test ended the process.
    }
    const std::string who = death.node.empty() ? "The run" : death.node;
    death.sentence = fmt::format("{} ended the process: {}{}", who, death.anomaly,
                                 death.site.empty() ? "" : " at " + death.site);
    if (death.at != Instant{}) death.sentence += fmt::format(", {} in", core::to_human(death.at));
    death.sentence += '.';
    if (words.closed) {
        death.sentence =
            "The process lost its channel, stdout or stderr: node code has closed a descriptor "
            "that it does not own.";
    } else if (!looping && !words.said && ended_from_outside(status)) {
        death.sentence =
            fmt::format("The run's process was {}, by itself or from outside.", death.anomaly);
    }
    if (death.unfinished) death.sentence = unfinished_sentence(death);
    const auto said = output.substr(0, output.find(stack_mark));
    death.trace = stack.text.empty() ? std::string(said) : stack.text + std::string(said);
    if (death.trace.size() > 16'384) death.trace.resize(16'384);
    return death;
}

check::Finding to_finding(const Death& death) {
    check::Finding finding;
    finding.verdict = death.unfinished ? check::Verdict::inconclusive : check::Verdict::violated;
    finding.check = "no-crash";
    finding.anomaly = death.anomaly;
    finding.site = death.site;
    finding.sentence = death.sentence;
    finding.detail = death.trace;
    if (const auto id = core::id_from(death.node)) {
        finding.moments.push_back({death.at, *id, death.anomaly});
    }
    return finding;
}

}  // namespace storm::runner
