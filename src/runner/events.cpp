#include "runner/events.h"

#include <fmt/format.h>

#include <iterator>

#include "core/text.h"

namespace storm::runner {

namespace {

bool has_peer(history::EventKind kind) {
    return kind == history::EventKind::send || kind == history::EventKind::deliver ||
           kind == history::EventKind::drop;
}
bool has_node(history::EventKind kind) {
    return kind != history::EventKind::fault_on && kind != history::EventKind::fault_off;
}

}  // namespace

std::string event_json(const history::Event& event) {
    std::string line;
    auto out = std::back_inserter(line);
    fmt::format_to(out, R"({{"at":"{}","event":{},"kind":"{}")", core::to_text(event.at),
                   event.sequence, history::to_text(event.kind));
    if (has_node(event.kind)) fmt::format_to(out, R"(,"node":"{}")", core::name_of(event.node));
    if (has_peer(event.kind)) fmt::format_to(out, R"(,"peer":"{}")", core::name_of(event.peer));
    if (!event.name.empty()) fmt::format_to(out, R"(,"name":{})", core::json_quoted(event.name));
    if (!event.text.empty()) fmt::format_to(out, R"(,"text":{})", core::json_quoted(event.text));
    if (!event.value.is_nil()) fmt::format_to(out, R"(,"value":{})", core::to_json(event.value));
    if (event.message != 0) fmt::format_to(out, R"(,"message":"{}")", core::hex(event.message));
    if (event.cause != 0) fmt::format_to(out, R"(,"cause":"{}")", core::hex(event.cause));
    line += '}';
    return line;
}

}  // namespace storm::runner
