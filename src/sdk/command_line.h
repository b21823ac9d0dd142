// sdk/command_line.h - every command of Stormproof, on whatever a program brings.
//
//     int main(int argc, char** argv) {
//         storm::Bench bench = storm::standard_bench();
//         bench.systems.push_back(my_system());
//         return storm::run_command_line(bench, argc, argv);
//     }
//
// run, replay, shrink, report, plan, validate, schema, fault, checks, system, doctor, init:
// all of them then work on the program's own systems, faults and checks.
#pragma once
#include "runner/bench.h"

namespace storm {

/// Exit codes (DESIGN §4): 0 pass or as expected, 1 violated, 2 inconclusive, 64 usage, 65 bad
/// scenario, 69 capability missing, 70 internal, 130 and 143 ended by a signal.
[[nodiscard]] int run_command_line(const Bench& bench, int argc, char** argv);

}  // namespace storm
