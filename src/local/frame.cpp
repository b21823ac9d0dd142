#include "local/frame.h"

#include "core/codec.h"
#include "core/require.h"

namespace storm::local {
namespace {

struct Head {
    std::uint64_t run = 0;
    std::uint32_t from = 0, to = 0, type = 0;
    std::uint16_t version = 0;
    std::uint8_t kind = 0;
    std::uint64_t ticket = 0, key = 0;
    STORM_FIELDS(run, from, to, type, version, kind, ticket, key)
};
constexpr std::size_t checksum_size = 4;

}  // namespace

void encode_frame(std::uint64_t run, const node::Packet& packet, std::vector<std::byte>& out) {
    const Head head{run,           packet.from.value, packet.to.value,
                    packet.type,   packet.version,    static_cast<std::uint8_t>(packet.kind),
                    packet.ticket, packet.key};
    STORM_REQUIRE(checksum_size + core::encoded_size(head) == frame_head);
    out.resize(frame_head + packet.body.size());
    core::Encoder rest(out.data() + checksum_size);
    core::encode(rest, head);
    rest.raw(packet.body.data(), packet.body.size());
    core::Encoder first(out.data());
    core::encode(first, core::checksum(std::span(out).subspan(checksum_size)));
}

FrameFault decode_frame(std::uint64_t run, std::span<const std::byte> bytes, node::Packet& packet) {
    if (bytes.size() < frame_head) return FrameFault::damaged;
    core::Decoder in(bytes);
    std::uint32_t checksum = 0;
    Head head;
    if (!core::decode(in, checksum) || !core::decode(in, head)) return FrameFault::damaged;
    if (core::checksum(bytes.subspan(checksum_size)) != checksum) return FrameFault::damaged;
    if (head.run != run) return FrameFault::foreign;
    if (head.kind > static_cast<std::uint8_t>(node::PacketKind::reply)) return FrameFault::damaged;
    packet.from = {head.from};
    packet.to = {head.to};
    packet.type = head.type;
    packet.version = head.version;
    packet.kind = static_cast<node::PacketKind>(head.kind);
    packet.ticket = head.ticket;
    packet.key = head.key;
    packet.name = nullptr;
    packet.body = core::Buffer(bytes.subspan(frame_head));
    return FrameFault::none;
}

}  // namespace storm::local
