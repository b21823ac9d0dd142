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

namespace {

/// One line that tells why, and the end; hooks are off, for this is no longer the node's doing.
[[noreturn]] void say_and_abort(const std::string& line) {
    context.hooks = nullptr;
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
    std::abort();
}

}  // namespace

void memory_exceeded(const std::string& who) { say_and_abort(memory_exceeded_mark + who + "\n"); }

void node_ended(const char* mark, const char* how) {
    context.hooks = nullptr;
    say_and_abort(fmt::format("{}{}\n", mark, how));
}

}  // namespace storm::core
