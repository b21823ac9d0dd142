// core/guard_process.cpp - nodes that lay hands on the process they run in.
//
// A node of a simulation shares its process with the bench. One that closes a descriptor of ours
// takes the result with it, one that exits takes the run, and one that sends itself a signal looks
// as if somebody else had. So these functions stand here, too (see guard.h): a close of what is not
// the node's is told and not done; an exit or a signal is said on stderr, and ends the process by
// an abort, whose stack shows who called.
#include <dlfcn.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "core/context.h"
#include "core/guard.h"
#include "core/require.h"

namespace storm::core {
namespace {

constexpr int watched = 1024;  // Descriptors; what lies above is nobody's.

/// A process has one table of descriptors. 0, 1 and 2 are everybody's, so no node's.
std::array<std::atomic<std::uint64_t>, watched / 64>& owned() {
    static constinit std::array<std::atomic<std::uint64_t>, watched / 64> table{7};
    return table;
}

[[maybe_unused]] bool is_ours(int fd) {
    if (fd < 0 || fd >= watched) return false;
    const auto at = static_cast<unsigned>(fd);
    return (owned()[at / 64].load(std::memory_order_relaxed) >> (at % 64) & 1U) != 0;
}

[[maybe_unused]] bool any_ours(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last && fd < watched; ++fd) {
        if (is_ours(static_cast<int>(fd))) return true;
    }
    return false;
}

}  // namespace

void own_descriptor(int fd) {
    if (fd < 0 || fd >= watched) return;
    const auto at = static_cast<unsigned>(fd);
    owned()[at / 64].fetch_or(std::uint64_t{1} << (at % 64));
}
void disown_descriptor(int fd) {
    if (fd < 3 || fd >= watched) return;
    const auto at = static_cast<unsigned>(fd);
    owned()[at / 64].fetch_and(~(std::uint64_t{1} << (at % 64)));
}

}  // namespace storm::core

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
bool storm::core::process_guarded() { return false; }
#else

namespace storm::core {
namespace {

// Whom a call goes on to, asked for before the first node runs: a forked child, or a signal's
// handler, had better not ask the loader.
enum Kept : std::size_t {
    kept_close,
    kept_dup2,
    kept_dup3,
    kept_close_range,
    kept_closefrom,
    kept_fclose,  //
    kept_exit,
    kept_exit_now,
    kept_exit_c,
    kept_quick_exit,  //
    kept_kill,
    kept_raise,
    kept_pthread_kill,
    kept_tgkill,
    kept_killpg,  //
    kept_count
};
constexpr const char* kept_names[kept_count] = {
    "close", "dup2",  "dup3",         "close_range", "closefrom", "fclose",  //
    "exit",  "_exit", "_Exit",        "quick_exit",                          //
    "kill",  "raise", "pthread_kill", "tgkill",      "killpg"};

template <class Function>
Function* kept(Kept index) {
    static constinit std::atomic<void*> found[kept_count];
    void* function = found[index].load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
        function = dlsym(RTLD_NEXT, kept_names[index]);
        found[index].store(function, std::memory_order_relaxed);
    }
    STORM_REQUIRE(function != nullptr, kept_names[index]);
    return reinterpret_cast<Function*>(function);
}

bool in_node() { return context.hooks != nullptr; }

/// What a node must not close: told, and not done.
void tell_close(const char* function) {
    CodeHooks* hooks = context.hooks;
    const HooksOff off;
    char text[96];
    const int size = std::snprintf(text, sizeof text, "%s (a descriptor of the bench)", function);
    hooks->leaked({text, static_cast<std::size_t>(size)});
}

/// A signal that says of itself what went wrong: a stack trace names who raised it.
bool speaks_for_itself(int number) {
    return number == 0 || number == 4 || number == 5 || number == 6 || number == 7 || number == 8 ||
           number == 11;  // None, ILL, TRAP, ABRT, BUS, FPE, SEGV.
}

[[noreturn, gnu::noinline]] void end_by_exit(const char* function, int code) {
    char text[64];
    std::snprintf(text, sizeof text, "%s(%d)", function, code);
    node_ended(exit_mark, text);
}
[[gnu::noinline]] void before_signal(const char* function, int number) {
    if (!in_node() || speaks_for_itself(number)) return;
    char text[64];
    std::snprintf(text, sizeof text, "%s, signal %d", function, number);
    node_ended(signal_mark, text);
}

}  // namespace

