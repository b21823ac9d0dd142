#include "fault/effect.h"

#include <fmt/format.h>

#include <algorithm>

namespace storm::fault {
namespace {

using core::ErrorKind;
using core::one_million;
__extension__ using Wide = __int128;

constexpr Duration longest = core::seconds(24 * 3600);
constexpr std::int64_t drift_low = -900'000;  // A clock that nearly stands still.
constexpr std::int64_t drift_high = 9'000'000;

core::Result<void> refuse(std::string what) {
    return core::fail(ErrorKind::bad_input, std::move(what));
}

core::Result<void> check_time(std::string_view name, Duration time, bool may_be_negative = false) {
    const bool in_range =
        may_be_negative ? time >= -longest && time <= longest : time.ns >= 0 && time <= longest;
    if (in_range) return {};
    return refuse(fmt::format("{}: {} is out of range: want {} to {}", name, core::to_text(time),
                              core::to_text(may_be_negative ? -longest : Duration{}),
                              core::to_text(longest)));
}

core::Result<void> check_nodes(const std::vector<core::Id>& nodes) {
    if (nodes.empty()) return refuse("no node is aimed at");
    if (std::ranges::any_of(nodes, &core::Id::is_client)) return refuse("a client is no node");
    return {};
}

core::Result<void> check_of(const LinkEffect& effect) {
    if (effect.directions.empty() && effect.groups.size() < 2) {
        return refuse("no link is aimed at");
    }
    if (effect.directions.size() > directions_max) {
        return refuse(fmt::format("{} directions in one fault: want at most {}, or groups",
                                  effect.directions.size(), directions_max));
    }
    for (const Direction& direction : effect.directions) {
        if (direction.from.empty() || direction.to.empty()) return refuse("no link is aimed at");
    }
    return check(effect.fault);
}

core::Result<void> check_of(const NodeEffect& effect) {
    STORM_CHECK(check_nodes(effect.nodes));
    STORM_CHECK(check_time("cost", effect.cost));
    STORM_CHECK(check_time("jitter", effect.jitter));
    if (effect.action == NodeAction::slow && effect.cost.ns == 0 && effect.jitter.ns == 0) {
        return refuse("cost: a step is slowed by nothing");
    }
    if (effect.action == NodeAction::crash_at && effect.site.empty()) {
        return refuse("site: want the name of a code point");
    }
    return {};
}

core::Result<void> check_of(const ClockEffect& effect) {
    STORM_CHECK(check_nodes(effect.nodes));
    STORM_CHECK(check_time("step", effect.step, true));
    if (effect.drift_ppm < drift_low || effect.drift_ppm > drift_high) {
        return refuse(fmt::format("drift: {}ppm is out of range: want {}ppm to {}ppm",
                                  effect.drift_ppm, drift_low, drift_high));
    }
    return {};
}

core::Result<void> check_of(const DiskEffect& effect) {
    STORM_CHECK(check_nodes(effect.nodes));
    STORM_CHECK(check_time("latency", effect.fault.latency));
    STORM_CHECK(check_time("jitter", effect.fault.jitter));
    if (effect.fault.share_ppm > one_million) return refuse("share: want 0% to 100%");
    if (effect.fault.error < 0) return refuse("error: want an errno");
    if (effect.fault.room < -1) return refuse("room: want 0 bytes or more");
    return {};
}

Duration part(Duration whole, std::uint32_t ppm) {
    return {static_cast<std::int64_t>(Wide{whole.ns} * ppm / one_million)};
}

void weaken(LinkEffect& effect, std::uint32_t ppm) { effect.fault = scaled(effect.fault, ppm); }
void weaken(NodeEffect& effect, std::uint32_t ppm) {
    effect.cost = part(effect.cost, ppm);
    effect.jitter = part(effect.jitter, ppm);
}
void weaken(ClockEffect& effect, std::uint32_t ppm) {
    effect.step = part(effect.step, ppm);
    effect.drift_ppm = part(Duration{effect.drift_ppm}, ppm).ns;
}
void weaken(DiskEffect& effect, std::uint32_t ppm) {
    DiskFault& fault = effect.fault;
    const bool slows = fault.latency.ns != 0 || fault.jitter.ns != 0;
    fault.latency = part(fault.latency, ppm);
    fault.jitter = part(fault.jitter, ppm);
    // A slow disk slows as many operations, each by less; a broken one breaks fewer.
    if (!slows) fault.share_ppm = static_cast<std::uint32_t>(part({fault.share_ppm}, ppm).ns);
}

}  // namespace

core::Result<void> check(const Effect& effect) {
    return std::visit([](const auto& each) { return check_of(each); }, effect);
}

std::uint32_t strength(Duration ramp, Duration passed) {
    if (passed >= ramp) return one_million;
    if (passed.ns <= 0) return 0;
    return static_cast<std::uint32_t>(Wide{passed.ns} * one_million / ramp.ns);
}

Effect scaled(const Effect& effect, std::uint32_t ppm) {
    Effect weaker = effect;
    if (ppm < one_million) std::visit([&](auto& each) { weaken(each, ppm); }, weaker);
    return weaker;
}

Effectiveness judge(const Evidence& evidence) {
    if (evidence.seen > 0) return Effectiveness::effective;
    return evidence.claimed > evidence.voided ? Effectiveness::ineffective
                                              : Effectiveness::no_opportunity;
}

std::string_view to_text(Effectiveness effectiveness) {
    constexpr std::string_view names[] = {"effective", "no opportunity", "ineffective"};
    return names[static_cast<std::size_t>(effectiveness)];
}

}  // namespace storm::fault
