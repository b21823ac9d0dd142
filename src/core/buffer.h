// core/buffer.h - a block of bytes with a reference count: what one datagram carries.
//
// A message is encoded once, straight into its Buffer; copies on the way (a duplicate, a
// ghost that waits for its due time) share the block. Counts are plain integers: a Buffer
// belongs to one thread. Who writes must hold the only reference.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "core/pool.h"

namespace storm::core {

class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t size) {
        if (size == 0) return;
        block_ = new (pool_take(sizeof(Block) + size))
            Block{1, static_cast<std::uint32_t>(size), nullptr};
    }
    explicit Buffer(std::span<const std::byte> bytes) : Buffer(bytes.size()) {
        if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
    }
    Buffer(const Buffer& other) : block_(other.block_) {
        if (block_ != nullptr) ++block_->references;
    }
    Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Buffer& operator=(const Buffer& other) noexcept {
        Buffer copy(other);
        std::swap(block_, copy.block_);
        return *this;
    }
    Buffer& operator=(Buffer&& other) noexcept {
        if (this == &other) return *this;
        release();
        block_ = std::exchange(other.block_, nullptr);
        return *this;
    }
    ~Buffer() { release(); }

    [[nodiscard]] std::size_t size() const { return block_ != nullptr ? block_->size : 0; }
    [[nodiscard]] std::byte* data() {
        return block_ != nullptr ? reinterpret_cast<std::byte*>(block_ + 1) : nullptr;
    }
    [[nodiscard]] const std::byte* data() const { return const_cast<Buffer*>(this)->data(); }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {data(), size()}; }

    /// Hands the reference out as a raw pointer, and takes one back: for events that must be
    /// plain data. Whoever detaches must attach exactly once.
    [[nodiscard]] void* detach() { return std::exchange(block_, nullptr); }
    [[nodiscard]] static Buffer attach(void* raw) {
        Buffer buffer;
        buffer.block_ = static_cast<Block*>(raw);
        return buffer;
    }
    /// Counts the block in `account` until it is freed; the first who asks has it. The account must
    /// outlive the block.
    void charge(std::int64_t& account) {
        if (block_ == nullptr || block_->account != nullptr) return;
        block_->account = &account;
        account += static_cast<std::int64_t>(sizeof(Block) + block_->size);
    }
    /// Where the bytes of a detached buffer lie, for prefetching.
    [[nodiscard]] static const void* bytes_of(const void* raw) {
        return static_cast<const Block*>(raw) + 1;
    }

private:
    struct alignas(16) Block {
        std::uint32_t references;
        std::uint32_t size;
        std::int64_t* account;  // Of whom holds it, or null.
    };
    void release() {
        if (block_ != nullptr && --block_->references == 0) {
            const std::size_t bytes = sizeof(Block) + block_->size;
            if (block_->account != nullptr) *block_->account -= static_cast<std::int64_t>(bytes);
            pool_give(block_, bytes);
        }
    }
    Block* block_ = nullptr;
};

}  // namespace storm::core
