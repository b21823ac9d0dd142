#include "runner/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cerrno>
#include <cfenv>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "core/guard.h"
#include "core/pool.h"
#include "core/text.h"
#include "runner/clocks.h"
#include "runner/death.h"
#include "runner/pack.h"

extern "C" char** environ;  // NOLINT: POSIX declares it nowhere else.

namespace storm::runner {
namespace {

using core::ErrorKind;

constexpr int requests_fd = 3;  // In an executed worker.
constexpr int replies_fd = 4;
constexpr int words_fd = 5;
constexpr std::uint32_t greeting = 0x53544f52;  // Its first bytes: it can serve.
constexpr std::uint32_t message_max = 512U << 20U;
constexpr int fill = 0xA5;       // Of what an altered process never wrote.
constexpr int same_fill = 0x5A;  // Of the stack of one that is the same.

/// A pipe whose reader is gone is an answer of its own, not a reason to die.
class NoSigpipe {
public:
    NoSigpipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;
    ~NoSigpipe() {
        const timespec now{0, 0};
        while (sigtimedwait(&pipe_, nullptr, &now) > 0) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_, before_;
};

bool send_all(int fd, const void* from, std::size_t size) {
    const NoSigpipe guard;
    const auto* at = static_cast<const char*>(from);
    while (size > 0) {
        const auto sent = ::write(fd, at, size);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        at += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}
bool receive_all(int fd, void* to, std::size_t size) {
    auto* at = static_cast<char*>(to);
    while (size > 0) {
        const auto got = ::read(fd, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}
template <class T>
bool send_message(int fd, const T& message) {
    const auto bytes = core::to_bytes(message);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    return bytes.size() <= message_max && send_all(fd, &size, sizeof size) &&
           send_all(fd, bytes.data(), bytes.size());
}
template <class T>
std::optional<T> receive_message(int fd) {
    std::uint32_t size = 0;
    if (!receive_all(fd, &size, sizeof size) || size > message_max) return std::nullopt;
    std::vector<std::byte> bytes(size);
    if (!receive_all(fd, bytes.data(), bytes.size())) return std::nullopt;
    return core::from_bytes<T>(bytes);
}

/// Leaves a pattern on the stack below: who reads what it never wrote finds it.
[[gnu::noinline]] void scribble_stack(int pattern) {
    volatile unsigned char block[192 << 10];
    for (auto& byte : block) byte = static_cast<unsigned char>(pattern);
}

/// Moves what comes next, in the address space and relative to each other: not every machine
/// places processes at random, and those that do keep what is allocated in a row in order.
void shift_addresses() {
    constexpr std::size_t page = 4096;
    static_cast<void>(::mmap(nullptr, 37 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    static_cast<void>(::sbrk(static_cast<std::intptr_t>(11 * page)));
    constexpr std::size_t blocks = 61, stride = 23;  // Prime to each other: a permutation.
    for (std::size_t size = 16; size <= 1024; size += 16) {
        void* taken[blocks];
        for (auto& block : taken) block = std::malloc(size);
        for (std::size_t i = 0; i < blocks; ++i) {
            if (i % 4 != 0) std::free(taken[i * stride % blocks]);  // The rest stays.
        }
    }
}

/// Everything that must not matter, made different in this process.
void alter_process() {
    const std::string locale = decimal_comma_locale();
    ::setenv("TZ", "Pacific/Chatham", 1);
    ::setenv("LC_ALL", locale.empty() ? "C.UTF-8" : locale.c_str(), 1);
    ::setenv("STORMPROOF_ELSEWHERE", std::string(2999, '~').c_str(), 1);
    ::tzset();
    std::setlocale(LC_ALL, "");
    std::fesetround(FE_UPWARD);
    mallopt(M_PERTURB, fill);
    core::pool_set_fill(fill);
    shift_addresses();
    [[maybe_unused]] const int moved = ::chdir("/");
}

PackedReading read_run(const Bench& bench, const PackedRequest& request, int pattern) {
    PackedReading out;
    const auto refuse = [&](const core::Error& error) {
        out.failed = true;
        out.error_kind = static_cast<std::uint8_t>(error.kind);
        out.error = error.text();
        return out;
    };
    auto plan = fault::plan_from_json(request.plan);
    if (!plan) return refuse(plan.error());
    RunOptions options;
    options.world = request.world;
    options.directory = request.directory;
    options.sabotage = request.sabotage;
    options.witness = {request.first, request.last};
    scribble_stack(pattern);
    const auto run = run_plan(bench, std::move(*plan), request.seed, options);
    if (!run) return refuse(run.error());
    out.digest = run->record.digest;
    out.events = run->record.events;
    out.ladder = run->record.ladder;
    for (const auto& finding : run->findings) {
        if (finding.verdict == check::Verdict::violated) out.findings.push_back(pack(finding));
    }
    for (const auto& step : run->record.steps) {
        out.steps.push_back({step.event, step.at, step.who, step.what, step.value, step.digest});
    }
    return out;
}

int serve(const Bench& bench, int requests, int replies, int pattern) {
    core::own_descriptor(requests);
    core::own_descriptor(replies);
    if (!send_all(replies, &greeting, sizeof greeting)) return 0;
    for (;;) {
        const auto request = receive_message<PackedRequest>(requests);
        if (!request) return 0;  // The parent has hung up.
        const auto reading = read_run(bench, *request, pattern);
        require_channel(replies);
        if (!send_message(replies, reading)) return 0;
    }
}

/// The environment of an altered process, made before fork().
std::vector<std::string> altered_environment() {
    std::vector<std::string> out;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string_view entry = *at;
        if (entry.starts_with("TZ=") || entry.starts_with("LC_ALL=") ||
            entry.starts_with("GLIBC_TUNABLES=") || entry.starts_with("ASAN_OPTIONS=")) {
            continue;
        }
        out.emplace_back(entry);
    }
    out.emplace_back("TZ=Pacific/Chatham");
    const std::string locale = decimal_comma_locale();
    out.push_back("LC_ALL=" + (locale.empty() ? "C.UTF-8" : locale));
    out.emplace_back("GLIBC_TUNABLES=glibc.malloc.perturb=165");
    const char* asan = std::getenv("ASAN_OPTIONS");
    out.push_back(fmt::format("ASAN_OPTIONS={}:malloc_fill_byte=165", asan != nullptr ? asan : ""));
    out.push_back("STORMPROOF_ELSEWHERE=" + std::string(2999, '~'));
    return out;
}

}  // namespace

std::string decimal_comma_locale() {
    for (const auto* name : {"de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "sv_SE", "da_DK",
                             "pl_PL", "cs_CZ", "ru_RU", "tr_TR", "fi_FI", "de_AT", "uk_UA"}) {
        for (const auto* coding : {".UTF-8", ".utf8", ""}) {
            const std::string full = std::string(name) + coding;
            locale_t locale = ::newlocale(LC_ALL_MASK, full.c_str(), nullptr);
            if (locale == nullptr) continue;
            const bool comma = std::string_view(::nl_langinfo_l(RADIXCHAR, locale)) == ",";
            ::freelocale(locale);
            if (comma) return full;
        }
    }
    return {};
}

int worker_main(const Bench& bench, int argc, char** argv) {
    if (argc < 2 || std::string_view(argv[1]) != worker_command) return 64;
    void* words =
        ::mmap(nullptr, sizeof(LastWords), PROT_READ | PROT_WRITE, MAP_SHARED, words_fd, 0);
    if (words == MAP_FAILED) {
        std::fputs("stormproof: __worker is started by stormproof itself\n", stderr);
        return 64;
    }
    warm_up_stack_traces();
    install_death_handlers(static_cast<LastWords*>(words));
    alter_process();
    return serve(bench, requests_fd, replies_fd, fill);
}

bool Reading::fails_for(const std::string& reason) const {
    if (death) return to_finding(*death).reason() == reason;
    return std::ranges::any_of(findings,
                               [&](const auto& finding) { return finding.reason() == reason; });
}

struct Elsewhere::Process {
    pid_t pid = 0;
    int requests = -1;  // Our end.
    int replies = -1;
    int output = -1;
    LastWords* words = nullptr;
    Duration cpu_at{}, real_at{}, real_limit{};  // Of what it was asked last.
    bool looping = false;
    bool greeted = false;  // It has begun: if it ends now, that is the run's doing.
    StuckWatch pulse;

    ~Process() {
        if (requests >= 0) ::close(requests);
        if (replies >= 0) ::close(replies);
        if (pid > 0) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        if (output >= 0) ::close(output);
        if (words != nullptr) ::munmap(words, sizeof(LastWords));
    }
    [[nodiscard]] core::Result<void> start(const Bench& bench, const std::string& program,
                                           Surroundings surroundings);
    /// What the other side gets.
    struct Ends {
        int requests = -1, replies = -1, words = -1;
        ~Ends() {
            for (const int fd : {requests, replies, words}) {
                if (fd >= 0) ::close(fd);
            }
        }
    };
    [[noreturn]] void become(const Bench& bench, const std::string& program,
                             Surroundings surroundings, const Ends& ends, char* const* environment,
                             pid_t parent);
    /// Ends it if what it was asked last takes too long; its stack first, if it can.
    void watch(Duration cpu_limit, Duration stuck_limit);
    /// The process has hung up: how it died.
    [[nodiscard]] Death bury();
    /// It hung up before it could begin: why, as far as it said.
    [[nodiscard]] core::Error stillborn();
};

core::Result<void> Elsewhere::Process::start(const Bench& bench, const std::string& program,
                                             Surroundings surroundings) {
    const auto failed = [](std::string_view doing) {
        return core::fail(ErrorKind::io, fmt::format("{}: {}", doing, std::strerror(errno)));
    };
    Ends ends;
    int to_them[2];
    int to_us[2];
    if (::pipe2(to_them, O_CLOEXEC) != 0) return failed("making a pipe for a worker");
    ends.requests = to_them[0];
    requests = to_them[1];
    if (::pipe2(to_us, O_CLOEXEC) != 0) return failed("making a pipe for a worker");
    replies = to_us[0];
    ends.replies = to_us[1];
    output = open_last_words();
    ends.words = ::memfd_create("stormproof-last-words", MFD_CLOEXEC);
    void* memory = MAP_FAILED;
    if (ends.words >= 0 && ::ftruncate(ends.words, sizeof(LastWords)) == 0) {
        memory =
            ::mmap(nullptr, sizeof(LastWords), PROT_READ | PROT_WRITE, MAP_SHARED, ends.words, 0);
    }
    if (memory == MAP_FAILED) return failed("sharing memory with a worker");
    words = static_cast<LastWords*>(memory);
    const auto texts = altered_environment();
    std::vector<char*> environment;
    for (const auto& text : texts) environment.push_back(const_cast<char*>(text.c_str()));
    environment.push_back(nullptr);
    warm_up_stack_traces();
    std::fflush(nullptr);
    const pid_t parent = getpid();
    pid = ::fork();
    if (pid == 0) {
        become(bench, program, surroundings, ends, environment.data(), parent);
    }
    if (pid < 0) {
        pid = 0;
        return failed("starting a worker");
    }
    return {};
}

void Elsewhere::Process::become(const Bench& bench, const std::string& program,
                                Surroundings surroundings, const Ends& ends,
                                char* const* environment, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) _exit(0);
    leave_signals_to_parent();
    redirect_output(output);
    if (surroundings == Surroundings::altered && !program.empty()) {
        // First out of the way of each other, then into place.
        const int a = ::fcntl(ends.requests, F_DUPFD_CLOEXEC, words_fd + 1);
        const int b = ::fcntl(ends.replies, F_DUPFD_CLOEXEC, words_fd + 1);
        const int c = ::fcntl(ends.words, F_DUPFD_CLOEXEC, words_fd + 1);
        if (::dup2(a, requests_fd) < 0 || ::dup2(b, replies_fd) < 0 || ::dup2(c, words_fd) < 0) {
            _exit(70);
        }
        [[maybe_unused]] const int moved = ::chdir("/");
        const std::string command(worker_command);
        char* arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(command.c_str()),
                             nullptr};
        ::execve(program.c_str(), arguments, environment);
        _exit(70);
    }
    ::close(requests);
    ::close(replies);
    install_death_handlers(words);
    const bool altered = surroundings == Surroundings::altered;
    if (altered) alter_process();
    _exit(serve(bench, ends.requests, ends.replies, altered ? fill : same_fill));
}

void Elsewhere::Process::watch(Duration cpu_limit, Duration stuck_limit) {
    const Duration cpu = cpu_time(pid);
    const bool stuck = !looping && pulse.stuck(pid, words->pulse, cpu, stuck_limit);
    const bool long_cpu = stuck || cpu - cpu_at > cpu_limit;
    if (!long_cpu && real_time() - real_at <= real_limit) return;
    ::kill(pid, looping ? SIGKILL : SIGXCPU);
    looping = true;
    cpu_at = cpu - cpu_limit + core::seconds(1);
    real_at += core::seconds(1);
}

Death Elsewhere::Process::bury() {
    const int status = reap(pid, *words);
    pid = 0;
    Death death = describe_death(status, looping, *words, read_output(output));
    death.outside = !looping && !words->closed && ended_from_outside(status);
    return death;
}

core::Error Elsewhere::Process::stillborn() {
    const int status = reap(pid, *words);
    pid = 0;
    std::string why = WIFSIGNALED(status) ? fmt::format("by signal {}", WTERMSIG(status))
                                          : fmt::format("with {}", WEXITSTATUS(status));
    const auto said = read_output(output);
    if (!said.empty()) why += ": " + said;
    return {ErrorKind::io,
            "starting a worker: it ended " + why +
                ", before it began (are descriptors, processes "
                "or memory short?)",
            {}};
}

Elsewhere::Elsewhere(const Bench& bench, std::string program, Surroundings surroundings,
                     Duration cpu_limit, Duration stuck_limit)
    : bench_(bench),
      program_(std::move(program)),
      surroundings_(surroundings),
      cpu_limit_(cpu_limit),
      stuck_limit_(stuck_limit) {}

Elsewhere::~Elsewhere() = default;

Duration Elsewhere::used() const { return process_ ? cpu_time(process_->pid) : Duration{}; }

void Elsewhere::renew() { process_.reset(); }

core::Result<void> Elsewhere::ask(const Probe& probe) {
    if (!process_) {
        process_ = std::make_unique<Process>();
        if (auto started = process_->start(bench_, program_, surroundings_); !started) {
            process_.reset();
            return started;
        }
    }
    PackedRequest request;
    request.plan = fault::to_json(probe.plan);
    request.seed = probe.seed;
    request.world = probe.run.world;
    if (!probe.run.directory.empty()) {
        request.directory = std::filesystem::absolute(probe.run.directory).string();
    }
    request.sabotage = probe.run.sabotage;
    request.first = probe.run.witness.first;
    request.last = probe.run.witness.last;
    process_->cpu_at = cpu_time(process_->pid);
    process_->real_at = real_time();
    process_->real_limit = cpu_limit_ * 3 + probe.plan.chaos + probe.plan.settle;
    process_->looping = false;
    process_->pulse.begin(process_->cpu_at);
    trim_output(process_->output);
    *process_->words = {};
    // If it has hung up already, answer() says how it died.
    static_cast<void>(send_message(process_->requests, request));
    return {};
}

core::Result<std::optional<Reading>> Elsewhere::answer(Duration patience) {
    pollfd fd{process_->replies, POLLIN, 0};
    const int ready = ::poll(&fd, 1, static_cast<int>(patience.ns / 1'000'000));
    if (ready <= 0) {
        process_->watch(cpu_limit_, stuck_limit_);
        return std::optional<Reading>{};
    }
    if (!process_->greeted) {
        std::uint32_t word = 0;
        process_->greeted = receive_all(process_->replies, &word, sizeof word) && word == greeting;
        if (process_->greeted) return std::optional<Reading>{};
        auto error = process_->stillborn();
        process_.reset();
        return std::unexpected(std::move(error));
    }
    Reading reading;
    auto packed = receive_message<PackedReading>(process_->replies);
    if (!packed) {
        reading.death = std::make_unique<Death>(process_->bury());
        process_.reset();
        return std::optional(std::move(reading));
    }
    if (packed->failed) {
        return core::fail(static_cast<ErrorKind>(packed->error_kind), packed->error);
    }
    reading.digest = packed->digest;
    reading.events = packed->events;
    reading.ladder = std::move(packed->ladder);
    for (auto& finding : packed->findings) reading.findings.push_back(unpack(std::move(finding)));
    for (auto& step : packed->steps) {
        reading.steps.push_back({step.event, step.at, std::move(step.who), std::move(step.what),
                                 std::move(step.value), step.digest});
    }
    return std::optional(std::move(reading));
}

core::Result<Reading> Elsewhere::run(const Probe& probe) {
    STORM_CHECK(ask(probe));
    for (unsigned killed = 0;;) {
        STORM_TRY(auto reading, answer(core::milliseconds(50)));
        if (!reading) continue;
        const bool outside = reading->death && reading->death->outside;
        if (!outside || ++killed == outside_max) return std::move(*reading);
        STORM_CHECK(ask(probe));
    }
}

}  // namespace storm::runner
