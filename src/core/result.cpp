#include "core/result.h"

#include <array>
#include <cstddef>

namespace storm::core {

std::string_view to_text(ErrorKind kind) {
    constexpr std::array<std::string_view, 8> names = {
        "timeout", "refused", "not found", "bad input", "io", "missing", "stopped", "internal"};
    return names[static_cast<std::size_t>(kind)];
}

std::string Error::text() const {
    std::string text;
    for (std::size_t i = context.size(); i-- > 0;) text += context[i] + ": ";
    return text + message;
}

}  // namespace storm::core
