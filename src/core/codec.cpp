#include "core/codec.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace storm::core {
namespace {

constexpr int depth_max = 32;

constexpr std::uint32_t crc32c_polynomial = 0x82f63b78U;  // Castagnoli, reflected (RFC 3720).

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? crc32c_polynomial : 0U);
        }
        table[i] = crc;
    }
    return table;
}();

[[maybe_unused]] std::uint32_t crc_byte(std::uint32_t crc, std::byte byte) {
    return (crc >> 8U) ^ crc_table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xffU];
}

}  // namespace

std::uint32_t checksum(std::span<const std::byte> bytes) {
    std::uint32_t crc = ~0U;
#if defined(__SSE4_2__)
    std::uint64_t wide = crc;
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        wide = _mm_crc32_u64(wide, word);
        bytes = bytes.subspan(8);
    }
    crc = static_cast<std::uint32_t>(wide);
#endif
    for (const std::byte byte : bytes) crc = crc_byte(crc, byte);
    return ~crc;
}

// A value is one byte of kind and its content: nothing, a byte, eight bytes, a string, or a
// count and that many values.

std::size_t Codec<Value>::size(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::nil:
            return 1;
        case Value::Kind::boolean:
            return 2;
        case Value::Kind::integer:
            return 9;
        case Value::Kind::text:
            return 1 + encoded_size(*value.text());
        case Value::Kind::list:
            break;
    }
    return 1 + encoded_size(*value.list());
}

void Codec<Value>::encode(Encoder& out, const Value& value) {
    core::encode(out, value.kind());
    switch (value.kind()) {
        case Value::Kind::nil:
            return;
        case Value::Kind::boolean:
            return core::encode(out, *value.boolean());
        case Value::Kind::integer:
            return core::encode(out, *value.integer());
        case Value::Kind::text:
            return core::encode(out, *value.text());
        case Value::Kind::list:
            return core::encode(out, *value.list());
    }
}

namespace {

template <class T>
bool decode_as(Decoder& in, Value& value) {
    T content{};
    if (!core::decode(in, content)) return false;
    value = Value(std::move(content));
    return true;
}

}  // namespace

bool Codec<Value>::decode(Decoder& in, Value& value) {
    std::uint8_t kind = 0;
    if (!core::decode(in, kind)) return false;
    switch (kind) {
        case static_cast<std::uint8_t>(Value::Kind::nil):
            value = Value();
            return true;
        case static_cast<std::uint8_t>(Value::Kind::boolean):
            return decode_as<bool>(in, value);
        case static_cast<std::uint8_t>(Value::Kind::integer):
            return decode_as<std::int64_t>(in, value);
        case static_cast<std::uint8_t>(Value::Kind::text):
            return decode_as<std::string>(in, value);
        case static_cast<std::uint8_t>(Value::Kind::list):
            break;
        default:
            return false;
    }
    if (in.depth >= depth_max) return false;
    ++in.depth;
    const bool whole = decode_as<Value::List>(in, value);
    --in.depth;
    return whole;
}

}  // namespace storm::core
