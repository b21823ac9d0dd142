#include "core/guard.h"

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "core/context.h"
#include "core/require.h"
#include "core/stack.h"

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define STORM_GUARDED(X)
#else
// X(result, name, symbol, parameters, arguments, what it is): the functions, by what a node
// should have asked Io for. Parameters are written as the ABI passes them, so that no libc
// header is needed and none can disagree; where C has "..." all that can follow is passed on.
#define STORM_GUARDED_CLOCKS(X)                                                                   \
    X(int, clock_gettime, "clock_gettime", (int clock, void* to), (clock, to), clock_name(clock)) \
    X(int, gettimeofday, "gettimeofday", (void* to, void* zone), (to, zone), "the wall clock")    \
    X(long, time, "time", (long* to), (to), "the wall clock")                                     \
    X(int, timespec_get, "timespec_get", (void* to, int base), (to, base), "the wall clock")      \
    X(long, clock, "clock", (), (), "a CPU clock")                                                \
    X(int, getrusage, "getrusage", (int who, void* to), (who, to), "a CPU clock")                 \
    X(long, times, "times", (void* to), (to), "a CPU clock")                                      \
    X(void*, localtime, "localtime", (const long* t), (t), "the machine's time zone")             \
    X(void*, localtime_r, "localtime_r", (const long* t, void* to), (t, to),                      \
      "the machine's time zone")                                                                  \
    X(long, mktime, "mktime", (void* t), (t), "the machine's time zone")
#define STORM_GUARDED_SLEEPS(X)                                                                   \
    X(int, clock_nanosleep, "clock_nanosleep", (int c, int f, const void* t, void* left),         \
      (c, f, t, left), "sleeping for real")                                                       \
    X(int, nanosleep, "nanosleep", (const void* t, void* left), (t, left), "sleeping for real")   \
    X(int, usleep, "usleep", (unsigned us), (us), "sleeping for real")                            \
    X(unsigned, sleep, "sleep", (unsigned s), (s), "sleeping for real")                           \
    X(int, poll, "poll", (void* fds, unsigned long n, int ms), (fds, n, ms), "waiting for real")  \
    X(int, select, "select", (int n, void* r, void* w, void* e, void* t), (n, r, w, e, t),        \
      "waiting for real")                                                                         \
    X(int, epoll_wait, "epoll_wait", (int fd, void* to, int n, int ms), (fd, to, n, ms),          \
      "waiting for real")                                                                         \
    X(int, ppoll, "ppoll", (void* fds, unsigned long n, const void* t, const void* m),            \
      (fds, n, t, m), "waiting for real")                                                         \
    X(int, pselect, "pselect", (int n, void* r, void* w, void* e, const void* t, const void* m),  \
      (n, r, w, e, t, m), "waiting for real")                                                     \
    X(int, thrd_sleep, "thrd_sleep", (const void* t, void* left), (t, left), "sleeping for real") \
    X(int, sem_wait, "sem_wait", (void* s), (s), "waiting for real")                              \
    X(int, sem_timedwait, "sem_timedwait", (void* s, const void* t), (s, t), "waiting for real")  \
    X(int, sem_clockwait, "sem_clockwait", (void* s, int c, const void* t), (s, c, t),            \
      "waiting for real")
#define STORM_GUARDED_ENTROPY(X)                                                                  \
    X(long, getrandom, "getrandom", (void* to, std::size_t n, unsigned f), (to, n, f), "entropy") \
    X(int, getentropy, "getentropy", (void* to, std::size_t n), (to, n), "entropy")               \
    X(std::uint32_t, arc4random, "arc4random", (), (), "entropy")                                 \
    X(void, arc4random_buf, "arc4random_buf", (void* to, std::size_t n), (to, n), "entropy")      \
    X(std::uint32_t, arc4random_uniform, "arc4random_uniform", (std::uint32_t n), (n), "entropy") \
    X(unsigned, random_device, "_ZNSt13random_device9_M_getvalEv", (void* self), (self),          \
      "std::random_device")                                                                       \
    X(int, rand, "rand", (), (), "a generator that all nodes and runs share")                     \
    X(long, random, "random", (), (), "a generator that all nodes and runs share")                \
    X(long, lrand48, "lrand48", (), (), "a generator that all nodes and runs share")              \
    X(long, mrand48, "mrand48", (), (), "a generator that all nodes and runs share")              \
    X(double, drand48, "drand48", (), (), "a generator that all nodes and runs share")            \
    X(int, getpid, "getpid", (), (), "another number in every run")                               \
    X(int, gettid, "gettid", (), (), "another number in every run")                               \
    X(int, getppid, "getppid", (), (), "another number in every run")
