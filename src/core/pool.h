// core/pool.h - small blocks of memory by size class, for one thread.
//
// Coroutine frames and message buffers come and go millions of times a second; a free list
// per size class serves them in a few nanoseconds. The lists belong to the thread, so a
// block must be freed on the thread that took it. Under AddressSanitizer every block comes
// from the heap, so that a use after free is seen. set_fill() makes fresh blocks carry a
// pattern: a program whose run depends on it reads memory it never wrote.
#pragma once
#include <cstddef>
#include <cstdint>

namespace storm::core {

/// Takes at least `size` bytes, aligned to 16.
[[nodiscard]] void* pool_take(std::size_t size);
/// Gives back what pool_take(size) returned.
void pool_give(void* block, std::size_t size);

/// From now on every block that this thread takes is filled with `pattern`, and fresh ones come in
/// the reverse order of addresses; -1 stops it.
void pool_set_fill(int pattern);

/// Bytes this thread has taken and not given back. Not part of what operator new counts.
[[nodiscard]] std::size_t pool_bytes_in_use();

}  // namespace storm::core
