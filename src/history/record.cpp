#include "history/record.h"

namespace storm::history {

std::string_view to_text(EventKind kind) {
    constexpr std::string_view names[] = {"send",   "deliver",  "drop",      "timer",   "publish",
                                          "log",    "fault_on", "fault_off", "down",    "up",
                                          "invoke", "complete", "file",      "violated"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace storm::history
