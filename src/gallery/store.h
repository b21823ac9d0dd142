// gallery/store.h - the state that both key-value stores replicate: a map and its sessions.
//
// A client numbers its requests upwards and has one at a time, so a session is the last
// number executed and its result: a request that comes again is answered from there and not
// executed twice (Ongaro's dissertation, 6.3). Applying the same commands in the same order
// gives the same store on every node.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/value.h"
#include "node/message.h"

namespace storm::gallery {

enum class CommandKind : std::uint8_t { none, get, put, cas };

/// What a client asks for.
struct Command {
    CommandKind kind = CommandKind::none;
    std::uint32_t client = 0;
    std::uint64_t sequence = 0;  // Grows with each request of this client.
    std::string key;
    Value expected;  // cas
    Value value;     // put, cas
    STORM_FIELDS(kind, client, sequence, key, expected, value)
};

struct Session {
    std::uint32_t client = 0;
    std::uint64_t sequence = 0;
    Value result;
    STORM_FIELDS(client, sequence, result)
};

/// The result of a cas.
inline constexpr bool swapped = true;

class Store {
public:
    /// Executes a put or cas and remembers it in the client's session. With `once`, what the
    /// session already knows is not executed again; a request older than that is ignored.
    Value apply(const Command& command, bool once);
    /// nil where there is none.
    [[nodiscard]] Value get(const std::string& key) const;
    /// The client's session, or null.
    [[nodiscard]] const Session* session(std::uint32_t client) const;
    void forget_sessions() { sessions_.clear(); }
    /// Of the data alone: equal data give equal digests.
    [[nodiscard]] std::uint64_t digest() const;
    STORM_FIELDS(data_, sessions_)

private:
    Value execute(const Command& command);
    std::vector<std::pair<std::string, Value>> data_;  // Sorted by key.
    std::vector<Session> sessions_;                    // In order of first request.
};

/// A client's request to any node.
struct Request {
    Command command;
    STORM_MESSAGE(Request, 1, command)
};

enum class Status : std::uint8_t {
    done,         // `value` is the result.
    not_leading,  // Surely not executed here; `leader` may know more.
    unknown,      // Perhaps executed: ask again.
    superseded,   // The client has since asked for something newer.
};
inline constexpr std::uint32_t nobody = ~0U;

struct Answer {
    Status status = Status::unknown;
    Value value;
    std::uint32_t leader = nobody;  // Index of the node that leads, as far as known.
    STORM_MESSAGE(Answer, 1, status, value, leader)
};

/// The datagram as an M; nothing if it is another message, or damaged.
template <node::Message M>
[[nodiscard]] std::optional<M> read(const node::Incoming& incoming) {
    if (!incoming.is<M>()) return std::nullopt;
    auto message = incoming.as<M>();
    return message ? std::optional<M>(std::move(*message)) : std::nullopt;
}

}  // namespace storm::gallery
