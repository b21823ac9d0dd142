// runner/groups.h - failing seeds by reason, and their confirmation in another process.
//
//   (seed, findings, digest) ──▶ Groups ──▶ confirm(): each seed again, elsewhere
//                                             ├ same bytes               confirmed
//                                             ├ as in a child of ours    another environment, other
//                                             │                          bytes: "divergence"
//                                             └ unlike a child of ours   "state crosses seeds"
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "runner/sweep.h"
#include "runner/worker.h"

namespace storm::runner {

/// The seeds whose plans can be made again.
using PlanOf = std::function<fault::Plan(std::uint64_t seed)>;

/// What the end of a process leaves open until it is confirmed.
struct Ending {
    bool outside = false;  // Killed by somebody else, each time it ran.
};

class Groups {
public:
    static constexpr std::size_t seeds_max = 16;  // Kept, and confirmed, of one reason.

    /// A seed failed. digest 0: the world has none, or the run died. True: a new reason.
    bool add(std::uint64_t item, std::uint64_t seed, std::uint64_t digest, check::Finding finding,
             const Ending& ending = {});
    /// Forgets what came after item `last`, so that what is left does not depend on timing.
    void cut(std::uint64_t last);
    /// Failing seeds.
    [[nodiscard]] std::uint64_t failing() const { return failing_.size(); }
    /// The item of the n-th failing seed in order (from 1); requires n <= failing().
    [[nodiscard]] std::uint64_t item_of(std::uint64_t n) const;
    [[nodiscard]] const Group& group(const std::string& reason) const {
        return entries_.at(reason).group;
    }
    /// Its lowest item; nothing if there is no such reason, or no longer.
    [[nodiscard]] std::optional<std::uint64_t> lowest_item(const std::string& reason) const;

    /// Runs the kept seeds again in fresh processes. A group of which no seed fails again for
    /// its reason is replaced by what explains that. `stop`: see SweepOptions.
    [[nodiscard]] core::Result<void> confirm(const PlanOf& plan_of, const SweepOptions& options,
                                             Elsewhere& same, Elsewhere& altered);
    /// Seeds whose processes were killed from outside in the sweep and not when confirm() ran
    /// them: they failed nothing.
    [[nodiscard]] const std::vector<std::uint64_t>& killed() const { return killed_; }
    /// In order of the lowest seed.
    [[nodiscard]] std::vector<Group> take();

private:
    struct Seed {
        std::uint64_t item = 0, seed = 0, digest = 0;
        check::Finding finding;
        Ending ending;
    };
    struct Entry {
        Group group;
        std::vector<Seed> seeds;           // The lowest items, ascending; at most seeds_max.
        std::vector<std::uint64_t> items;  // All, ascending.
    };
    static void refresh(Entry& entry);
    void clear_killed(Entry& entry);
    [[nodiscard]] core::Result<void> confirm_seed(Entry& entry, const Seed& seed,
                                                  const PlanOf& plan_of,
                                                  const SweepOptions& options, Elsewhere& same,
                                                  Elsewhere& altered, std::vector<Seed>& doubtful);

    std::map<std::string, Entry> entries_;
    std::vector<std::uint64_t> failing_;  // Items, ascending, each once.
    std::vector<std::uint64_t> killed_;
};

/// Compares one seed's digest with a run elsewhere; a finding if they differ.
[[nodiscard]] core::Result<std::optional<check::Finding>> compare(const Probe& probe,
                                                                  std::uint64_t digest,
                                                                  const Reading& there,
                                                                  Elsewhere& same,
                                                                  Elsewhere& altered);

}  // namespace storm::runner
