// Steps that wait: for the end of a pause, for a slow node, for the end of a run; and whether a
// fault that moved a step in time was felt there.
//
// Such a fault claims with the time at which the step would run without it, all else being as it
// is. A pause or a busy node may hide it: if the step would have waited for the same moment in
// any case, nothing was felt. What a pause held runs in the order in which it was planned, not in
// that in which it became due; what a slow node holds up runs in the order in which it came.
#include <algorithm>
#include <utility>

#include "sim/simulation.h"

namespace storm::sim {

using world::Token;

namespace {
// Of a queue that is never idle: what came before so many steps would have been done long ago.
constexpr std::ptrdiff_t steps_kept = 4096;
}  // namespace

// ---- Claims that move a step -------------------------------------------------------------------

// The step leaves a place where it waited, at `leaves`: a claim that it would have come there at
// another time becomes one that it would leave at `when` of that (which is told of a claim that
// it would be done there). Where this is the same time, the place hides the fault.
template <class When>
void Simulation::pass_on(Event& e, Instant leaves, When&& when) {
    const auto hidden = [&](Token token, Instant& without, bool done) {
        without = when(without, done);
        return without == leaves && !forces_[token].sabotaged;
    };
    for (std::uint32_t* link = &claims_on(e); *link != nil;) {
        Claim& each = claims_[*link];
        if (each.moves() && hidden(each.token, each.without, each.kind == Claim::Kind::slow)) {
            ++forces_[take_claim(*link).token].voided;
        } else {
            link = &each.next;
        }
    }
    if (e.what != What::file) return;
    for (FileClaim& each : files_[e.extra].claims) {
        if (each.kind != FileClaim::Kind::late || each.hidden) continue;
        each.hidden = hidden(each.token, each.without, false);
    }
}

// The step runs now: what moved it is felt, unless it would have run now in any case.
void Simulation::settle_move(const Claim& claim, const Endpoint& at) {
    Force& force = forces_[claim.token];
    if (force.sabotaged) return;  // Whatever was felt was another's doing.
    if (now_ != claim.without) {
        saw(force, at);
    } else {
        ++force.voided;  // It made no nanosecond's difference.
    }
}

void Simulation::settle_moves(std::uint32_t list, const Endpoint& at) {
    while (list != nil) settle_move(take_claim(list), at);
}

// Nobody will take the step any more: what moved it is felt by a life that would have taken it, of
// a file call the one that made it, and nothing else is.
void Simulation::end_claims(const Event& e, const Endpoint& at) {
    for (std::uint32_t list = claims_on(e); list != nil;) {
        const Claim each = take_claim(list);
        Force& force = forces_[each.token];
        const bool taken =
            e.what == What::file ? each.without < at.end_of(e.from, now_) : at.lived(each.without);
        const bool missed = each.moves() && each.without < now_ && taken;
        if (missed && !force.sabotaged) {
            saw(force, at);
        } else {
            ++force.voided;
        }
    }
}

void Simulation::end_claims(const FileWork& work) {
    if (work.claims.empty()) return;
    const Endpoint& at = endpoints_[work.owner];
    const Instant end = at.end_of(work.incarnation, now_);
    for (const FileClaim& each : work.claims) {
        Force& force = forces_[each.token];
        const bool missed = each.kind == FileClaim::Kind::late && !each.hidden && !each.lifted &&
                            each.without < end;
        if (missed && !force.sabotaged) {
            saw(force, at);
        } else {
            ++force.voided;
        }
    }
}

// ---- Dispatch ----------------------------------------------------------------------------------

// Whether this event must wait, for a paused or a slow node.
bool Simulation::held_back(std::uint32_t index, Endpoint& to) {
    Event& e = wheel_[index];
    if (!to.down.empty()) work_due(to);
    if (e.what == What::ghost) return false;
    if (!to.paused.empty() && to.up()) {
        if (const auto by = held_still(to); by != nil) {
            if (e.slowed) leave_queue(index, to, true);
            to.held.push_back({index, by});
            return true;
        }
    }
    if (!to.slow.empty() && to.up() && !e.slowed) return wait_for_slow(index, to);
    if (e.slowed) leave_queue(index, to, true);
    e.slowed = false;
    return false;
}

// ---- Slow nodes --------------------------------------------------------------------------------

// What one fault makes this step cost more; 0: nothing.
Duration Simulation::step_cost(Token token, const Event& e, const Endpoint& to) {
    Force& force = forces_[token];
    const auto& effect = std::get<fault::NodeEffect>(force.now(now_));
    Duration own = effect.cost;
    if (effect.jitter.ns > 0) {
        const auto width = static_cast<std::uint64_t>(effect.jitter.ns);
        own.ns += draw(fault::Purpose::step_cost, core::combine(force.key, e.key), 0, &to, &to,
                       "step", [&](std::uint64_t bits) {
                           return static_cast<std::int64_t>(core::scale(bits, width));
                       });
    }
    return std::max(own, Duration{});
}

// Asks the faults that slow a node down what this step costs; true if it must wait.
bool Simulation::wait_for_slow(std::uint32_t index, Endpoint& to) {
    Event& e = wheel_[index];
    Duration cost{};
    for (Slowing& each : to.slow) {
        each.own = step_cost(each.token, e, to);
        if (each.own.ns != 0 && forces_[each.token].sabotaged) {
            ++forces_[each.token].claimed;
            each.own = {};
        }
        cost += each.own;
    }
    if (cost.ns == 0) return false;
    const core::HooksOff off;
    Queue& queue = to.queue;
    if (queue.until < now_) queue = {};
    if (queue.left >= 2 * steps_kept) {
        queue.steps.erase(queue.steps.begin(), queue.steps.begin() + steps_kept);
        queue.left -= steps_kept;
    }
    queue.until = std::max(now_, queue.until) + cost;
    queue.steps.push_back({index, wheel_.sequence(index), now_, queue.until, cost});
    for (Slowing& each : to.slow) {
        each.done = std::max(now_, each.done) + cost - each.own;
        if (each.own.ns != 0) claim_step(index, each);
    }
    to.waited = true;
    e.slowed = true;
    wheel_.again(index, queue.until);
    return true;
}

void Simulation::claim_step(std::uint32_t index, const Slowing& slowing) {
    Event& e = wheel_[index];
    std::uint32_t& list = claims_on(e);
    list = claim(list, slowing.token, Claim::Kind::slow);
    claims_[list].without = slowing.done;
    if (e.what != What::packet || e.touched) return;
    e.touched = true;
    wheel_.cold(index) = {};
}

// A step leaves the queue of a slow node, now or, if nobody will take it any more, in its turn.
// Had it come at another time, the same would have come before that and would have come after.
void Simulation::leave_queue(std::uint32_t index, Endpoint& at, bool runs) {
    Queue& queue = at.queue;
    const auto first = queue.steps.begin() + static_cast<std::ptrdiff_t>(queue.left);
    const auto found = std::ranges::find(first, queue.steps.end(), index, &Queue::Step::event);
    if (found == queue.steps.end() || found->sequence != wheel_.sequence(index)) return;
    const Queue::Step step = *found;
    const auto own = static_cast<std::size_t>(found - queue.steps.begin());
    found->event = nil;  // Those that a slow fault's end hurries leave in another order.
    while (queue.left < queue.steps.size() && queue.steps[queue.left].event == nil) ++queue.left;
    const bool hurried = runs && now_ < step.until;
    const Instant leaves = hurried ? now_ : step.until;
    const auto without = [&](Instant came) {
        const auto after = std::ranges::upper_bound(queue.steps, came, {}, &Queue::Step::entered);
        auto before = static_cast<std::size_t>(after - queue.steps.begin());
        if (before == own + 1) --before;  // It did not come before itself.
        if (before == 0) return came + step.cost;
        const Duration its = before > own ? step.cost : Duration{};
        return std::max(came, queue.steps[before - 1].until - its) + step.cost;
    };
    pass_on(wheel_[index], leaves, [&](Instant came, bool done) {
        if (done) return hurried ? std::min(came, now_) : came;
        return hurried ? std::min(without(came), std::max(came, now_)) : without(came);
    });
}

// The run ends: nobody will take the steps of this queue.
void Simulation::leave_queue(Endpoint& at) {
    const Queue& queue = at.queue;
    for (std::size_t i = queue.left; i < queue.steps.size(); ++i) {
        const Queue::Step step = queue.steps[i];
        if (step.event == nil) continue;
        const bool waits = wheel_.sequence(step.event) == step.sequence;
        if (waits && wheel_[step.event].slowed) leave_queue(step.event, at, false);
    }
}

// What a slow node still holds up ends with the last fault that slows it: it works off its
// queue, in order.
void Simulation::hurry_steps() {
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        const Event& e = wheel_[i];
        if (e.what == What::free || e.what == What::callback || e.at <= now_) continue;
        if (e.slowed && !slowed(endpoints_[e.to])) wheel_.move(i, now_);
    }
}

