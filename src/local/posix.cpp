#include "local/posix.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/dice.h"

namespace storm::local {

std::string errno_name(int error) {
    const char* name = strerrorname_np(error);
    return name != nullptr ? name : std::to_string(error);
}

std::int64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t run_number() {
    return core::combine(static_cast<std::uint64_t>(monotonic_ns()),
                         static_cast<std::uint64_t>(getpid()));
}

core::Result<Fd> loopback_socket(std::uint16_t& port) {
    Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (!fd.valid() || bind(fd.get(), plain, size) != 0 ||
        getsockname(fd.get(), plain, &size) != 0) {
        return core::fail(core::ErrorKind::io,
                          "cannot open a UDP socket on 127.0.0.1: " + errno_name());
    }
    const int wanted = 1 << 20;  // What the machine does not allow it cuts down.
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    port = ntohs(address.sin_port);
    return fd;
}

core::Result<std::pair<Fd, Fd>> channel() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return core::fail(core::ErrorKind::io, "cannot open a socket pair: " + errno_name());
    }
    return std::pair(Fd(pair[0]), Fd(pair[1]));
}

pid_t wait_for(pid_t pid, int& status, int options) {
    for (;;) {
        const pid_t ended = waitpid(pid, &status, options);
        if (ended >= 0 || errno != EINTR) return ended;
    }
}

char process_state(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[512];
    const auto size = file.valid() ? ::read(file.get(), text, sizeof text) : -1;
    if (size <= 0) return 0;
    const std::string_view line(text, static_cast<std::size_t>(size));
    const auto name_end = line.rfind(')');  // The program's name may hold anything.
    if (name_end == std::string_view::npos || name_end + 2 >= line.size()) return 0;
    return line[name_end + 2];
}

void close_all_but(std::initializer_list<int> kept) {
    std::vector<int> keep(kept);
    std::ranges::sort(keep);
    unsigned first = 3;
    for (const int fd : keep) {
        if (fd < static_cast<int>(first)) continue;
        if (fd > static_cast<int>(first)) close_range(first, static_cast<unsigned>(fd) - 1, 0);
        first = static_cast<unsigned>(fd) + 1;
    }
    close_range(first, ~0U, 0);
}

}  // namespace storm::local
