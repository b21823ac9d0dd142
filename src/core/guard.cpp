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
    X(int, getrusage, "getrusage", (int who, void* to), (who, to), "a CPU clock")
#define STORM_GUARDED_SLEEPS(X)                                                                  \
    X(int, clock_nanosleep, "clock_nanosleep", (int c, int f, const void* t, void* left),        \
      (c, f, t, left), "sleeping for real")                                                      \
    X(int, nanosleep, "nanosleep", (const void* t, void* left), (t, left), "sleeping for real")  \
    X(int, usleep, "usleep", (unsigned us), (us), "sleeping for real")                           \
    X(unsigned, sleep, "sleep", (unsigned s), (s), "sleeping for real")                          \
    X(int, poll, "poll", (void* fds, unsigned long n, int ms), (fds, n, ms), "waiting for real") \
    X(int, select, "select", (int n, void* r, void* w, void* e, void* t), (n, r, w, e, t),       \
      "waiting for real")                                                                        \
    X(int, epoll_wait, "epoll_wait", (int fd, void* to, int n, int ms), (fd, to, n, ms),         \
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
    X(int, getpid, "getpid", (), (), "another number in every run")
#define STORM_GUARDED_FILES(X)                                                             \
    X(int, open, "open", (const char* p, int f, unsigned m), (p, f, m), "a real file")     \
    X(int, open64, "open64", (const char* p, int f, unsigned m), (p, f, m), "a real file") \
    X(int, open_2, "__open_2", (const char* p, int f), (p, f), "a real file")              \
    X(int, open64_2, "__open64_2", (const char* p, int f), (p, f), "a real file")          \
    X(int, openat, "openat", (int d, const char* p, int f, unsigned m), (d, p, f, m),      \
      "a real file")                                                                       \
    X(int, openat64, "openat64", (int d, const char* p, int f, unsigned m), (d, p, f, m),  \
      "a real file")                                                                       \
    X(int, creat, "creat", (const char* p, unsigned m), (p, m), "a real file")             \
    X(void*, fopen, "fopen", (const char* p, const char* m), (p, m), "a real file")        \
    X(void*, fopen64, "fopen64", (const char* p, const char* m), (p, m), "a real file")    \
    X(void*, opendir, "opendir", (const char* p), (p), "a real directory")                 \
    X(int, stat, "stat", (const char* p, void* to), (p, to), "a real file")                \
    X(int, unlink, "unlink", (const char* p), (p), "a real file")                          \
    X(int, remove, "remove", (const char* p), (p), "a real file")                          \
    X(int, rename, "rename", (const char* p, const char* q), (p, q), "a real file")        \
    X(int, mkdir, "mkdir", (const char* p, unsigned m), (p, m), "a real directory")
#define STORM_GUARDED_REST(X)                                                                     \
    X(int, socket, "socket", (int d, int t, int p), (d, t, p), "a real socket")                   \
    X(int, socketpair, "socketpair", (int d, int t, int p, void* to), (d, t, p, to),              \
      "a real socket")                                                                            \
    X(int, getaddrinfo, "getaddrinfo", (const char* n, const char* s, const void* h, void* to),   \
      (n, s, h, to), "real name resolution")                                                      \
    X(int, pthread_create, "pthread_create",                                                      \
      (void* to, const void* a, void* (*run)(void*), void* with), (to, a, run, with), "a thread") \
    X(int, fork, "fork", (), (), "a process")                                                     \
    X(int, system, "system", (const char* line), (line), "a process")                             \
    X(void*, popen, "popen", (const char* line, const char* m), (line, m), "a process")           \
    X(int, posix_spawn, "posix_spawn",                                                            \
      (void* to, const char* p, const void* f, const void* a, void* argv, void* env),             \
      (to, p, f, a, argv, env), "a process")                                                      \
    X(long, syscall, "syscall", (long n, long a, long b, long c, long d, long e, long f),         \
      (n, a, b, c, d, e, f), syscall_name(n))
#define STORM_GUARDED(X)     \
    STORM_GUARDED_CLOCKS(X)  \
    STORM_GUARDED_SLEEPS(X)  \
    STORM_GUARDED_ENTROPY(X) \
    STORM_GUARDED_FILES(X)   \
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
