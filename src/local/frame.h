// local/frame.h - a node::Packet as the bytes of one UDP datagram, and back.
//
//   0        4      12     16   20     24        26     27       35    43
//   checksum run    from   to   type   version   kind   ticket   key   body ...
//
// Integers are little-endian; the checksum (core::checksum) covers all that follows it. `run`
// is a number that only the processes of one run know, so that a stray datagram from another
// program or an earlier run is told from damage. Decoding takes bytes from anywhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "node/message.h"

namespace storm::local {

inline constexpr std::size_t frame_head = 43;
inline constexpr std::size_t frame_max = 65'507;  // The most that UDP over IPv4 carries.

/// The datagram for `packet`, in place of what `out` held.
void encode_frame(std::uint64_t run, const node::Packet& packet, std::vector<std::byte>& out);

enum class FrameFault : std::uint8_t { none, damaged, foreign };

/// Fills `packet`, but for its name; otherwise says why not.
[[nodiscard]] FrameFault decode_frame(std::uint64_t run, std::span<const std::byte> bytes,
                                      node::Packet& packet);

}  // namespace storm::local
