#include "runner/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "runner/edits.h"
#include "runner/fleet.h"
#include "runner/pack.h"
#include "runner/search.h"

namespace storm::runner {
namespace {

using core::ErrorKind;
using Clock = std::chrono::steady_clock;

constexpr std::size_t failures_max = 16;
constexpr std::size_t pins_max = 12'000;  // More are not tried: they fit into no result.
constexpr std::size_t small = 10;         // A total that needs no second failure tried.

Duration since(Clock::time_point start) {
    return core::nanoseconds(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

/// What a candidate is worth: less is better. Under neutral noise a plan says more.
auto rank(const fault::Plan& plan) {
    const int noise = plan.ambient == fault::Ambient::neutral ? 0
                      : plan.ambient == fault::Ambient::calm  ? 1
                                                              : 2;
    return std::tuple(plan.size() + (plan.nodes - plan.absent.size()), noise, plan.chaos);
}

struct Packed {
    bool good = false;
    std::vector<std::uint8_t> purposes;
    std::vector<std::uint64_t> keys;
    std::vector<std::uint32_t> indices;
    std::vector<std::int64_t> outcomes;
    std::vector<std::string> links;
    auto storm_fields() { return std::tie(good, purposes, keys, indices, outcomes, links); }
};

/// One failure on its way to its smallest.
class Shrinker {
public:
    Shrinker(const Bench& bench, const Failure& failure, const std::string& reason, Search& search,
             const ShrinkOptions& options)
        : bench_(bench),
          system_(bench.system(failure.plan.system)),
          search_(search),
          options_(options),
          seed_(failure.seed),
          best_(failure.plan) {
        const auto* check = bench.checks.find(reason.substr(0, reason.find('/')));
        majority_ = check != nullptr && check->demand == check::Demand::liveness;
    }

    /// Runs the plan as it is. False: it does not fail for the reason.
    core::Result<bool> begin() {
        STORM_TRY(hit_, search_.first(1, seed_, [&](auto) { return best_; }));
        return hit_.has_value();
    }
    /// The large steps: what any failure must pass to be compared with others.
    core::Result<void> coarse();
    /// The rest.
    core::Result<void> fine();

    [[nodiscard]] const fault::Plan& plan() const { return best_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    [[nodiscard]] const check::Finding& finding() const { return hit_->finding; }

private:
    void say(std::string doing) const {
        if (options_.progress) {
            options_.progress({std::move(doing), search_.runs(), size_of(best_)});
        }
    }
    core::Result<bool> try_plans(std::vector<fault::Plan> plans);
    core::Result<bool> try_edits(const std::vector<Edit>& edits);
    core::Result<bool> drop(Part part, std::string doing);
    core::Result<bool> drop_at(Part part, std::size_t size);
    core::Result<bool> structure();
    core::Result<void> noise();
    core::Result<bool> pin_noise();
    core::Result<std::optional<fault::Plan>> record_noise(PinNames& names);

    const Bench& bench_;
    const node::System* system_;
    Search& search_;
    const ShrinkOptions& options_;
    std::uint64_t seed_;
    bool majority_ = false;  // The check means nothing without most of the nodes.
    fault::Plan best_;
    std::optional<Hit> hit_;  // Of best_.
};

/// Keeps the first of `plans` that fails.
core::Result<bool> Shrinker::try_plans(std::vector<fault::Plan> plans) {
    std::erase(plans, best_);
    if (plans.empty() || search_.over()) return false;
    STORM_TRY(auto hit,
              search_.first(plans.size(), seed_, [&](auto i) { return plans[i]; }, &hit_->idle));
    if (!hit) return false;
    best_ = std::move(plans[hit->candidate]);
    hit_ = std::move(hit);
    return true;
}

/// Applies edits until none of those that are left helps.
core::Result<bool> Shrinker::try_edits(const std::vector<Edit>& edits) {
    std::vector<fault::Plan> plans;
    plans.reserve(edits.size());
    for (const auto& edit : edits) plans.push_back(edit(best_));
    return try_plans(std::move(plans));
}

/// Drops runs of `size` items, from the last to the first: what comes later hangs on less.
core::Result<bool> Shrinker::drop_at(Part part, std::size_t size) {
    bool any = false;
    std::size_t end = count(best_, part);
    while (end > 0 && !search_.over()) {
        const std::size_t steps = (end + size - 1) / size;
        const auto from = [&](std::size_t i) { return end - std::min(end, (i + 1) * size); };
        STORM_TRY(auto hit, search_.first(
                                steps, seed_,
                                [&](auto i) {
                                    return without(best_, part, from(i),
                                                   std::min(size, end - from(i)));
                                },
                                &hit_->idle));
        if (!hit) break;
        const std::size_t at = from(hit->candidate);
        best_ = without(std::move(best_), part, at, std::min(size, end - at));
        hit_ = std::move(hit);
        any = true;
        end = at;
    }
    return any;
}

core::Result<bool> Shrinker::drop(Part part, std::string doing) {
    say(std::move(doing));
    bool any = false;
    std::size_t size = count(best_, part);
    while (size > 0 && count(best_, part) > 0 && !search_.over()) {
        STORM_TRY(const bool some, drop_at(part, size));
        any = any || some;
        size = std::min(size / 2, std::max<std::size_t>(1, count(best_, part)));
    }
    return any;
}

core::Result<void> Shrinker::coarse() {
    say("keeping what the finding is about");
    std::vector<fault::Plan> plans;
    const auto cut = hit_->fatal > Instant{} ? cut_at(best_, hit_->fatal) : best_;
    if (!hit_->certificate.empty()) {
        fault::Plan bare = only(cut, hit_->certificate);
        bare.faults.clear();
        plans.push_back(std::move(bare));
        plans.push_back(only(cut, hit_->certificate));
        plans.push_back(only_clients(cut, hit_->certificate));
    }
    plans.push_back(cut);
    STORM_CHECK(try_plans(std::move(plans)));
    STORM_CHECK(drop(Part::faults, "dropping faults"));
    STORM_CHECK(drop(Part::operations, "dropping operations"));
    return {};
}

/// One round over everything but the noise. True: something became smaller.
core::Result<bool> Shrinker::structure() {
    bool any = false;
    const auto note = [&](core::Result<bool> done) {
        any = any || (done && *done);
        return done;
    };
    STORM_CHECK(note(drop(Part::faults, "dropping faults")));
    say("dropping nodes and clients");
    for (bool more = system_ != nullptr; more && !search_.over();) {
        STORM_TRY(more, note(try_edits(node_edits(best_, *system_, majority_))));
    }
    for (bool more = true; more && !search_.over();) {
        STORM_TRY(more, note(try_edits(client_edits(best_))));
    }
    STORM_CHECK(note(drop(Part::operations, "dropping operations")));
    say("shortening and narrowing faults");
    for (int rounds = 0; rounds < 16 && !search_.over(); ++rounds) {
        STORM_TRY(const bool more, try_edits(fault_edits(best_)));
        if (!more) break;
    }
    if (hit_->fatal > Instant{}) STORM_CHECK(try_plans({cut_at(best_, hit_->fatal)}));
    say("rounding times");
    STORM_CHECK(try_edits(time_edits(best_)));
    return any;
}

/// Runs the best plan once more and pins all that its noise came out as.
core::Result<std::optional<fault::Plan>> Shrinker::record_noise(PinNames& names) {
    STORM_TRY(
        const auto attempt,
        in_child(
            [&](std::vector<std::byte>& result) {
                Packed out;
                RunOptions full = options_.run;
                full.detail = history::Detail::full;
                const auto run = run_plan(bench_, best_, seed_, full);
                out.good = run.has_value();
                if (!run) return append(result, out);
                const auto kept = pinned(best_, run->record).pins;
                const auto who = pin_names(run->record);
                out.good = kept.size() <= pins_max;
                for (const auto& pin : kept) {
                    if (!out.good) break;
                    out.purposes.push_back(static_cast<std::uint8_t>(pin.purpose));
                    out.keys.push_back(pin.key);
                    out.indices.push_back(pin.index);
                    out.outcomes.push_back(pin.outcome);
                    out.links.push_back(who.at({pin.purpose, pin.key, pin.index}).substr(0, 8));
                }
                append(result, out);
            },
            options_.cpu_limit));
    const auto packed = core::from_bytes<Packed>(attempt.result);
    if (attempt.death || !packed || !packed->good) return std::optional<fault::Plan>{};
    fault::Plan plan = best_;
    plan.ambient = fault::Ambient::neutral;
    plan.pins.clear();
    for (std::size_t i = 0; i < packed->keys.size(); ++i) {
        const auto purpose = static_cast<fault::Purpose>(packed->purposes[i]);
        plan.pins.push_back({purpose, packed->keys[i], packed->indices[i], packed->outcomes[i]});
        names[{purpose, packed->keys[i], packed->indices[i]}] = packed->links[i];
    }
    return plan;
}

/// Neutral noise with every ambient decision pinned, then fewer pins. Kept only if what is left
/// is small enough to tell more than the drawn noise did.
core::Result<bool> Shrinker::pin_noise() {
    say("pinning the network's noise");
    PinNames names;
    STORM_TRY(auto plan, record_noise(names));
    if (!plan) return false;
    const fault::Plan before = best_;
    const auto hit_before = hit_;
    STORM_TRY(const bool pinned_fails, try_plans({std::move(*plan)}));
    if (!pinned_fails) return false;
    for (bool more = true; more && !search_.over();) {
        STORM_TRY(more, try_edits(pin_edits(best_, names)));
    }
    STORM_CHECK(drop(Part::pins, "dropping pins"));
    if (best_.size() <= std::max(small, before.size())) return true;
    best_ = before;
    hit_ = hit_before;
    return false;
}

core::Result<void> Shrinker::noise() {
    if (best_.ambient == fault::Ambient::neutral) return {};
    say("calming the network");
    fault::Plan neutral = best_;
    neutral.ambient = fault::Ambient::neutral;
    fault::Plan calm = best_;
    calm.ambient = fault::Ambient::calm;
    STORM_TRY(const bool quiet, try_plans({std::move(neutral), std::move(calm)}));
    if (!quiet) STORM_CHECK(pin_noise());
    return {};
}

core::Result<void> Shrinker::fine() {
    STORM_CHECK(structure());
    STORM_CHECK(noise());
    for (int rounds = 0; rounds < 3 && !search_.over(); ++rounds) {
        STORM_TRY(const bool more, structure());
        if (!more) break;
    }
    if (best_.ambient == fault::Ambient::drawn && !search_.over()) STORM_CHECK(noise());
    return {};
}

/// Candidates share processes; what is told must fail in one of its own.
core::Result<void> fails_alone(const Bench& bench, const std::string& reason, const Limits& limits,
                               const Shrinker& best) {
    Limits alone = limits;
    alone.jobs = 1;
    alone.over = [] { return false; };
    STORM_TRY(const auto again, Search(bench, reason, alone).first(1, best.seed(), [&](auto) {
        return best.plan();
    }));
    if (!again) {
        return core::fail(
            ErrorKind::not_found,
            "what it was made small to does not fail in a process of its own: "
            "something outlives a run and reaches the next, such as a static variable");
    }
    return {};
}

/// Why there is nothing to make small. What did not run is not said to pass.
core::Result<Shrunk> none_fails(const std::string& reason, bool all_ran, bool stopped) {
    if (all_ran) {
        return core::fail(ErrorKind::not_found,
                          fmt::format("no run fails for {} when it runs again", reason));
    }
    return core::fail(ErrorKind::stopped,
                      stopped ? "stopped before it could run again"
                              : "time was up before all that failed could run again, and none "
                                "did fail so far");
}

}  // namespace

PlanSize size_of(const fault::Plan& plan) {
    return {plan.faults.size(), plan.operations.size(), plan.nodes - plan.absent.size(),
            plan.pins.size()};
}

core::Result<Shrunk> shrink(const Bench& bench, const std::vector<Failure>& failures,
                            const std::string& reason, const ShrinkOptions& options) {
    const auto start = Clock::now();
    Limits limits;
    limits.run = options.run;
    limits.run.detail = history::Detail::verdict;
    limits.jobs = options.jobs != 0 ? options.jobs : processors();
    limits.cpu_limit = options.cpu_limit;
    // A loop has been seen to go on for longer; each candidate that loops costs this.
    if (reason.starts_with("no-crash/endless loop")) limits.stuck_limit = core::seconds(1);
    const auto stopped = [&] { return options.stop && options.stop(); };
    bool first = true;  // Runs whatever the budget: without it nothing is known.
    limits.over = [&] { return stopped() || (!first && since(start) >= options.budget); };
    Search search(bench, reason, limits);
    std::vector<std::pair<std::unique_ptr<Shrinker>, PlanSize>> all;
    const auto ordered = [&] {
        std::ranges::sort(all, {}, [](const auto& each) {
            return std::tuple(rank(each.first->plan()), each.first->seed());
        });
    };
    bool hurried = false;
    bool all_ran = true;
    for (const auto& failure : failures) {
        if (all.size() == failures_max) break;
        // The first always; the others as long as there is time to make use of them.
        hurried = !all.empty() && (search.over() || since(start) > options.budget / 4);
        if (hurried) break;
        if (all.empty() && stopped()) return none_fails(reason, false, true);
        auto each = std::make_unique<Shrinker>(bench, failure, reason, search, options);
        const auto before = search.runs();
        STORM_TRY(const bool fails, each->begin());
        all_ran = all_ran && search.runs() > before;
        first = false;
        if (!fails) continue;
        STORM_CHECK(each->coarse());
        all.emplace_back(std::move(each), size_of(failure.plan));
    }
    if (all.empty()) return none_fails(reason, all_ran, stopped());
    ordered();
    for (std::size_t i = 0; i < all.size() && i < 3; ++i) {
        STORM_CHECK(all[i].first->fine());
        const auto& plan = all[i].first->plan();
        const bool plain = plan.size() <= small && plan.ambient != fault::Ambient::drawn;
        if (plain || search.over()) break;
    }
    ordered();
    const auto& best = *all.front().first;
    STORM_CHECK(fails_alone(bench, reason, limits, best));
    Shrunk out;
    out.plan = best.plan();
    out.seed = best.seed();
    out.finding = best.finding();
    out.before = all.front().second;
    out.after = size_of(out.plan);
    out.runs = search.runs();
    out.stopped = search.over() || hurried;
    out.took = since(start);
    return out;
}

}  // namespace storm::runner
