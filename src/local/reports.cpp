// What endpoints tell the world: observed, recorded, ordered at the end.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <map>

#include "local/local_world.h"

namespace storm::local {

using history::EventKind;

// Takes one report, if there is one.
LocalWorld::Heard LocalWorld::collect(Endpoint& node) {
    if (!node.process.channel.valid()) return Heard::nothing;
    for (;;) {
        const auto size = recv(node.process.channel.get(), in_.data(), in_.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Heard::nothing;
        if (size <= 0) return Heard::end;
        const auto length = static_cast<std::size_t>(size);
        if (auto report = core::from_bytes<Report>(std::span(in_).first(length))) {
            take(node, std::move(*report));
        }
        return Heard::report;
    }
}

// Reads one report, or notices that the process has ended without being killed by us.
bool LocalWorld::read_report(Endpoint& node) {
    if (node.process.pid <= 0) return false;
    const Heard heard = collect(node);
    if (heard != Heard::end) return heard == Heard::report;
    int status = 0;
    // The channel has ended; so has the process, or it is about to. It must not live on.
    if (wait_for(node.process.pid, status, WNOHANG) == 0) {
        usleep(10'000);
        if (wait_for(node.process.pid, status, WNOHANG) == 0) {
            ::kill(node.process.pid, SIGKILL);
            wait_for(node.process.pid, status, 0);
        }
    }
    died_alone(node, status);
    return true;
}

void LocalWorld::take(Endpoint& from, Report&& report) {
    switch (report.what) {
        case Told::published:
            return take_published(from.id, std::move(report));
        case Told::breach:
            trace(EventKind::violated, from.id, report.name, report.text);
            if (record_->breaches.size() < 64) {
                record_->breaches.push_back({.check = std::move(report.name),
                                             .anomaly = std::move(report.kind),
                                             .site = std::move(report.site),
                                             .sentence = std::move(report.text),
                                             .at = report.at,
                                             .node = from.id,
                                             .trace = {}});
            }
            return;
        case Told::site: {
            auto& hits = record_->sites[report.name];
            hits.reached += report.number;
            hits.held += report.count;
            return;
        }
        case Told::pinned:
            pins_used_.push_back(report.number);
            return;
        case Told::decision:
            if (full_) {
                record_->decisions.push_back({static_cast<std::uint8_t>(report.count >> 32U),
                                              report.number,
                                              static_cast<std::uint32_t>(report.count),
                                              report.value.integer_or(0), std::move(report.name)});
            }
            return;
        default:
            if (full_) take_trace(from.id, std::move(report));
    }
}

void LocalWorld::take_published(core::Id id, Report&& report) {
    auto& values = endpoint(id).published;
    const auto old = std::ranges::find(values, report.name, &std::pair<std::string, Value>::first);
    if (old != values.end() && old->second == report.value) return;
    if (old != values.end()) {
        old->second = report.value;
    } else {
        values.emplace_back(report.name, report.value);
    }
    changed_ = true;
    record_->published.push_back({id, report.name, report.value, now()});
    if (full_) take_trace(id, std::move(report));
}

void LocalWorld::take_trace(core::Id id, Report&& report) {
    static constexpr std::pair<Told, EventKind> kinds[] = {
        {Told::up, EventKind::up},     {Told::published, EventKind::publish},
        {Told::log, EventKind::log},   {Told::sent, EventKind::send},
        {Told::file, EventKind::file}, {Told::delivered, EventKind::deliver}};
    const auto kind = std::ranges::find(kinds, report.what, &std::pair<Told, EventKind>::first);
    if (kind == std::end(kinds)) return;
    const bool packet = report.what == Told::sent || report.what == Told::delivered;
    record_->trace.push_back({report.at, record_->trace.size(), kind->second, id,
                              packet ? core::Id{report.peer} : core::Id{}, std::move(report.name),
                              std::move(report.text), std::move(report.value), report.number,
                              report.cause});
}

void LocalWorld::trace(EventKind kind, core::Id node, std::string name, std::string text,
                       Value value, core::Key cause) {
    if (!full_) return;
    record_->trace.push_back({now(),
                              record_->trace.size(),
                              kind,
                              node,
                              {},
                              std::move(name),
                              std::move(text),
                              std::move(value),
                              0,
                              cause});
}

void LocalWorld::count() {
    record_->events = record_->messages = 0;
    for (const auto& each : endpoints_) {
        record_->events += each->counters->events.load(std::memory_order_relaxed);
        record_->messages += each->counters->messages.load(std::memory_order_relaxed);
    }
}

// Reports of several processes come interleaved: order them by the clock they share, and name
// deliveries after what was sent.
void LocalWorld::order_trace() {
    if (!full_) return;
    for (const auto& each : endpoints_) {
        const auto damaged = each->counters->damaged.load();
        const auto foreign = each->counters->foreign.load();
        const auto unsent = each->counters->unsent.load();
        if (damaged + foreign + unsent == 0) continue;
        trace(EventKind::log, each->id, {},
              fmt::format("datagrams: {} damaged, {} foreign, {} not sent", damaged, foreign,
                          unsent));
    }
    auto& events = record_->trace;
    std::map<std::uint64_t, std::string> names;
    for (const auto& event : events) {
        if (event.kind == EventKind::send) names[event.message] = event.name;
    }
    for (auto& event : events) {
        if (event.kind != EventKind::deliver) continue;
        if (const auto name = names.find(event.message); name != names.end()) {
            event.name = name->second;
        }
    }
    std::ranges::sort(events, [](const history::Event& a, const history::Event& b) {
        return a.at != b.at ? a.at < b.at : a.sequence < b.sequence;
    });
    for (std::size_t i = 0; i < events.size(); ++i) events[i].sequence = i;
}

const Value* LocalWorld::get(core::Id id, std::string_view key) const {
    if (!up(id)) return nullptr;
    for (const auto& [name, value] : endpoints_[common_->index_of(id)]->published) {
        if (name == key) return &value;
    }
    return nullptr;
}

std::uint32_t LocalWorld::nodes() const { return setup_->plan.nodes; }

bool LocalWorld::up(core::Id id) const {
    if (common_ == nullptr || !common_->knows(id)) return false;
    const auto& each = *endpoints_[common_->index_of(id)];
    return each.host != nullptr || each.process.pid > 0;
}

}  // namespace storm::local