// Of two faults that slow a node down one has ended: what the node has not done would be done
// now, but for the other.
void Simulation::leave_to_next(Endpoint& at) {
    const auto real = [this](const Slowing& each) { return !forces_[each.token].sabotaged; };
    if (std::ranges::count_if(at.slow, real) != 1) return;
    Slowing& next = *std::ranges::find_if(at.slow, real);
    next.done = now_;
    for (std::size_t i = at.queue.left; i < at.queue.steps.size(); ++i) {
        const Queue::Step& step = at.queue.steps[i];
        if (step.event == nil || step.until <= now_) continue;
        if (wheel_.sequence(step.event) != step.sequence) continue;
        Event& e = wheel_[step.event];
        if (!e.slowed) continue;
        std::uint32_t own = claims_on(e);
        while (own != nil &&
               (claims_[own].token != next.token || claims_[own].kind != Claim::Kind::slow)) {
            own = claims_[own].next;
        }
        if (own == nil) {
            claim_step(step.event, next);
        } else {
            claims_[own].without = std::min(claims_[own].without, now_);
        }
    }
}

/// Whether some fault that slows it is carried out.
bool Simulation::slowed(const Endpoint& at) const {
    return std::ranges::any_of(
        at.slow, [this](const Slowing& each) { return !forces_[each.token].sabotaged; });
}

