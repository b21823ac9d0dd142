// sdk/demo_command.h - two scenario files of the tree, one after the other, as `run` runs them.
#pragma once
#include "sdk/session.h"

namespace storm::sdk {

int demo(Session& session, unsigned jobs);

}  // namespace storm::sdk
