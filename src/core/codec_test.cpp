// Goal: every value comes back from its bytes, the bytes are the documented ones, and bytes
// from anywhere are decoded or refused, never more.
// Method: round trips and truncations over arbitrary content; golden bytes; the checksum
// against the published check value and against every single and double bit error.
#include "core/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.h"
#include "core/values_test.h"

namespace storm::core {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Inner {
    std::int16_t number = 0;
    std::optional<std::string> note;
    auto storm_fields() { return std::tie(number, note); }
    bool operator==(const Inner&) const = default;
};

/// One of everything that can be encoded.
struct Everything {
    bool flag = false;
    std::uint8_t small = 0;
    std::int64_t large = 0;
    Colour colour = Colour::red;
    std::string text;
    std::vector<std::uint32_t> numbers;
    std::vector<bool> flags;
    std::vector<Inner> inner;
    std::array<std::uint16_t, 3> three{};
    std::array<Inner, 2> two;
    std::optional<std::pair<std::uint8_t, std::string>> pair;
    Duration length;
    Instant when;
    Value value;
    auto storm_fields() {
        return std::tie(flag, small, large, colour, text, numbers, flags, inner, three, two, pair,
                        length, when, value);
    }
    bool operator==(const Everything&) const = default;
};

Inner any_inner() {
    return {*rc::gen::arbitrary<std::int16_t>(),
            *rc::gen::arbitrary<bool>() ? std::optional(*rc::gen::string<std::string>())
                                        : std::nullopt};
}

Everything any_everything() {
    Everything e;
    e.flag = *rc::gen::arbitrary<bool>();
    e.small = *rc::gen::arbitrary<std::uint8_t>();
    e.large = *rc::gen::arbitrary<std::int64_t>();
    e.colour = *rc::gen::element(Colour::red, Colour::green);
    e.text = *rc::gen::string<std::string>();
    e.numbers = *rc::gen::arbitrary<std::vector<std::uint32_t>>();
    e.flags = *rc::gen::arbitrary<std::vector<bool>>();
    e.inner = {any_inner(), any_inner()};
    e.three = *rc::gen::arbitrary<std::array<std::uint16_t, 3>>();
    e.two = {any_inner(), any_inner()};
    if (e.flag) e.pair.emplace(e.small, e.text);
    e.length = Duration{*rc::gen::arbitrary<std::int64_t>()};
    e.when = Instant{*rc::gen::arbitrary<std::int64_t>()};
    e.value = *rc::gen::arbitrary<Value>();
    return e;
}

std::string hex_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes) text += hex(static_cast<std::uint64_t>(b)).substr(14);
    return text;
}

RC_GTEST_PROP(Codec, gives_back_what_went_in, ()) {
    const Everything e = any_everything();
    const auto bytes = to_bytes(e);
    RC_ASSERT(bytes.size() == encoded_size(e));
    const auto back = from_bytes<Everything>(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT((*back == e));
}

RC_GTEST_PROP(Codec, writes_exactly_as_many_bytes_as_it_measured, (const Value& value)) {
    std::vector<std::byte> bytes(encoded_size(value));
    Encoder out(bytes.data());
    encode(out, value);
    RC_ASSERT(out.position() == bytes.data() + bytes.size());
    RC_ASSERT(from_bytes<Value>(bytes) == std::optional(value));
}

RC_GTEST_PROP(Codec, refuses_every_truncation_and_anything_left_over, ()) {
    auto bytes = to_bytes(any_everything());
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    RC_ASSERT(!from_bytes<Everything>(std::span(bytes).first(cut)).has_value());
    bytes.push_back(std::byte{0});
    RC_ASSERT(!from_bytes<Everything>(bytes).has_value());
}

RC_GTEST_PROP(Codec, decodes_or_refuses_any_bytes, (const std::vector<std::uint8_t>& noise)) {
    const auto bytes = std::as_bytes(std::span(noise));
    // What was accepted is written again as the very same bytes: there is one form of a value.
    if (const auto e = from_bytes<Everything>(bytes)) {
        RC_ASSERT(std::ranges::equal(to_bytes(*e), bytes));
    }
    if (const auto value = from_bytes<Value>(bytes)) {
        RC_ASSERT(std::ranges::equal(to_bytes(*value), bytes));
    }
}

RC_GTEST_PROP(Codec, decodes_or_refuses_damaged_bytes, ()) {
    auto bytes = to_bytes(any_everything());
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
        bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^=
            static_cast<std::byte>(*rc::gen::inRange(1, 256));
    }
    if (const auto e = from_bytes<Everything>(bytes)) {
        RC_ASSERT(std::ranges::equal(to_bytes(*e), bytes));
    }
}

