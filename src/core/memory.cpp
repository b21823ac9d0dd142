// core/memory.cpp - operator new and delete that tell how much a node has allocated.
//
// Outside node code a call costs one thread-local load more than malloc. Inside, the usable
// size of the block goes to hooks->allocated(), positive or negative; the same block counts
// the same both times. The pool (core/pool.h) takes its memory from malloc and counts apart.
//
// This file defines nothing else, so that a program with an operator new of its own can
// still link; memory_counted() in core/guard.h tells whether ours is the one in use.
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>

#include "core/context.h"

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
    !__has_feature(memory_sanitizer)

namespace {

void count(void* block, std::ptrdiff_t sign) {
    auto* hooks = storm::core::context.hooks;
    if (hooks != nullptr) [[unlikely]] {
        hooks->allocated(sign * static_cast<std::ptrdiff_t>(malloc_usable_size(block)));
    }
}

/// Null if there is no memory and no new handler to make some.
template <class Allocate>
void* allocate(Allocate&& attempt) {
    for (;;) {
        if (void* block = attempt(); block != nullptr) [[likely]] {
            count(block, 1);
            return block;
        }
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) return nullptr;
        handler();
    }
}
void* take(std::size_t size) {
    return allocate([=] { return std::malloc(size != 0 ? size : 1); });
}
void* take(std::size_t size, std::align_val_t alignment) {
    return allocate([=] { return memalign(static_cast<std::size_t>(alignment), size); });
}
void* or_throw(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
void give(void* block) {
    if (block == nullptr) return;
    count(block, -1);
    std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return or_throw(take(size)); }
void* operator new[](std::size_t size) { return or_throw(take(size)); }
void* operator new(std::size_t size, std::align_val_t a) { return or_throw(take(size, a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return or_throw(take(size, a)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take(size, a);
}
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take(size, a);
}

void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, std::size_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { give(p); }

#endif
