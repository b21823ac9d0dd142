// local/posix.h - the few system calls this world is made of, with owners.
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "core/result.h"
#include "core/time.h"

namespace storm::local {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { reset(); }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// The name of errno: "ENOENT".
[[nodiscard]] std::string errno_name(int error = errno);
/// The machine's monotonic clock.
[[nodiscard]] std::int64_t monotonic_ns();
/// A number that no other run on this machine has, by accident; no secret.
[[nodiscard]] std::uint64_t run_number();

/// A UDP socket on 127.0.0.1, non-blocking, on a free port.
[[nodiscard]] core::Result<Fd> loopback_socket(std::uint16_t& port);
/// Two connected sockets that keep messages apart, in order and reliably.
[[nodiscard]] core::Result<std::pair<Fd, Fd>> channel();

/// waitpid for one child; repeats when interrupted. The pid, 0 or -1, as waitpid.
pid_t wait_for(pid_t pid, int& status, int options);
/// The state letter of /proc/PID/stat ('R', 'S', 'T', ...); 0 where there is none.
[[nodiscard]] char process_state(pid_t pid);
/// Closes every descriptor but 0, 1, 2 and these.
void close_all_but(std::initializer_list<int> kept);

}  // namespace storm::local
