#include "check/resilience.h"

#include <algorithm>
#include <utility>

#include "core/dice.h"

namespace storm::check {
namespace {

using history::Outcome;

constexpr std::size_t outages_max = 1'000;

struct Point {
    Instant at{};
    bool success = false;
};

bool succeeded(const history::Operation& op, std::string_view may_refuse) {
    return op.outcome == Outcome::ok || (op.outcome == Outcome::fail && op.name == may_refuse);
}

/// Failures at the time they were asked for, successes at the time they were told.
std::vector<Point> points(const history::RunRecord& record, std::string_view may_refuse) {
    std::vector<Point> all;
    all.reserve(record.history.size());
    for (const auto& op : record.history) {
        const bool success = succeeded(op, may_refuse);
        all.push_back({success ? op.completed : op.invoked, success});
    }
    std::ranges::sort(all, [](const Point& a, const Point& b) {
        return a.at != b.at ? a.at < b.at : a.success < b.success;
    });
    return all;
}

void find_outages(Resilience& out, const std::vector<Point>& all, Instant end) {
    Outage now;
    bool open = false;
    const auto close = [&](Instant to, bool over) {
        now.to = to;
        now.over = over;
        out.longest = std::max(out.longest, now.to - now.from);
        if (out.outages.size() < outages_max) out.outages.push_back(now);
        open = false;
    };
    for (const auto& point : all) {
        if (!point.success) {
            if (!open) now = {point.at, point.at, false, 0};
            open = true;
            ++now.failed;
        } else if (open) {
            close(point.at, true);
        }
    }
    if (open) close(std::max(end, now.from), false);
    Duration sum{};
    std::int64_t count = 0;
    for (const auto& outage : out.outages) {
        if (!outage.over) continue;
        sum += outage.to - outage.from;
        ++count;
    }
    if (count != 0) out.mttr = sum / count;
}

void measure_depth(Resilience& out, const history::RunRecord& record, const Phases& phases,
                   Duration bucket, std::string_view may_refuse) {
    const Window all = whole(record);
    const auto cut = pieces(all, std::max(bucket, 1_ns));
    const Duration width = cut.empty() ? bucket : cut.front().to - cut.front().from;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> counts(cut.size());  // All, succeeded.
    for (const auto& op : record.history) {
        if (op.invoked < all.from || cut.empty()) continue;
        const auto which = std::min<std::size_t>(
            static_cast<std::size_t>((op.invoked - all.from).ns / width.ns), cut.size() - 1);
        ++counts[which].first;
        if (succeeded(op, may_refuse)) ++counts[which].second;
    }
    const Tally normal = tally(record.history, {phases.before, {}, may_refuse});
    const std::uint32_t usual = normal.success_ppm();
    out.depth_ppm = core::one_million;
    for (std::size_t i = 0; i < cut.size(); ++i) {
        const auto [operations, good] = counts[i];
        if (operations == 0) continue;
        const auto share = static_cast<std::uint32_t>(good * core::one_million / operations);
        if (share < out.depth_ppm) {
            out.depth_ppm = share;
            out.deepest = cut[i];
        }
        if (share < usual) out.degraded += cut[i].to - cut[i].from;
    }
}

}  // namespace

Resilience resilience(const history::RunRecord& record, Duration bucket,
                      std::string_view may_refuse) {
    Resilience out;
    const Phases phases = phases_of(record);
    const auto of = [&](const Window& window) {
        return tally(record.history, {window, {}, may_refuse});
    };
    const auto p99 = [](const Tally& counted) {
        return counted.latencies.empty() ? Duration{} : counted.percentile(990'000);
    };
    const Tally all = of(whole(record));
    const Tally during = of(phases.during);
    out.operations = all.operations;
    out.availability_ppm = all.success_ppm();
    out.availability_faulty_ppm = during.success_ppm();
    out.p99_before = p99(of(phases.before));
    out.p99_during = p99(during);
    out.p99_after = p99(of(phases.after));
    const auto timeline = points(record, may_refuse);
    find_outages(out, timeline, record.ended);
    measure_depth(out, record, phases, bucket, may_refuse);
    for (const auto& point : timeline) {
        if (!phases.faulty || !point.success || point.at < phases.during.to) continue;
        out.recovered = true;
        out.recovery = point.at - phases.during.to;
        break;
    }
    return out;
}

}  // namespace storm::check
