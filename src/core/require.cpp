#include "core/require.h"

#include <cstdio>
#include <cstdlib>

#include "core/context.h"

namespace storm::core {

void require_failed(const char* condition, const char* file, int line,
                    const std::string& operands) {
    context.hooks = nullptr;  // What follows is ours, not the node's.
    std::string text = fmt::format("stormproof: bug: {}:{}: required: {}\n", file, line, condition);
    if (!operands.empty()) text += fmt::format("  {}\n", operands);
    if (context.seed != 0 || context.now != Instant{} || *context.node != '\0') {
        text += fmt::format("  seed {}, world time {}", context.seed, to_text(context.now));
        if (*context.node != '\0') text += fmt::format(", node {}", context.node);
        text += '\n';
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    std::abort();
}

void memory_exceeded(const std::string& who) {
    context.hooks = nullptr;
    const std::string text = memory_exceeded_mark + who + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    std::abort();
}

}  // namespace storm::core
