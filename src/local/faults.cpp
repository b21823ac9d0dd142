// Lives of nodes, and the two faults that signals can carry out.
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>

#include "core/require.h"
#include "local/local_world.h"

namespace storm::local {

using core::ErrorKind;
using fault::NodeAction;
using history::EventKind;
using world::Token;

namespace {
constexpr Duration for_a_while = core::milliseconds(1);  // Faults of one instant end less apart.
}  // namespace

core::Result<void> LocalWorld::can(const fault::Effect& effect) const {
    std::string_view what;
    if (std::holds_alternative<fault::LinkEffect>(effect)) {
        what = "bend links: there is no fabric between its processes";
    } else if (std::holds_alternative<fault::ClockEffect>(effect)) {
        what = "bend clocks: its processes read the machine's";
    } else if (std::holds_alternative<fault::DiskEffect>(effect)) {
        what = "bend disks: its processes write real files";
    } else {
        const auto& node = std::get<fault::NodeEffect>(effect);
        const bool clients =
            std::ranges::any_of(node.nodes, [](core::Id id) { return id.is_client(); });
        switch (node.action) {
            case NodeAction::kill:
            case NodeAction::pause:
                if (!clients) return {};
                what = "kill or pause clients: they live in the bench itself";
                break;
            case NodeAction::power_loss:
                what = "cut the power: what a process wrote is in the kernel's cache, and stays";
                break;
            case NodeAction::slow:
                what = "slow a process down";
                break;
            case NodeAction::crash_at:
                what = "crash at a code point";
                break;
        }
    }
    return core::fail(ErrorKind::missing,
                      fmt::format("the world local cannot {}; it can kill and pause nodes", what));
}

core::Result<Token> LocalWorld::apply(const world::Application& what) {
    STORM_CHECK(can(what.effect));
    const auto token = static_cast<Token>(forces_.size());
    const auto& wanted = setup_->sabotage;
    Force& force = forces_.emplace_back();
    force.id = what.fault.id;
    force.use = what.fault.use;
    force.key = core::combine(core::key_of(what.fault.id), what.occurrence);
    force.effect = std::get<fault::NodeEffect>(what.effect);
    force.sabotaged = !wanted.empty() && (wanted == force.id || wanted == force.use);
    trace(EventKind::fault_on, {}, force.use, force.id);
    const auto effect = force.effect;
    for (const auto id : effect.nodes) {
        if (effect.action == NodeAction::kill) {
            kill(token, endpoint(id));
        } else {
            pause(token, endpoint(id));
        }
    }
    return token;
}

void LocalWorld::revert(Token token) {
    if (forces_[token].over) return;
    forces_[token].over = true;
    trace(EventKind::fault_off, {}, forces_[token].use, forces_[token].id);
    const auto ids = forces_[token].effect.nodes;
    for (const auto id : ids) release(token, endpoint(id));
}

fault::Evidence LocalWorld::evidence(Token token) {
    const Force& force = forces_[token];
    return {force.claimed, force.voided, force.seen, force.at, {}};
}

void LocalWorld::saw(Force& force, core::Id id) {
    ++force.seen;
    const auto there = std::ranges::find(force.at, id, &std::pair<core::Id, std::uint64_t>::first);
    if (there != force.at.end()) {
        ++there->second;
    } else {
        force.at.emplace_back(id, 1);
    }
}

void LocalWorld::kill(Token token, Endpoint& node) {
    Force& force = forces_[token];
    ++force.claimed;
    node.down.push_back(token);
    if (node.process.pid <= 0) {
        ++force.voided;  // Another fault holds it down already.
        return;
    }
    if (force.sabotaged) return;
    int status = 0;
    ::kill(node.process.pid, SIGKILL);
    const pid_t pid = wait_for(node.process.pid, status, 0);
    while (collect(node) == Heard::report) {  // What it said before it died.
    }
    if (pid == node.process.pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        saw(force, node.id);
        ended(node, force.id);
    } else {
        ++force.voided;  // It was dead before the signal came.
        died_alone(node, status);
    }
}

void LocalWorld::pause(Token token, Endpoint& node) {
    Force& force = forces_[token];
    ++force.claimed;
    const bool stands = std::ranges::any_of(node.paused, [this](Token t) { return holds(t); });
    node.paused.push_back(token);
    if (node.process.pid <= 0 || stands) {
        ++force.voided;  // Nobody is there, or it stands still already.
    } else if (!force.sabotaged && hold_still(node)) {
        saw(force, node.id);
    }
}

// The process goes on, or the next pause in force holds it.
void LocalWorld::end_pause(Token token, Endpoint& node) {
    if (node.left && node.left_to == token) count_left(node);
    if (node.process.pid <= 0 || !holds(token)) return;
    const auto next = std::ranges::find_if(node.paused, [this](Token t) { return holds(t); });
    if (next == node.paused.end()) {
        ::kill(node.process.pid, SIGCONT);
    } else if (*next > token) {  // That has not counted yet.
        node.left = true;
        node.left_to = *next;
        node.left_since = now();
    }
}

// A process that one pause left to the next counts there, too, if it stood on for a while.
void LocalWorld::count_left(Endpoint& node) {
    node.left = false;
    if (now() - node.left_since < for_a_while) return;
    Force& force = forces_[node.left_to];
    ++force.claimed;
    saw(force, node.id);
}

// Stops the process; true when the kernel says that it stands still.
bool LocalWorld::hold_still(Endpoint& node) {
    const pid_t pid = node.process.pid;
    if (process_state(pid) != 'T') {
        ::kill(pid, SIGSTOP);
        int status = 0;
        wait_for(pid, status, WUNTRACED);
        if (!WIFSTOPPED(status)) {
            died_alone(node, status);
            return false;
        }
    }
    return process_state(pid) == 'T';
}

void LocalWorld::release(Token token, Endpoint& node) {
    if (std::erase(node.paused, token) != 0) end_pause(token, node);
    if (std::erase(node.down, token) == 0 || !node.down.empty() || node.process.pid > 0) return;
    node.next_life = core::combine(core::combine(core::key_of("life"), core::key_of(node.name)),
                                   forces_[token].key);
    if (auto begun = begin_life(node); !begun) {
        failed_ = begun;
        return;
    }
    for (const auto each : node.paused) {  // A pause holds whoever lives there.
        ++forces_[each].claimed;
        if (!holds(each)) continue;
        if (hold_still(node)) saw(forces_[each], node.id);
        break;
    }
}

core::Result<void> LocalWorld::begin_life(Endpoint& node) {
    std::byte none{};  // What came while it was down reached nobody.
    while (recv(node.socket.get(), &none, 1, MSG_DONTWAIT) >= 0 || errno == ECONNREFUSED) {
    }
    node.published.clear();
    const NodeLife life{setup_->system, options_,       node.id,          node.incarnation,
                        node.next_life, node.directory, node.socket.get()};
    STORM_TRY(node.process, fork_node(*common_, life, *node.counters));
    ++node.incarnation;
    return {};
}

// The process is gone and was waited for.
void LocalWorld::ended(Endpoint& node, std::string_view why) {
    if (node.left) count_left(node);
    trace(EventKind::down, node.id, {}, std::string(why));
    changed_ = changed_ || !node.published.empty();
    node.published.clear();
    node.process = {};
}

void LocalWorld::died_alone(Endpoint& node, int status) {
    std::string how = "ended without being told to";
    std::string anomaly = "exit";
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        const char* text = sigdescr_np(number);
        anomaly = text != nullptr ? text : "signal " + std::to_string(number);
        std::ranges::transform(anomaly, anomaly.begin(), [](unsigned char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        });
        how = number == SIGKILL ? "was killed, and not by a fault (out of memory?)"
                                : "died of a signal (" + anomaly + ")";
    } else if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        how = "ended with exit code " + std::to_string(WEXITSTATUS(status));
    }
    record_->breaches.push_back({.check = "no-crash",
                                 .anomaly = anomaly,
                                 .site = "",
                                 .sentence = fmt::format("The process of {} {} at {}.", node.name,
                                                         how, core::to_human(now())),
                                 .at = now(),
                                 .node = node.id,
                                 .trace = {}});
    trace(EventKind::violated, node.id, "no-crash", record_->breaches.back().sentence);
    ended(node, anomaly);
}

}  // namespace storm::local
