#include "sdk/guarded.h"

#include <utility>

#include "runner/fleet.h"

namespace storm::sdk {

core::Result<std::optional<check::Finding>> death_of(const Bench& bench, const fault::Plan& plan,
                                                     std::uint64_t seed,
                                                     const runner::RunOptions& options) {
    STORM_TRY(const auto attempt, runner::in_child([&](std::vector<std::byte>&) {
                  (void)runner::run_plan(bench, plan, seed, options);
              }));
    if (!attempt.death) return std::optional<check::Finding>();
    return std::optional(runner::to_finding(*attempt.death));
}

runner::RunResult fallen(fault::Plan plan, std::uint64_t seed, check::Finding finding) {
    runner::RunResult result;
    result.plan = std::move(plan);
    result.record.seed = seed;
    result.judgement.verdict = finding.verdict;
    result.judgement.why = finding.sentence;
    result.findings.push_back(std::move(finding));
    return result;
}

core::Result<runner::RunResult> run_guarded(const Bench& bench, fault::Plan plan,
                                            std::uint64_t seed, const runner::RunOptions& options) {
    STORM_TRY(auto death, death_of(bench, plan, seed, options));
    if (death) return fallen(std::move(plan), seed, std::move(*death));
    return runner::run_plan(bench, std::move(plan), seed, options);
}

bool rerun_of(const Session& session, runner::RunResult& result, const runner::RunOptions& options,
              bool fork_only) {
    return runner::rerun(session.bench, result,
                         {.run = options, .program = fork_only ? "" : "/proc/self/exe", .stop = [] {
                              return stopped_by() != 0;
                          }});
}

}  // namespace storm::sdk
