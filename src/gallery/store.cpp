#include "gallery/store.h"

#include <algorithm>

namespace storm::gallery {

Value Store::apply(const Command& command, bool once) {
    const auto mine = [&](const Session& s) { return s.client == command.client; };
    auto session = std::ranges::find_if(sessions_, mine);
    if (session == sessions_.end()) {
        sessions_.push_back({command.client, 0, {}});
        session = sessions_.end() - 1;
    } else if (once && command.sequence <= session->sequence) {
        return session->result;
    }
    session->sequence = std::max(session->sequence, command.sequence);
    session->result = execute(command);
    return session->result;
}

Value Store::execute(const Command& command) {
    auto at =
        std::ranges::lower_bound(data_, command.key, {}, &std::pair<std::string, Value>::first);
    const bool present = at != data_.end() && at->first == command.key;
    if (command.kind == CommandKind::cas) {
        if ((present ? at->second : Value{}) != command.expected) return !swapped;
    } else if (command.kind != CommandKind::put) {
        return {};
    }
    if (!present) at = data_.emplace(at, command.key, Value{});
    at->second = command.value;
    return command.kind == CommandKind::cas ? Value(swapped) : Value{};
}

Value Store::get(const std::string& key) const {
    const auto at = std::ranges::lower_bound(data_, key, {}, &std::pair<std::string, Value>::first);
    return at != data_.end() && at->first == key ? at->second : Value{};
}

const Session* Store::session(std::uint32_t client) const {
    const auto at = std::ranges::find(sessions_, client, &Session::client);
    return at != sessions_.end() ? &*at : nullptr;
}

std::uint64_t Store::digest() const {
    core::Key digest = core::key_of(std::string_view("store"));
    for (const auto& [key, value] : data_) {
        digest = core::combine(digest, core::key_of(std::string_view(key)));
        digest = core::combine(digest, core::key_of(value));
    }
    return digest;
}

}  // namespace storm::gallery
