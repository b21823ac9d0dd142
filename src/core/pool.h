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

namespace detail {
struct FreeBlock {
    FreeBlock* next;
};
inline constexpr std::size_t pool_step = 64;     // Classes are multiples of this ...
inline constexpr std::size_t pool_classes = 32;  // ... up to 2 KiB; larger ones come from the heap.
/// One thread's lists. Here so that taking and giving are a few instructions in their callers.
struct PoolLists {
    FreeBlock* free[pool_classes];
    std::size_t in_use;
    bool filled;  // Fresh blocks carry a pattern.
};
extern constinit thread_local PoolLists pool_lists;
[[nodiscard]] void* pool_take_slowly(std::size_t size);
void pool_give_to_heap(void* block, std::size_t size);
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
inline constexpr bool pooled = false;
#else
inline constexpr bool pooled = true;
#endif
}  // namespace detail

/// Takes at least `size` bytes, aligned to 16. Requires: size > 0.
[[nodiscard]] inline void* pool_take(std::size_t size) {
    auto& lists = detail::pool_lists;
    const std::size_t index = (size - 1) / detail::pool_step;
    if (!detail::pooled || index >= detail::pool_classes || lists.free[index] == nullptr ||
        lists.filled) [[unlikely]] {
        return detail::pool_take_slowly(size);
    }
    detail::FreeBlock* head = lists.free[index];
    lists.free[index] = head->next;
    lists.in_use += size;
    return head;
}
/// Gives back what pool_take(size) returned.
inline void pool_give(void* block, std::size_t size) {
    auto& lists = detail::pool_lists;
    const std::size_t index = (size - 1) / detail::pool_step;
    if (!detail::pooled || index >= detail::pool_classes) [[unlikely]] {
        return detail::pool_give_to_heap(block, size);
    }
    lists.in_use -= size;
    auto* head = static_cast<detail::FreeBlock*>(block);
    head->next = lists.free[index];
    lists.free[index] = head;
}

/// From now on every block that this thread takes is filled with `pattern`, and fresh ones come in
/// the reverse order of addresses; -1 stops it.
void pool_set_fill(int pattern);

/// Bytes this thread has taken and not given back. Not part of what operator new counts.
[[nodiscard]] std::size_t pool_bytes_in_use();

}  // namespace storm::core
