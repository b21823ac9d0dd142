#include "sdk/init_files.h"

namespace storm::sdk {
namespace {

constexpr const char* readme = R"(# A system of your own under the storm

    make test          builds, and runs the test: it fails, because the node has a bug
    make run           the same as a command: verdict, smallest trace, report.html
    ./build/counter    every command, on this system: run, replay, shrink, plan, fault ls, ...

It builds against the installed library. If CMake does not find it: `make install` in the tree of
Stormproof (`make install PREFIX=$HOME/.local` needs no root), then here
`CMAKE_PREFIX_PATH=$HOME/.local make test`.

- `counter.h`: the node, in 40 lines. It sees `storm::Io` and nothing else.
- `system.h`: what clients may ask of it, and what that means (the model).
- `scenarios/counter.yaml`: what it must survive.
- `counter_test.cpp`: the scenario as a GoogleTest.

## The bug

The counter was born with a bug: it acknowledges a write before it has put it on disk. Run it,
look at `report.html`, then find the line in `counter.h` that says `reply` too early and move it
below the sync and the line that checks it. Run again: it passes. Then write your own node.

## How to go on

- **Read the report** from the top: what was promised and broken, the smallest trace that shows
  it, whether each fault was felt (*evidence*), and whether it is the cause.
- **Again:** `./build/counter replay` runs the newest run again, the same bytes; `--trace` shows
  every event, `--event N` those up to number N.
- **For ever:** `./build/counter shrink --save scenarios/lost.yaml` writes what is left of the
  failure as a scenario; it belongs beside your mend. Known failures run first the next time.
- **Another fault:** `./build/counter fault ls`, then `fault explain NAME`; add it to `from:` in
  the scenario, as `net.delay` or `disk.latency`, or list it with a time:
  `- {use: net.loss, at: 1s, for: 500ms, share: 30%}`. What `tolerates` in `system.h` does not
  allow, as torn writes, is refused with a reason.
- **Another check:** `./build/counter checks ls`; name it under `checks:`. Laws of your own go into
  the code: `STORM_ALWAYS(condition, "what it says")`, or an invariant over published values.
- **More storm:** `--seeds 1..100000`, `--for 10m`; `./build/counter validate` says all that is
  wrong with a scenario, and `./build/counter schema` helps your editor to write one.

In the tree of Stormproof: `docs/guide` (a node, a report, determinism), `docs/formats`,
`docs/reference`, and CONTRIBUTING.md with a fault, a check and a system of your own.
)";

constexpr const char* cmake = R"(cmake_minimum_required(VERSION 3.25)
project(counter CXX)
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
find_package(stormproof QUIET)
if(NOT stormproof_FOUND)
    if(NOT stormproof_NOT_FOUND_MESSAGE)
        set(stormproof_NOT_FOUND_MESSAGE
            "Stormproof is not installed where CMake looks.\n"
            "  in the tree of Stormproof:  make install PREFIX=$ENV{HOME}/.local\n"
            "  then here:                  CMAKE_PREFIX_PATH=$ENV{HOME}/.local make test\n")
        string(CONCAT stormproof_NOT_FOUND_MESSAGE ${stormproof_NOT_FOUND_MESSAGE})
    endif()
    message(FATAL_ERROR "${stormproof_NOT_FOUND_MESSAGE}")
endif()
find_package(GTest REQUIRED)

add_executable(counter main.cpp)
target_link_libraries(counter stormproof::stormproof)

enable_testing()
add_executable(counter_test counter_test.cpp)
target_link_libraries(counter_test stormproof::stormproof GTest::gtest_main)
add_test(NAME counter COMMAND counter_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
)";

constexpr const char* makefile = R"(.PHONY: build run test clean
build:
	@cmake -S . -B build -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 \
	    -DCMAKE_BUILD_TYPE=Release >build.log && cmake --build build >>build.log \
	    || { cat build.log; exit 1; }
run: build
	@./build/counter run scenarios/counter.yaml
test: build
	@ctest --test-dir build --output-on-failure
clean:
	@rm -rf build build.log runs
)";

constexpr const char* node =
    R"(// counter.h - one register on one disk: the smallest node that can lose what it promised.
#pragma once
#include <stormproof/stormproof.h>

