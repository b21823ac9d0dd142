// sdk/usage.h - a command line that is not understood: which word, and which was meant.
//
// The parser says what it missed; a person wants to know which of their words was wrong and
// which is nearest. Both are found by walking the words over the commands once more.
#pragma once
#include <string>
#include <vector>

#include "sdk/session.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace storm::sdk {

/// Prints what is wrong with `words` (without the program's name) and gives the exit code.
/// Requires: parsing them with `app` ended with `error`, and that is no call for help.
int explain_usage(Session& session, const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words);

}  // namespace storm::sdk
