// Faults as they come and go, the lives of nodes they end, and the points in the code.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/glance.h"
#include "core/require.h"
#include "sim/simulation.h"

namespace storm::sim {

using fault::NodeAction;
using fault::Purpose;
using world::Token;

namespace {

// The effect as its victims feel it: whom it is aimed at stands elsewhere.
fault::Effect without_victims(fault::Effect effect) {
    if (auto* link = std::get_if<fault::LinkEffect>(&effect)) {
        link->directions.clear();
        link->groups.clear();
    } else if (auto* node = std::get_if<fault::NodeEffect>(&effect)) {
        node->nodes.clear();
    } else if (auto* clock = std::get_if<fault::ClockEffect>(&effect)) {
        clock->nodes.clear();
    } else {
        std::get<fault::DiskEffect>(effect).nodes.clear();
    }
    return effect;
}

// The key of the life that follows the one that `force` ended.
core::Key life_after(const Endpoint& at, const Force& force) {
    return core::combine(core::combine(core::key_of("life"), core::key_of(at.name)), force.key);
}

bool ended_by(const Endpoint& at, const Force& force) {
    return !at.up() && at.next_life == life_after(at, force);
}

}  // namespace

core::Result<void> Simulation::can(const fault::Effect& effect) const {
    return fault::check(effect);
}

core::Result<Token> Simulation::apply(const world::Application& what) {
    STORM_CHECK(can(what.effect));
    const auto token = static_cast<Token>(forces_.size());
    Force& force = forces_.emplace_back();
    force.id = what.fault.id;
    force.use = what.fault.use;
    force.key = core::combine(core::key_of(what.fault.id), what.occurrence);
    force.order = what.order;
    force.effect = what.effect;
    force.whole = force.present = without_victims(what.effect);
    force.since = now_;
    force.ramp = what.fault.ramp;
    force.growing = force.ramp.ns > 0;
    force.sabotaged = !setup_->sabotage.empty() &&
                      (setup_->sabotage == force.id || setup_->sabotage == force.use);
    force.seen_at.resize(endpoints_.size());
    fold(force.key);
    trace(history::EventKind::fault_on, {}, {}, force.use, force.id);
    if (const auto* link = std::get_if<fault::LinkEffect>(&what.effect)) {
        apply_link(token, *link);
    } else if (const auto* nodes = std::get_if<fault::NodeEffect>(&what.effect)) {
        apply_node(token, *nodes);
    } else if (const auto* clocks = std::get_if<fault::ClockEffect>(&what.effect)) {
        apply_clock(token, *clocks);
    } else {
        for (const auto id : std::get<fault::DiskEffect>(what.effect).nodes) {
            insert_in_order(endpoint(id).disks, token);
        }
    }
    return token;
}

// Among faults of one victim, in the order in which overlapping ones compose.
void Simulation::insert_in_order(std::vector<Token>& faults, Token token) {
    const auto place = std::ranges::upper_bound(faults, forces_[token].order, {},
                                                [this](Token t) { return forces_[t].order; });
    faults.insert(place, token);
}

void Simulation::apply_link(Token token, const fault::LinkEffect& effect) {
    Force& force = forces_[token];
    if (!effect.directions.empty()) {
        force.from_mask.resize(endpoints_.size());
        force.to_mask.resize(endpoints_.size());
    }
    for (std::size_t i = 0; i < effect.directions.size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        for (const auto id : effect.directions[i].from) force.from_mask[index_of(id)] |= bit;
        for (const auto id : effect.directions[i].to) force.to_mask[index_of(id)] |= bit;
    }
    if (!effect.groups.empty()) force.group.resize(endpoints_.size());
    for (std::size_t i = 0; i < effect.groups.size(); ++i) {
        for (const auto id : effect.groups[i]) {
            force.group[index_of(id)] = static_cast<std::uint32_t>(i + 1);
        }
    }
    insert_in_order(links_, token);
}

void Simulation::apply_node(Token token, const fault::NodeEffect& effect) {
    for (const auto id : effect.nodes) {
        Endpoint& at = endpoint(id);
        switch (effect.action) {
            case NodeAction::kill:
            case NodeAction::power_loss:
                strike_down(at, token, effect.action == NodeAction::power_loss);
                break;
            case NodeAction::pause:
                if (!hold(at.paused)) be_still(at);
                at.paused.push_back(token);
                break;
            case NodeAction::slow:
                at.slow.push_back({token, at.queue.until, {}});
                break;
            case NodeAction::crash_at:
                at.crash_at.push_back(token);
                break;
        }
        at.note();
    }
}

// A life ends once: a fault that finds the node down ends nothing, however long it keeps it so.
void Simulation::strike_down(Endpoint& at, Token token, bool power) {
    Force& force = forces_[token];
    ++force.claimed;
    const bool was_up = at.up();
    at.down.push_back(token);
    if (was_up) {
        if (!force.sabotaged) end_life(at, token, power, force.id);
    } else if (!power || !lose_power(at, token)) {
        ++force.voided;
    } else {  // What a dead process had not synced is gone: its next life will miss it.
        force.due = true;
        if (!force.sabotaged) saw(force, at);
    }
}

void Simulation::revert(Token token) {
    Force& force = forces_[token];
    if (force.over) return;
    force.over = true;
    fold(~force.key);
    trace(history::EventKind::fault_off, {}, {}, force.use, force.id);
    if (std::holds_alternative<fault::LinkEffect>(force.effect)) {
        std::erase(links_, token);
        force.from_mask = force.to_mask = {};
        force.group = {};
        force.states = {};
    } else if (const auto* clocks = std::get_if<fault::ClockEffect>(&force.effect)) {
        revert_clock(token, fault::ClockEffect(*clocks));
    } else if (const auto* disks = std::get_if<fault::DiskEffect>(&force.effect)) {
        for (const auto id : disks->nodes) std::erase(endpoint(id).disks, token);
        hurry_files(token);
    } else {
        revert_node(token, fault::NodeEffect(std::get<fault::NodeEffect>(force.effect)));
    }
}

void Simulation::revert_node(Token token, const fault::NodeEffect& effect) {
    bool hurries = false;
    for (const auto id : effect.nodes) {
        Endpoint& at = endpoint(id);
        if (std::erase_if(at.slow, [&](const Slowing& s) { return s.token == token; }) != 0) {
            if (slowed(at)) {
                leave_to_next(at);
            } else {
                at.queue.until = now_;
                hurries = true;
            }
        }
        std::erase(at.crash_at, token);
        if (std::erase(at.paused, token) != 0) end_pause(at, token);
        release_down(at, token);
        at.note();
    }
    if (hurries) hurry_steps();
}

/// Whether any of these faults is carried out.
bool Simulation::hold(const std::vector<Token>& faults) const {
    return std::ranges::any_of(faults, [this](Token each) { return !forces_[each].sabotaged; });
}

void Simulation::release_down(Endpoint& at, Token token) {
    if (std::erase(at.down, token) == 0) return;
    Force& force = forces_[token];
    // That a life ended and another begins is felt by whoever lives there, or due and missing.
    if (force.sabotaged) {
        force.due = true;
    } else if (ended_by(at, force)) {
        force.due = true;
        if (force.seen_at[index_of(at.id)] == 0) saw(force, at);
    }
    if (hold(at.down) || at.up()) return;
    if (at.doomed) {  // It died in this very step: begin again right after.
        at_once_restart_.push_back(index_of(at.id));
        return;
    }
    begin_life(at);
}

fault::Evidence Simulation::evidence(Token token) {
    const Force& force = forces_[token];
    fault::Evidence proof{force.claimed, force.voided, force.seen, {}, {}};
    for (std::size_t i = 0; i < force.seen_at.size(); ++i) {
        if (force.seen_at[i] != 0) proof.at.emplace_back(endpoints_[i].id, force.seen_at[i]);
    }
    const auto* nodes = std::get_if<fault::NodeEffect>(&force.effect);
    if (nodes != nullptr && !force.due &&
        (nodes->action == NodeAction::kill || nodes->action == NodeAction::power_loss)) {
        proof.voided = proof.claimed;  // Nothing was due at the node: nobody could feel it.
    }
    return proof;
}

// Something was due at a node that faults hold down: the proof of the one that ended its life,
// or the proof that they lie.
void Simulation::work_due(Endpoint& at) {
    for (const auto token : at.down) {
        Force& force = forces_[token];
        if (force.sabotaged) {
            force.due = true;
        } else if (ended_by(at, force)) {
            force.due = true;
            if (force.seen_at[index_of(at.id)] == 0) saw(force, at);
        }
    }
}

// ---- Lives --------------------------------------------------------------------------------

void Simulation::begin_life(Endpoint& at) {
    const node::Identity identity{at.id, node_count_, at.incarnation, at.next_life};
    at.io = std::make_unique<node::Io>(*this, identity);
    at.io->world_slot = &at;
    at.memory = 0;
    at.began = now_;
    cause_ = at.next_life;
    trace(history::EventKind::up, at.id, {}, {}, {});
    if (at.id.is_client()) return;
    at.unstarted_by = held_still(at);  // A pause holds whoever lives there.
    at.unstarted = at.unstarted_by != nil;
    be_still(at);
    if (!at.unstarted) first_step(at);
}

void Simulation::first_step(Endpoint& at) {
    cause_ = at.next_life;
    Endpoint* outer = running_;
    enter(at);
    at.io->start(at.next_life, setup_->system.start(*at.io, options_));
    leave(at);
    running_ = outer;
}

// What becomes of changes in flight when their process ends: applied or not, by draw.
void Simulation::settle_writes(Endpoint& at, Token token) {
    std::vector<FileWork*> changes;
    for (auto& work : files_) {
        if (work.owner != index_of(at.id) || work.incarnation != at.incarnation) continue;
        at.files_ended = true;
        changes.push_back(&work);
    }
    std::ranges::sort(changes, {}, &FileWork::number);
    for (FileWork* work : changes) {
        if (!would_change(*work, at)) continue;
        const core::Key key = core::combine(forces_[token].key, work->request.key);
        const auto fate =
            draw(Purpose::write_fate, key, 0, &at, &at, "write",
                 [](std::uint64_t bits) { return static_cast<std::int64_t>(bits >> 63U); });
        node::FileReply ignored;
        if (fate == 0) carry_out(*work, at, ignored);
    }
}

void Simulation::end_life(Endpoint& at, Token token, bool power, std::string_view why) {
    at.io->seal();
    at.lives.emplace_back(at.began, now_);
    if (running_ == &at) core::context.sealed = true;
    at.next_life = life_after(at, forces_[token]);
    trace(history::EventKind::down, at.id, {}, {}, std::string(why));
    changed_ = changed_ || !at.published.empty();
    for (const auto& [key, value] : at.published) {  // They die with the incarnation.
        if (!value.is_nil()) record_->published.push_back({at.id, key, Value(), now_});
    }
    at.published.clear();
    settle_writes(at, token);
    if (power) lose_power(at, token);
    at.doomed = true;
    any_doomed_ = true;
    if (running_ != &at) bury(at);
}

// Destroys the frames of ended lives. Not from inside a dispatch of the node.
void Simulation::bury(Endpoint& at) {
    at.doomed = false;
    at.timers_ended = 0;
    const bool files_ended = std::exchange(at.files_ended, false);
    const bool first_step_was_due = std::exchange(at.unstarted, false);
    if (at.io != nullptr && at.io->sealed()) {
        Endpoint* outer = running_;
        const bool sealed = core::context.sealed;
        enter(at);
        core::context.sealed = true;
        at.io->destroy_frames();
        leave(at);
        running_ = outer;
        core::context.sealed = sealed;
        if (at.left != 0) count_left(at);
        hide_held(at);
        for (const Held& each : at.held) {  // What waited for a paused process.
            Event& e = wheel_[each.event];
            if (e.what == What::packet) {
                fold_unheard(e);
                (void)core::Buffer::attach(std::exchange(e.thing, nullptr));
            }
            end_claims(e, at);
            wheel_.release(each.event);
        }
        at.held.clear();
        if (at.timers_ended != 0 || files_ended || first_step_was_due) {
            work_due(at);
        }
        at.io.reset();
        ++at.incarnation;
        at.memory = 0;
    }
    if (std::erase(at_once_restart_, index_of(at.id)) != 0) begin_life(at);
}

// ---- Points in the code ---------------------------------------------------------------------

bool Simulation::maybe(const core::CodeSite& code) {
    const core::HooksOff off;
    Site& site = site_of(code);
    ++site.reached;
    Endpoint& at = *running_;
    for (std::size_t i = 0; i < at.crash_at.size(); ++i) {
        const Token token = at.crash_at[i];
        const auto& effect = std::get<fault::NodeEffect>(forces_[token].effect);
        if (effect.site != code.message) continue;
        ++forces_[token].claimed;
        if (forces_[token].sabotaged) continue;
        at.crash_at.erase(at.crash_at.begin() + static_cast<std::ptrdiff_t>(i));
        at.down.push_back(token);
        at.note();
        forces_[token].due = true;
        end_life(at, token, false, forces_[token].id);
        saw(forces_[token], at);
        return false;
    }
    const auto& plan = setup_->plan;
    if (plan.site_active_ppm == 0) return false;
    if (site.active < 0) {
        site.active = static_cast<std::int8_t>(
            draw(Purpose::site_active, site.key, 0, nullptr, nullptr, code.message,
                 [&](std::uint64_t bits) {
                     return std::int64_t{core::happens(bits, plan.site_active_ppm)};
                 }));
    }
    if (site.active == 0 || fault::healed(plan, now_)) return false;
    const core::Key key =
        at.io->next_key(node::EffectKind::maybe, static_cast<std::uint32_t>(site.key), 0);
    const bool fires =
        draw(Purpose::site_fires, key, 0, &at, nullptr, code.message, [&](std::uint64_t bits) {
            return std::int64_t{core::happens(bits, plan.site_fires_ppm)};
        }) != 0;
    if (fires) {
        ++site.held;
        trace(history::EventKind::log, at.id, {}, "maybe", code.message);
    }
    return fires;
}

Site& Simulation::site_of(const core::CodeSite& code) {
    for (auto& site : sites_) {
        if (site.site == &code) return site;
    }
    return sites_.emplace_back(Site{&code, core::key_of(std::string_view(code.message)), 0, 0, -1});
}

void Simulation::property(const core::CodeSite& code, bool holds) {
    const core::HooksOff off;
    Site& site = site_of(code);
    ++site.reached;
    if (holds) ++site.held;
    const bool must_hold = code.kind == core::PropertyKind::always ||
                           code.kind == core::PropertyKind::always_or_unreachable ||
                           code.kind == core::PropertyKind::unreachable;
    if (holds || !must_hold) return;
    std::string_view file = code.file;
    file.remove_prefix(std::min(file.size(), file.rfind('/') + 1));
    breach({.check = "properties",
            .anomaly = code.kind == core::PropertyKind::unreachable ? "unreachable" : "always",
            .site = code.message,
            .sentence = fmt::format("{} broke \"{}\" at {} ({}:{}).", running_->name, code.message,
                                    core::to_glance(now_), file, code.line),
            .at = now_,
            .node = running_->id,
            .trace = {}});
}

void Simulation::leaked(std::string_view function) {
    const core::HooksOff off;
    breach({.check = "deterministic",
            .anomaly = "asked the operating system",
            .site = std::string(function),
            .sentence = fmt::format("{} called {} at {}: a run must depend on nothing but "
                                    "scenario, seed and plan.",
                                    running_ != nullptr ? running_->name : "a node", function,
                                    core::to_glance(now_)),
            .at = now_,
            .node = running_ != nullptr ? running_->id : core::Id{},
            .trace = core::readable(core::stack_here().all()).text});
}

void Simulation::allocated(std::ptrdiff_t bytes) {
    if (running_ == nullptr) return;
    running_->memory += bytes;
    if (running_->memory + core::context.pool_bytes > memory_limit_) [[unlikely]]
        too_much();
}

// Past its limit the step may end, and the run with it; a step that goes on allocating ends the
// process, before the machine has no memory left.
void Simulation::too_much() {
    const core::HooksOff off;
    if (std::exchange(memory_event_, events_ + 1) != events_ + 1) {
        memory_stack_ = core::stack_here();
    }
    const auto holds = running_->memory + core::context.pool_bytes;
    if (holds <= 2 * memory_limit_) return;
    core::memory_exceeded(fmt::format("{} holds {} MiB, more than the {} MiB it may, in one step",
                                      running_->name, holds >> 20, memory_limit_ >> 20));
}

}  // namespace storm::sim