#define STORM_GUARDED_FILES(X)                                                                    \
    X(int, open, "open", (const char* p, int f, unsigned m), (p, f, m), "a real file")            \
    X(int, open64, "open64", (const char* p, int f, unsigned m), (p, f, m), "a real file")        \
    X(int, open_2, "__open_2", (const char* p, int f), (p, f), "a real file")                     \
    X(int, open64_2, "__open64_2", (const char* p, int f), (p, f), "a real file")                 \
    X(int, openat, "openat", (int d, const char* p, int f, unsigned m), (d, p, f, m),             \
      "a real file")                                                                              \
    X(int, openat64, "openat64", (int d, const char* p, int f, unsigned m), (d, p, f, m),         \
      "a real file")                                                                              \
    X(int, creat, "creat", (const char* p, unsigned m), (p, m), "a real file")                    \
    X(void*, fopen, "fopen", (const char* p, const char* m), (p, m), "a real file")               \
    X(void*, fopen64, "fopen64", (const char* p, const char* m), (p, m), "a real file")           \
    X(void*, opendir, "opendir", (const char* p), (p), "a real directory")                        \
    X(int, stat, "stat", (const char* p, void* to), (p, to), "a real file")                       \
    X(int, unlink, "unlink", (const char* p), (p), "a real file")                                 \
    X(int, remove, "remove", (const char* p), (p), "a real file")                                 \
    X(int, rename, "rename", (const char* p, const char* q), (p, q), "a real file")               \
    X(int, mkdir, "mkdir", (const char* p, unsigned m), (p, m), "a real directory")               \
    X(int, lstat, "lstat", (const char* p, void* to), (p, to), "a real file")                     \
    X(int, fstat, "fstat", (int fd, void* to), (fd, to), "a real file")                           \
    X(int, fstatat, "fstatat", (int d, const char* p, void* to, int f), (d, p, to, f),            \
      "a real file")                                                                              \
    X(int, statx, "statx", (int d, const char* p, int f, unsigned m, void* to), (d, p, f, m, to), \
      "a real file")                                                                              \
    X(int, access, "access", (const char* p, int m), (p, m), "a real file")                       \
    X(int, faccessat, "faccessat", (int d, const char* p, int m, int f), (d, p, m, f),            \
      "a real file")                                                                              \
    X(long, readlink, "readlink", (const char* p, char* to, std::size_t n), (p, to, n),           \
      "a real file")                                                                              \
    X(int, truncate, "truncate", (const char* p, long n), (p, n), "a real file")                  \
    X(int, ftruncate, "ftruncate", (int fd, long n), (fd, n), "a real file")                      \
    X(int, link, "link", (const char* p, const char* q), (p, q), "a real file")                   \
    X(int, symlink, "symlink", (const char* p, const char* q), (p, q), "a real file")             \
    X(int, rmdir, "rmdir", (const char* p), (p), "a real file")                                   \
    X(int, chdir, "chdir", (const char* p), (p), "a real file")                                   \
    X(int, mkstemp, "mkstemp", (char* p), (p), "a real file")                                     \
    X(void*, mkdtemp, "mkdtemp", (char* p), (p), "a real file")                                   \
    X(void*, tmpfile, "tmpfile", (), (), "a real file")                                           \
    X(long, read, "read", (int fd, void* to, std::size_t n), (fd, to, n), "a real file")          \
    X(long, write, "write", (int fd, const void* from, std::size_t n), (fd, from, n),             \
      "a real file")                                                                              \
    X(long, pread, "pread", (int fd, void* to, std::size_t n, long at), (fd, to, n, at),          \
      "a real file")                                                                              \
    X(long, pwrite, "pwrite", (int fd, const void* from, std::size_t n, long at),                 \
      (fd, from, n, at), "a real file")                                                           \
    X(int, scandir, "scandir", (const char* p, void* to, void* pick, void* order),                \
      (p, to, pick, order), "a real directory")
