#include "runner/search.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "runner/pack.h"

namespace storm::runner {
namespace {

struct PackedHit {
    bool failed = false;  // The run could not be made: error_kind, error.
    std::uint8_t error_kind = 0;
    std::string error;
    bool hit = false;
    PackedFinding finding;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> certificate;
    Instant fatal{}, ended{};
    std::uint64_t events = 0;
    std::vector<std::string> idle;
    auto storm_fields() {
        return std::tie(failed, error_kind, error, hit, finding, certificate, fatal, ended, events,
                        idle);
    }
};

/// Faults of the plan none of whose occurrences anybody felt.
std::vector<std::string> idle_faults(const RunResult& run) {
    std::set<std::string_view> felt;
    for (const auto& each : run.record.faults) {
        if (each.occurred && each.seen != 0) felt.insert(each.id);
    }
    std::vector<std::string> idle;
    for (const auto& fault : run.plan.faults) {
        if (!felt.contains(fault.id)) idle.push_back(fault.id);
    }
    std::ranges::sort(idle);
    return idle;
}

void fill(PackedHit& out, const RunResult& run, const check::Finding& finding) {
    const auto& record = run.record;
    out.hit = true;
    out.finding = pack(finding);
    out.ended = record.ended;
    out.events = record.events;
    out.idle = idle_faults(run);
    for (const auto index : finding.operations) {
        if (index >= record.history.size() || out.certificate.size() == 4096) continue;
        const auto& operation = record.history[index];
        out.certificate.emplace_back(operation.client.index(), operation.id);
        out.fatal = std::max(out.fatal, operation.completed);
    }
    for (const auto& moment : finding.moments) out.fatal = std::max(out.fatal, moment.at);
    for (const auto& breach : record.breaches) {
        if (breach.check == finding.check && breach.anomaly == finding.anomaly) {
            out.fatal = std::max(out.fatal, breach.at);
        }
    }
}

}  // namespace

void Search::body(fault::Plan plan, std::uint64_t seed, std::vector<std::byte>& result) const {
    PackedHit out;
    const auto run = run_plan(bench_, std::move(plan), seed, limits_.run);
    if (!run) {
        out.failed = true;
        out.error_kind = static_cast<std::uint8_t>(run.error().kind);
        out.error = run.error().text();
    } else {
        const auto at = std::ranges::find_if(run->findings, [&](const check::Finding& finding) {
            return finding.verdict == check::Verdict::violated && finding.reason() == reason_;
        });
        if (at != run->findings.end()) fill(out, *run, *at);
    }
    append(result, out);
}

core::Result<std::optional<Hit>> Search::first(std::uint64_t count, std::uint64_t seed,
                                               const Candidate& candidate,
                                               const std::vector<std::string>* idle) {
    std::optional<Hit> best;
    const auto keep = [&](std::uint64_t item, Hit hit) {
        if (best && best->candidate < item) return;
        hit.candidate = item;
        best = std::move(hit);
        fleet_.stop_at(item);
    };
    Work work;
    work.items = count;
    work.jobs = limits_.jobs;
    work.cpu_limit = limits_.cpu_limit;
    work.stuck_limit = limits_.stuck_limit;
    work.eager = true;
    work.enough = limits_.over;
    work.body = [&](std::uint64_t item, std::vector<std::byte>& result) {
        body(candidate(item), seed, result);
    };
    work.take = [&](std::uint64_t item, std::span<const std::byte> bytes) {
        ++runs_;
        auto packed = core::from_bytes<PackedHit>(bytes);
        // A candidate that cannot be run at all (a plan without its last node) fails nothing.
        if (!packed || packed->failed || !packed->hit) return;
        if (idle != nullptr && !std::ranges::includes(*idle, packed->idle)) return;
        keep(item, {item, unpack(std::move(packed->finding)), std::move(packed->certificate),
                    packed->fatal, packed->ended, packed->events, std::move(packed->idle)});
    };
    work.fell = [&](std::uint64_t item, const Death& death) {
        ++runs_;
        auto finding = to_finding(death);
        if (finding.reason() != reason_) return;
        keep(item, {item, std::move(finding), {}, death.at, death.at, 0, {}});
    };
    if (auto done = fleet_.run(work); !done) return std::unexpected(done.error());
    return best;
}

core::Result<Search::Count> Search::count(std::uint64_t count, const CaseOf& make) {
    Count out;
    out.ran.resize(count);
    out.failed.resize(count);
    Work work;
    work.items = count;
    work.jobs = limits_.jobs;
    work.cpu_limit = limits_.cpu_limit;
    work.stuck_limit = limits_.stuck_limit;
    work.enough = limits_.over;
    work.body = [&](std::uint64_t item, std::vector<std::byte>& result) {
        Case each = make(item);
        body(std::move(each.plan), each.seed, result);
    };
    work.take = [&](std::uint64_t item, std::span<const std::byte> bytes) {
        ++runs_;
        const auto packed = core::from_bytes<PackedHit>(bytes);
        if (!packed || packed->failed) return;
        out.ran[item] = true;
        out.failed[item] = packed->hit;
    };
    work.fell = [&](std::uint64_t item, const Death& death) {
        ++runs_;
        out.ran[item] = true;
        out.failed[item] = to_finding(death).reason() == reason_;
    };
    if (auto done = fleet_.run(work); !done) return std::unexpected(done.error());
    return out;
}

}  // namespace storm::runner
