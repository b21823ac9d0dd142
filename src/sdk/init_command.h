// sdk/init_command.h - writes a small project: a node, a scenario, a test, and how to go on.
#pragma once
#include <string>

#include "sdk/session.h"

namespace storm::sdk {

int init(Session& session, const std::string& directory);

}  // namespace storm::sdk
