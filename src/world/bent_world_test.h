// world/bent_world_test.h - a world that breaks one law: what the laws of worlds must catch.
//
// It hands everything on to a good world and bends one thing on the way. Each kind of bend
// stands beside the sentence that must be said about it.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world/clients.h"
#include "world/world.h"

namespace storm::world {

enum class Bend : std::uint8_t {
    none,
    no_start,
    loses_an_operation,
    never_answers,
    fails_operations,
    turns_time_back,
    ends_early,
    heals_early,
    invents_a_breach,
    publishes_twice,
    publishes_out_of_order,
    refuses_faults,
    forgets_triggers,
    has_no_evidence,
    stands_still,
    misnames_the_leader,
    strikes_another,
    answers_for_the_dead,
    leaves_them_dead,
    starts_the_absent,
    shows_evidence_of_nothing,
    counts_what_is_down,
    calls_too_early,
    draws_anew,
    ignores_pins,
    fails_to_run,
    ignores_halt,
    calls_backwards,
    calls_from_inside,
    calls_twice,
    forgets_files,
};

struct Broken {
    Bend bend;
    std::string_view sentence;  // Begins so.
    friend void PrintTo(const Broken& broken, std::ostream* to) { *to << broken.sentence; }
};

inline constexpr auto bent_worlds = std::to_array<Broken>({
    {Bend::no_start, "It starts"},
    {Bend::loses_an_operation, "Each planned operation is invoked once."},
    {Bend::never_answers, "Each operation has ended when the run is over."},
    {Bend::fails_operations, "Without faults operations succeed."},
    {Bend::turns_time_back, "No operation ends before it began."},
    {Bend::ends_early, "A run that was not stopped comes to its end."},
    {Bend::heals_early, "Healing comes after the chaos phase."},
    {Bend::invents_a_breach, "A system that does nothing wrong has no breach."},
    {Bend::publishes_twice, "What a node publishes is observed, each change once."},
    {Bend::publishes_out_of_order, "What is published is observed in the order of time."},
    {Bend::refuses_faults, "A plan it can carry out is carried out"},
    {Bend::forgets_triggers, "A trigger that is met makes its fault strike"},
    {Bend::has_no_evidence, "A fault that acts leaves evidence at its victim"},
    {Bend::stands_still, "A fault lasts for a while"},
    {Bend::misnames_the_leader, "The leader is who says that it leads."},
    {Bend::strikes_another, "A fault is felt by its target alone."},
    {Bend::answers_for_the_dead, "A request to a dead node ends without an answer."},
    {Bend::leaves_them_dead, "A killed node is started again."},
    {Bend::starts_the_absent, "An absent node is never started."},
    {Bend::shows_evidence_of_nothing, "A fault that is judged but not carried out"},
    {Bend::counts_what_is_down, "Of faults that overlap only what changes something counts"},
    {Bend::calls_too_early, "Nothing that was asked for a time comes before it."},
    {Bend::draws_anew, "The same draw comes out the same."},
    {Bend::ignores_pins, "A pinned draw comes out as pinned."},
    {Bend::fails_to_run, "It runs."},
    {Bend::ignores_halt, "halt() ends the drive before its time is over."},
    {Bend::calls_backwards, "Callbacks come in the order of their times."},
    {Bend::calls_from_inside, "No callback comes from inside another."},
    {Bend::calls_twice, "A predicate that is met calls back once."},
    {Bend::forgets_files, "Completed writes survive a kill."},
});

class BentWorld final : public World, public Sink {
public:
    BentWorld(std::unique_ptr<World> good, Bend bend) : good_(std::move(good)), bend_(bend) {}