struct Get { STORM_MESSAGE(Get, 1) };
struct Set { std::int64_t value = 0; STORM_MESSAGE(Set, 1, value) };
struct Answer { std::optional<std::int64_t> value; STORM_MESSAGE(Answer, 1, value) };

inline storm::Task<> counter(storm::Io& io, const storm::node::Options&) {
    std::optional<std::int64_t> value;  // Nothing until somebody writes.
    auto file = co_await io.open("value");
    if (!file) co_return;
    (void)co_await io.sync_dir();
    if (auto bytes = co_await file->read(0, 8)) {
        value = storm::core::from_bytes<std::int64_t>(*bytes);
    }
    for (;;) {
        auto request = co_await io.receive();
        if (request.as<Get>()) io.reply(request, Answer{value});
        if (auto set = request.as<Set>()) {
            value = set->value;
            io.reply(request, Answer{value});  // Too early: nothing is on disk yet.
            auto written = co_await file->write(0, storm::core::to_bytes(*value));
            auto synced = co_await file->sync();
            if (!written || !synced) co_return;
        }
    }
}
)";

constexpr const char* system =
    R"(// system.h - what clients may ask of the counter, and what it means.
#pragma once
#include "counter.h"

inline storm::node::System counter_system() {
    using storm::Value;
    storm::node::System system;
    system.name = "counter";
    system.summary = "one register on one disk";
    system.nodes = 1;
    system.model = "register";
    system.start = counter;
    system.tolerates = [](std::uint32_t) { return storm::node::Tolerates{.crashed = 1}; };

    storm::node::Operation read;
    read.name = "read";
    read.idempotent = true;
    read.generate = [](storm::core::Dice&, std::uint32_t, std::uint32_t) { return Value(); };
    read.run = [](storm::Io& io, const storm::node::Options&,
                  Value) -> storm::Task<storm::core::Result<Value>> {
        auto answer = co_await io.call<Answer>(storm::NodeId::node(0), Get{}, storm::seconds(1));
        if (!answer) co_return std::unexpected(answer.error());
        co_return answer->value ? Value(*answer->value) : Value();
    };
    storm::node::Operation write;
    write.name = "write";
    write.generate = [](storm::core::Dice&, std::uint32_t client, std::uint32_t index) {
        return Value(std::int64_t{client} * 1000 + index + 1);
    };
    write.run = [](storm::Io& io, const storm::node::Options&,
                   Value v) -> storm::Task<storm::core::Result<Value>> {
        auto answer = co_await io.call<Answer>(storm::NodeId::node(0), Set{v.integer_or(0)},
                                               storm::seconds(1));
        if (!answer) co_return std::unexpected(answer.error());
        co_return Value();
    };
    system.operations = {read, write};
    return system;
}
)";

constexpr const char* main_file = R"(#include "system.h"

int main(int argc, char** argv) {
    storm::Bench bench = storm::standard_bench();
    bench.program = "counter";
    bench.systems.push_back(counter_system());
    return storm::run_command_line(bench, argc, argv);
}
)";

constexpr const char* test = R"(#include <gtest/gtest.h>

#include "system.h"

TEST(Counter, KeepsWhatItAcknowledged) {
    // The last word is the program that the printed commands call: `./build/counter replay ...`.
    const auto verdict =
        storm::expect("scenarios/counter.yaml", {counter_system()}, "./build/counter");
    EXPECT_TRUE(verdict) << verdict;
}
)";

constexpr const char* scenario = R"(stormproof: 1
title: A counter keeps what it acknowledged
system: {use: counter, nodes: 1}
network: {delay: 5ms, jitter: 2ms}
workload:
  - {use: mix, clients: 2, rate: 20/s, for: 2s}
faults:
  - {use: random, from: [node.kill, node.power_loss, node.pause], every: 500ms}
checks:
  - linearizable
expect: pass
)";

}  // namespace

std::vector<std::pair<std::string, std::string>> project_files() {
    return {{"README.md", readme},
            {"counter.h", node},
            {"system.h", system},
            {"scenarios/counter.yaml", scenario},
            {"counter_test.cpp", test},
            {"main.cpp", main_file},
            {"CMakeLists.txt", cmake},
            {"Makefile", makefile},
            {".gitignore", "build/\nbuild.log\nruns/\n.stormproof/\n"}};
}

}  // namespace storm::sdk
