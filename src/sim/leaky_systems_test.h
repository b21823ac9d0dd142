// sim/leaky_systems_test.h - small systems whose runs depend on what they must not.
//
// For tests of the determinism proof, here and in runner: each plants one kind of leak in a
// node that otherwise pings its neighbour. What a leak reads goes into a message, so it shows in
// the digest. "wall-clock" and "entropy" are caught by guards in the run itself; "static-state"
// by a second run in one process; "uninitialised", "pointer-order" and "hash-order" only by a
// rerun in a process with another heap fill and address layout. "none" leaks nothing.
#pragma once
#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
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
    return {"none",       "uninitialised", "pointer-order", "hash-order",
            "wall-clock", "entropy",       "static-state"};
}

namespace leaky {

/// Bytes of a fresh block that nobody wrote: as a coroutine frame or a buffer has them.
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
/// Which of eight objects has the lowest address.
inline std::uint64_t pointer_order() {
    std::vector<std::unique_ptr<int>> objects;
    for (int i = 0; i < 8; ++i) objects.push_back(std::make_unique<int>(i));
    std::ranges::sort(objects, [](const auto& a, const auto& b) {
        return (reinterpret_cast<std::uintptr_t>(a.get()) >> 4U) * 0x9e3779b97f4a7c15ULL <
               (reinterpret_cast<std::uintptr_t>(b.get()) >> 4U) * 0x9e3779b97f4a7c15ULL;
    });
    std::uint64_t order = 0;
    for (const auto& each : objects) order = order * 8 + static_cast<std::uint64_t>(*each);
    return order;
}
/// The order in which a table hashed by address is walked.
inline std::uint64_t hash_order() {
    std::vector<std::unique_ptr<int>> objects;
    std::unordered_set<int*> table;
    for (int i = 0; i < 8; ++i) {
        objects.push_back(std::make_unique<int>(i));
        table.insert(objects.back().get());
    }
    std::uint64_t order = 0;
    for (const int* each : table) order = order * 8 + static_cast<std::uint64_t>(*each);
    return order;
}
inline std::uint64_t static_state() {
    static std::uint64_t calls = 0;
    return ++calls;
}

inline std::uint64_t read(std::string_view leak) {
    if (leak == "uninitialised") return uninitialised();
    if (leak == "pointer-order") return pointer_order();
    if (leak == "hash-order") return hash_order();
    if (leak == "wall-clock") {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(now.count());
    }
    if (leak == "entropy") {
        std::uint64_t bits = 0;
        return getrandom(&bits, sizeof(bits), 0) == sizeof(bits) ? bits : 0;
    }
    if (leak == "static-state") return static_state();
    return 0;
}

inline Task<> run(Io& io, std::string leak) {
    for (;;) {
        if (io.self().index() == 0) {
            io.send(core::Id::node(1), Leaked{read(leak)});
            co_await io.sleep(10_ms);
        } else {
            (void)co_await io.receive();
        }
    }
}

}  // namespace leaky

/// Two nodes. Requires: `leak` is one of leaks().
[[nodiscard]] inline node::System leaky_system(std::string leak) {
    node::System system;
    system.name = "leaky-" + leak;
    system.summary = "A node that depends on what it must not: " + leak + ".";
    system.nodes = 2;
    system.nodes_min = 2;
    system.start = [leak](Io& io, const node::Options&) { return leaky::run(io, leak); };
    return system;
}

}  // namespace storm::sim