    std::string_view name() const override { return good_->name(); }
    core::Result<void> can(const fault::Effect& effect) const override {
        return good_->can(effect);
    }
    core::Result<void> start(const Setup& setup, Sink& sink, history::RunRecord& record) override {
        if (is(Bend::no_start)) return core::fail(core::ErrorKind::io, "not today");
        setup_ = std::make_unique<Setup>(setup);
        if (is(Bend::shows_evidence_of_nothing)) setup_->sabotage.clear();
        sink_ = &sink;
        record_ = &record;
        return good_->start(*setup_, *this, record);
    }
    void at(Instant when, core::Key root, Callback callback) override {
        const bool first = root == operation_root(core::Id::client(0), 0);
        if (is(Bend::loses_an_operation) && first) return;
        if (is(Bend::forgets_triggers) && when > Instant{} && root != core::key_of("heal") &&
            setup_->plan.faults.size() == 2 && !setup_->plan.operations.empty() &&
            !is_operation(root)) {
            return;
        }
        if (is(Bend::heals_early) && root == core::key_of("heal")) when = Instant{};
        if (is(Bend::calls_too_early) && root == 1) when = Instant{};
        if (is(Bend::calls_backwards) && root == 3) when = when + setup_->plan.chaos / 3;
        if (is(Bend::calls_from_inside) && root == 2) return callback();
        good_->at(when, root, std::move(callback));
    }
    void when(Predicate predicate, core::Key root, Callback callback) override {
        if (!is(Bend::calls_twice)) {
            return good_->when(std::move(predicate), root, std::move(callback));
        }
        good_->when(std::move(predicate), root, [callback = std::move(callback)]() mutable {
            callback();
            callback();
        });
    }
    core::Result<void> drive(Instant until) override {
        if (is(Bend::fails_to_run)) return core::fail(core::ErrorKind::io, "stuck");
        if (is(Bend::ends_early)) return good_->drive(Instant{} + setup_->plan.chaos / 4);
        auto driven = good_->drive(until);
        if (is(Bend::ignores_halt) && driven) return good_->drive(until);
        return driven;
    }
    void halt() override { good_->halt(); }
    core::Result<Token> apply(const Application& application) override {
        if (is(Bend::refuses_faults)) return core::fail(core::ErrorKind::io, "not that one");
        return good_->apply(application);
    }
    void revert(Token token) override {
        if (!is(Bend::leaves_them_dead)) good_->revert(token);
    }
    void invoke(const fault::PlannedOperation& operation, core::Key root) override {
        if (!is(Bend::never_answers)) good_->invoke(operation, root);
    }
    const node::Published& observe() const override { return good_->observe(); }
    fault::Evidence evidence(Token token) override {
        auto evidence = good_->evidence(token);
        if (is(Bend::has_no_evidence)) evidence.seen = 0;
        if (is(Bend::counts_what_is_down)) evidence.seen = evidence.claimed;
        if (is(Bend::strikes_another)) evidence.at = {{core::Id::node(2), 1}};
        return evidence;
    }
    std::int64_t decide(fault::Purpose purpose, core::Key key, std::uint32_t index,
                        std::string_view who,
                        const std::function<std::int64_t(std::uint64_t)>& scale) override {
        if (is(Bend::draws_anew)) index = ++draws_;
        if (is(Bend::ignores_pins)) return scale(core::draw(1, 2, key, index));
        return good_->decide(purpose, key, index, who, scale);
    }
    Instant now() const override {
        const Instant now = good_->now();
        const std::size_t faults = setup_ == nullptr ? 0 : setup_->plan.faults.size();
        if (is(Bend::stands_still) && faults == 2) return std::min(now, Instant{} + 1_ms);
        if (is(Bend::turns_time_back) && faults == 0) return Instant{} - (now - Instant{});
        return now;
    }
    std::uint64_t digest() const override { return good_->digest(); }
    void stop() override {
        good_->stop();
        if (record_ != nullptr) falsify();
    }

    void completed(core::Id client, std::uint32_t operation, core::Result<Value> result) override {
        if (is(Bend::fails_operations)) result = core::fail(core::ErrorKind::refused, "no");
        if (is(Bend::answers_for_the_dead)) result = Value(1);
        sink_->completed(client, operation, std::move(result));
    }
    void published() override {
        if (is(Bend::misnames_the_leader)) {
            for (; read_ < record_->published.size(); ++read_) {
                auto& change = record_->published[read_];
                if (change.key == "leading") change.node = core::Id::node(1);
            }
        }
        sink_->published();
    }

private:
    [[nodiscard]] bool is(Bend bend) const { return bend_ == bend; }
    [[nodiscard]] bool is_operation(core::Key root) const {
        return std::ranges::any_of(setup_->plan.operations, [&](const auto& operation) {
            return operation_root(operation.client, operation.id) == root;
        });
    }
    void falsify() {
        auto& published = record_->published;
        const auto leads = [](const auto& change) { return change.key == "leading"; };
        const auto first = std::ranges::find_if(published, leads);
        if (is(Bend::publishes_twice) && first != published.end()) {
            published.insert(first, history::Published(*first));
        }
        if (is(Bend::publishes_out_of_order)) std::ranges::reverse(published);
        if (is(Bend::starts_the_absent)) published.push_back({core::Id::node(2), "x", 1, {}});
        if (is(Bend::invents_a_breach)) record_->breaches.emplace_back();
        if (!is(Bend::forgets_files)) return;
        for (auto& change : published) {
            if (change.key == "found0") change.value = "";
        }
    }

    std::unique_ptr<World> good_;
    Bend bend_;
    std::unique_ptr<Setup> setup_;
    Sink* sink_ = nullptr;
    history::RunRecord* record_ = nullptr;
    std::uint32_t draws_ = 0;
    std::size_t read_ = 0;  // Of what was published.
};

}  // namespace storm::world