#define STORM_GUARDED_MACHINE(X)                                                                 \
    X(char*, getenv, "getenv", (const char* n), (n), "the environment")                          \
    X(char*, secure_getenv, "secure_getenv", (const char* n), (n), "the environment")            \
    X(char*, getcwd, "getcwd", (char* to, std::size_t n), (to, n), "the working directory")      \
    X(int, gethostname, "gethostname", (char* to, std::size_t n), (to, n), "the machine's name") \
    X(int, uname, "uname", (void* to), (to), "the machine's name")                               \
    X(int, sysinfo, "sysinfo", (void* to), (to), "the machine's load")                           \
    X(int, getloadavg, "getloadavg", (double* to, int n), (to, n), "the machine's load")         \
    X(int, getifaddrs, "getifaddrs", (void* to), (to), "the machine's network")                  \
    X(int, get_nprocs, "get_nprocs", (), (), "the machine's processors")                         \
    X(int, sched_getaffinity, "sched_getaffinity", (int p, std::size_t n, void* to), (p, n, to), \
      "the machine's processors")                                                                \
    X(int, sched_getcpu, "sched_getcpu", (), (), "the machine's processors")                     \
    X(long, sysconf, "sysconf", (int what), (what), sysconf_name(what))
#define STORM_GUARDED_REST(X)                                                                     \
    X(int, socket, "socket", (int d, int t, int p), (d, t, p), "a real socket")                   \
    X(int, socketpair, "socketpair", (int d, int t, int p, void* to), (d, t, p, to),              \
      "a real socket")                                                                            \
    X(int, getaddrinfo, "getaddrinfo", (const char* n, const char* s, const void* h, void* to),   \
      (n, s, h, to), "real name resolution")                                                      \
    X(int, pthread_create, "pthread_create",                                                      \
      (void* to, const void* a, void* (*run)(void*), void* with), (to, a, run, with), "a thread") \
    X(int, system, "system", (const char* line), (line), "a process")                             \
    X(void*, popen, "popen", (const char* line, const char* m), (line, m), "a process")           \
    X(int, posix_spawn, "posix_spawn",                                                            \
      (void* to, const char* p, const void* f, const void* a, void* argv, void* env),             \
      (to, p, f, a, argv, env), "a process")                                                      \
    X(int, posix_spawnp, "posix_spawnp",                                                          \
      (void* to, const char* p, const void* f, const void* a, void* argv, void* env),             \
      (to, p, f, a, argv, env), "a process")                                                      \
    X(long, syscall, "syscall", (long n, long a, long b, long c, long d, long e, long f),         \
      (n, a, b, c, d, e, f), syscall_name(n))
#define STORM_GUARDED(X)     \
    STORM_GUARDED_CLOCKS(X)  \
    STORM_GUARDED_SLEEPS(X)  \
    STORM_GUARDED_ENTROPY(X) \
    STORM_GUARDED_FILES(X)   \
    STORM_GUARDED_MACHINE(X) \
    STORM_GUARDED_REST(X)
#endif

namespace storm::core {
namespace {

enum Guarded : std::size_t {
#define STORM_INDEX(result, name, ...) guarded_##name,
    STORM_GUARDED(STORM_INDEX)
#undef STORM_INDEX
        guarded_count
};

constexpr const char* symbols[guarded_count + 1] = {
#define STORM_SYMBOL(result, name, symbol, ...) symbol,
    STORM_GUARDED(STORM_SYMBOL)
#undef STORM_SYMBOL
        nullptr};

/// Where the call goes on to: the next definition after ours, libc's.
void* real(std::size_t index) {
    static constinit std::atomic<void*> found[guarded_count + 1];
    void* function = found[index].load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
        function = dlsym(RTLD_NEXT, symbols[index]);
        found[index].store(function, std::memory_order_relaxed);
    }
    return function;
}

[[maybe_unused]] const char* clock_name(int clock) {
    switch (clock) {
        case 0:  // CLOCK_REALTIME, _COARSE, _ALARM, CLOCK_TAI
        case 5:
        case 8:
        case 11:
            return "the wall clock";
        case 1:  // CLOCK_MONOTONIC, _RAW, _COARSE, CLOCK_BOOTTIME, _ALARM
        case 4:
        case 6:
        case 7:
        case 9:
            return "the machine's monotonic clock";
        default:
            return "a CPU clock";
    }
}

/// Null for what is not told: libstdc++ wakes waiters with a bare futex call.
[[maybe_unused]] const char* syscall_name(long number) {
#if defined(__x86_64__)
    constexpr long futex = 202;
#else
    constexpr long futex = 98;
#endif
    return number == futex ? nullptr : "a raw system call";
}

/// Null for what is the same on all machines that run this program: pages, limits of names.
[[maybe_unused]] const char* sysconf_name(int what) {
    return what == 83 || what == 84 ? "the machine's processors" : nullptr;
}

/// Tells the hooks, which are off meanwhile: what they call is not the node's doing.
[[gnu::noinline, maybe_unused]] void tell(std::string_view function, const char* what) {
    if (what == nullptr) return;
    CodeHooks* hooks = std::exchange(context.hooks, nullptr);
    char text[128];
    std::size_t size = 0;
    for (const std::string_view part :
         {function, std::string_view(" ("), std::string_view(what), std::string_view(")")}) {
        size += part.copy(text + size, sizeof text - size);
    }
    hooks->leaked({text, size});
    context.hooks = hooks;
}

}  // namespace
}  // namespace storm::core