// ---- Pauses ------------------------------------------------------------------------------------

/// Asks the faults that pause a node whether it must wait with this step: the first alone
/// claims it, as of a packet that several would drop. nil: it need not wait.
Token Simulation::held_still(Endpoint& at) {
    for (const auto token : at.paused) {
        Force& force = forces_[token];
        ++force.claimed;
        if (force.sabotaged) continue;
        saw(force, at);
        return token;
    }
    return nil;
}

// From now on whatever becomes due at this node would wait.
void Simulation::be_still(Endpoint& at) {
    at.still_since = now_;
    at.still_sequence = callback_;
}

// What still waits goes on, or waits for the next pause in force.
void Simulation::end_pause(Endpoint& at, Token token) {
    const auto next =
        std::ranges::find_if(at.paused, [this](Token each) { return !forces_[each].sabotaged; });
    const bool resumes = next == at.paused.end();
    if (resumes) take_back(at);
    if (at.left != 0 && at.left_to == token) count_left(at);
    if (resumes) return resume_held(at);
    if (forces_[token].sabotaged || *next <= token) return;  // That held all this while.
    at.left_to = *next;
    at.left = at.held.size() + (at.unstarted ? 1 : 0);
    at.left_since = now_;
}

// A pause that ends where it had just caught a step held nothing back; nor did one of a slow node
// that is still busy with what came before.
void Simulation::take_back(Endpoint& at) {
    const bool busy = slowed(at) && at.queue.until >= now_;
    const auto unseen = [&](Token by) {
        Force& force = forces_[by];
        ++force.voided;
        --force.seen;
        --force.seen_at[index_of(at.id)];
    };
    for (const Held& each : at.held) {
        const Event& e = wheel_[each.event];
        if (e.at == now_ || (busy && !e.slowed)) unseen(each.by);
    }
    if (at.unstarted && at.began == now_) unseen(at.unstarted_by);
    if (busy) at.left = 0;
}

// Steps that one pause left to the next count there, too, if they waited on for a while.
void Simulation::count_left(Endpoint& at) {
    const auto steps = std::exchange(at.left, 0);
    if (now_ <= at.left_since) return;
    Force& force = forces_[at.left_to];
    force.claimed += steps;
    saw(force, at, steps);
}

// Whatever became due since the pauses began would wait as long as they did.
void Simulation::hide_held(Endpoint& at) {
    for (const Held& each : at.held) {
        pass_on(wheel_[each.event], now_, [&](Instant came, bool) {
            const bool before = came != at.still_since
                                    ? came < at.still_since
                                    : wheel_.sequence(each.event) < at.still_sequence;
            return before || came > now_ ? came : now_;
        });
    }
}

// Steps that a pause held back run now, in the order in which they were planned; the first of
// a life before all others.
void Simulation::resume_held(Endpoint& at) {
    hide_held(at);
    std::vector<Held> held;
    held.swap(at.held);
    for (const Held& each : held) wheel_.again(each.event, now_);
    if (std::exchange(at.unstarted, false)) first_step(at);
}

}  // namespace storm::sim
