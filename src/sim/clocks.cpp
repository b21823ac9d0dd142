// Clocks and timers of simulated nodes, and the faults that bend them.
//
// Evidence is counted where the node reads a clock that shows something else than it would
// without the fault, and where a timer fires at another time than it would have. A timer of a
// node whose rate has ever changed carries what the clock will show when it is due (in
// Event::ticket); when the rate changes again, it moves.
#include <algorithm>
#include <bit>
#include <utility>

#include "sim/simulation.h"

namespace storm::sim {

using world::Token;

namespace {

constexpr std::int64_t epoch_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z.
constexpr std::int64_t ramp_steps = 100;  // In which a drift grows: between them it is even.

}  // namespace

node::TimerId Simulation::arm(node::Io& io, node::Waiter& waiter, Duration after, core::Key key) {
    Endpoint& at = endpoint(io);
    Instant due = now_ + std::min(after, Instant::max() - now_);
    if (at.bent) [[unlikely]]
        due = at.clock.world(at.clock.after(now_, after));
    const Duration length = due - now_;
    fold(key ^ std::rotl(static_cast<std::uint64_t>(length.ns), 32));
    if (close_) [[unlikely]]
        step(&at, "timer", core::to_text(length));
    const std::uint32_t index = wheel_.add(due, What::timer);
    Event& e = wheel_[index];
    e.key = key;
    e.thing = &waiter;
    e.to = index_of(at.id);
    e.from = at.incarnation;
    if (at.bent) [[unlikely]] {
        e.ticket = static_cast<std::uint64_t>(at.clock.after(now_, after).ns);
        for (const Bend& bend : at.clocks) claim_timer(index, bend, after);
    }
    return {index, wheel_.sequence(index)};
}

// The fault is to make this timer, which has `left` to go on the node's clock, fire at another
// time than it would.
void Simulation::claim_timer(std::uint32_t index, const Bend& bend, Duration left) {
    const Instant with = bend.with.world(bend.with.after(now_, left));
    const Instant without = bend.without.world(bend.without.after(now_, left));
    if (with == without) return;
    const core::HooksOff off;
    Event& e = wheel_[index];
    e.extra = claim(e.extra, bend.token, Claim::Kind::timer);
    claims_[e.extra].without = without;
}

void Simulation::disarm(node::Io& io, node::TimerId timer) {
    if (!wheel_.awaited(timer.event, timer.sequence)) return;
    Endpoint& at = endpoint(io);
    if (at.bent || at.waited) [[unlikely]] {
        Event& e = wheel_[timer.event];
        if (e.slowed) leave_queue(timer.event, at, false);
        end_claims(std::exchange(e.extra, nil), at, at.began, now_);
    }
    if (io.sealed()) {
        ++at.timers_ended;
        const auto held = std::ranges::find(at.held, timer.event, &Held::event);
        if (held != at.held.end()) {
            at.held.erase(held);
            wheel_.release(timer.event);
            return;
        }
    }
    wheel_.cancel(timer.event);
}

// Two jumps that cancel out are both felt: without either the clock would show something else.
void Simulation::clock_read(Endpoint& at, bool wall) {
    const auto read = [&](const Clock& clock) {
        return clock.local(now_) + (wall ? clock.step : Duration{});
    };
    for (const Bend& bend : at.clocks) {
        const Instant without = read(bend.without);
        if (read(bend.with) == without) continue;  // Nothing to see, or not yet.
        Force& force = forces_[bend.token];
        ++force.claimed;
        if (read(at.clock) != without) saw(force, at);
    }
}

Instant Simulation::monotonic(node::Io& io) {
    Endpoint& at = endpoint(io);
    if (!at.clocks.empty()) [[unlikely]]
        clock_read(at, false);
    return at.clock.local(now_);
}

core::WallTime Simulation::wall(node::Io& io) {
    Endpoint& at = endpoint(io);
    if (!at.clocks.empty()) [[unlikely]] {
        if (std::ranges::any_of(at.clocks, [&](const Bend& b) { return forces_[b.token].growing; }))
            set_clock(at);
        clock_read(at, true);
    }
    return core::WallTime{epoch_ns + at.clock.local(now_).ns + at.clock.step.ns};
}

// ---- Faults ---------------------------------------------------------------------------------

void Simulation::apply_clock(Token token, const fault::ClockEffect& effect) {
    Force& force = forces_[token];
    const bool drifts = effect.drift_ppm != 0;
    force.drift_ppm = force.ramp.ns > 0 ? 0 : effect.drift_ppm;
    for (const auto id : effect.nodes) {
        Endpoint& at = endpoint(id);
        at.clocks.push_back({token, at.clock, at.clock});
        if (drifts && !at.bent) at.bent = at.turned = true;
    }
    if (drifts) mark_timers();
    if (drifts && force.ramp.ns > 0) {
        steepen(token, 0);
    } else {
        turn_clocks(effect.nodes, token);
    }
}

// The next step of a ramp: as strong as the ramp is in the middle of it, so that what has
// drifted in the end is what the ramp says.
void Simulation::steepen(Token token, std::int64_t step) {
    Force& force = forces_[token];
    const auto effect = std::get<fault::ClockEffect>(force.effect);
    if (force.over && !effect.stays) return;
    const std::int64_t steps = std::min(ramp_steps, force.ramp.ns);
    const auto part = static_cast<std::uint32_t>(core::one_million * (2 * step + 1) / (2 * steps));
    force.drift_ppm = std::get<fault::ClockEffect>(fault::scaled(force.whole, part)).drift_ppm;
    turn_clocks(effect.nodes, token);
    if (step == steps) return;
    __extension__ using Wide = __int128;
    const Duration passed{static_cast<std::int64_t>(Wide{force.ramp.ns} * (step + 1) / steps)};
    at(force.since + passed, force.key, [this, token, step] { steepen(token, step + 1); });
}

void Simulation::revert_clock(Token token, const fault::ClockEffect& effect) {
    if (effect.stays) return;
    for (const auto id : effect.nodes) {
        std::erase_if(endpoint(id).clocks, [&](const Bend& bend) { return bend.token == token; });
    }
    turn_clocks(effect.nodes, token);
}

// Steps add up, rates multiply.
void Simulation::set_clock(Endpoint& at) {
    const auto turn = [&](Clock& clock, Token whose, bool counts) {
        Duration step{};
        std::int64_t rate = Clock::even;
        for (const Bend& each : at.clocks) {
            Force& force = forces_[each.token];
            if (each.token == whose ? !counts : force.sabotaged) continue;
            step += std::get<fault::ClockEffect>(force.now(now_)).step;
            rate = Clock::drifted(rate, force.drift_ppm);
        }
        clock.step = step;
        if (rate == clock.rate()) return;
        clock.set_rate(now_, rate);
        at.turned = true;
    };
    turn(at.clock, nil, false);
    for (Bend& bend : at.clocks) {
        turn(bend.with, bend.token, true);
        turn(bend.without, bend.token, false);
    }
}

// From now on these timers know what the clock will show when they are due. So far it has been
// even with the world's.
void Simulation::mark_timers() {
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        Event& e = wheel_[i];
        if (e.what != What::timer || !endpoints_[e.to].turned) continue;
        e.ticket = static_cast<std::uint64_t>(endpoints_[e.to].clock.local(e.at).ns);
    }
    for (Endpoint& each : endpoints_) each.turned = false;
}

// The clocks of these nodes turn, and their timers with them. What waits for a paused or a slow
// node was due already: it stays where it is.
void Simulation::turn_clocks(const std::vector<core::Id>& nodes, Token token) {
    for (const auto id : nodes) set_clock(endpoint(id));
    if (std::ranges::none_of(nodes, [&](core::Id id) { return endpoint(id).turned; })) return;
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        const Event& e = wheel_[i];
        if (e.what != What::timer || e.slowed || !wheel_.filed(i)) continue;
        Endpoint& at = endpoints_[e.to];
        if (!at.turned) continue;
        const Instant shown{static_cast<std::int64_t>(e.ticket)};
        const auto bend = std::ranges::find(at.clocks, token, &Bend::token);
        if (bend != at.clocks.end() && !has_claim(e.extra, token)) {
            claim_timer(i, *bend, shown - at.clock.local(now_));
        }
        const Instant due = std::max(now_, at.clock.world(shown));
        if (due != e.at) wheel_.move(i, due);
    }
    for (const auto id : nodes) endpoint(id).turned = false;
}

}  // namespace storm::sim
