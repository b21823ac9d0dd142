// sim/digest.h - the rolling hash over a run: every event, effect and draw, in order.
//
// Two lanes of one multiplication each. It need not resist an attacker; it must differ when any
// byte does, and cost next to nothing beside the event that it records.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/dice.h"

namespace storm::sim {

class Digest {
public:
    Digest() = default;
    explicit Digest(std::uint64_t seed)
        : a_(core::lane_of(seed, 1000)), b_(core::lane_of(seed, 1001)) {}

    [[nodiscard]] std::uint64_t value() const { return a_ ^ b_; }

    void word(std::uint64_t word) { a_ = std::rotl(a_, 7) ^ (word * core::hash_salt[0]); }
    void pair(std::uint64_t first, std::uint64_t second) {
        b_ = core::fold_multiply(b_ ^ first, second ^ core::hash_salt[3]);
    }
    void bytes(std::span<const std::byte> bytes) {
        std::uint64_t a = a_, b = b_;
        const std::byte* at = bytes.data();
        std::size_t left = bytes.size();
        if (left >= 128) {  // Four chains: one multiplication need not wait for the last.
            std::uint64_t c = a ^ core::hash_salt[0], d = b ^ core::hash_salt[2];
            for (; left >= 64; at += 64, left -= 64) {
                std::uint64_t w[8];
                std::memcpy(w, at, 64);
                a = core::fold_multiply(a ^ w[0], w[1] ^ core::hash_salt[3]);
                b = core::fold_multiply(b ^ w[2], w[3] ^ core::hash_salt[1]);
                c = core::fold_multiply(c ^ w[4], w[5] ^ core::hash_salt[3]);
                d = core::fold_multiply(d ^ w[6], w[7] ^ core::hash_salt[1]);
            }
            a ^= std::rotl(c, 19);
            b ^= std::rotl(d, 19);
        }
        for (; left >= 32; at += 32, left -= 32) {
            std::uint64_t w[4];
            std::memcpy(w, at, 32);
            a = core::fold_multiply(a ^ w[0], w[1] ^ core::hash_salt[3]);
            b = core::fold_multiply(b ^ w[2], w[3] ^ core::hash_salt[1]);
        }
        if (left != 0) {
            std::uint64_t w[4] = {left, 0, 0, 0};
            std::memcpy(w + (left > 24 ? 0 : 1), at, left);
            a = core::fold_multiply(a ^ w[0], w[1] ^ core::hash_salt[3]);
            b = core::fold_multiply(b ^ w[2] ^ left, w[3] ^ core::hash_salt[1]);
        }
        a_ = a;
        b_ = b;
    }

private:
    std::uint64_t a_ = 0, b_ = 0;
};

}  // namespace storm::sim
