#include "runner/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace storm::runner {
namespace {

void insert_sorted(std::vector<std::uint64_t>& into, std::uint64_t item) {
    const auto at = std::ranges::lower_bound(into, item);
    if (at == into.end() || *at != item) into.insert(at, item);
}

}  // namespace

bool Groups::add(std::uint64_t item, std::uint64_t seed, std::uint64_t digest,
                 check::Finding finding, const Ending& ending) {
    insert_sorted(failing_, item);
    const std::string reason = finding.reason();
    Entry& entry = entries_[reason];
    const bool fresh = entry.items.empty();
    if (fresh) entry.group.reason = reason;
    insert_sorted(entry.items, item);
    const auto at = std::ranges::lower_bound(entry.seeds, item, {}, &Seed::item);
    if (at != entry.seeds.end() && at->item == item) return false;  // Twice in one run.
    entry.seeds.insert(at, {item, seed, digest, std::move(finding), ending});
    if (entry.seeds.size() > seeds_max) entry.seeds.pop_back();
    refresh(entry);
    return fresh;
}

void Groups::refresh(Entry& entry) {
    entry.group.failing = entry.items.size();
    if (entry.seeds.empty()) return;
    const auto lowest = std::ranges::min_element(entry.seeds, {}, &Seed::seed);
    entry.group.finding = lowest->finding;
    entry.group.lowest = lowest->seed;
}

/// Takes out the seeds that are in `killed_`.
void Groups::clear_killed(Entry& entry) {
    std::erase_if(entry.seeds, [&](const Seed& seed) {
        if (std::ranges::find(killed_, seed.seed) == killed_.end()) return false;
        std::erase(entry.items, seed.item);
        std::erase(failing_, seed.item);
        return true;
    });
    refresh(entry);
}

void Groups::cut(std::uint64_t last) {
    std::erase_if(failing_, [&](auto item) { return item > last; });
    for (auto at = entries_.begin(); at != entries_.end();) {
        auto& entry = at->second;
        std::erase_if(entry.items, [&](auto item) { return item > last; });
        std::erase_if(entry.seeds, [&](const Seed& seed) { return seed.item > last; });
        refresh(entry);
        at = entry.items.empty() ? entries_.erase(at) : std::next(at);
    }
}

std::optional<std::uint64_t> Groups::lowest_item(const std::string& reason) const {
    const auto at = entries_.find(reason);
    if (at == entries_.end()) return std::nullopt;
    return at->second.items.front();
}

std::uint64_t Groups::item_of(std::uint64_t n) const { return failing_[n - 1]; }

core::Result<std::optional<check::Finding>> compare(const Probe& probe, std::uint64_t digest,
                                                    const Reading& there, Elsewhere& same,
                                                    Elsewhere& altered) {
    using Answer = std::optional<check::Finding>;
    if (digest != 0 && there.digest == digest) return Answer{};
    same.renew();
    STORM_TRY(const auto here, same.run(probe));
    altered.renew();
    STORM_TRY(const auto fresh, altered.run(probe));
    const auto unfinished = [](const Reading& each) {
        return each.death != nullptr && each.death->unfinished;
    };
    if (unfinished(here) || unfinished(fresh)) return Answer{};
    const bool both_die = here.death && fresh.death &&
                          to_finding(*here.death).reason() == to_finding(*fresh.death).reason();
    const bool agree = both_die || (!here.death && !fresh.death && here.digest == fresh.digest);
    if (!agree) return Answer(name_divergence(probe, here, fresh, same, altered));
    if (digest == 0) return Answer{};  // It died in the sweep, so there is nothing to compare.
    return Answer(
        name_crossing(probe, digest == fresh.digest ? there.digest : digest, fresh, same));
}

core::Result<void> Groups::confirm_seed(Entry& entry, const Seed& seed, const PlanOf& plan_of,
                                        const SweepOptions& options, Elsewhere& same,
                                        Elsewhere& altered, std::vector<Seed>& doubtful) {
    const auto plan = plan_of(seed.seed);
    const Probe probe{.plan = plan, .seed = seed.seed, .run = options.run};
    altered.renew();
    STORM_TRY(const auto there, altered.run(probe));
    const bool again = there.fails_for(entry.group.reason);
    if (again) ++entry.group.confirmed;
    // Crashes have no digest to compare; that they come again is all there is to see.
    const bool crashed = seed.finding.check == "no-crash" && seed.digest == 0;
    if (crashed && again) return {};
    if (crashed && !there.death && seed.ending.outside) {
        killed_.push_back(seed.seed);
        return {};
    }
    if (crashed && !there.death) {
        Seed doubt = seed;
        doubt.finding.check = "deterministic";
        doubt.finding.anomaly = "state crosses seeds";
        doubt.finding.sentence = fmt::format(
            "Seed {} crashed in the sweep ({}) but not in a fresh process: something outlives a "
            "run and reaches the next.",
            seed.seed, seed.finding.anomaly);
        doubtful.push_back(std::move(doubt));
        return {};
    }
    if (seed.digest == 0) return {};  // This world promises no equal bytes.
    STORM_TRY(auto finding, compare(probe, seed.digest, there, same, altered));
    if (finding) {
        Seed doubt = seed;
        doubt.finding = std::move(*finding);
        doubtful.push_back(std::move(doubt));
    }
    return {};
}

core::Result<void> Groups::confirm(const PlanOf& plan_of, const SweepOptions& options,
                                   Elsewhere& same, Elsewhere& altered) {
    std::vector<Seed> doubtful;
    std::vector<std::string> refuted;
    for (auto& [reason, entry] : entries_) {
        if (reason.starts_with("deterministic/")) continue;
        bool digests = false;
        for (const auto& seed : entry.seeds) {
            if (options.stop && options.stop()) break;
            digests = digests || seed.digest != 0 || seed.finding.check == "no-crash";
            STORM_CHECK(confirm_seed(entry, seed, plan_of, options, same, altered, doubtful));
        }
        clear_killed(entry);
        if (entry.group.confirmed == 0 && digests && !(options.stop && options.stop())) {
            refuted.push_back(reason);
        }
    }
    // What no fresh process shows is not a bug of the system's logic; the doubt replaces it.
    if (!doubtful.empty()) {
        for (const auto& reason : refuted) entries_.erase(reason);
    }
    std::erase_if(entries_, [](const auto& each) { return each.second.items.empty(); });
    for (auto& doubt : doubtful) {
        add(doubt.item, doubt.seed, doubt.digest, std::move(doubt.finding));
    }
    for (auto& [reason, entry] : entries_) {
        if (reason.starts_with("deterministic/")) entry.group.confirmed = entry.seeds.size();
    }
    return {};
}

std::vector<Group> Groups::take() {
    std::vector<Group> out;
    for (auto& [reason, entry] : entries_) {
        std::ranges::sort(entry.seeds, {}, &Seed::seed);
        for (const auto& seed : entry.seeds) {
            entry.group.seeds.push_back(seed.seed);
            entry.group.sentences.push_back(seed.finding.sentence);
        }
        out.push_back(std::move(entry.group));
    }
    entries_.clear();
    std::ranges::sort(out, {}, [](const Group& g) { return std::pair(g.lowest, g.reason); });
    return out;
}

}  // namespace storm::runner
