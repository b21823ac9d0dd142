#include "core/pool.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/context.h"

namespace storm::core {
namespace {

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif

constexpr std::size_t step = 64;         // Classes are multiples of this ...
constexpr std::size_t class_count = 32;  // ... up to 2 KiB; what is larger goes to the heap.
constexpr std::size_t chunk_bytes = 64 * 1024;

/// Memory that grows within one step is seen within it.
void tell_growth() {
    if (context.hooks != nullptr) context.hooks->allocated(0);
}

struct Free {
    Free* next;
};

struct Lists {
    Free* free[class_count] = {};
    std::size_t in_use = 0;
    int fill = -1;
    void* chunks = nullptr;  // Chunks are linked through their first word, freed with the thread.

    Lists() = default;
    Lists(const Lists&) = delete;
    Lists& operator=(const Lists&) = delete;
    ~Lists() {
        while (chunks != nullptr) {
            void* next = *static_cast<void**>(chunks);
            std::free(chunks);
            chunks = next;
        }
    }

    void refill(std::size_t index) {
        tell_growth();
        const std::size_t size = (index + 1) * step;
        auto* chunk = static_cast<std::byte*>(std::aligned_alloc(step, chunk_bytes));
        if (chunk == nullptr) throw std::bad_alloc();  // As operator new would.
        *reinterpret_cast<void**>(chunk) = chunks;
        chunks = chunk;
        const std::size_t count = (chunk_bytes - step) / size;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t place = fill < 0 ? i : count - 1 - i;
            auto* block = reinterpret_cast<Free*>(chunk + step + place * size);
            block->next = free[index];
            free[index] = block;
        }
    }
};

thread_local Lists lists;

}  // namespace

void* pool_take(std::size_t size) {
    const std::size_t index = (size - 1) / step;
    void* block = nullptr;
    if (pooled && index < class_count) {
        if (lists.free[index] == nullptr) lists.refill(index);
        Free* head = lists.free[index];
        lists.free[index] = head->next;
        block = head;
    } else {
        tell_growth();
        block = std::malloc(size);
        if (block == nullptr) throw std::bad_alloc();
    }
    lists.in_use += size;
    if (lists.fill >= 0) std::memset(block, lists.fill, size);
    return block;
}

void pool_give(void* block, std::size_t size) {
    lists.in_use -= size;
    const std::size_t index = (size - 1) / step;
    if (pooled && index < class_count) {
        auto* head = static_cast<Free*>(block);
        head->next = lists.free[index];
        lists.free[index] = head;
    } else {
        std::free(block);
    }
}

void pool_set_fill(int pattern) { lists.fill = pattern; }
std::size_t pool_bytes_in_use() { return lists.in_use; }

}  // namespace storm::core
