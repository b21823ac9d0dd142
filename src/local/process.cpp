#include "local/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace storm::local {
namespace {

constexpr Duration site_pace = core::milliseconds(20);  // How late a count of sites may be.

class ChannelListener final : public Listener {
public:
    explicit ChannelListener(int channel) : channel_(channel) {}
    void tell(Report&& report) override {
        const core::HooksOff off;  // Whatever ends here is not the node's doing.
        auto bytes = core::to_bytes(report);
        if (put(bytes)) return;
        if (errno != EMSGSIZE) _exit(0);  // Nobody listens: the run is over.
        Report instead;
        instead.what = Told::log;
        instead.at = report.at;
        instead.text = "a report of " + std::to_string(bytes.size()) + " bytes was too large";
        if (bytes = core::to_bytes(instead); !put(bytes)) _exit(0);
    }

private:
    bool put(const std::vector<std::byte>& bytes) const {
        for (;;) {
            const auto sent = send(channel_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0) return true;
            if (errno != EINTR) return false;
        }
    }
    int channel_;
};

/// What the parent did about signals is not for this process.
void plain_signals() {
    for (const int number :
         {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2, SIGCHLD}) {
        signal(number, SIG_DFL);
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

timespec until(Instant when, Instant now) {
    const std::int64_t ns = std::max<std::int64_t>(when.ns - now.ns, 0);
    return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

[[noreturn]] void run_node(const Common& common, const NodeLife& life, int channel,
                           Counters& counters) {
    const std::uint64_t seed = core::context.seed;
    core::context = core::Context{};
    core::context.seed = seed;
    ChannelListener listener(channel);
    Host host(common, life.id, life.socket, counters, listener);
    if (auto opened = host.open_files(life.directory); !opened) {
        Report report;
        report.what = Told::breach;
        report.name = "no-crash";
        report.kind = "no directory";
        report.text = opened.error().text();
        listener.tell(std::move(report));
        _exit(1);
    }
    host.begin_life(life.incarnation, life.life);
    host.start(life.life, life.system.start(host.io(), life.options));
    Instant flushed{};
    for (;;) {
        int steps = 0;
        while (steps < 256 && host.step()) ++steps;
        const Instant now = common.now();
        if (host.sites_wait() == 2 || (host.sites_wait() == 1 && now - flushed >= site_pace)) {
            host.flush_sites();
            flushed = now;
        }
        Instant wake = steps == 256 ? now : host.next_due();
        if (host.sites_wait() != 0) wake = std::min(wake, flushed + site_pace);
        pollfd watched[2] = {{life.socket, POLLIN, 0}, {channel, 0, 0}};
        const timespec limit = until(wake, now);
        ppoll(watched, 2, wake == Instant::max() ? nullptr : &limit, nullptr);
        if (watched[0].revents != 0) host.readable();
        if (watched[1].revents != 0) _exit(0);  // The parent has ended.
    }
}

}  // namespace

core::Result<NodeProcess> fork_node(const Common& common, const NodeLife& life,
                                    Counters& counters) {
    STORM_TRY(auto ends, channel());
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        return core::fail(core::ErrorKind::io, "cannot start the process of " +
                                                   core::name_of(life.id) + ": " + errno_name());
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(0);  // It died before the line above.
        plain_signals();
        close_all_but({life.socket, ends.second.get()});
        run_node(common, life, ends.second.get(), counters);
    }
    fcntl(ends.first.get(), F_SETFL, O_NONBLOCK);
    return NodeProcess{pid, std::move(ends.first)};
}

core::Result<void> Warden::start(const std::string& directory) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return core::fail(core::ErrorKind::io, "cannot open a pipe: " + errno_name());
    }
    Fd ours(ends[1]);
    Fd theirs(ends[0]);
    pid_ = fork();
    if (pid_ < 0) return core::fail(core::ErrorKind::io, "cannot fork: " + errno_name());
    if (pid_ == 0) {
        setsid();
        plain_signals();
        for (const int fd : {0, 1, 2}) close(fd);
        close_all_but({theirs.get()});
        char byte = 0;
        while (read(theirs.get(), &byte, 1) < 0 && errno == EINTR) {
        }
        for (int tried = 0; tried < 200; ++tried) {  // A node may be writing its last.
            std::error_code error;
            std::filesystem::remove_all(directory, error);
            if (!error && !std::filesystem::exists(directory, error)) break;
            usleep(10'000);
        }
        _exit(0);
    }
    pipe_ = std::move(ours);
    return {};
}

void Warden::finish() {
    if (pid_ <= 0) return;
    pipe_.reset();
    int status = 0;
    wait_for(pid_, status, 0);
    pid_ = -1;
}

}  // namespace storm::local