bool process_guarded() {
    for (std::size_t i = 0; i < kept_count; ++i) {
        static_cast<void>(kept<void()>(static_cast<Kept>(i)));
    }
    // A process that a node forks is no node: what it does to itself is its own affair.
    static const int registered = pthread_atfork(nullptr, nullptr, [] { context.hooks = nullptr; });
    static_cast<void>(registered);
    return true;
}

}  // namespace storm::core

// As in guard.cpp: by the names and the ways of the ABI, and weak.
#define STORM_STANDS_FOR(result, name, symbol, parameters)           \
    extern "C" result storm_guard_##name parameters __asm__(symbol); \
    extern "C"                                                       \
        [[gnu::used, gnu::weak, gnu::visibility("default")]] result storm_guard_##name parameters

using namespace storm::core;

STORM_STANDS_FOR(int, close, "close", (int fd)) {
    if (in_node() && is_ours(fd)) return tell_close("close"), -1;
    return kept<int(int)>(kept_close)(fd);
}
STORM_STANDS_FOR(int, dup2, "dup2", (int from, int to)) {
    if (in_node() && is_ours(to)) return tell_close("dup2"), -1;
    return kept<int(int, int)>(kept_dup2)(from, to);
}
STORM_STANDS_FOR(int, dup3, "dup3", (int from, int to, int flags)) {
    if (in_node() && is_ours(to)) return tell_close("dup3"), -1;
    return kept<int(int, int, int)>(kept_dup3)(from, to, flags);
}
STORM_STANDS_FOR(int, close_range, "close_range", (unsigned first, unsigned last, int flags)) {
    if (in_node() && any_ours(first, last)) return tell_close("close_range"), -1;
    return kept<int(unsigned, unsigned, int)>(kept_close_range)(first, last, flags);
}
STORM_STANDS_FOR(void, closefrom, "closefrom", (int first)) {
    const auto from = static_cast<unsigned>(first < 0 ? 0 : first);
    if (in_node() && any_ours(from, watched)) return tell_close("closefrom");
    kept<void(int)>(kept_closefrom)(first);
}
STORM_STANDS_FOR(int, fclose, "fclose", (std::FILE * file)) {
    const bool standard = file == stdin || file == stdout || file == stderr;
    if (in_node() && standard) return tell_close("fclose"), -1;
    return kept<int(std::FILE*)>(kept_fclose)(file);
}

#define STORM_EXITS(name, symbol, index)               \
    STORM_STANDS_FOR(void, name, symbol, (int code)) { \
        if (in_node()) end_by_exit(symbol, code);      \
        kept<void(int)>(index)(code);                  \
        __builtin_unreachable();                       \
    }
STORM_EXITS(exit, "exit", kept_exit)
STORM_EXITS(exit_now, "_exit", kept_exit_now)
STORM_EXITS(exit_c, "_Exit", kept_exit_c)
STORM_EXITS(quick_exit, "quick_exit", kept_quick_exit)

STORM_STANDS_FOR(int, kill, "kill", (int process, int number)) {
    before_signal("kill", number);
    return kept<int(int, int)>(kept_kill)(process, number);
}
STORM_STANDS_FOR(int, raise, "raise", (int number)) {
    before_signal("raise", number);
    return kept<int(int)>(kept_raise)(number);
}
STORM_STANDS_FOR(int, pthread_kill, "pthread_kill", (unsigned long thread, int number)) {
    before_signal("pthread_kill", number);
    return kept<int(unsigned long, int)>(kept_pthread_kill)(thread, number);
}
STORM_STANDS_FOR(int, tgkill, "tgkill", (int group, int thread, int number)) {
    before_signal("tgkill", number);
    return kept<int(int, int, int)>(kept_tgkill)(group, thread, number);
}
STORM_STANDS_FOR(int, killpg, "killpg", (int group, int number)) {
    before_signal("killpg", number);
    return kept<int(int, int)>(kept_killpg)(group, number);
}
#endif
