#include "sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/guard.h"
#include "core/require.h"
#include "core/text.h"
#include "sim/world.h"
#include "world/clients.h"

namespace storm::sim {
namespace {

constexpr std::uint64_t default_step_limit = 5'000'000;
constexpr std::int64_t default_memory_limit = std::int64_t{256} << 20U;
constexpr std::uint32_t near_enough = 1024;  // Events that a cache holds without our help.

core::Key pin_key(fault::Purpose purpose, core::Key key, std::uint32_t index) {
    return core::combine(core::combine(key, static_cast<std::uint64_t>(purpose)), index);
}

}  // namespace

std::unique_ptr<world::World> make_world() { return std::make_unique<Simulation>(); }

Simulation::Simulation() = default;
Simulation::~Simulation() {
    if (!stopped_) stop();
    for (auto& each : endpoints_) {
        each.io.reset();
    }
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {  // Payloads still on their way.
        Event& e = wheel_[i];
        if (e.what == What::packet && e.thing != nullptr) {
            (void)core::Buffer::attach(std::exchange(e.thing, nullptr));
        }
    }
}

core::Result<void> Simulation::start(const world::Setup& setup, world::Sink& sink,
                                     history::RunRecord& record) {
    static const bool guarded = core::guards_installed();  // Links the guards in.
    (void)guarded;
    const fault::Plan& plan = setup.plan;
    setup_ = &setup;
    sink_ = &sink;
    record_ = &record;
    record.seed = setup.seed;
    keep_ = setup.detail == history::Detail::full;
    look(!setup.witness.empty() && setup.witness.first == 0);
    network_ = plan.network;
    STORM_CHECK(fault::check(network_));
    node_count_ = plan.nodes;
    step_limit_ = plan.step_limit != 0 ? plan.step_limit : default_step_limit;
    step_gate_ = step_limit_ / 2;
    memory_limit_ = plan.memory_limit != 0 ? static_cast<std::int64_t>(plan.memory_limit)
                                           : default_memory_limit;
    for (std::size_t i = 0; i < fault::purpose_count; ++i) {
        lanes_[i] = core::lane_of(setup.seed, i);
    }
    digest_ = Digest(setup.seed);
    for (const auto& pin : plan.pins) {
        pins_[pin_key(pin.purpose, pin.key, pin.index)] = {pin.outcome, false};
    }
    options_ = {plan.nodes, plan.plant, plan.numbers};
    core::context.seed = setup.seed;

    endpoints_.resize(plan.nodes + plan.clients);
    for (std::uint32_t i = 0; i < endpoints_.size(); ++i) {
        Endpoint& each = endpoints_[i];
        each.id = i < node_count_ ? core::Id::node(i) : core::Id::client(i - node_count_);
        each.name = core::name_of(each.id);
        each.next_life = core::combine(core::key_of("life"), core::key_of(each.name));
    }
    for (std::uint32_t i = 0; i < endpoints_.size(); ++i) {
        const bool absent = std::ranges::find(plan.absent, endpoints_[i].id) != plan.absent.end();
        if (!absent) begin_life(endpoints_[i]);
    }
    after_step();
    return {};
}

void Simulation::at(Instant when, core::Key root, world::Callback callback) {
    std::uint32_t slot = 0;
    if (free_callbacks_.empty()) {
        slot = static_cast<std::uint32_t>(callbacks_.size());
        callbacks_.emplace_back();
    } else {
        slot = free_callbacks_.back();
        free_callbacks_.pop_back();
    }
    callbacks_[slot] = std::move(callback);
    const std::uint32_t index = wheel_.add(std::max(when, now_), What::callback);
    wheel_[index].extra = slot;
    wheel_[index].key = root;
    wheel_[index].to = nil;
}

void Simulation::when(world::Predicate predicate, core::Key root, world::Callback callback) {
    if (predicate(*this)) {
        at(now_, root, std::move(callback));
        return;
    }
    waiting_.push_back({std::move(predicate), root, std::move(callback)});
}

core::Result<void> Simulation::drive(Instant until) {
    while (!halted_) {
        const std::uint32_t index = wheel_.pop(until);
        if (index == nil) {
            now_ = std::max(now_, until);
            break;
        }
        dispatch(index);
        if (events_ >= step_gate_) {
            if (events_ < step_limit_) {
                half_way_ = now_;
                step_gate_ = step_limit_;
                continue;
            }
            const auto next = next_step();
            const bool goes_on = gets_on();
            breach({.check = "no-crash",
                    .anomaly = std::string(goes_on ? history::Breach::cut_short : "endless"),
                    .site = "step limit",
                    .sentence = fmt::format(
                        "After {} events, at {}, the run came to its limit and was ended. {} "
                        "`limits: {{steps: {}}}`, or shorten `for`.",
                        core::with_commas(events_), core::to_human(now_),
                        goes_on ? "It was getting on all the time: raise"
                                : "Time hardly went on any more: something goes round without "
                                  "end. If so much is meant, raise",
                        step_limit_),
                    .at = now_,
                    .node = next.node,
                    .trace = goes_on ? std::string() : next.trace});
            break;
        }
    }
    record_->events = events_;
    record_->messages = messages_;
    halted_ = false;
    return {};
}

// At the limit of events: whether time goes on. Events may come in bursts; endless is what takes
// more than one in a microsecond, and either takes more and more or is at its very beginning.
bool Simulation::gets_on() const {
    const Duration planned = setup_->plan.chaos + setup_->plan.settle;
    const Duration first = half_way_ - Instant{}, second = now_ - half_way_;
    const auto half = static_cast<std::int64_t>(step_limit_ / 2);
    if (second >= core::microseconds(half)) return true;
    return second.ns > 0 && second >= Duration{first.ns / 4} &&
           now_ - Instant{} >= Duration{planned.ns / 1000};
}

// Of a run that does not end: whose code would go on with the next event, and where it waits.
history::Breach Simulation::next_step() {
    history::Breach out;
    const std::uint32_t index = wheel_.peek(0);
    if (index == nil || wheel_[index].to >= endpoints_.size()) return out;
    const Event& e = wheel_[index];
    const Endpoint& to = endpoints_[e.to];
    out.node = to.id;
    const node::Waiter* waiter = nullptr;
    if (e.what == What::timer) waiter = static_cast<const node::Waiter*>(e.thing);
    if (e.what == What::packet && to.up()) waiter = to.io->receiver();
    if (waiter == nullptr || !to.up()) return out;
    const auto waits = node::waiting_at(waiter->frame);
    std::vector<void*> inside;  // readable() takes addresses for where calls return to.
    for (void* each : waits) inside.push_back(static_cast<char*>(each) + 1);
    out.trace = core::readable(inside).text;
    return out;
}

void Simulation::dispatch(std::uint32_t index) {
    if (wheel_.capacity() > near_enough) prefetch();
    Event& e = wheel_[index];
    now_ = e.at;
    core::context.now = now_;
    fold_event(e, wheel_.sequence(index));
    if (++events_ % history::block_events == 0) block();
    if (close_) [[unlikely]]
        step_event(e);
    if (e.what == What::callback) {
        const std::uint32_t slot = e.extra;
        cause_ = e.key;
        callback_ = wheel_.sequence(index);
        wheel_.release(index);
        world::Callback callback = std::move(callbacks_[slot]);
        free_callbacks_.push_back(slot);
        callback();
        callback_ = ~0ULL;
        after_step();
        return;
    }
    Endpoint& to = endpoints_[e.to];
    if ((to.troubled || e.slowed) && held_back(index, to)) [[unlikely]]
        return;
    switch (e.what) {
        case What::packet:
        case What::ghost:
            run_packet(index, to);
            break;
        case What::timer: {
            auto* waiter = static_cast<node::Waiter*>(e.thing);
            cause_ = e.key;
            if (e.extra != nil) [[unlikely]]
                settle_moves(e.extra, to);
            wheel_.release(index);
            enter(to);
            to.io->fire(*waiter);
            leave(to);
            break;
        }
        case What::file:
            run_file(index, to);
            break;
        default:
            STORM_REQUIRE(false, static_cast<int>(e.what));
    }
    if (changed_ || any_doomed_ || !done_.empty()) after_step();
}

// Two looks ahead: first at the payload and the receiver, then at what the receiver points to.
void Simulation::prefetch() {
    const std::uint32_t soon = wheel_.peek(4);
    if (soon != nil) [[likely]] {
        const Event& e = wheel_[soon];
        if (e.what == What::packet) {
            const auto* bytes = static_cast<const char*>(core::Buffer::bytes_of(e.thing));
            __builtin_prefetch(bytes - 16);
            for (std::uint32_t i = 0; i < e.lines; ++i) __builtin_prefetch(bytes + 64 * i + 48);
            __builtin_prefetch(&endpoints_[e.to]);
        } else if (e.what == What::timer) {
            __builtin_prefetch(e.thing);
            __builtin_prefetch(&endpoints_[e.to]);
        }
    }
    const std::uint32_t next = wheel_.peek(2);
    if (next == nil) return;
    const Event& e = wheel_[next];
    if (e.what == What::packet) {
        const node::Io* io = endpoints_[e.to].io.get();
        __builtin_prefetch(io);
        __builtin_prefetch(reinterpret_cast<const char*>(io) + 64);
    }
    const std::uint32_t first = wheel_.peek(0);
    const Event& f = wheel_[first];
    if (f.what == What::packet && endpoints_[f.to].io != nullptr) {
        endpoints_[f.to].io->prefetch();
    }
}

void Simulation::enter(Endpoint& endpoint) {
    running_ = &endpoint;
    core::context.node = endpoint.name.c_str();
    ++core::context.dispatches;
    core::context.sealed = false;
    core::context.hooks = this;
    core::context.pool_bytes = 0;
}

void Simulation::leave(Endpoint& endpoint) {
    core::context.hooks = nullptr;
    core::context.node = "";
    running_ = nullptr;
    endpoint.memory += std::exchange(core::context.pool_bytes, 0);
    if (endpoint.doomed) any_doomed_ = true;
    if (endpoint.memory > memory_limit_) [[unlikely]] {
        const auto stack = core::readable(memory_stack_.all());
        breach({.check = "no-crash",
                .anomaly = "memory limit",
                .site = stack.top,
                .sentence = fmt::format("{} holds {} MiB, more than the {} MiB it may.",
                                        endpoint.name, endpoint.memory >> 20, memory_limit_ >> 20),
                .at = now_,
                .node = endpoint.id,
                .trace = stack.text});
        endpoint.memory = 0;
        halted_ = true;
    }
}

// Between two steps: bury the dead, tell what ended and what was published.
void Simulation::after_step() {
    if (any_doomed_) {
        any_doomed_ = false;
        for (auto& each : endpoints_) {
            if (each.doomed) bury(each);
        }
    }
    if (changed_) {
        changed_ = false;
        for (std::size_t i = 0; i < waiting_.size();) {
            if (waiting_[i].predicate(*this)) {
                Waiting met = std::move(waiting_[i]);
                waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
                at(now_, met.root, std::move(met.callback));
            } else {
                ++i;
            }
        }
        sink_->published();
    }
    while (!done_.empty()) {
        std::vector<Done> now_done;
        now_done.swap(done_);
        for (auto& each : now_done) {
            if (full_) {
                const auto& error = each.result ? std::string("ok") : each.result.error().message;
                trace(history::EventKind::complete, each.client, {}, std::to_string(each.operation),
                      error, each.result ? *each.result : Value());
            }
            sink_->completed(each.client, each.operation, std::move(each.result));
        }
    }
}

void Simulation::finish(core::Id client, std::uint32_t operation, core::Result<Value> result) {
    fold(core::combine(client.value, operation));
    if (result) {
        fold_value(*result);
    } else {
        fold(static_cast<std::uint64_t>(result.error().kind));
        fold_text(result.error().message);
    }
    if (close_) {
        step(&endpoint(client), fmt::format("result of operation {}", operation),
             result ? core::to_human(*result) : result.error().text());
    }
    done_.push_back({client, operation, std::move(result)});
}

void Simulation::invoke(const fault::PlannedOperation& operation, core::Key root) {
    Endpoint& client = endpoint(operation.client);
    if (!client.up()) {
        return finish(operation.client, operation.id,
                      core::fail(core::ErrorKind::io, "the client is down"));
    }
    const auto& kinds = setup_->system.operations;
    const auto kind = std::ranges::find(kinds, operation.name, &node::Operation::name);
    if (kind == kinds.end()) {
        return finish(operation.client, operation.id,
                      core::fail(core::ErrorKind::bad_input,
                                 "the system has no operation " + operation.name));
    }
    if (full_) {
        trace(history::EventKind::invoke, client.id, {}, operation.name,
              std::to_string(operation.id), operation.args, 0, root);
    }
    cause_ = root;
    auto done = [this, id = operation.client, number = operation.id](core::Result<Value> result) {
        const core::HooksOff off;
        finish(id, number, std::move(result));
    };
    Endpoint* outer = running_;
    enter(client);
    client.io->start(
        root, world::run_operation(*kind, *client.io, options_, operation.args, std::move(done)));
    leave(client);
    running_ = outer;
}

void Simulation::stop() {
    if (stopped_ || setup_ == nullptr) return;
    stopped_ = true;
    for (auto& each : endpoints_) hide_held(each), leave_queue(each);
    for (std::uint32_t i = 0; i < wheel_.capacity(); ++i) {
        Event& e = wheel_[i];
        if (e.what == What::ghost) void_claims(std::exchange(e.extra, nil));
        if (e.what == What::packet || e.what == What::timer || e.what == What::file) {
            end_claims(e, endpoints_[e.to]);
            claims_on(e) = nil;
        }
        if (e.what == What::packet) fold_unheard(e);
    }
    for (const auto& work : files_) end_claims(work);
    for (auto& each : endpoints_) {
        for (const auto& lie : each.lies) ++forces_[lie.token].voided;
        for (auto& step : each.steps) count_reads(each, step);
        if (each.io == nullptr) continue;
        each.io->seal();
        core::context.sealed = true;
        each.io->destroy_frames();
        core::context.sealed = false;
    }
    for (const auto& site : sites_) {
        auto& hits = record_->sites[site.site->message];
        hits.reached += site.reached;
        hits.held += site.held;
    }
    for (const auto& pin : setup_->plan.pins) {
        const auto& met = pins_[pin_key(pin.purpose, pin.key, pin.index)];
        if (!met.used) {
            record_->unplaced.push_back(fault::name_of(pin.purpose, pin.key, pin.index));
        }
    }
    record_->events = events_;
    record_->messages = messages_;
}

// ---- Draws --------------------------------------------------------------------------------

std::int64_t Simulation::draw_slowly(fault::Purpose purpose, core::Key key, std::uint32_t index,
                                     const Endpoint* from, const Endpoint* to, const char* name,
                                     const std::function<std::int64_t(std::uint64_t)>& scale) {
    const core::HooksOff off;  // What is recorded is not the node's memory.
    const auto& info = fault::info(purpose);
    std::int64_t outcome = 0;
    const auto pin = pins_.find(pin_key(purpose, key, index));
    const auto ambient = setup_->plan.ambient;
    if (pin != pins_.end()) {
        pin->second.used = true;
        outcome = pin->second.outcome;
    } else if (info.ambient && (ambient == fault::Ambient::neutral ||
                                (ambient == fault::Ambient::calm && !info.timing))) {
        outcome = info.neutral;
    } else {
        outcome = scale(core::draw(lane(purpose), key, index));
    }
    fold(static_cast<std::uint64_t>(outcome));
    if (close_) {
        step(from != nullptr ? from : running_,
             fmt::format("draw {} for {}", info.name, core::hex(key)), std::to_string(outcome));
    }
    if (keep_) {
        std::string who;
        if (from != nullptr) who = from->name;
        if (to != nullptr) who += ">" + to->name;
        if (name != nullptr) who += std::string(who.empty() ? "" : " ") + name;
        record_->decisions.push_back(
            {static_cast<std::uint8_t>(purpose), key, index, outcome, std::move(who)});
    }
    return outcome;
}

std::int64_t Simulation::decide(fault::Purpose purpose, core::Key key, std::uint32_t index,
                                std::string_view who,
                                const std::function<std::int64_t(std::uint64_t)>& scale) {
    return draw_slowly(purpose, key, index, nullptr, nullptr, std::string(who).c_str(), scale);
}

void Simulation::block() {
    record_->ladder.push_back(digest());
    const history::Window& window = setup_->witness;
    if (!window.empty() && events_ == window.first) look(true);
}

// ---- Records ------------------------------------------------------------------------------

void Simulation::trace(history::EventKind kind, core::Id node, core::Id peer, std::string name,
                       std::string text, Value value, std::uint64_t message, std::uint64_t cause) {
    if (!keep_) return;
    record_->trace.push_back({now_, record_->trace.size(), kind, node, peer, std::move(name),
                              std::move(text), std::move(value), message,
                              cause != 0 ? cause : cause_});
}

void Simulation::breach(history::Breach&& what) {
    trace(history::EventKind::violated, what.node, {}, what.check, what.sentence);
    if (record_->breaches.size() < 64) record_->breaches.push_back(std::move(what));
}

void Simulation::published(node::Io& io, std::string_view key, const Value& value) {
    const core::HooksOff off;
    Endpoint& at = endpoint(io);
    const auto tell = [&] {
        changed_ = true;
        fold_text(key);
        fold_value(value);
        record_->published.push_back({at.id, std::string(key), value, now_});
        if (!full_) return;
        trace(history::EventKind::publish, at.id, {}, std::string(key), {}, value);
        step(&at, fmt::format("publish {}", key), core::to_human(value));
    };
    for (auto& [name, old] : at.published) {
        if (name != key) continue;
        if (old == value) return;
        old = value;
        return tell();
    }
    at.published.emplace_back(std::string(key), value);
    tell();
}

void Simulation::logged(node::Io& io, std::string&& line) {
    const core::HooksOff off;
    step(&endpoint(io), "log", line);
    trace(history::EventKind::log, io.self(), {}, {}, std::move(line));
}

void Simulation::threw(node::Io& io, std::string_view what) {
    const core::HooksOff off;
    const core::Stack stack = std::exchange(core::last_throw(), {});
    breach({.check = "no-crash",
            .anomaly = "exception",
            .site = std::string(what.substr(0, 120)),
            .sentence = fmt::format("{} threw an exception at {}: {}", core::name_of(io.self()),
                                    core::to_human(now_), what),
            .at = now_,
            .node = io.self(),
            .trace = core::readable(stack.all()).text});
}

const Value* Simulation::get(core::Id id, std::string_view key) const {
    if (index_of(id) >= endpoints_.size()) return nullptr;
    const Endpoint& at = endpoints_[index_of(id)];
    if (!at.up()) return nullptr;
    for (const auto& [name, value] : at.published) {
        if (name == key) return &value;
    }
    return nullptr;
}

bool Simulation::up(core::Id id) const {
    return index_of(id) < endpoints_.size() && endpoints_[index_of(id)].up();
}

}  // namespace storm::sim
