// core/dice_streams_test.h - the sequences of draws that a run makes, for statistical tests.
//
// Each walks along one input of hash(seed, purpose, key, index) in the smallest steps there
// are, since that is where a hash shows what it does not mix.
#pragma once
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/dice.h"

namespace storm::core {

struct DrawStream {
    std::string name;
    std::function<std::uint64_t(std::uint64_t)> at;  // The n-th draw.
    friend void PrintTo(const DrawStream& stream, std::ostream* to) { *to << stream.name; }
};

inline std::vector<DrawStream> draw_streams() {
    constexpr Key root = key_of("n1");
    constexpr std::uint64_t lane = lane_of(1, 2);
    return {
        {"neighbouring_indices", [](std::uint64_t n) { return draw(lane, root, n); }},
        {"neighbouring_keys", [](std::uint64_t n) { return draw(lane, n, 0); }},
        {"keys_of_neighbouring_parts",
         [](std::uint64_t n) { return draw(lane, combine(root, n), 0); }},
        {"keys_of_two_parts",
         [](std::uint64_t n) { return draw(lane, combine(combine(root, n >> 8U), n & 0xffU), 0); }},
        {"neighbouring_seeds", [](std::uint64_t n) { return draw(n, 2, root, 0); }},
        {"small_lane_and_key", [](std::uint64_t n) { return draw(1, 2, n); }},
        {"neighbouring_lanes", [](std::uint64_t n) { return draw(n, 2, 0); }},
        {"neighbouring_purposes", [](std::uint64_t n) { return draw(1, n, root, 0); }},
        {"all_inputs",
         [](std::uint64_t n) {
             const std::uint64_t purpose = n >> 16U & 0xfU;
             return draw(n >> 20U, purpose, combine(root, n >> 8U & 0xffU), n & 0xffU);
         }},
    };
}

}  // namespace storm::core