// Weak, for programs that bring one of these themselves: linked statically with libstdc++, say.
#define STORM_DEFINE_GUARD(result, name, symbol, parameters, arguments, what)        \
    extern "C" result storm_guard_##name parameters __asm__(symbol);                 \
    extern "C" [[gnu::used, gnu::weak,                                               \
                 gnu::visibility("default")]] result storm_guard_##name parameters { \
        using namespace storm::core;                                                 \
        if (context.hooks != nullptr) [[unlikely]] {                                 \
            tell(#name, what);                                                       \
        }                                                                            \
        void* function = real(guarded_##name);                                       \
        STORM_REQUIRE(function != nullptr, symbols[guarded_##name]);                 \
        return reinterpret_cast<decltype(&storm_guard_##name)>(function) arguments;  \
    }
STORM_GUARDED(STORM_DEFINE_GUARD)

#if defined(STORM_GUARDED_CLOCKS)
// A child of a worker would go on as a second one, over the same channel: it is told and not made.
namespace storm::core {
namespace {
int refuse_or_fork(const char* function) {
    if (context.hooks != nullptr) [[unlikely]] {
        tell(function, "a process");
        errno = EAGAIN;
        return -1;
    }
    static const auto real_fork = reinterpret_cast<int (*)()>(dlsym(RTLD_NEXT, "fork"));
    STORM_REQUIRE(real_fork != nullptr);
    return real_fork();
}
}  // namespace
}  // namespace storm::core
extern "C" int storm_guard_fork() __asm__("fork");
extern "C" [[gnu::used, gnu::weak, gnu::visibility("default")]] int storm_guard_fork() {
    return storm::core::refuse_or_fork("fork");
}
// No function can stand between vfork and who calls it: the child would return into a frame that
// is gone. A fork does all that may be asked of it.
extern "C" int storm_guard_vfork() __asm__("vfork");
extern "C" [[gnu::used, gnu::weak, gnu::visibility("default")]] int storm_guard_vfork() {
    return storm::core::refuse_or_fork("vfork");
}

// No leak: an exception that leaves a node is caught where the stack has been unwound already.
extern "C" [[noreturn]] void storm_guard_throw(void* thrown, void* type,
                                               void (*destroy)(void*)) __asm__("__cxa_throw");
extern "C" [[gnu::used, gnu::weak, gnu::visibility("default"), noreturn]] void storm_guard_throw(
    void* thrown, void* type, void (*destroy)(void*)) {
    using namespace storm::core;
    if (context.hooks != nullptr) {
        const HooksOff off;
        last_throw() = stack_here();
    }
    void* function = dlsym(RTLD_NEXT, "__cxa_throw");
    STORM_REQUIRE(function != nullptr);
    reinterpret_cast<decltype(&storm_guard_throw)>(function)(thrown, type, destroy);
    __builtin_unreachable();
}
#endif

namespace storm::core {
namespace {

/// Stands in for a node.
class Probe final : public CodeHooks {
public:
    bool maybe(const CodeSite&) override { return false; }
    void property(const CodeSite&, bool) override {}
    void leaked(std::string_view) override { ++leaks; }
    void allocated(std::ptrdiff_t bytes) override { most = bytes > most ? bytes : most; }
    int leaks = 0;
    std::ptrdiff_t most = 0;
};

}  // namespace

bool guards_installed() {
    static_cast<void>(stack_here());  // Loads what it needs.
    static_cast<void>(process_guarded());
    for (std::size_t i = 0; i < guarded_count; ++i) static_cast<void>(real(i));
    Probe probe;
    CodeHooks* before = std::exchange(context.hooks, &probe);
    // Through the shared libstdc++, as node code would.
    static_cast<void>(std::chrono::system_clock::now());
    context.hooks = before;
    return probe.leaks == 1;
}

bool memory_counted() {
    Probe probe;
    CodeHooks* before = std::exchange(context.hooks, &probe);
    void* block = ::operator new(1000);
    ::operator delete(block);
    context.hooks = before;
    return probe.most >= 1000;
}

}  // namespace storm::core
