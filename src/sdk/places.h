// sdk/places.h - where runs lie, whose they are, and how a command says them again.
//
//   runs/NAME-SEED         a finding: the lowest failing seed of a sweep, made small
//     findings/CHECK-SEED    the other reasons of that sweep
//   runs/NAME-seed-SEED    one seed, as `run --seed` asks for it
//   runs/NAME              a sweep in which nothing failed: its page and its counts, no run
//   RUN-small              what `shrink RUN` made
//
// A run replaces an older one of its kind, scenario, settings and world. What belongs to another,
// cannot be read or holds files of the user's stays: the new one goes to NAME-SEED-2, and so on.
// Where --out names the place, the kind may be another; what else would have to give way is an
// error before the work.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runner/sweep.h"
#include "sdk/run_command.h"
#include "sdk/telling.h"

namespace storm::sdk {

/// The settings that make other runs: all but those of what is expected and which seeds run.
[[nodiscard]] std::vector<std::string> variant_of(const RunRequest& request);

/// Where a run of this kind goes. Requires: facts has kind, scenario, settings and world.
[[nodiscard]] std::string place_of(const RunRequest& request, const Facts& facts,
                                   std::uint64_t seed);
/// Whether what stands there is a run that these facts may replace, or nothing. An error
/// (not_found) says whose it is, and what to do.
[[nodiscard]] core::Result<void> whose_place(const std::string& place, const Facts& facts);
/// The same, and whether a run could be written there at all (runner::check_place()).
[[nodiscard]] core::Result<void> check_place(const std::string& place, const Facts& facts);
/// Where the groups of a report go, in their order, if the first goes to `first`.
[[nodiscard]] std::vector<std::string> finding_places(const std::string& first,
                                                      const std::vector<runner::Group>& groups);

/// The line that runs one seed with all that was changed, ready to paste.
[[nodiscard]] std::string seed_command(const Session& session, const Facts& facts,
                                       std::uint64_t seed);
[[nodiscard]] std::string replay_command(const Session& session, const std::string& directory);
/// The line that the run has for it, and what it gives.
[[nodiscard]] report::Command replay_command(const runner::StoredRun& stored);
/// The finding that this run is another each time; null if that is not what was found.
[[nodiscard]] const check::Finding* nondeterminism(const runner::StoredRun& stored);

/// Notes that the newest run lies there, for commands without RUN; "": nowhere.
void remember_place(const std::string& directory);
/// The run directory that remember_place() noted last; "" if none is there.
[[nodiscard]] std::string remembered_place();

}  // namespace storm::sdk
