// Goal: the decoder takes any bytes; what it accepts has exactly one form.
// Method: bytes as a Value and as a struct with every kind of field; whatever is accepted must
// encode to the same bytes. Memory stays within a small multiple of the input.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/require.h"

namespace {

struct Inner {
    std::int16_t number = 0;
    std::optional<std::string> note;
    auto storm_fields() { return std::tie(number, note); }
};
struct Outer {
    bool flag = false;
    std::string text;
    std::vector<std::uint32_t> numbers;
    std::vector<bool> flags;
    std::vector<Inner> inner;
    std::array<std::uint16_t, 3> three{};
    std::optional<std::pair<std::uint8_t, std::string>> pair;
    storm::Duration length;
    storm::Value value;
    auto storm_fields() {
        return std::tie(flag, text, numbers, flags, inner, three, pair, length, value);
    }
};

template <class T>
void decode(std::span<const std::byte> bytes) {
    const auto value = storm::core::from_bytes<T>(bytes);
    if (!value) return;
    const auto again = storm::core::to_bytes(*value);
    STORM_REQUIRE(std::ranges::equal(again, bytes), again.size(), bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    decode<storm::Value>(bytes);
    decode<Outer>(bytes);
    static_cast<void>(storm::core::checksum(bytes));
    return 0;
}
