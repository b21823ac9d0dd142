// core/context.h - what is running on this thread right now: the one exemption from "no
// globals".
//
// A world sets the context around each dispatch into node code and clears it afterwards.
// Three kinds of readers need it where no argument can reach: code-point faults and
// properties in user code (node/points.h), STORM_REQUIRE (to print seed and world time),
// and the guards that catch a node reading the real clock, taking entropy or opening
// sockets, and count its memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/time.h"

namespace storm::core {

/// What kind of statement a property in the code makes; the field's words.
enum class PropertyKind : std::uint8_t {
    always,                 // True each time, and reached at least once.
    always_or_unreachable,  // True each time, if reached at all.
    sometimes,              // True at least once over all runs.
    reachable,              // Reached at least once over all runs.
    unreachable,            // Never reached.
};

/// One statement in the code; lives in the program image, its address is its identity within
/// one process and its message its name everywhere else.
struct CodeSite {
    const char* message;
    const char* file;
    int line;
    PropertyKind kind;
    bool is_maybe;  // A code-point fault, not a property.
};

/// Who answers code points while node code runs.
class CodeHooks {
public:
    virtual bool maybe(const CodeSite& site) = 0;
    virtual void property(const CodeSite& site, bool holds) = 0;
    /// The node asked the operating system for something a simulation must not depend on:
    /// "clock_gettime (the wall clock)". Called from inside that function, with hooks off; need
    /// not return. If it does, the function does its work.
    virtual void leaked(std::string_view function) = 0;
    /// The node allocated `bytes` (negative: freed) by operator new, or 0: the pool has grown under
    /// it (see pool_bytes). Must not allocate itself, unless it sets context.hooks to null before.
    virtual void allocated(std::ptrdiff_t bytes) = 0;

protected:
    ~CodeHooks() = default;
};

struct Context {
    std::uint64_t seed = 0;
    Instant now{};                 // World time.
    CodeHooks* hooks = nullptr;    // Null outside node code.
    const char* node = "";         // "n1", or "" outside.
    bool sealed = false;           // The incarnation has ended: draw nothing, do nothing.
    std::int64_t pool_bytes = 0;   // Coroutine frames that this dispatch took, less what it gave.
    std::uint64_t dispatches = 0;  // Into node code, ever: who asks twice sees if it gets on.
};

extern thread_local constinit Context context;

/// While it lives, what runs on this thread is not the node's doing: for a world's own work
/// inside a call that a node made.
class HooksOff {
public:
    HooksOff() : hooks_(std::exchange(context.hooks, nullptr)) {}
    HooksOff(const HooksOff&) = delete;
    HooksOff& operator=(const HooksOff&) = delete;
    ~HooksOff() { context.hooks = hooks_; }

private:
    CodeHooks* hooks_;
};

}  // namespace storm::core
