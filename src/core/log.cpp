// Plain stdio on purpose: a logging library reads the clock for every line, and our own log
// must stay usable while the guards of core/guard.h watch this thread.
#include "core/log.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <string_view>

#include "core/lines.h"

namespace storm::core {
namespace {

std::atomic<LogLevel>& threshold() {
    static constinit std::atomic<LogLevel> level{LogLevel::warning};
    return level;
}

}  // namespace

void set_log_level(LogLevel level) { threshold().store(level, std::memory_order_relaxed); }

void log(LogLevel level, const std::string& line) {
    if (level < threshold().load(std::memory_order_relaxed)) return;
    constexpr std::array<std::string_view, 4> names = {"debug", "info", "warning", "error"};
    std::string text = "stormproof: ";
    text += names[static_cast<std::size_t>(level)];
    text += ": ";
    text += plain_lines(line);
    text += '\n';
    // One call, so that lines of several threads do not mix; stderr's lock keeps them whole.
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace storm::core
