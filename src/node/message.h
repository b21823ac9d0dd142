// node/message.h - datagrams: a declared name and version, and fields in order.
//
//     struct Ping { std::uint64_t n; STORM_MESSAGE(Ping, 1, n) };
//
// The name's hash and the version stand in the header, so a receiver that meets another
// message, or the same in another version, sees that and nothing else. A Packet is what a
// driver carries; an Incoming is what a node receives.
#pragma once
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/buffer.h"
#include "core/codec.h"
#include "core/dice.h"
#include "core/id.h"
#include "core/result.h"

namespace storm::node {

using core::Id;

template <class M>
concept Message = requires {
    { M::storm_name } -> std::convertible_to<std::string_view>;
    { M::storm_version } -> std::convertible_to<std::uint16_t>;
};

template <Message M>
inline constexpr auto type_of =
    static_cast<std::uint32_t>(core::key_of(std::string_view(M::storm_name)) >> 32U);

enum class PacketKind : std::uint8_t { one_way, request, reply };

/// One datagram on its way. `body` is the encoded message alone; a driver that leaves the
/// process writes the other fields and a checksum in front of it (node/frame.h).
struct Packet {
    Id from, to;
    std::uint32_t type = 0;
    std::uint16_t version = 0;
    PacketKind kind = PacketKind::one_way;
    std::uint64_t ticket = 0;    // Of a request and its reply: the caller's slot.
    core::Key key = 0;           // What caused it: the root of what the receiver does with it.
    const char* name = nullptr;  // The message's declared name where the driver knows it.
    core::Buffer body;
};

/// A message on its way, still without a key.
template <Message M>
[[nodiscard]] Packet encode_message(Id from, Id to, const M& message, PacketKind kind,
                                    std::uint64_t ticket) {
    core::Buffer body(core::encoded_size(message));
    core::Encoder out(body.data());
    core::encode(out, message);
    return Packet{from,   to, type_of<M>,    M::storm_version, kind,
                  ticket, 0,  M::storm_name, std::move(body)};
}

/// Why a packet is no `name` in this version: another type, another version, damaged bytes.
[[nodiscard, gnu::cold]] core::Error not_the_message(const Packet& packet, std::uint32_t type,
                                                     std::string_view name, std::uint16_t version);

/// Decodes a body; fails on another type, version or damaged bytes.
template <Message M>
[[nodiscard]] core::Result<M> decode_message(const Packet& packet) {
    // Of a message of one size all lengths are checked here, and none when its fields are read.
    constexpr std::size_t size = core::wire_size<M>;
    const bool whole = size == 0 || packet.body.size() == size;
    if (packet.type == type_of<M> && packet.version == M::storm_version && whole) [[likely]] {
        core::Result<M> message(std::in_place);
        core::Decoder in(size == 0 ? packet.body.bytes() : std::span(packet.body.data(), size));
        if (core::decode(in, *message) && in.done()) [[likely]]
            return message;
    }
    return std::unexpected(not_the_message(packet, type_of<M>, M::storm_name, M::storm_version));
}

/// A datagram that a node has received.
class Incoming {
public:
    Incoming() = default;
    explicit Incoming(Packet packet) : packet_(std::move(packet)) {}

    [[nodiscard]] Id from() const { return packet_.from; }
    [[nodiscard]] bool is_request() const { return packet_.kind == PacketKind::request; }
    template <Message M>
    [[nodiscard]] bool is() const {
        return packet_.type == type_of<M>;
    }
    /// The message, or why it is none of this kind.
    template <Message M>
    [[nodiscard]] core::Result<M> as() const {
        return decode_message<M>(packet_);
    }
    [[nodiscard]] const Packet& packet() const { return packet_; }

private:
    Packet packet_;
};

}  // namespace storm::node

/// Declares a struct to be a message: name, version, then its fields in wire order.
#define STORM_MESSAGE(Type, version, ...)                   \
    static constexpr const char* storm_name = #Type;        \
    static constexpr std::uint16_t storm_version = version; \
    auto storm_fields() { return std::tie(__VA_ARGS__); }
/// Declares fields of a struct that travels inside messages or files.
#define STORM_FIELDS(...) \
    auto storm_fields() { return std::tie(__VA_ARGS__); }
