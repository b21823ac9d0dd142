// gallery/register.h - what a register replica keeps and says (see register.cpp).
#pragma once
#include <compare>
#include <cstdint>

#include "core/value.h"
#include "node/message.h"

namespace storm::gallery::abd {

/// Which write a value comes from. Totally ordered, and no two writes have the same: `nonce`
/// tells a client's write from an earlier one of its own that never found a majority.
struct Tag {
    std::uint64_t sequence = 0;
    std::uint32_t client = 0;
    std::uint64_t nonce = 0;
    auto operator<=>(const Tag&) const = default;
    STORM_FIELDS(sequence, client, nonce)
};

/// What one replica holds, and the record of its journal.
struct Held {
    Tag tag;
    Value value;
    STORM_FIELDS(tag, value)
};

/// What do you hold?
struct Query {
    std::uint64_t operation = 0;  // For people who read traces.
    STORM_MESSAGE(Query, 1, operation)
};
struct QueryReply {
    Held held;
    STORM_MESSAGE(QueryReply, 1, held)
};

/// Hold this, unless you hold something newer.
struct Update {
    Held held;
    STORM_MESSAGE(Update, 1, held)
};
struct UpdateReply {
    Tag tag;
    STORM_MESSAGE(UpdateReply, 1, tag)
};

}  // namespace storm::gallery::abd
