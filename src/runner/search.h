// runner/search.h - which of these plans fails for that reason? Asked of forked workers.
//
// Shrinking and cause analysis make plans by the hundred and need one bit of each. A search
// runs candidates in their order, several at once, and gives the first that still fails; all
// before it have run and did not, so the answer does not depend on the number of workers. A
// candidate is made in the worker, from its number.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/check.h"
#include "core/result.h"
#include "fault/plan.h"
#include "runner/fleet.h"
#include "runner/run.h"

namespace storm::runner {

/// What to run.
struct Case {
    fault::Plan plan;
    std::uint64_t seed = 0;
};

/// A run that failed for the reason.
struct Hit {
    std::uint64_t candidate = 0;
    check::Finding finding;
    /// The operations of the certificate, by (client index, id); fatal last.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> certificate;
    Instant fatal{};  // When the fatal operation, or what was found, was complete.
    Instant ended{};
    std::uint64_t events = 0;
    std::vector<std::string> idle;  // Ids of faults of the plan that took no effect, sorted.
};

struct Limits {
    RunOptions run;
    unsigned jobs = 1;
    Duration cpu_limit = core::seconds(20);
    Duration stuck_limit = core::seconds(2);
    std::function<bool()> over;  // True: time is up.
};

class Search {
public:
    using Candidate = std::function<fault::Plan(std::uint64_t number)>;
    using CaseOf = std::function<Case(std::uint64_t number)>;

    Search(const Bench& bench, std::string reason, const Limits& limits)
        : bench_(bench), reason_(std::move(reason)), limits_(limits) {}

    /// The first of `count` candidates that fails, under `seed`. Nothing: none does, or time
    /// was up before one was found.
    /// `idle`: faults that need take no effect; a candidate that has others of that kind is no
    /// hit. Null: any may.
    [[nodiscard]] core::Result<std::optional<Hit>> first(
        std::uint64_t count, std::uint64_t seed, const Candidate& candidate,
        const std::vector<std::string>* idle = nullptr);
    struct Count {
        std::vector<bool> ran, failed;  // By number.
    };
    /// Which of `count` cases ran in time, and which of these fail.
    [[nodiscard]] core::Result<Count> count(std::uint64_t count, const CaseOf& make);

    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] bool over() const { return limits_.over && limits_.over(); }

private:
    void body(fault::Plan plan, std::uint64_t seed, std::vector<std::byte>& result) const;

    const Bench& bench_;
    std::string reason_;
    const Limits& limits_;
    Fleet fleet_;
    std::uint64_t runs_ = 0;
};

}  // namespace storm::runner
