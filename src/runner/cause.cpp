#include "runner/cause.h"

#include <algorithm>
#include <chrono>

#include "runner/search.h"

namespace storm::runner {
namespace {

using Clock = std::chrono::steady_clock;

/// The plan as fresh seeds can make something else of: no pins, noise drawn.
fault::Plan freed(fault::Plan plan) {
    plan.pins.clear();
    plan.ambient = fault::Ambient::drawn;
    return plan;
}

}  // namespace

core::Result<std::vector<CauseRate>> causes(const Bench& bench, const fault::Plan& plan,
                                            const std::string& reason,
                                            const CauseOptions& options) {
    const auto start = Clock::now();
    Limits limits;
    limits.run = options.run;
    limits.run.detail = history::Detail::verdict;
    limits.jobs = options.jobs != 0 ? options.jobs : processors();
    limits.over = [&] {
        return Clock::now() - start >= std::chrono::nanoseconds(options.budget.ns) ||
               (options.stop && options.stop());
    };
    const fault::Plan with = freed(plan);
    const std::size_t variants = 1 + plan.faults.size();
    // Seed by seed, so that whatever ends it early leaves every rate on the same seeds.
    const auto make = [&](std::uint64_t item) {
        const std::uint64_t variant = item % variants;
        Case each{with, options.first + item / variants};
        if (variant != 0) {
            each.plan.faults.erase(each.plan.faults.begin() +
                                   static_cast<std::ptrdiff_t>(variant - 1));
        }
        return each;
    };
    Search search(bench, reason, limits);
    STORM_TRY(const auto counted, search.count(options.seeds * variants, make));
    std::vector<CauseRate> out;
    for (const auto& fault : plan.faults) out.push_back({.fault = fault.id});
    for (std::uint32_t seed = 0; seed < options.seeds; ++seed) {
        const std::size_t base = seed * variants;
        bool all_ran = true;
        for (std::size_t v = 0; v < variants; ++v) all_ran = all_ran && counted.ran[base + v];
        if (!all_ran) continue;
        for (std::size_t i = 0; i < out.size(); ++i) {
            ++out[i].of;
            if (counted.failed[base]) ++out[i].with;
            if (counted.failed[base + 1 + i]) ++out[i].without;
        }
    }
    return out;
}

}  // namespace storm::runner
