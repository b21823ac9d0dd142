// stormproof/stormproof.h - what a program of yours includes: nodes, systems, the bench.
#pragma once
#include "node/io.h"           // IWYU pragma: export
#include "node/machine.h"      // IWYU pragma: export
#include "node/message.h"      // IWYU pragma: export
#include "node/points.h"       // IWYU pragma: export
#include "node/system.h"       // IWYU pragma: export
#include "runner/bench.h"      // IWYU pragma: export
#include "sdk/command_line.h"  // IWYU pragma: export
#include "sdk/expect.h"        // IWYU pragma: export
#include "sdk/standard.h"      // IWYU pragma: export
