// Clocks and timers of simulated nodes, and the faults that bend them.
//
// Evidence is counted where the node reads a clock that shows something else than it would
// without the fault, and where a timer fires at another time than it would have. A timer of a
// node whose rate has ever changed carries what the clock will show when it is due (in
// Event::ticket); when the rate changes again, it moves.
//
// A plan may strike one clock thousands of times, and each strike has evidence of its own. So a
// plain step costs nothing but two additions, and what clocks would show without one of many
// drifts comes of what stands before it and after it.
#include <algorithm>
#include <bit>
#include <utility>

#include "sim/simulation.h"

namespace storm::sim {

using world::Token;

namespace {

constexpr std::int64_t epoch_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z.
constexpr std::int64_t ramp_steps = 100;  // In which a drift grows: between them it is even.
constexpr std::size_t exact_max = 32;     // Drifts whose rounding is followed for each.

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
        end_claims(e, at);
        e.extra = nil;
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
        return wall ? clock.wall(now_, epoch_ns, at.stepped) : clock.local(now_);
    };
    for (const Bend& bend : at.clocks) {
        const Instant without = read(bend.without);
        if (read(bend.with) == without) continue;  // Nothing to see, or not yet.
        Force& force = forces_[bend.token];
        ++force.claimed;
        if (read(at.clock) != without) saw(force, at);
    }
    for (const Token token : std::exchange(at.drifted, {})) {
        Force& force = forces_[token];
        ++force.claimed;
        if (!force.sabotaged) saw(force, at);
    }
}

Instant Simulation::monotonic(node::Io& io) {
    Endpoint& at = endpoint(io);
    if (!at.clocks.empty() || !at.drifted.empty()) [[unlikely]]
        clock_read(at, false);
    return at.clock.local(now_);
}

core::WallTime Simulation::wall(node::Io& io) {
    Endpoint& at = endpoint(io);
    if (!at.clocks.empty() || !at.drifted.empty()) [[unlikely]] {
        if (std::ranges::any_of(at.clocks, [&](const Bend& b) { return forces_[b.token].growing; }))
            set_clock(at);
        clock_read(at, true);
    }
    if (!at.steps.empty()) [[unlikely]]
        ++at.wall_reads;
    return core::WallTime{at.clock.wall(now_, epoch_ns, at.stepped).ns};
}

// ---- Faults ---------------------------------------------------------------------------------

void Simulation::apply_clock(Token token, const fault::ClockEffect& effect) {
    Force& force = forces_[token];
    const bool drifts = effect.drift_ppm != 0;
    force.drift_ppm = force.ramp.ns > 0 ? 0 : effect.drift_ppm;
    if (!drifts && force.ramp.ns <= 0) {
        for (const auto id : effect.nodes) take_step(endpoint(id), token);
        return;
    }
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
    if (effect.drift_ppm == 0 && forces_[token].ramp.ns <= 0) {
        for (const auto id : effect.nodes) end_step(endpoint(id), token);
        return;
    }
    for (const auto id : effect.nodes) {
        Endpoint& at = endpoint(id);
        const auto bend = std::ranges::find(at.clocks, token, &Bend::token);
        if (bend == at.clocks.end()) continue;
        // Nobody has read it so far, and it stays wrong by as much as it has drifted.
        const bool wrong = bend->with.local(now_) != bend->without.local(now_);
        const auto index = index_of(at.id);
        if (wrong && !at.up() && forces_[token].seen_at[index] == 0) at.drifted.push_back(token);
        at.clocks.erase(bend);
    }
    turn_clocks(effect.nodes, token);
}

void Simulation::take_step(Endpoint& at, Token token) {
    const Force& force = forces_[token];
    at.steps.push_back({token, at.wall_reads});
    if (!force.sabotaged) at.stepped += std::get<fault::ClockEffect>(force.effect).step.ns;
}

