#include "world/strikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/glance.h"
#include "core/require.h"

namespace storm::world {
namespace {

using core::ErrorKind;
using Ids = std::vector<core::Id>;

constexpr core::Key kind_root = core::key_of("fault");

std::string names_of(const Ids& ids) {
    std::string text;
    for (const auto id : ids) text += (text.empty() ? "" : " ") + core::name_of(id);
    return text;
}

/// Whom an effect hits, sorted, each once: of links both ends.
Ids hit_by(const fault::Effect& effect) {
    Ids out;
    if (const auto* link = std::get_if<fault::LinkEffect>(&effect)) {
        for (const auto& direction : link->directions) {
            out.insert(out.end(), direction.from.begin(), direction.from.end());
            out.insert(out.end(), direction.to.begin(), direction.to.end());
        }
        for (const auto& group : link->groups) out.insert(out.end(), group.begin(), group.end());
    } else if (const auto* node = std::get_if<fault::NodeEffect>(&effect)) {
        out = node->nodes;
    } else if (const auto* clock = std::get_if<fault::ClockEffect>(&effect)) {
        out = clock->nodes;
    } else if (const auto* disk = std::get_if<fault::DiskEffect>(&effect)) {
        out = disk->nodes;
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
}

enum class Way : std::uint8_t { both, to, from };

/// Which way the packets go that are hit on the links of `targets`.
Way way_of(const fault::LinkEffect& link, const Ids& targets) {
    const auto is_target = [&](core::Id id) {
        return std::ranges::find(targets, id) != targets.end();
    };
    bool to = false;
    bool from = false;
    for (const auto& direction : link.directions) {
        to = to || (std::ranges::any_of(direction.to, is_target) &&
                    !std::ranges::all_of(direction.from, is_target));
        from = from || (std::ranges::any_of(direction.from, is_target) &&
                        !std::ranges::all_of(direction.to, is_target));
    }
    if (to == from) return Way::both;
    return to ? Way::to : Way::from;
}

/// Published values that claim something: neither nil nor 0, false or "".
bool claims(const Value& value) {
    if (const auto* flag = value.boolean()) return *flag;
    if (const auto* text = value.text()) return !text->empty();
    return !value.is_nil() && value.integer_or(1) != 0;
}

const fault::ParamValue* groups_of(const fault::Params& params) {
    for (const auto& [name, value] : params.all()) {
        if (std::holds_alternative<fault::Groups>(value)) return &value;
    }
    return nullptr;
}

}  // namespace

core::Key fault_root(std::string_view id, std::uint32_t occurrence) {
    return core::combine(core::key_of(id), occurrence);
}

Strikes::Strikes(World& world, const node::System& system, const fault::Plan& plan,
                 const fault::Catalogue& faults, history::RunRecord& record)
    : world_(world),
      system_(system),
      plan_(plan),
      faults_(faults),
      record_(record),
      tolerance_(system, plan) {
    armed_.reserve(plan.faults.size());
}

core::Result<void> Strikes::prepare() {
    for (const auto& fault : plan_.faults) {
        if (auto done = prepare_one(fault); !done) {
            return core::within(std::move(done).error(), "fault " + fault.id);
        }
    }
    return {};
}

core::Result<void> Strikes::prepare_one(const fault::PlannedFault& fault) {
    Armed armed;
    armed.fault = &fault;
    armed.spec = faults_.find(fault.use);
    if (armed.spec == nullptr) {
        return core::fail(ErrorKind::bad_input, "there is no fault \"" + fault.use + "\"");
    }
    armed.order = faults_.order(fault.use);
    STORM_TRY(armed.params, fault::complete(armed.spec->params, fault.params));
    const std::string& after = fault.at.after;
    if (after == "leader") {
        armed.on = On::leader;
    } else if (const auto equals = after.find('='); equals != std::string::npos) {
        armed.on = On::value;
        armed.key = after.substr(0, equals);
        armed.value = after.substr(equals + 1);
    } else if (!after.empty()) {
        armed.on = On::fault;
        if (std::ranges::find(plan_.faults, after, &fault::PlannedFault::id) ==
            plan_.faults.end()) {
            return core::fail(ErrorKind::bad_input,
                              "it comes after \"" + after + "\", which is no fault of this plan");
        }
    }
    if (const auto why = fault::too_many_strikes(fault, plan_.chaos); !why.empty()) {
        return core::fail(ErrorKind::bad_input, why + "; " + fault::fewer_strikes());
    }
    STORM_CHECK(check_target(armed));
    const Ids all = present();
    STORM_TRY(const auto effect, armed.spec->make(armed.params, all, {plan_.nodes, plan_.clients}));
    STORM_CHECK(world_.can(effect));
    by_event_ = by_event_ || armed.on == On::leader || armed.on == On::value ||
                fault.target.kind == fault::Target::Kind::leader;
    armed_.push_back(std::move(armed));
    return {};
}

core::Result<void> Strikes::check_target(const Armed& armed) const {
    const auto& target = armed.fault->target;
    const bool leads = target.kind == fault::Target::Kind::leader || armed.on == On::leader;
    if (leads && system_.leader_key.empty()) {
        return core::fail(ErrorKind::bad_input, system_.name + " has no leader to wait for");
    }
    for (const auto id : target.names) {
        if (!id.is_client() && id.index() < plan_.nodes) continue;
        if (id.is_client() && id.index() < plan_.clients) continue;
        return core::fail(ErrorKind::bad_input,
                          fmt::format("there is no {}: the plan has {} nodes and {} clients",
                                      core::name_of(id), plan_.nodes, plan_.clients));
    }
    return {};
}

void Strikes::start() {
    for (std::size_t i = 0; i < armed_.size(); ++i) {
        if (armed_[i].on == On::time) arm(i, Instant{} + armed_[i].fault->at.plus);
    }
}

/// What an event trigger waits for has come: strikes `plus` later, unless that occurrence is
/// already on its way or in force.
void Strikes::trigger(std::size_t i) {
    const Armed& armed = armed_[i];
    const auto& fault = *armed.fault;
    if (armed.awaited != 0 || armed.in_force != 0) return;
    if (armed.occurrence != 0 && fault.every) return;  // It goes on by itself.
    if (fault.times != 0 && armed.occurrence >= fault.times) return;
    arm(i, world_.now() + fault.at.plus);
}

void Strikes::arm(std::size_t i, Instant when) {
    Armed& armed = armed_[i];
    if (when >= Instant{} + plan_.chaos) armed.too_late = armed.too_late.value_or(when);
    if (over_ || when >= Instant{} + plan_.chaos) return;
    ++armed.awaited;
    world_.at(when, core::combine(kind_root, fault_root(armed.fault->id, armed.occurrence)),
              [this, i] { strike(i); });
}

void Strikes::strike(std::size_t i) {
    if (over_ || !state_) return;
    end_what_is_over();
    Armed& armed = armed_[i];
    const auto& fault = *armed.fault;
    --armed.awaited;
    const std::uint32_t occurrence = armed.occurrence++;
    if (fault.every && fault.every->ns > 0 &&
        (fault.times == 0 || armed.occurrence < fault.times)) {
        arm(i, world_.now() + *fault.every);
    }
    if (fault.probability_ppm < core::one_million) {
        const auto drawn =
            world_.decide(fault::Purpose::occurs, fault_root(fault.id, occurrence), 0, fault.id,
                          [&](std::uint64_t bits) {
                              return std::int64_t{core::happens(bits, fault.probability_ppm)};
                          });
        armed.left_to_chance = drawn == 0;
        if (drawn == 0) return;
    }
    Ids targets;
    if (armed.spec->aim != fault::Aim::cut) {
        targets = resolve(armed, occurrence);
        if (targets.empty()) {
            const bool leads = fault.target.kind == fault::Target::Kind::leader;
            return missed(armed, occurrence, leads ? "nobody led" : "nobody was meant");
        }
    }
    apply(i, occurrence, std::move(targets));
}

void Strikes::apply(std::size_t i, std::uint32_t occurrence, Ids targets) {
    Armed& armed = armed_[i];
    const auto& fault = *armed.fault;
    auto effect = armed.spec->make(armed.params, targets, {plan_.nodes, plan_.clients});
    if (!effect) {
        state_ = core::within(std::move(effect).error(), "fault " + fault.id);
        return world_.halt();
    }
    if (auto why = tolerance_.exceeded_by(*effect)) {
        return missed(armed, occurrence, "left out: " + *why);
    }
    auto token = world_.apply({fault, occurrence, armed.order, *effect});
    if (!token) {
        state_ = core::within(std::move(token).error(), "fault " + fault.id);
        return world_.halt();
    }
    tolerance_.hold(*effect);
    armed.recorded = true;
    const Instant now = world_.now();
    const std::size_t force = forces_.size();
    auto whom = aimed_at(armed, *effect, targets);
    record_.faults.push_back({.id = fault.id,
                              .use = fault.use,
                              .occurrence = occurrence,
                              .what = std::move(whom.text),
                              .nodes = std::move(whom.nodes),
                              .from = now,
                              .to = now,
                              .required = fault.required,
                              .occurred = true});
    forces_.push_back({*token, i, record_.faults.size() - 1, std::move(*effect)});
    if (armed.spec->instant) return ended(fault.id);
    ++armed.in_force;
    if (fault.lasts && now + *fault.lasts < Instant{} + plan_.chaos) {
        forces_.back().ends = now + *fault.lasts;
        ending_.push_back(force);
        world_.at(now + *fault.lasts, core::combine(kind_root, fault_root(fault.id, occurrence)),
                  [this, force] {
                      if (!over_ && forces_[force].on) revert(force);
                  });
    }
}

void Strikes::end_what_is_over() {
    const Instant now = world_.now();
    for (std::size_t i = 0; i < ending_.size();) {
        const std::size_t force = ending_[i];
        if (forces_[force].ends > now) {
            ++i;
        } else {
            revert(force);  // Takes it out.
        }
    }
}

void Strikes::revert(std::size_t index) {
    Force& force = forces_[index];
    force.on = false;
    std::erase(ending_, index);
    world_.revert(force.token);
    tolerance_.release(force.effect);
    Armed& armed = armed_[force.armed];
    if (!armed.spec->instant) {
        record_.faults[force.record].to = world_.now();
        --armed.in_force;
        ended(armed.fault->id);
    }
}

void Strikes::ended(const std::string& id) {
    if (over_) return;
    for (std::size_t i = 0; i < armed_.size(); ++i) {
        if (armed_[i].on == On::fault && armed_[i].fault->at.after == id) trigger(i);
    }
}

void Strikes::heal() {
    over_ = true;
    // Newest first, so that what lies over something else goes before it.
    for (std::size_t i = forces_.size(); i-- > 0;) {
        if (forces_[i].on) revert(i);
    }
}

void Strikes::collect() {
    over_ = true;
    for (const Force& force : forces_) {
        auto evidence = world_.evidence(force.token);
        auto& record = record_.faults[force.record];
        record.claimed = evidence.claimed;
        record.voided = evidence.voided;
        record.seen = evidence.seen;
        record.seen_at = std::move(evidence.at);
        record.evidence = std::move(evidence.what);
    }
    for (Armed& armed : armed_) {
        if (armed.recorded) continue;
        std::string why = "its trigger was never met";
        if (armed.left_to_chance) {
            why = "its probability left it out";
        } else if (armed.too_late) {
            why = fmt::format("it was to strike at {}, but the chaos phase ended at {}",
                              core::to_glance(*armed.too_late),
                              core::to_glance(Instant{} + plan_.chaos));
        }
        missed(armed, 0, std::move(why));
    }
}

void Strikes::missed(Armed& armed, std::uint32_t occurrence, std::string why) {
    armed.recorded = true;
    record_.faults.push_back({.id = armed.fault->id,
                              .use = armed.fault->use,
                              .occurrence = occurrence,
                              .what = std::move(why),
                              .nodes = {},
                              .from = world_.now(),
                              .to = world_.now(),
                              .required = armed.fault->required,
                              .occurred = false});
}

void Strikes::published() {
    if (!by_event_) return;
    for (; seen_ < record_.published.size(); ++seen_) {
        // By value of what is needed: arming may publish nothing, but the vector may grow later.
        const auto& change = record_.published[seen_];
        const bool claim = change.key == system_.leader_key && claims(change.value);
        if (claim) {
            std::erase(claims_, change.node);
            claims_.push_back(change.node);
        }
        for (std::size_t i = 0; i < armed_.size(); ++i) {
            const Armed& armed = armed_[i];
            if ((armed.on == On::leader && claim) ||
                (armed.on == On::value && armed.key == change.key && !change.value.is_nil() &&
                 (armed.value == core::to_human(change.value) ||
                  armed.value == core::to_json(change.value)))) {
                trigger(i);
            }
        }
    }
}

Ids Strikes::resolve(const Armed& armed, std::uint32_t occurrence) {
    const auto& target = armed.fault->target;
    switch (target.kind) {
        case fault::Target::Kind::all:
            return present();
        case fault::Target::Kind::named: {
            Ids out = target.names;
            std::erase_if(out, [&](core::Id id) { return is_absent(id); });
            return out;
        }
        case fault::Target::Kind::any:
            return draw_any(armed, occurrence);
        case fault::Target::Kind::leader:
            return leader();
        case fault::Target::Kind::where: {
            Ids out = present();
            std::erase_if(out, [&](core::Id id) {
                const Value* value = world_.observe().get(id, target.key);
                return value == nullptr || *value != target.value;
            });
            return out;
        }
    }
    return {};
}

/// Each choice is the node that hashes highest among those left, so that a node taken out of
/// the plan changes the choice only where it was the choice.
Ids Strikes::draw_any(const Armed& armed, std::uint32_t occurrence) {
    Ids left = present();
    Ids chosen;
    const auto key = fault_root(armed.fault->id, occurrence);
    for (std::uint32_t i = 0; i < armed.fault->target.count && !left.empty(); ++i) {
        const auto outcome =
            world_.decide(fault::Purpose::target, key, i, armed.fault->id, [&](std::uint64_t bits) {
                const auto best = std::ranges::max_element(left, {}, [&](core::Id id) {
                    return core::draw(bits, core::key_of(core::name_of(id)), 0);
                });
                return std::int64_t{best->index()};
            });
        // A pin may name a node that is not there; then that choice is nobody.
        const auto at =
            std::ranges::find(left, outcome, [](core::Id id) { return std::int64_t{id.index()}; });
        if (at == left.end()) continue;
        chosen.push_back(*at);
        left.erase(at);
    }
    std::ranges::sort(chosen);
    return chosen;
}

Ids Strikes::present() const {
    Ids out;
    out.reserve(plan_.nodes);
    for (std::uint32_t i = 0; i < plan_.nodes; ++i) {
        if (!is_absent(core::Id::node(i))) out.push_back(core::Id::node(i));
    }
    return out;
}

bool Strikes::is_absent(core::Id id) const {
    return std::ranges::find(plan_.absent, id) != plan_.absent.end();
}

/// With several claimants the latest to publish, as long as it still claims.
Ids Strikes::leader() const {
    for (std::size_t i = claims_.size(); i-- > 0;) {
        const Value* value = world_.observe().get(claims_[i], system_.leader_key);
        if (value != nullptr && claims(*value)) return {claims_[i]};
    }
    return {};
}

Strikes::Whom Strikes::aimed_at(const Armed& armed, const fault::Effect& effect,
                                const Ids& targets) const {
    const auto* link = std::get_if<fault::LinkEffect>(&effect);
    Ids hit = hit_by(effect);
    if (const auto* value = groups_of(armed.params)) {
        if (link != nullptr && link->groups.empty() && link->directions.size() == 1) {
            const auto& one = link->directions.front();
            return {fmt::format("{} → {}", names_of(one.from), names_of(one.to)), std::move(hit)};
        }
        std::string text;
        for (const auto& group : std::get<fault::Groups>(*value)) {
            text += (text.empty() ? "" : " | ") + names_of(group);
        }
        return {std::move(text), std::move(hit)};
    }
    if (link == nullptr || armed.spec->aim != fault::Aim::links) {
        return {called(hit), std::move(hit)};
    }
    const Way way = way_of(*link, targets);
    if (way == Way::both && all_nodes(targets)) return {called(hit), std::move(hit)};
    constexpr std::string_view words[] = {"", "to ", "from "};
    Ids aimed = targets;
    std::ranges::sort(aimed);
    return {std::string(words[static_cast<std::size_t>(way)]) + called(aimed), std::move(aimed)};
}

std::string Strikes::called(const Ids& ids) const {
    const std::size_t living = plan_.nodes - plan_.absent.size();
    if (ids.size() == living + plan_.clients && plan_.clients > 0) return "everywhere";
    return all_nodes(ids) ? "all nodes" : names_of(ids);
}

/// All of several, and nobody else.
bool Strikes::all_nodes(const Ids& ids) const {
    return ids.size() > 1 && ids.size() == plan_.nodes - plan_.absent.size() &&
           std::ranges::none_of(ids, &core::Id::is_client);
}

}  // namespace storm::world
