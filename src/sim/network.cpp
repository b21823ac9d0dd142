// How datagrams travel: the network's own noise first, then every link fault in catalogue
// order; evidence is counted where the receiver takes a packet or, when it was due, does not.
#include <algorithm>
#include <cstring>

#include "core/codec.h"
#include "sim/simulation.h"

namespace storm::sim {

using fault::Purpose;

namespace {
std::string told(const char* what, const char* name, const char* between, const Endpoint& other) {
    return std::string(what) + " " + name + between + other.name;
}
}  // namespace

// What the network's own rate limit remembers of a link: the world's memory, no node's.
fault::LinkState& Simulation::network_state(std::uint32_t from, std::uint32_t to) {
    const core::HooksOff off;
    return state_of(network_states_, from, to);
}

void Simulation::transmit(node::Io& io, node::Packet&& packet) {
    Endpoint& from = endpoint(io);
    fold(packet.key);
    const std::uint32_t to_index = index_of(packet.to);
    if (to_index >= endpoints_.size()) return fold_bytes(packet.body.bytes());  // Nobody's.
    Endpoint& to = endpoints_[to_index];
    const std::size_t size = packet.body.size();
    fault::LinkState none;
    fault::LinkState& state =
        network_.rate == 0 ? none : network_state(index_of(from.id), to_index);
    const fault::Fate own =
        fault::judge(network_, fault::ambient_purposes, state, now_, size,
                     [&](Purpose purpose, std::uint32_t index, std::int64_t, auto&& scale) {
                         return draw(purpose, packet.key, index, &from, &to, packet.name, scale);
                     });
    if (full_) {
        const core::HooksOff off;
        trace(history::EventKind::send, from.id, to.id, packet.name, {}, {}, packet.key);
        if (close_) step_bytes(&from, told("send", packet.name, " to ", to), packet.body.bytes());
    }
    if (own.lost) {
        fold_bytes(packet.body.bytes());
        if (full_) {
            const core::HooksOff off;
            trace(history::EventKind::drop, to.id, from.id, packet.name, "network", {}, packet.key);
        }
        return;
    }
    const Instant undelayed = now_ + own.extra;
    if (links_.empty()) [[likely]] {
        if (own.duplicated) {
            (void)schedule_copy(packet, core::Buffer(packet.body), to_index,
                                now_ + own.duplicate_extra, 1);
        }
        if (own.damage == 0) [[likely]] {
            (void)schedule_copy(packet, std::move(packet.body), to_index, undelayed, 0);
        } else {
            schedule_touched(packet, to_index, undelayed, 0, {own.damage, false}, nil);
        }
        return;
    }
    const core::HooksOff off;
    Judged judged{own, nil, nil, false};
    if (!judge_forces(packet, from, to, size,
                      judged)) {  // A ghost stays queued until it would have been there.
        const std::uint32_t ghost = wheel_.add(undelayed, What::ghost);
        Event& e = wheel_[ghost];
        e.key = packet.key;
        e.thing = nullptr;
        e.to = to_index;
        e.from = index_of(from.id);
        e.extra = judged.claims;
        e.name = packet.name;
        fold_bytes(packet.body.bytes());
        void_claims(judged.copy_claims);
        return;
    }
    if (judged.fate.duplicated) {
        schedule_touched(packet, to_index, now_ + judged.fate.duplicate_extra, 1, {},
                         judged.copy_claims);
    }
    schedule_touched(packet, to_index, now_ + judged.fate.extra, 0,
                     {judged.fate.damage, judged.undetected}, judged.claims);
}

// What the link faults in force do on top; false: one of them drops the packet. From then on
// the others are not asked: the first that drops a packet alone claims it.
bool Simulation::judge_forces(const node::Packet& packet, Endpoint& from, Endpoint& to,
                              std::size_t size, Judged& judged) {
    const std::uint32_t from_index = index_of(from.id), to_index = index_of(to.id);
    for (const auto token : links_) {
        Force& force = forces_[token];
        if (!force.hits(from_index, to_index)) continue;
        if (from_index == to_index) continue;  // No link leads from a node to itself.
        const fault::LinkFault& in_force = std::get<fault::LinkEffect>(force.now(now_)).fault;
        fault::LinkState none;
        fault::LinkState& state =
            in_force.rate == 0 ? none : state_of(force.states, from_index, to_index);
        const core::Key key = core::combine(packet.key, force.key);
        const core::Key slot_key =
            core::combine(core::combine(force.key, core::key_of(from.name)), core::key_of(to.name));
        const fault::Fate fate =
            fault::judge(in_force, fault::fault_purposes, state, now_, size,
                         [&](Purpose purpose, std::uint32_t index, std::int64_t, auto&& scale) {
                             return draw(purpose, purpose == Purpose::fault_burst ? slot_key : key,
                                         index, &from, &to, packet.name, scale);
                         });
        if (fate.lost) {
            judged.claims = claim(judged.claims, token, Claim::Kind::drop);
            if (!force.sabotaged) return false;
        } else {
            touch(token, fate, in_force.undetected, judged);
        }
    }
    return true;
}

// What one fault does to a packet that it lets pass.
void Simulation::touch(world::Token token, const fault::Fate& fate, bool undetected,
                       Judged& judged) {
    const bool real = !forces_[token].sabotaged;
    fault::Fate& total = judged.fate;
    if (fate.extra.ns != 0) {
        const Duration own = real ? fate.extra : Duration{};
        judged.claims = claim(judged.claims, token, Claim::Kind::delay);
        claims_[judged.claims].own = own;
        total.extra += own;
        if (total.duplicated) {
            judged.copy_claims = claim(judged.copy_claims, token, Claim::Kind::delay);
            claims_[judged.copy_claims].own = own;
            total.duplicate_extra += own;
        }
    }
    // What the checksum finds hides what it does not; of each kind the first damage counts alone.
    if (fate.damage != 0 && (total.damage == 0 || (judged.undetected && !undetected))) {
        judged.claims = claim(judged.claims, token, Claim::Kind::corrupt);
        if (real) total.damage = fate.damage, judged.undetected = undetected;
    }
    if (!fate.duplicated) return;
    if (!real) {
        judged.claims = claim(judged.claims, token, Claim::Kind::duplicate);
    } else if (!total.duplicated) {
        judged.copy_claims = claim(judged.copy_claims, token, Claim::Kind::duplicate);
        total.duplicated = true;
        total.duplicate_extra = fate.duplicate_extra + total.extra;
    }
}

std::uint32_t Simulation::schedule_copy(const node::Packet& packet, core::Buffer&& body,
                                        std::uint32_t to, Instant due, std::uint8_t copy) {
    const std::uint32_t index = wheel_.add(std::max(due, now_), What::packet);
    Event& e = wheel_[index];
    e.key = packet.key;
    e.lines = static_cast<std::uint8_t>(std::min<std::size_t>(body.size() / 64, 255));
    e.thing = body.detach();
    e.ticket = packet.ticket;
    e.name = packet.name;
    e.to = to;
    e.from = index_of(packet.from);
    e.type = packet.type;
    e.version = packet.version;
    e.kind = static_cast<std::uint8_t>(packet.kind);
    e.copy = copy & 1U;
    return index;
}

void Simulation::schedule_touched(const node::Packet& packet, std::uint32_t to, Instant due,
                                  std::uint8_t copy, const Cold& how, std::uint32_t claims) {
    const std::uint32_t index = schedule_copy(packet, core::Buffer(packet.body), to, due, copy);
    Event& e = wheel_[index];
    e.extra = claims;
    e.touched = true;
    wheel_.cold(index) = how;
    for (; claims != nil; claims = claims_[claims].next) {
        claims_[claims].without = e.at - claims_[claims].own;
    }
}

std::uint32_t Simulation::claim(std::uint32_t list, world::Token token, Claim::Kind kind) {
    ++forces_[token].claimed;
    std::uint32_t index = free_claims_;
    if (index == nil) {
        index = static_cast<std::uint32_t>(claims_.size());
        claims_.emplace_back();
    } else {
        free_claims_ = claims_[index].next;
    }
    claims_[index] = {.token = token, .next = list, .kind = kind};
    return index;
}

Claim Simulation::take_claim(std::uint32_t& list) {
    const Claim taken = claims_[list];
    claims_[list].next = free_claims_;
    free_claims_ = list;
    list = taken.next;
    return taken;
}

bool Simulation::has_claim(std::uint32_t list, world::Token token) const {
    for (; list != nil; list = claims_[list].next) {
        if (claims_[list].token == token) return true;
    }
    return false;
}

// What a receiver felt of the faults that claimed a packet.
void Simulation::settle_claims(std::uint32_t list, const Event& e, const Cold& c, Endpoint& to,
                               Arrival how) {
    const bool ghost = e.what == What::ghost;
    while (list != nil) {
        const Claim settled = take_claim(list);
        Force& force = forces_[settled.token];
        if (settled.moves() && !ghost) {
            settle_move(settled, to);
            continue;
        }
        bool felt = false;
        bool in_vain = ghost;  // Another fault dropped it: nothing was there to delay or damage.
        switch (settled.kind) {
            case Claim::Kind::drop:
                felt = ghost;
                break;
            case Claim::Kind::duplicate:
                felt = !ghost && e.copy == 1;
                break;
            case Claim::Kind::corrupt: {
                const auto& fault = std::get<fault::LinkEffect>(force.effect).fault;
                felt = how == (fault.undetected ? Arrival::damaged : Arrival::refused);
                // The checksum found other damage, or there was nothing in it to damage.
                in_vain = ghost || (fault.undetected && c.damage != 0);
                break;
            }
            default:
                break;
        }
        if (force.sabotaged) continue;  // Whatever was felt was another's doing.
        if (felt) {
            saw(force, to);
        } else if (in_vain) {
            ++force.voided;
        }
    }
}

void Simulation::void_claims(std::uint32_t list) {
    while (list != nil) ++forces_[take_claim(list).token].voided;
}

namespace {
// Flips one bit of the frame; false if only the header was there to be hit.
bool damage_body(core::Buffer& body, std::uint32_t damage) {
    if (body.size() == 0) return false;
    core::Buffer hit(body.bytes());
    const std::uint32_t bit = (damage - 1) % static_cast<std::uint32_t>(hit.size() * 8);
    hit.data()[bit / 8] ^= std::byte{1} << (bit % 8);
    body = std::move(hit);
    return true;
}

// What the way did to a packet shows in its frame. A damaged header is found in any case.
Arrival arrive(core::Buffer& body, const Cold& c) {
    if (c.damage == 0) return Arrival::intact;
    const std::uint32_t sent = core::checksum(body.bytes());
    const bool hit = damage_body(body, c.damage);
    if (c.undetected) return hit ? Arrival::damaged : Arrival::intact;
    return hit && core::checksum(body.bytes()) == sent ? Arrival::damaged : Arrival::refused;
}
}  // namespace

void Simulation::run_packet(std::uint32_t index, Endpoint& to) {
    Event& e = wheel_[index];
    if (e.what == What::ghost || !to.up() || e.touched || full_) [[unlikely]] {
        return run_marked(index, to);
    }
    cause_ = e.copy == 0 ? e.key : core::combine(e.key, 1);
    node::Packet packet{endpoints_[e.from].id,
                        to.id,
                        e.type,
                        e.version,
                        static_cast<node::PacketKind>(e.kind),
                        e.ticket,
                        cause_,
                        e.name,
                        core::Buffer::attach(e.thing)};
    wheel_.release(index);
    fold_bytes(packet.body.bytes());
    ++messages_;
    packet.body.charge(to.memory);
    enter(to);
    to.io->deliver(std::move(packet));
    leave(to);
}

// A packet that a fault touched, that nobody takes, or of which somebody wants to read.
void Simulation::run_marked(std::uint32_t index, Endpoint& to) {
    const Event e = wheel_[index];
    Cold c;
    if (e.touched) c = wheel_.cold(index);
    wheel_.release(index);
    core::Buffer body = core::Buffer::attach(e.thing);
    const bool alive = to.up();
    const core::Id from = endpoints_[e.from].id;
    if (e.what == What::ghost || !alive) {
        fold_bytes(body.bytes());
        if (full_) {
            std::string by = alive ? "" : "down";
            if (alive && e.extra != nil) by = forces_[claims_[e.extra].token].id;
            cause_ = e.key;
            trace(history::EventKind::drop, to.id, from, e.name, std::move(by), {}, e.key);
        }
        if (alive) {
            settle_claims(e.extra, e, c, to, Arrival::intact);
        } else if (e.what == What::ghost) {
            void_claims(e.extra);
        } else {
            end_claims(e, to);
        }
        return;
    }
    fold_bytes(body.bytes());
    ++messages_;
    const Arrival how = arrive(body, c);
    settle_claims(e.extra, e, c, to, how);
    cause_ = e.copy == 0 ? e.key : core::combine(e.key, 1);
    if (how == Arrival::refused) {
        trace(history::EventKind::drop, to.id, from, e.name, "checksum", {}, e.key);
        return;
    }
    if (full_) trace(history::EventKind::deliver, to.id, from, e.name, {}, {}, e.key);
    if (close_) {
        step_bytes(&to, told("deliver", e.name, " from ", endpoints_[e.from]), body.bytes());
    }
    body.charge(to.memory);
    enter(to);
    to.io->deliver({from, to.id, e.type, e.version, static_cast<node::PacketKind>(e.kind), e.ticket,
                    cause_, e.name, std::move(body)});
    leave(to);
}

}  // namespace storm::sim
