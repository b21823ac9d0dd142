#include "core/pool.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "core/context.h"

namespace storm::core {
namespace detail {
constinit thread_local PoolLists pool_lists{};
}  // namespace detail

namespace {

using detail::FreeBlock;
using detail::pool_lists;

constexpr std::size_t chunk_bytes = 64 * 1024;

/// Memory that grows within one step is seen within it.
void tell_growth() {
    if (context.hooks != nullptr) context.hooks->allocated(0);
}

struct Chunks {
    void* first = nullptr;  // Chunks are linked through their first word, freed with the thread.
    int fill = -1;

    Chunks() = default;
    Chunks(const Chunks&) = delete;
    Chunks& operator=(const Chunks&) = delete;
    ~Chunks() {
        while (first != nullptr) {
            void* next = *static_cast<void**>(first);
            std::free(first);
            first = next;
        }
    }

    void refill(std::size_t index) {
        tell_growth();
        const std::size_t size = (index + 1) * detail::pool_step;
        auto* chunk = static_cast<std::byte*>(std::aligned_alloc(detail::pool_step, chunk_bytes));
        if (chunk == nullptr) throw std::bad_alloc();  // As operator new would.
        *reinterpret_cast<void**>(chunk) = first;
        first = chunk;
        const std::size_t count = (chunk_bytes - detail::pool_step) / size;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t place = fill < 0 ? i : count - 1 - i;
            auto* block = reinterpret_cast<FreeBlock*>(chunk + detail::pool_step + place * size);
            block->next = pool_lists.free[index];
            pool_lists.free[index] = block;
        }
    }
};

thread_local Chunks chunks;

}  // namespace

void* detail::pool_take_slowly(std::size_t size) {
    const std::size_t index = (size - 1) / pool_step;
    void* block = nullptr;
    if (pooled && index < pool_classes) {
        if (pool_lists.free[index] == nullptr) chunks.refill(index);
        FreeBlock* head = pool_lists.free[index];
        pool_lists.free[index] = head->next;
        block = head;
    } else {
        tell_growth();
        block = std::malloc(size);
        if (block == nullptr) throw std::bad_alloc();
    }
    pool_lists.in_use += size;
    if (chunks.fill >= 0) std::memset(block, chunks.fill, size);
    return block;
}

void detail::pool_give_to_heap(void* block, std::size_t size) {
    pool_lists.in_use -= size;
    std::free(block);
}

void pool_set_fill(int pattern) {
    chunks.fill = pattern;
    pool_lists.filled = pattern >= 0;
}
std::size_t pool_bytes_in_use() { return pool_lists.in_use; }

}  // namespace storm::core
