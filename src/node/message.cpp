#include "node/message.h"

#include <fmt/format.h>

namespace storm::node {

core::Error not_the_message(const Packet& packet, std::uint32_t type, std::string_view name,
                            std::uint16_t version) {
    const auto bad = [](std::string what) {
        return core::Error{core::ErrorKind::bad_input, std::move(what), {}};
    };
    if (packet.type != type) return bad(fmt::format("another message than {}", name));
    if (packet.version != version)
        return bad(fmt::format("{} in version {}", name, packet.version));
    return bad(fmt::format("damaged {}", name));
}

}  // namespace storm::node
