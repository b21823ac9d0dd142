// world/conductor.h - turns a plan into calls on a world, on the world's own clock.
//
//   0 ──────── chaos: faults strike, clients work ────────▶ heal ──── settle ────▶ end
//                                                            │  all faults reverted,
//                                                            │  nodes restarted
//
// Faults strike at their triggers on targets that are resolved at that moment; clients issue
// their planned operations one after another. At the end of the chaos phase everything is
// healed; then the run goes on until `settled` says that nothing more is awaited and all
// operations have ended, or until the settle time is over.
#pragma once
#include <functional>

#include "core/result.h"
#include "fault/catalogue.h"
#include "history/record.h"
#include "world/world.h"

namespace storm::world {

/// True when every check that decides after the heal is satisfied.
using Settled = std::function<bool(const node::Published&, const history::RunRecord&, Instant now)>;

/// Carries out setup.plan in `world`. An error means that the world itself failed (a missing
/// capability, a broken plan); what the system does wrong stands in the record.
[[nodiscard]] core::Result<history::RunRecord> conduct(World& world, const Setup& setup,
                                                       const fault::Catalogue& faults,
                                                       const Settled& settled);

}  // namespace storm::world
