// Goal: copies of a buffer share one block, the last one out gives it back, and pool blocks
// are what they should be: apart, aligned, reused, filled on demand.
// Method: counts of the pool; random sequences of takes and gives against a model.
#include "core/buffer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/pool.h"

namespace storm::core {
namespace {

constexpr std::array<std::byte, 3> three{std::byte{1}, std::byte{2}, std::byte{3}};

TEST(Buffer, holds_the_bytes_it_was_made_of) {
    const Buffer buffer{std::span(three)};
    EXPECT_TRUE(std::ranges::equal(buffer.bytes(), three));
    EXPECT_EQ(Buffer().size(), 0U);
    EXPECT_EQ(Buffer(0).data(), nullptr);
}

TEST(Buffer, is_shared_by_its_copies_and_given_back_by_the_last) {
    const std::size_t before = pool_bytes_in_use();
    {
        Buffer first{std::span(three)};
        const std::size_t one = pool_bytes_in_use();
        const Buffer copy = first;
        Buffer assigned;
        assigned = copy;
        EXPECT_EQ(pool_bytes_in_use(), one);
        EXPECT_EQ(copy.data(), assigned.data());
        first = Buffer();
        const Buffer moved = std::move(assigned);
        EXPECT_TRUE(std::ranges::equal(moved.bytes(), three));
        first = moved;
        const Buffer& self = first;
        first = self;
        EXPECT_EQ(first.size(), 3U);
    }
    EXPECT_EQ(pool_bytes_in_use(), before);
}

TEST(Buffer, travels_as_a_raw_pointer_and_back) {
    const std::size_t before = pool_bytes_in_use();
    {
        Buffer buffer{std::span(three)};
        const std::byte* bytes = buffer.data();
        void* raw = buffer.detach();
        EXPECT_EQ(buffer.size(), 0U);
        EXPECT_EQ(Buffer::bytes_of(raw), bytes);
        const Buffer back = Buffer::attach(raw);
        EXPECT_EQ(back.data(), bytes);
        EXPECT_EQ(Buffer::attach(Buffer().detach()).size(), 0U);
    }
    EXPECT_EQ(pool_bytes_in_use(), before);
}

struct Held {
    std::byte* block;
    std::size_t size;
    std::byte mark;
};

RC_GTEST_PROP(Pool, gives_blocks_that_are_aligned_and_apart, ()) {
    const std::size_t before = pool_bytes_in_use();
    std::vector<Held> held;
    std::size_t in_use = before;
    const auto give = [&](std::size_t at) {
        const Held one = held[at];
        for (std::size_t i = 0; i < one.size; ++i) RC_ASSERT(one.block[i] == one.mark);
        pool_give(one.block, one.size);
        in_use -= one.size;
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const auto steps =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 5000));
    for (const std::size_t size : steps) {
        if (size % 3 == 0 && !held.empty()) give(size % held.size());
        auto* block = static_cast<std::byte*>(pool_take(size));
        RC_ASSERT(reinterpret_cast<std::uintptr_t>(block) % 16 == 0U);
        held.push_back({block, size, static_cast<std::byte>(size % 251)});
        std::memset(block, static_cast<int>(size % 251), size);
        in_use += size;
        RC_ASSERT(pool_bytes_in_use() == in_use);
    }
    while (!held.empty()) give(0);
    RC_ASSERT(pool_bytes_in_use() == before);
}

TEST(Pool, fills_fresh_blocks_with_a_pattern_when_asked_to) {
    for (const std::size_t size : {1U, 64U, 3000U}) {
        pool_set_fill(0xa5);
        auto* block = static_cast<std::byte*>(pool_take(size));
        pool_set_fill(-1);
        EXPECT_TRUE(
            std::all_of(block, block + size, [](std::byte b) { return b == std::byte{0xa5}; }));
        pool_give(block, size);
    }
}

}  // namespace
}  // namespace storm::core
