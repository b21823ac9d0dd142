#include "runner/seal.h"

#include "core/text.h"

namespace storm::runner {
namespace {

/// Where the digits of the last key "seal" begin; npos if there are none.
std::size_t digits(std::string_view text) {
    constexpr std::string_view key = "\"seal\"";
    auto at = text.rfind(key);
    if (at != std::string_view::npos) at = text.find('"', at + key.size());
    if (at == std::string_view::npos || text.size() - at <= unsealed.size() + 1) {
        return std::string_view::npos;
    }
    return at + 1;
}

}  // namespace

core::Key seal_of(std::string text) {
    const auto at = digits(text);
    if (at == std::string::npos) return 0;
    return core::key_of(text.replace(at, unsealed.size(), unsealed));
}

std::string sealed(std::string text) {
    const auto seal = core::hex(seal_of(text));
    return text.replace(digits(text), seal.size(), seal);
}

}  // namespace storm::runner
