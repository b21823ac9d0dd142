// gallery/client.h - how clients talk to the key-value stores, and what they ask for.
//
// A client knows all nodes but not who leads: it begins anywhere, follows hints, and after a
// time-out asks the next node with the same number, so that a request whose answer was lost
// is recognised. Each operation ends within `request_limit`.
#pragma once
#include <vector>

#include "gallery/store.h"
#include "node/system.h"

namespace storm::gallery {

inline constexpr Duration request_limit = 1500_ms;

/// The value that operation `index` of a client writes: no other operation writes it.
[[nodiscard]] Value unique_value(std::uint32_t client, std::uint32_t index);

/// get KEY · put [KEY, value] · cas [KEY, old, new], over `keys` keys.
[[nodiscard]] node::Operation get_operation(std::uint32_t weight, std::uint32_t keys);
[[nodiscard]] node::Operation put_operation(std::uint32_t weight, std::uint32_t keys);
[[nodiscard]] node::Operation cas_operation(std::uint32_t weight, std::uint32_t keys);

}  // namespace storm::gallery
