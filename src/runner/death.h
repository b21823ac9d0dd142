// runner/death.h - how a worker process died, from its last words.
//
// A worker's stderr goes to a file in memory. A handler on a stack of its own writes there
// which signal came and the stack, then lets the signal do its work; sanitizers write their
// reports to the same place. What stands there at the end, the wait status, and the node that
// was running become a Death: anomaly and site are normalised, so that one bug met under many
// seeds has one reason.
#pragma once
#include <sys/types.h>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"
#include "runner/fleet.h"
#include "runner/pulse.h"

namespace storm::runner {

/// What a dying process leaves in shared memory, written by its signal handler.
struct LastWords {
    char node[24] = {};
    std::int64_t now_ns = 0;
    std::uint64_t dispatch = 0;  // The step that it was in.
    bool said = false;           // By the handler; else nothing is known.
    bool closed = false;         // It found what it reports by closed: see require_channel().
    Pulse pulse;
};

/// In a worker: from now on fatal signals write a stack trace to stderr and fill `words`
/// (in shared memory; outlives the process). Under a sanitizer its own handlers write the trace
/// and call us for the words; only SIGXCPU and SIGABRT are taken. Answers for its pulse, too.
void install_death_handlers(LastWords* words);
/// Loads what a stack trace needs. Called in the parent, so that workers inherit it.
void warm_up_stack_traces();

/// A file in memory for a worker's stderr; -1 if there is none to be had.
[[nodiscard]] int open_last_words();
/// Sends stdout and stderr of this process there.
void redirect_output(int file);
/// Forgets what was written, if it is much.
void trim_output(int file);
/// What was written, at most the last 256 KiB.
[[nodiscard]] std::string read_output(int file);

/// In a worker, after each run: ends it if somebody has closed `channel`, or stdout or stderr.
void require_channel(int channel);
/// In the parent: waits for a worker that has hung up. One that goes on all the same has lost its
/// channel and is killed.
[[nodiscard]] int reap(pid_t worker, LastWords& words);

/// `status`: from waitpid. `looping`: it was ended because its time was up.
[[nodiscard]] Death describe_death(int status, bool looping, const LastWords& words,
                                   std::string_view output);

}  // namespace storm::runner
