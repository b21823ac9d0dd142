// core/log.h - Stormproof's own log, to stderr; what a run prints goes to stdout elsewhere.
#pragma once
#include <cstdint>
#include <string>

namespace storm::core {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Below this level nothing is printed. Default: warning; --verbose lowers it.
void set_log_level(LogLevel level);
/// One line to stderr: "stormproof: warning: ...". Safe from several threads.
void log(LogLevel level, const std::string& line);

}  // namespace storm::core
