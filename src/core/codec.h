// core/codec.h - values to bytes and back, field by field, little-endian.
//
// encoded_size() first, then encode() into a span of exactly that size: one pass, no
// growing. decode() takes bytes from anywhere, so every length is checked and a failure is
// `false`, never a crash. There is no memcpy of structs, no typeid, no pointer on the wire:
// the same value gives the same bytes in every build. Types: bool, integers, enums,
// std::string, std::vector, std::array, std::optional, std::pair, core::Value, time types,
// and any struct with storm_fields() (see node/message.h).
#pragma once
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/time.h"
#include "core/value.h"

namespace storm::core {

static_assert(std::endian::native == std::endian::little, "big-endian hosts are not supported");

template <class T>
concept Plain = std::integral<T> || std::is_enum_v<T>;
template <class T>
concept HasFields = requires(T& t) { t.storm_fields(); };

/// Writes into a span that encoded_size() measured.
class Encoder {
public:
    explicit Encoder(std::byte* to) : to_(to) {}
    void raw(const void* from, std::size_t size) {
        if (size != 0) std::memcpy(to_, from, size);
        to_ += size;
    }
    [[nodiscard]] const std::byte* position() const { return to_; }

private:
    std::byte* to_;
};

/// Reads bytes from anywhere; the first short read makes it fail for good.
class Decoder {
public:
    explicit Decoder(std::span<const std::byte> from) : from_(from) {}
    [[nodiscard]] bool raw(void* to, std::size_t size) {
        if (size > from_.size()) return failed_ = true, false;
        if (size != 0) std::memcpy(to, from_.data(), size);
        from_ = from_.subspan(size);
        return true;
    }
    [[nodiscard]] std::size_t left() const { return from_.size(); }
    [[nodiscard]] bool done() const { return !failed_ && from_.empty(); }
    int depth = 0;  // Of nested lists; bounded by value decoding.

private:
    std::span<const std::byte> from_;
    bool failed_ = false;
};

/// Bytes of every value of T in encoded form; 0 where that depends on the value.
template <class T>
inline constexpr std::size_t wire_size = 0;
template <Plain T>
inline constexpr std::size_t wire_size<T> = sizeof(T);
template <class T, std::size_t N>
inline constexpr std::size_t wire_size<std::array<T, N>> = N * wire_size<T>;
template <class... T>
inline constexpr std::size_t wire_size<std::tuple<T&...>> =
    ((wire_size<T> != 0) && ...) ? (std::size_t{0} + ... + wire_size<T>) : 0;
template <HasFields T>
inline constexpr std::size_t wire_size<T> = wire_size<decltype(std::declval<T&>().storm_fields())>;

template <class T>
struct Codec;  // size(const T&), encode(Encoder&, const T&), decode(Decoder&, T&) -> bool

template <class T>
[[nodiscard]] std::size_t encoded_size(const T& value) {
    return Codec<T>::size(value);
}
template <class T>
void encode(Encoder& out, const T& value) {
    Codec<T>::encode(out, value);
}
template <class T>
[[nodiscard]] bool decode(Decoder& in, T& value) {
    return Codec<T>::decode(in, value);
}

template <Plain T>
struct Codec<T> {
    static constexpr std::size_t size(const T&) { return sizeof(T); }
    static void encode(Encoder& out, const T& value) { out.raw(&value, sizeof(T)); }
    static bool decode(Decoder& in, T& value) {
        if constexpr (std::same_as<T, bool>) {
            std::uint8_t byte = 0;
            if (!in.raw(&byte, 1) || byte > 1) return false;
            value = byte != 0;
            return true;
        } else {
            return in.raw(&value, sizeof(T));
        }
    }
};

template <>
struct Codec<Duration> {
    static constexpr std::size_t size(const Duration&) { return 8; }
    static void encode(Encoder& out, const Duration& d) { out.raw(&d.ns, 8); }
    static bool decode(Decoder& in, Duration& d) { return in.raw(&d.ns, 8); }
};
template <>
struct Codec<Instant> {
    static constexpr std::size_t size(const Instant&) { return 8; }
    static void encode(Encoder& out, const Instant& t) { out.raw(&t.ns, 8); }
    static bool decode(Decoder& in, Instant& t) { return in.raw(&t.ns, 8); }
};

template <>
struct Codec<std::string> {
    static std::size_t size(const std::string& s) { return 4 + s.size(); }
    static void encode(Encoder& out, const std::string& s) {
        core::encode(out, static_cast<std::uint32_t>(s.size()));
        out.raw(s.data(), s.size());
    }
    static bool decode(Decoder& in, std::string& s) {
        std::uint32_t size = 0;
        if (!core::decode(in, size) || size > in.left()) return false;
        s.resize(size);
        return in.raw(s.data(), size);
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static std::size_t size(const std::vector<T>& v) {
        if constexpr (Plain<T>) return 4 + v.size() * sizeof(T);
        std::size_t total = 4;
        for (const auto& each : v) total += encoded_size(each);
        return total;
    }
    static void encode(Encoder& out, const std::vector<T>& v) {
        core::encode(out, static_cast<std::uint32_t>(v.size()));
        for (const auto& each : v) core::encode(out, each);
    }
    static bool decode(Decoder& in, std::vector<T>& v) {
        std::uint32_t count = 0;
        if (!core::decode(in, count) || count > in.left()) return false;  // Each takes a byte.
        v.clear();
        for (std::uint32_t i = 0; i < count; ++i) {
            T each{};
            if (!core::decode(in, each)) return false;
            v.push_back(std::move(each));
        }
        return true;
    }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
    static std::size_t size(const std::array<T, N>& v) {
        if constexpr (Plain<T>) return N * sizeof(T);
        std::size_t total = 0;
        for (const auto& each : v) total += encoded_size(each);
        return total;
    }
    static void encode(Encoder& out, const std::array<T, N>& v) {
        if constexpr (Plain<T>) {
            out.raw(v.data(), N * sizeof(T));
        } else {
            for (const auto& each : v) core::encode(out, each);
        }
    }
    static bool decode(Decoder& in, std::array<T, N>& v) {
        if constexpr (Plain<T> && !std::same_as<T, bool>) {
            return in.raw(v.data(), N * sizeof(T));
        } else {
            for (auto& each : v) {
                if (!core::decode(in, each)) return false;
            }
            return true;
        }
    }
};

template <class T>
struct Codec<std::optional<T>> {
    static std::size_t size(const std::optional<T>& v) { return 1 + (v ? encoded_size(*v) : 0); }
    static void encode(Encoder& out, const std::optional<T>& v) {
        core::encode(out, v.has_value());
        if (v) core::encode(out, *v);
    }
    static bool decode(Decoder& in, std::optional<T>& v) {
        bool present = false;
        if (!core::decode(in, present)) return false;
        v.reset();
        return !present || core::decode(in, v.emplace());
    }
};

template <class A, class B>
struct Codec<std::pair<A, B>> {
    static std::size_t size(const std::pair<A, B>& v) {
        return encoded_size(v.first) + encoded_size(v.second);
    }
    static void encode(Encoder& out, const std::pair<A, B>& v) {
        core::encode(out, v.first);
        core::encode(out, v.second);
    }
    static bool decode(Decoder& in, std::pair<A, B>& v) {
        return core::decode(in, v.first) && core::decode(in, v.second);
    }
};

template <>
struct Codec<Value> {
    static std::size_t size(const Value& value);
    static void encode(Encoder& out, const Value& value);
    static bool decode(Decoder& in, Value& value);  // Refuses depth over 32.
};

template <HasFields T>
struct Codec<T> {
    static std::size_t size(const T& value) {
        return std::apply([](const auto&... f) { return (std::size_t{0} + ... + encoded_size(f)); },
                          const_cast<T&>(value).storm_fields());
    }
    static void encode(Encoder& out, const T& value) {
        std::apply([&](const auto&... f) { (core::encode(out, f), ...); },
                   const_cast<T&>(value).storm_fields());
    }
    static bool decode(Decoder& in, T& value) {
        return std::apply([&](auto&... f) { return (core::decode(in, f) && ...); },
                          value.storm_fields());
    }
};

/// All bytes of a value, for files and tests.
template <class T>
[[nodiscard]] std::vector<std::byte> to_bytes(const T& value) {
    std::vector<std::byte> bytes(encoded_size(value));
    Encoder out(bytes.data());
    encode(out, value);
    return bytes;
}

/// The value, or nothing if the bytes are not exactly one of it.
template <class T>
[[nodiscard]] std::optional<T> from_bytes(std::span<const std::byte> bytes) {
    Decoder in(bytes);
    std::optional<T> value(std::in_place);
    if (!decode(in, *value) || !in.done()) return std::nullopt;
    return value;
}

/// FNV-1a over 64-bit steps would do for noise; this is CRC-32C's job: find damage.
[[nodiscard]] std::uint32_t checksum(std::span<const std::byte> bytes);

}  // namespace storm::core
