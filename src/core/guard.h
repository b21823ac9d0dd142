// core/guard.h - nodes that ask the operating system are caught and named.
//
// A run is a function of scenario, seed and plan only if node code sees Io and nothing else.
// So guard.cpp defines clock_gettime, getrandom, open, socket, pthread_create and their kin
// itself; the definition in the executable wins over libc's, for our calls and for those of
// shared libraries (std::chrono, std::thread, std::random_device). Inside node code, where
// context.hooks is set, each call goes to hooks->leaked("clock_gettime (the wall clock)")
// first. Everywhere else it goes straight on to libc.
//
// Not seen: instructions (rdtsc, rdrand written by hand), the node's reading of its own
// addresses, and what libc does within itself. Reruns in another process find those.
//
// Likewise memory.cpp defines operator new and delete, and counts under hooks->allocated().
//
// And guard_process.cpp keeps nodes from closing what the bench has open, and says of one that
// exits or sends a signal that it did.
//
// Under AddressSanitizer and ThreadSanitizer, which put their own functions in the same
// places, there are neither guards nor counts.
#pragma once

namespace storm::core {

/// Looks up the functions behind the guards, and asks the wall clock in the place of a node:
/// true if that was caught. Naming this function links the guards into a program; a world
/// calls it once before it runs node code.
[[nodiscard]] bool guards_installed();

/// Looks up what stands behind the guards of the process; false where there are none.
[[nodiscard]] bool process_guarded();
/// From now on no node closes this descriptor: it is told that it tried. 0, 1 and 2 always are.
void own_descriptor(int fd);
void disown_descriptor(int fd);

/// Allocates in the place of a node: true if that was counted.
[[nodiscard]] bool memory_counted();

}  // namespace storm::core