TEST(Codec, is_little_endian_field_by_field) {
    EXPECT_EQ(hex_of(to_bytes(std::uint32_t{0x01020304})), "04030201");
    EXPECT_EQ(hex_of(to_bytes(std::int16_t{-2})), "feff");
    EXPECT_EQ(hex_of(to_bytes(true)), "01");
    EXPECT_EQ(hex_of(to_bytes(std::string("ab"))), "020000006162");
    EXPECT_EQ(hex_of(to_bytes(std::vector<std::uint16_t>{1, 2})), "0200000001000200");
    EXPECT_EQ(hex_of(to_bytes(std::array<std::uint8_t, 2>{7, 8})), "0708");
    EXPECT_EQ(hex_of(to_bytes(std::optional<std::uint8_t>())), "00");
    EXPECT_EQ(hex_of(to_bytes(std::optional<std::uint8_t>(5))), "0105");
    EXPECT_EQ(hex_of(to_bytes(Inner{3, "x"})), "0300010100000078");
    EXPECT_EQ(hex_of(to_bytes(Duration{-1})), "ffffffffffffffff");
}

TEST(Codec, of_values_begins_with_their_kind) {
    EXPECT_EQ(hex_of(to_bytes(Value())), "00");
    EXPECT_EQ(hex_of(to_bytes(Value(true))), "0101");
    EXPECT_EQ(hex_of(to_bytes(Value(5))), "020500000000000000");
    EXPECT_EQ(hex_of(to_bytes(Value("x"))), "030100000078");
    EXPECT_EQ(hex_of(to_bytes(Value(Value::List{false, Value()}))), "0402000000010000");
}

TEST(Codec, refuses_lengths_that_no_bytes_stand_behind) {
    const std::vector<std::byte> huge(4, std::byte{0xff});
    EXPECT_FALSE(from_bytes<std::string>(huge).has_value());
    EXPECT_FALSE(from_bytes<std::vector<std::uint64_t>>(huge).has_value());
    EXPECT_FALSE(from_bytes<std::vector<Everything>>(huge).has_value());
    // A bool and the presence of an optional are 0 or 1.
    EXPECT_FALSE(from_bytes<bool>(std::vector{std::byte{2}}).has_value());
    EXPECT_FALSE(from_bytes<std::optional<bool>>(std::vector{std::byte{2}, {}}).has_value());
    EXPECT_FALSE(from_bytes<Value>(std::vector{std::byte{5}}).has_value());
}

TEST(Codec, refuses_values_nested_deeper_than_32) {
    EXPECT_TRUE(from_bytes<Value>(to_bytes(nested(32))).has_value());
    EXPECT_FALSE(from_bytes<Value>(to_bytes(nested(33))).has_value());
    // Beside each other is no depth.
    const Value wide(Value::List{nested(31), nested(31)});
    EXPECT_TRUE(from_bytes<Value>(to_bytes(wide)).has_value());
    std::vector<std::byte> bomb;
    for (int i = 0; i < 1'000'000; ++i) {
        for (const int b : {4, 1, 0, 0, 0}) bomb.push_back(static_cast<std::byte>(b));
    }
    EXPECT_FALSE(from_bytes<Value>(bomb).has_value());
}

// ---- The checksum -----------------------------------------------------------------------------

TEST(Checksum, is_crc32c) {
    const auto of = [](std::string_view text) {
        return checksum(std::as_bytes(std::span(text.data(), text.size())));
    };
    EXPECT_EQ(of("123456789"), 0xe3069283U);  // The check value of CRC-32C's specification.
    EXPECT_EQ(of(""), 0U);
    EXPECT_EQ(of(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, appendix B.4.
    EXPECT_EQ(of(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(Checksum, sees_any_one_or_two_flipped_bits) {
    std::vector<std::byte> bytes(37, std::byte{0x5a});
    const std::uint32_t whole = checksum(bytes);
    const auto flip = [&](std::size_t bit) { bytes[bit / 8] ^= std::byte{1} << (bit % 8); };
    for (std::size_t a = 0; a < bytes.size() * 8; ++a) {
        flip(a);
        EXPECT_NE(checksum(bytes), whole);
        for (std::size_t b = 0; b < a; ++b) {
            flip(b);
            EXPECT_NE(checksum(bytes), whole);
            flip(b);
        }
        flip(a);
    }
}

}  // namespace
}  // namespace storm::core
