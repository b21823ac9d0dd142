// sim/leaky_systems_test.h - small systems whose runs depend on what they must not.
//
// For tests of the determinism proof, here and in runner: each plants one kind of leak in a
// node that otherwise pings its neighbour, and carries what it reads by one kind of effect (in
// a message, as a rule), so that it must show in the digest. "wall-clock" and "entropy" are
// caught by guards in the run itself; "static-state" by a second run in one process; the others
// only by a rerun in a process that differs in everything that must not matter. "none" leaks
// nothing.
#pragma once
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/pool.h"
#include "node/system.h"

namespace storm::sim {

struct Leaked {
    std::uint64_t what = 0;
    STORM_MESSAGE(Leaked, 1, what)
};

[[nodiscard]] inline std::vector<std::string> leaks() {
    return {"none",          "uninitialised", "stack-garbage", "pointer-order", "pointer-hash",
            "hash-order",    "frame-order",   "wall-clock",    "entropy",       "static-state",
            "working-place", "time-zone",     "locale",        "environment",   "rounding"};
}

/// The effects that can carry what leaked out of the node.
[[nodiscard]] inline std::vector<std::string> carriers() {
    return {"message",   "stray-message", "lost-message", "late-message", "file", "file-name",
            "file-size", "published",     "result",       "timer",        "log",  "dice"};
}

namespace leaky {

/// Bytes of fresh blocks that nobody wrote: as a coroutine frame or a heap object has them.
inline std::uint64_t uninitialised() {
    std::uint64_t bytes[32];
    void* block = core::pool_take(sizeof(bytes));
    std::memcpy(bytes, block, sizeof(bytes));
    core::pool_give(block, sizeof(bytes));
    auto* fresh = static_cast<unsigned char*>(::operator new(4096));
    const std::uint64_t heap = *const_cast<volatile unsigned char*>(fresh + 2048);
    ::operator delete(fresh);
    return bytes[20] ^ heap;
}
/// A local variable, deep in a large frame, that nobody wrote.
[[gnu::noinline]] inline std::uint64_t stack_garbage() {
    unsigned char block[64 << 10];
    auto* volatile seen = block;
    return const_cast<volatile unsigned char*>(seen)[100];
}
using Objects = std::vector<std::unique_ptr<std::uint64_t>>;
inline Objects some_objects(std::uint64_t count = 8) {
    Objects objects;
    for (std::uint64_t i = 0; i < count; ++i) objects.push_back(std::make_unique<std::uint64_t>(i));
    return objects;
}
/// Eight objects as a std::set of their addresses is walked.
inline std::uint64_t pointer_order() {
    const Objects objects = some_objects();
    std::set<const std::uint64_t*> sorted;
    for (const auto& each : objects) sorted.insert(each.get());
    std::uint64_t order = 0;
    for (const auto* each : sorted) order = order * 8 + *each;
    return order;
}
/// A hash over an address.
inline std::uint64_t pointer_hash() {
    const Objects objects = some_objects();
    return (reinterpret_cast<std::uintptr_t>(objects[0].get()) >> 4U) * 0x9e3779b97f4a7c15ULL;
}
/// The order in which a table hashed by address is walked.
inline std::uint64_t hash_order() {
    const Objects objects = some_objects(64);
    std::unordered_set<const std::uint64_t*> table;
    for (const auto& each : objects) table.insert(each.get());
    std::uint64_t order = 0;
    for (const auto* each : table) order = core::combine(order, *each);
    return order;
}
/// Which of two blocks of the kind that coroutine frames have lies lower.
inline std::uint64_t frame_order() {
    void* one = core::pool_take(1500);
    void* two = core::pool_take(1500);
    const bool ascending = std::less<>()(one, two);
    core::pool_give(two, 1500);
    core::pool_give(one, 1500);
    return ascending ? 1 : 0;
}
inline std::uint64_t static_state() {
    static std::uint64_t calls = 0;
    return ++calls;
}
inline std::uint64_t size_of_environment() {
    std::uint64_t size = 0;
    for (char** at = environ; *at != nullptr; ++at) size += std::strlen(*at);
    return size;
}
/// The functions here are those that no guard knows: those it knows are named in the run.
inline std::uint64_t working_place() {
    char* name = ::get_current_dir_name();
    const std::uint64_t key = core::key_of(std::string_view(name != nullptr ? name : ""));
    std::free(name);
    return key;
}
inline std::uint64_t time_zone() { return static_cast<std::uint64_t>(::timezone); }
inline std::uint64_t locale() {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 1.5);
    return static_cast<unsigned char>(text[1]);
}
inline std::uint64_t rounding() {
    volatile double third = 1.0;
    third = third / 3.0;
    return static_cast<std::uint64_t>(third * 1e17);
}

inline std::uint64_t read(std::string_view leak) {
    if (leak == "uninitialised") return uninitialised();
    if (leak == "stack-garbage") return stack_garbage();
    if (leak == "pointer-order") return pointer_order();
    if (leak == "pointer-hash") return pointer_hash();
    if (leak == "hash-order") return hash_order();
    if (leak == "frame-order") return frame_order();
    if (leak == "wall-clock") {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(now.count());
    }
    if (leak == "entropy") {
        std::uint64_t bits = 0;
        return getrandom(&bits, sizeof(bits), 0) == sizeof(bits) ? bits : 0;
    }
    if (leak == "static-state") return static_state();
    if (leak == "working-place") return working_place();
    if (leak == "time-zone") return time_zone();
    if (leak == "locale") return locale();
    if (leak == "environment") return size_of_environment();
    if (leak == "rounding") return rounding();
    return 0;
}

inline Task<> sleep_long(Io& io, std::uint64_t more) {
    co_await io.sleep(3600_s + core::nanoseconds(static_cast<std::int64_t>(more & 0xffffU)));
}

inline Task<> carry(Io& io, std::string carrier, std::uint64_t what) {
    if (carrier == "stray-message") {
        io.send(core::Id::node(7), Leaked{what});  // There is none.
    } else if (carrier.ends_with("message")) {
        io.send(core::Id::node(1), Leaked{what});  // Lost or late if the plan says so.
    }
    if (carrier == "published") io.publish("leak", what);
    if (carrier == "log") io.log("saw {}", what);
    if (carrier == "timer") io.spawn("late", sleep_long(io, what));  // Never due in the run.
    if (carrier == "dice" && what % 2 == 1) static_cast<void>(io.dice());
    if (!carrier.starts_with("file")) co_return;
    auto file = co_await io.open(carrier == "file-name" ? std::to_string(what) : "leak");
    if (!file) co_return;
    if (carrier == "file-size") (void)co_await file->truncate(what & 0xffffU);
    if (carrier == "file") (void)co_await file->write(0, core::to_bytes(what));
}

inline Task<> run(Io& io, std::string leak, std::string carrier) {
    for (;;) {
        if (io.self().index() == 0 && carrier != "result") {
            co_await carry(io, carrier, read(leak));
            co_await io.sleep(10_ms);
        } else {
            (void)co_await io.receive();
        }
    }
}

inline Task<core::Result<Value>> read_once(Io& io, std::string leak) {
    co_await io.sleep(1_ms);
    co_return Value(read(leak));
}

}  // namespace leaky

/// Two nodes, and an operation "read" that does nothing but read the leak. Requires: `leak` is one
/// of leaks(), `carrier` one of carriers().
[[nodiscard]] inline node::System leaky_system(std::string leak, std::string carrier = "message") {
    node::System system;
    system.name = "leaky-" + leak;
    system.summary = "A node that depends on what it must not: " + leak + ".";
    system.nodes = 2;
    system.nodes_min = 2;
    system.start = [=](Io& io, const node::Options&) { return leaky::run(io, leak, carrier); };
    node::Operation read;
    read.name = "read";
    read.generate = [](core::Dice&, std::uint32_t, std::uint32_t) { return Value(); };
    read.run = [=](Io& io, const node::Options&, Value) {
        return leaky::read_once(io, carrier == "result" ? leak : "none");
    };
    system.operations.push_back(read);
    return system;
}

}  // namespace storm::sim
