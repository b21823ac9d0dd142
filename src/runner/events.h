// runner/events.h - one event of a trace as one line of JSON (docs/formats/events.md).
#pragma once
#include <string>

#include "history/record.h"

namespace storm::runner {

/// Without a newline; keys in a fixed order, what is empty left out.
[[nodiscard]] std::string event_json(const history::Event& event);

}  // namespace storm::runner
