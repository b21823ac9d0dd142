// core/dice.h - randomness without state: every draw is hash(seed, purpose, key, index).
//
// There is no generator to advance. A draw is named by what it is for (purpose), who causes
// it (key) and which one it is (index), so leaving one draw out changes no other: that is
// what makes a failing run shrinkable. Keys follow causes and are made from names with
// key_of() and combine(), never from addresses or positions. Integers only, no libm; golden
// vectors in dice_test.cpp freeze the hash for good.
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "core/time.h"

namespace storm::core {

using Key = std::uint64_t;

/// One 64x64 -> 128 bit multiplication folded to 64 bits.
[[nodiscard]] constexpr std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t hash_salt[4] = {0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL,
                                               0x94d049bb133111ebULL, 0xa0761d6478bd642fULL};

/// Mixes one more part into a key. Not commutative. Keys are distinct, but no random bits: those
/// are drawn under them.
[[nodiscard]] constexpr Key combine(Key key, std::uint64_t part) {
    return fold_multiply(key ^ hash_salt[0], part ^ hash_salt[1]) ^ std::rotl(key, 23);
}

/// The key of a name; the same on every machine.
[[nodiscard]] constexpr Key key_of(std::string_view name) {
    Key key = hash_salt[2] ^ name.size();
    for (const char c : name) key = combine(key, static_cast<unsigned char>(c));
    return key;
}

/// The same for literals and strings, which could also become a Value (core/value.h).
template <std::convertible_to<std::string_view> Name>
[[nodiscard]] constexpr Key key_of(const Name& name) {
    return key_of(std::string_view(name));
}

/// The seed of one purpose in one run: computed once, then used for every draw of it.
[[nodiscard]] constexpr std::uint64_t lane_of(std::uint64_t seed, std::uint64_t purpose) {
    return fold_multiply(seed ^ hash_salt[0], hash_salt[3] ^ (purpose * hash_salt[1])) ^
           fold_multiply(purpose ^ hash_salt[2], seed + hash_salt[1]);
}

/// The draw of a lane: 64 uniform bits. Good also for a lane and keys that are small numbers.
[[nodiscard]] constexpr std::uint64_t draw(std::uint64_t lane, Key key, std::uint64_t index) {
    const std::uint64_t once =
        fold_multiply(lane ^ key ^ hash_salt[3], hash_salt[1] ^ index) ^ std::rotl(key, 32);
    return fold_multiply(once ^ hash_salt[2], lane ^ hash_salt[0] ^ index);
}

/// hash(seed, purpose, key, index) of DESIGN §5.
[[nodiscard]] constexpr std::uint64_t draw(std::uint64_t seed, std::uint64_t purpose, Key key,
                                           std::uint64_t index) {
    return draw(lane_of(seed, purpose), key, index);
}

/// Maps 64 random bits to [0, bound). Bias below 2^-32 for bounds below 2^32.
[[nodiscard]] constexpr std::uint64_t scale(std::uint64_t bits, std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits) * bound) >> 64);
}

inline constexpr std::uint32_t one_million = 1'000'000;  // Shares are in parts per million.

/// True with probability ppm / 1,000,000; never at 0, always at 1,000,000 or more.
[[nodiscard]] constexpr bool happens(std::uint64_t bits, std::uint64_t ppm) {
    return scale(bits, one_million) < ppm;
}

/// A handle on the draws of one (lane, key): each call takes the next index. A value; copying
/// it copies the position.
class Dice {
public:
    constexpr Dice(std::uint64_t lane, Key key, std::uint64_t index = 0)
        : lane_(lane), key_(key), index_(index) {}

    /// Dice that show 0 for ever: those of a node whose life has ended.
    static constexpr Dice zeros() {
        Dice dice(0, 0);
        dice.mask_ = 0;
        return dice;
    }

    constexpr std::uint64_t bits() { return draw(lane_, key_, index_++) & mask_; }
    /// Uniform in [0, bound); 0 if bound is 0.
    constexpr std::uint64_t below(std::uint64_t bound) { return scale(bits(), bound); }
    /// Uniform in [low, high], both included. Requires low <= high.
    constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
        const std::uint64_t step = span == 0 ? bits() : below(span);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
    }
    constexpr Duration between(Duration low, Duration high) {
        return Duration{between(low.ns, high.ns)};
    }
    constexpr bool happens(std::uint64_t ppm) { return core::happens(bits(), ppm); }

private:
    std::uint64_t lane_;
    Key key_;
    std::uint64_t index_;
    std::uint64_t mask_ = ~0ULL;
};

}  // namespace storm::core
