#include "world/conformance.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "fault/catalogue.h"
#include "world/conductor.h"
#include "world/file_laws.h"

namespace storm::world {
namespace {

using history::Outcome;

struct Count {
    std::uint64_t n = 0;
    STORM_MESSAGE(Count, 1, n)
};

node::Task<> serve(node::Io& io, const node::Options&) {
    std::uint64_t count = 0;
    if (io.self().index() == 0) io.publish("leading", 1);
    for (;;) {
        const auto in = co_await io.receive();
        if (!in.is<Count>()) continue;
        io.publish("count", ++count);
        io.reply(in, Count{count});
    }
}

node::Task<core::Result<Value>> ask(node::Io& io, const node::Options&, Value args) {
    const auto whom = core::Id::node(static_cast<std::uint32_t>(args.integer_or(0)));
    const auto answer = co_await io.call<Count>(whom, Count{}, 150_ms);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value(answer->n);
}

class Trial {
public:
    Trial(const MakeWorld& make, const Circumstances& circumstances)
        : make_(make), circumstances_(circumstances), system_(conformance_systems()[0]) {}

    std::vector<std::string> run() {
        plain_run();
        killed_and_healed();
        judged_only();
        overlapping();
        clock_and_callbacks();
        files_after(Crash::kill, "node.kill");
        files_after(Crash::power_loss, "node.power_loss");
        return std::move(broken_);
    }

private:
    void law(bool holds, std::string sentence) {
        if (!holds) broken_.push_back(std::move(sentence));
    }
    [[nodiscard]] fault::Plan plan() const;
    std::optional<history::RunRecord> conducted(const fault::Plan& plan, std::string sabotage) {
        return conducted(system_, plan, std::move(sabotage));
    }
    std::optional<history::RunRecord> conducted(const node::System& system, const fault::Plan& plan,
                                                std::string sabotage);
    void plain_run();
    void killed_and_healed();
    void judged_only();
    void overlapping();
    void clock_and_callbacks();
    void files_after(Crash crash, const std::string& use);