void Simulation::end_step(Endpoint& at, Token token) {
    const Force& force = forces_[token];
    // The newest end first when all do.
    const auto found = std::ranges::find(at.steps.rbegin(), at.steps.rend(), token, &Step::token);
    if (found == at.steps.rend()) return;
    count_reads(at, *found);
    at.steps.erase(std::next(found).base());
    if (!force.sabotaged) at.stepped -= std::get<fault::ClockEffect>(force.effect).step.ns;
}

// Each of these reads showed the step, whatever others were there: without it the clock would
// have shown something else.
void Simulation::count_reads(Endpoint& at, Step& step) {
    Force& force = forces_[step.token];
    const auto reads = at.wall_reads - std::exchange(step.reads_before, at.wall_reads);
    force.claimed += reads;
    if (!force.sabotaged && reads != 0) saw(force, at, reads);
}

// Steps add up, rates multiply, in the order in which they came. Exact for each fault where they
// are few; where they are many, what stands after it is rounded by itself.
void Simulation::set_clock(Endpoint& at) {
    const std::size_t count = at.clocks.size();
    const auto drift = [&](std::size_t i) {
        const Force& force = forces_[at.clocks[i].token];
        return force.sabotaged ? 0 : force.drift_ppm;
    };
    std::vector<std::int64_t> upto(count + 1, Clock::even);  // Of those before the i-th ...
    std::vector<std::int64_t> from(count + 1, Clock::even);  // ... and of it and those after it.
    Clock::Wide steps = 0;
    for (std::size_t i = 0; i < count; ++i) {
        Force& force = forces_[at.clocks[i].token];
        upto[i + 1] = Clock::drifted(upto[i], drift(i));
        if (!force.sabotaged) steps += std::get<fault::ClockEffect>(force.now(now_)).step.ns;
    }
    for (std::size_t i = count; i-- > 0;) from[i] = Clock::drifted(from[i + 1], drift(i));
    const std::int64_t all = upto[count];
    /// With `own` in the place of the i-th.
    const auto rate_with = [&](std::size_t i, std::int64_t own) {
        if (own == drift(i)) return all;
        std::int64_t rate = Clock::drifted(upto[i], own);
        if (count > exact_max) return Clock::drifted(rate, from[i + 1] - Clock::even);
        for (std::size_t k = i + 1; k < count; ++k) rate = Clock::drifted(rate, drift(k));
        return rate;
    };
    const auto turn = [&](Clock& clock, Clock::Wide step, std::int64_t rate) {
        clock.step = step;
        if (rate == clock.rate()) return;
        clock.set_rate(now_, rate);
        at.turned = true;
    };
    turn(at.clock, steps, all);
    for (std::size_t i = 0; i < count; ++i) {
        Bend& bend = at.clocks[i];
        Force& force = forces_[bend.token];
        const Clock::Wide own = std::get<fault::ClockEffect>(force.now(now_)).step.ns;
        turn(bend.with, force.sabotaged ? steps + own : steps, rate_with(i, force.drift_ppm));
        turn(bend.without, force.sabotaged ? steps : steps - own, rate_with(i, 0));
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
    const Endpoint* found_for = nullptr;  // The bend of this fault, looked for once a node.
    const Bend* bend = nullptr;
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        const Event& e = wheel_[i];
        if (e.what != What::timer || e.slowed || !wheel_.filed(i)) continue;
        Endpoint& at = endpoints_[e.to];
        if (!at.turned) continue;
        const Instant shown{static_cast<std::int64_t>(e.ticket)};
        if (std::exchange(found_for, &at) != &at) {
            const auto found = std::ranges::find(at.clocks, token, &Bend::token);
            bend = found != at.clocks.end() ? &*found : nullptr;
        }
        if (bend != nullptr && !has_claim(e.extra, token)) {
            claim_timer(i, *bend, shown - at.clock.local(now_));
        }
        const Instant due = std::max(now_, at.clock.world(shown));
        if (due != e.at) wheel_.move(i, due);
    }
    for (const auto id : nodes) endpoint(id).turned = false;
}

}  // namespace storm::sim
