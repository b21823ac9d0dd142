// Goal: the digest differs when anything that went into it does. Method: every byte of payloads
// of every length around its strides is changed; words and pairs are swapped.
#include "sim/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace storm::sim {
namespace {

std::vector<std::byte> some_bytes(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
    return bytes;
}
std::uint64_t of(const std::vector<std::byte>& bytes, std::uint64_t seed = 7) {
    Digest digest(seed);
    digest.bytes(bytes);
    return digest.value();
}

TEST(Digest, differs_when_any_byte_of_a_payload_does) {
    for (const std::size_t size : {1U, 7U, 24U, 25U, 31U, 32U, 63U, 64U, 127U, 128U, 130U, 272U}) {
        const auto bytes = some_bytes(size);
        for (std::size_t at = 0; at < size; ++at) {
            for (const int bit : {0, 3, 7}) {
                auto other = bytes;
                other[at] ^= static_cast<std::byte>(1 << bit);
                EXPECT_NE(of(bytes), of(other)) << size << " bytes, byte " << at;
            }
        }
    }
}

TEST(Digest, differs_by_length_seed_and_order) {
    std::set<std::uint64_t> seen;
    for (std::size_t size = 0; size <= 300; ++size) {
        EXPECT_TRUE(seen.insert(of(std::vector<std::byte>(size))).second || size == 0) << size;
    }
    EXPECT_NE(of(some_bytes(40), 7), of(some_bytes(40), 8));
    Digest one(7), two(7), three(7);
    one.word(1), one.word(2), one.pair(3, 4);
    two.word(2), two.word(1), two.pair(3, 4);
    three.word(1), three.word(2), three.pair(4, 3);
    EXPECT_NE(one.value(), two.value());
    EXPECT_NE(one.value(), three.value());
}

}  // namespace
}  // namespace storm::sim