    const MakeWorld& make_;
    const Circumstances& circumstances_;
    node::System system_;
    fault::Catalogue faults_ = fault::standard_faults();
    std::vector<std::string> broken_;
};

fault::Plan Trial::plan() const {
    fault::Plan plan;
    plan.system = system_.name;
    plan.nodes = 3;
    plan.clients = 2;
    plan.chaos = circumstances_.chaos;
    plan.settle = circumstances_.settle;
    plan.network.delay = core::milliseconds(1);
    for (std::uint32_t i = 0; i < 20; ++i) {
        plan.operations.push_back({core::Id::client(i % 2), i / 2, "ask",
                                   Value(static_cast<std::int64_t>(i % 2)),
                                   circumstances_.chaos / 24 * (i + 1)});
    }
    return plan;
}

std::optional<history::RunRecord> Trial::conducted(const node::System& system,
                                                   const fault::Plan& plan, std::string sabotage) {
    const auto world = make_();
    const Setup setup{
        system, plan, 7, history::Detail::verdict, circumstances_.directory, std::move(sabotage)};
    auto record = conduct(*world, setup, faults_, {});
    if (record) return std::move(*record);
    broken_.push_back("A plan it can carry out is carried out: " + record.error().text());
    return std::nullopt;
}

void Trial::plain_run() {
    const auto plan = this->plan();
    const auto record = conducted(plan, "");
    if (!record) return;
    const auto& history = record->history;
    law(history.size() == plan.operations.size(), "Each planned operation is invoked once.");
    law(std::ranges::none_of(history, [](const auto& op) { return op.error == "the run ended"; }),
        "Each operation has ended when the run is over.");
    law(std::ranges::count(history, Outcome::ok, &history::Operation::outcome) * 10 >=
            static_cast<std::ptrdiff_t>(history.size()) * 9,
        "Without faults operations succeed.");
    law(std::ranges::all_of(history, [](const auto& op) { return op.completed >= op.invoked; }),
        "No operation ends before it began.");
    law(record->complete, "A run that was not stopped comes to its end.");
    law(record->healed >= Instant{} + plan.chaos, "Healing comes after the chaos phase.");
    law(record->breaches.empty(), "A system that does nothing wrong has no breach.");
    const auto leads = [](const auto& change) { return change.key == "leading"; };
    law(std::ranges::count_if(record->published, leads) == 1,
        "What a node publishes is observed, each change once.");
    law(std::ranges::is_sorted(record->published, {}, &history::Published::at),
        "What is published is observed in the order of time.");
}

void Trial::killed_and_healed() {
    auto plan = this->plan();
    plan.absent = {core::Id::node(2)};
    fault::PlannedFault kill;
    kill.id = "kill";
    kill.use = "node.kill";
    kill.at.plus = plan.chaos / 4;
    kill.lasts = plan.chaos / 4;
    kill.target = {.kind = fault::Target::Kind::named, .names = {core::Id::node(1)}};
    fault::PlannedFault pause = kill;
    pause.id = "pause";
    pause.use = "node.pause";
    pause.at = {"leader", plan.chaos / 8};
    pause.times = 1;
    pause.target = {.kind = fault::Target::Kind::leader};
    plan.faults = {kill, pause};
    const auto record = conducted(plan, "");
    if (!record) return;
    for (const auto& fault : record->faults) {
        law(fault.occurred, "A trigger that is met makes its fault strike: " + fault.id);
        law(fault.claimed > fault.voided && fault.seen > 0,
            "A fault that acts leaves evidence at its victim: " + fault.id);
        law(fault.from < fault.to, "A fault lasts for a while: " + fault.id);
    }
    const auto whom = [&](std::string_view id) {
        const auto at = std::ranges::find(record->faults, id, &history::FaultRecord::id);
        return at != record->faults.end() && !at->nodes.empty() ? at->nodes[0] : core::Id{99};
    };
    law(whom("pause") == core::Id::node(0), "The leader is who says that it leads.");
    const auto elsewhere = [&](const history::FaultRecord& fault) {
        return std::ranges::any_of(fault.seen_at, [&](const auto& there) {
            return std::ranges::find(fault.nodes, there.first) == fault.nodes.end();
        });
    };
    law(std::ranges::none_of(record->faults, elsewhere), "A fault is felt by its target alone.");
    law(std::ranges::any_of(record->history,
                            [](const auto& op) { return op.outcome == Outcome::info; }),
        "A request to a dead node ends without an answer.");
    const auto late = [&](const auto& op) {
        return op.args == Value(1) && op.outcome == Outcome::ok &&
               op.invoked > Instant{} + plan.chaos / 2;
    };
    law(std::ranges::any_of(record->history, late), "A killed node is started again.");
    const auto absent = [](const auto& change) { return change.node == core::Id::node(2); };
    law(std::ranges::none_of(record->published, absent), "An absent node is never started.");
}

void Trial::judged_only() {
    auto plan = this->plan();
    fault::PlannedFault kill;
    kill.id = "kill";
    kill.use = "node.kill";
    kill.at.plus = plan.chaos / 4;
    kill.target = {.kind = fault::Target::Kind::named, .names = {core::Id::node(1)}};
    plan.faults = {kill};
    const auto record = conducted(plan, "kill");
    if (!record || record->faults.empty()) return;
    const auto& fault = record->faults[0];
    law(fault.claimed > fault.voided && fault.seen == 0,
        "A fault that is judged but not carried out has claims and no evidence.");
}

// A kill inside a kill and a pause inside a pause: what is inside changes nothing.
void Trial::overlapping() {
    auto plan = this->plan();
    plan.mode = fault::Mode::unlimited;
    for (const std::string use : {"node.kill", "node.pause"}) {
        for (const std::int64_t inside : {0, 1}) {
            fault::PlannedFault& fault = plan.faults.emplace_back();
            fault.id = use + (inside == 1 ? " inside" : "");
            fault.use = use;
            fault.at.plus = plan.chaos * (use == "node.kill" ? 4 + inside : 10 + inside) / 16;
            fault.lasts = plan.chaos * (4 - 2 * inside) / 16;
            fault.target = {.kind = fault::Target::Kind::named, .names = {core::Id::node(1)}};
        }
    }
    const auto record = conducted(plan, "");
    if (!record) return;
    for (const auto& fault : record->faults) {
        const bool inside = fault.id.ends_with("inside");
        const auto proof = fault::judge({fault.claimed, fault.voided, fault.seen, {}, {}});
        law(proof ==
                (inside ? fault::Effectiveness::no_opportunity : fault::Effectiveness::effective),
            "Of faults that overlap only what changes something counts: " + fault.id);
    }
}

struct NoSink final : Sink {
    void completed(core::Id, std::uint32_t, core::Result<Value>) override {}
};

void Trial::clock_and_callbacks() {
    const auto world = make_();
    auto plan = this->plan();
    plan.operations.clear();
    plan.pins = {{fault::Purpose::target, core::key_of("pinned"), 0, 2}};
    const Setup setup{system_, plan, 7, history::Detail::verdict, circumstances_.directory, ""};
    NoSink sink;
    history::RunRecord record;
    if (const auto started = world->start(setup, sink, record); !started) {
        return law(false, "It starts: " + started.error().text());
    }
    std::vector<int> order;
    bool inside = false;
    bool nested = false;
    const auto note = [&](int which) {
        nested = nested || inside;
        order.push_back(which);
    };
    const Instant half = Instant{} + circumstances_.chaos / 2;
    world->at(half, 1, [&] {
        law(world->now() >= half, "Nothing that was asked for a time comes before it.");
        inside = true;
        world->at(Instant{}, 2, [&] { note(3); });  // Long past: at once, but not from inside.
        inside = false;
        note(2);
    });
    world->at(half - circumstances_.chaos / 4, 3, [&] { note(1); });
    int met = 0;
    world->when(
        [](const node::Published& published) {
            return published.get(core::Id::node(0), "leading") != nullptr;
        },
        4, [&] { ++met; });
    const auto bits = [](std::uint64_t drawn) { return static_cast<std::int64_t>(drawn >> 32U); };
    const auto key = core::key_of("free");
    law(world->decide(fault::Purpose::target, key, 0, "t", bits) ==
            world->decide(fault::Purpose::target, key, 0, "t", bits),
        "The same draw comes out the same.");
    law(world->decide(fault::Purpose::target, core::key_of("pinned"), 0, "t", bits) == 2,
        "A pinned draw comes out as pinned.");
    const Instant stop = half + circumstances_.chaos / 4;
    world->at(stop, 5, [&] { world->halt(); });
    const auto driven = world->drive(Instant{} + circumstances_.chaos);
    law(driven.has_value(), "It runs.");
    law(world->now() >= stop && world->now() < Instant{} + circumstances_.chaos,
        "halt() ends the drive before its time is over.");
    law(order == std::vector<int>({1, 2, 3}), "Callbacks come in the order of their times.");
    law(!nested, "No callback comes from inside another.");
    law(met == 1, "A predicate that is met calls back once.");
    world->stop();
}

// All nodes end again and again while they write; what they find afterwards is compared.
void Trial::files_after(Crash crash, const std::string& use) {
    const auto* spec = faults_.find(use);
    auto plan = this->plan();
    plan.system = file_system().name;
    plan.operations.clear();
    fault::PlannedFault strike;
    strike.id = "crash";
    strike.use = use;
    strike.at.plus = plan.chaos / 6;
    strike.every = plan.chaos / 6;
    strike.lasts = plan.chaos / 24;
    plan.faults = {strike};
    const std::vector<core::Id> all = {core::Id::node(0), core::Id::node(1), core::Id::node(2)};
    const auto effect = spec->make(strike.params, all, {plan.nodes, plan.clients});
    if (!effect || !make_()->can(*effect)) return;  // It says so before the run: fair.
    const auto record = conducted(file_system(), plan, "");
    if (!record) return;
    for (auto& sentence : broken_file_laws(*record, crash)) broken_.push_back(std::move(sentence));
}

}  // namespace

std::vector<node::System> conformance_systems() {
    node::System system;
    system.name = "conformance";
    system.summary = "Three nodes that count requests; n1 says that it leads.";
    system.tolerates = [](std::uint32_t nodes) { return node::Tolerates{.crashed = nodes}; };
    system.start = serve;
    node::Operation operation;
    operation.name = "ask";
    operation.generate = [](core::Dice& dice, std::uint32_t, std::uint32_t) {
        return Value(static_cast<std::int64_t>(dice.below(3)));
    };
    operation.run = ask;
    system.operations.push_back(std::move(operation));
    system.leader_key = "leading";
    return {system, file_system()};
}

std::vector<std::string> broken_laws(const MakeWorld& make, const Circumstances& circumstances) {
    return Trial(make, circumstances).run();
}

}  // namespace storm::world
