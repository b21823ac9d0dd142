#include "runner/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "node/points.h"
#include "runner/fleet.h"
#include "runner/groups.h"
#include "runner/note.h"
#include "runner/rerun.h"
#include "runner/worker.h"

namespace storm::runner {
namespace {

using core::ErrorKind;
using Clock = std::chrono::steady_clock;

constexpr std::size_t waiting_max = 256;  // Passes that wait to run again.
constexpr std::size_t asked_max = 4;      // Of them, in the hands of the verifier.
constexpr std::int64_t rerun_share = 80;  // Reruns may take one part in so many.

Duration since(Clock::time_point start) {
    return core::nanoseconds(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

std::string check_of(const std::string& reason) { return reason.substr(0, reason.find('/')); }

/// Tells a reason of the lowest seed that has one, in whatever order they come.
struct Lowest {
    std::uint64_t seed = ~std::uint64_t{0};
    void tell(std::uint64_t at, const std::string& why, std::string& into) {
        if (at >= seed || why.empty()) return;
        seed = at;
        into = fmt::format("seed {}: {}", at, why);
    }
};

class Sweep {
public:
    Sweep(const Bench& bench, const scenario::Scenario& scenario, const SweepOptions& options)
        : bench_(bench),
          scenario_(scenario),
          options_(options),
          jobs_(options.jobs != 0 ? options.jobs : processors()),
          same_(bench, options.program, Elsewhere::Surroundings::same, options.cpu_limit,
                options.stuck_limit * 2),
          altered_(bench, options.program, Elsewhere::Surroundings::altered, options.cpu_limit,
                   options.stuck_limit * 2),
          verifier_(bench, options.program, Elsewhere::Surroundings::altered, options.cpu_limit,
                    options.stuck_limit * 2) {
        for (const auto& known : options.known) {
            if (known_seeds_.insert(known.seed).second) first_.push_back(known.seed);
            if (check_of(known.reason) == determinism_check) leaky_seeds_.insert(known.seed);
        }
        timed_ = options.time_limit.ns > 0;
        const std::uint64_t range =
            timed_ ? std::uint64_t{1} << 60U
                   : (options.last >= options.first ? options.last - options.first + 1 : 0);
        items_ = first_.size() + range;
    }

    core::Result<SweepReport> run() {
        start_ = Clock::now();
        report_.asked = timed_ ? 0 : options_.last - options_.first + 1;
        report_.first = options_.first;
        Work work;
        work.items = items_;
        work.jobs = jobs_;
        work.cpu_limit = options_.cpu_limit;
        work.stuck_limit = options_.stuck_limit;
        // Worlds that run in real time take as long as the scenario says.
        work.real_limit = options_.cpu_limit * 3 + scenario_.chaos + scenario_.settle;
        work.body = [this](auto item, auto& result) { body(item, result); };
        work.take = [this](auto item, auto result) { take(item, result); };
        work.fell = [this](auto item, const Death& death) { fell(item, death); };
        work.enough = [this] { return enough(); };
        STORM_CHECK(fleet_.run(work));
        if (error_) return std::unexpected(*error_);
        STORM_CHECK(finish_reruns());
        groups_.cut(limit_);
        count_waiting();
        tell_settled(~std::uint64_t{0});
        report_.failing = groups_.failing();
        if (options_.confirm) {
            STORM_CHECK(groups_.confirm([this](auto seed) { return plan_of(seed); }, options_,
                                        same_, altered_));
            for (const auto seed : groups_.killed()) {
                undecided(seed,
                          "its process was killed by a signal several times, but not when "
                          "it ran alone (is the machine out of memory?)");
            }
            report_.failing = groups_.failing();
        }
        finish();
        return std::move(report_);
    }

private:
    struct Pass {
        std::uint64_t item = 0, seed = 0, digest = 0;
    };
    [[nodiscard]] std::uint64_t seed_of(std::uint64_t item) const {
        return item < first_.size() ? first_[item] : options_.first + (item - first_.size());
    }
    [[nodiscard]] fault::Plan plan_of(std::uint64_t seed) const {
        return scenario::plan(scenario_, bench_.faults, seed);
    }

    /// In the worker.
    void body(std::uint64_t item, std::vector<std::byte>& result) const {
        const std::uint64_t seed = seed_of(item);
        if (item >= first_.size() && known_seeds_.contains(seed)) {
            SeedNote note;
            note.skipped = true;
            return append(result, note);
        }
        auto run = run_plan(bench_, plan_of(seed), seed, options_.run);
        auto note = run ? note_of(*run, bench_.faults, sites_) : note_of(run.error());
        if (run && item < first_.size()) note.passed = passed_by(*run);
        append(result, note);
    }

    void take(std::uint64_t item, std::span<const std::byte> bytes);
    void undecided(std::uint64_t seed, const std::string& why);
    void note_doubt(std::uint64_t seed, const SeedNote& note);
    void arrived(std::uint64_t item, SeedNote note);
    void settle(std::uint64_t item);
    void tell_settled(std::uint64_t below);
    void count_waiting();
    void count(std::uint64_t item, const SeedNote& note);
    void fell(std::uint64_t item, const Death& death);
    void failed(std::uint64_t item, std::uint64_t digest, check::Finding finding,
                const Ending& ending = {});
    [[nodiscard]] bool enough();
    void rerun_some();
    [[nodiscard]] bool ask_again(const Pass& pass);
    void reread(core::Result<std::optional<Reading>> answer);
    [[nodiscard]] core::Result<void> finish_reruns();
    [[nodiscard]] std::size_t rank_of(const std::string& check) const;
    [[nodiscard]] std::string why_open(const Known& known) const;
    void find_gone();
    void finish();
    void find_never_met();

    const Bench& bench_;
    const scenario::Scenario& scenario_;
    const SweepOptions& options_;
    unsigned jobs_;
    Elsewhere same_, altered_, verifier_;
    Fleet fleet_;
    SiteNames sites_;
    Groups groups_;
    SweepReport report_;
    std::vector<std::uint64_t> first_;  // Seeds of known failures, in order.
    std::set<std::uint64_t> known_seeds_;
    std::set<std::uint64_t> leaky_seeds_;  // Of them, known to give other bytes elsewhere.
    std::map<std::uint64_t, SeedNote> known_notes_;  // Of those that ran, by seed.
    std::uint64_t items_ = 0;
    bool timed_ = false;
    bool no_digest_ = false;                   // A run came to its end without one.
    std::uint64_t limit_ = ~std::uint64_t{0};  // Items after it do not count.
    // Notes that came before those of lower items. What a sweep counts must not depend on which
    // worker was faster, so a note counts once all lower items did.
    std::deque<std::optional<SeedNote>> waiting_;  // Of items counted_, counted_ + 1, ...
    std::uint64_t counted_ = 0;                    // All lower items count.
    std::uint64_t arrived_ = 0;
    std::deque<bool> ended_;                // Of items settled_, settled_ + 1, ...
    std::uint64_t settled_ = 0;             // All lower items have ended.
    std::vector<std::string> untold_;       // Reasons whose lowest item may still be another.
    std::optional<std::uint64_t> highest_;  // The highest item of the range that counts.
    std::vector<history::SiteHits> site_sums_ = std::vector<history::SiteHits>(sites_.size());
    Lowest ineffective_lowest_, undecided_lowest_, nothing_lowest_;
    std::optional<core::Error> error_;
    std::deque<Pass> passes_;  // Waiting to run again.
    std::optional<Pass> last_pass_;
    std::deque<Pass> asked_;              // Under way there.
    std::set<std::uint64_t> same_bytes_;  // Seeds that gave the same bytes there.
    Clock::time_point start_;
};

void Sweep::take(std::uint64_t item, std::span<const std::byte> bytes) {
    auto note = core::from_bytes<SeedNote>(bytes);
    if (!note) {
        error_ = core::Error{ErrorKind::internal, "a worker's note cannot be read", {}};
        return fleet_.stop_at(0);
    }
    if (note->skipped) return arrived(item, std::move(*note));
    const std::uint64_t seed = seed_of(item);
    if (note->failed) {
        if (!error_) {
            error_ = core::Error{static_cast<core::ErrorKind>(note->error_kind),
                                 note->error,
                                 {fmt::format("running seed {}", seed)}};
        }
        return fleet_.stop_at(0);
    }
    for (const auto& finding : note->findings) failed(item, note->digest, unpack(finding));
    const bool passed = note->findings.empty() && note->digest != 0;
    if (passed && options_.rerun_ppm != 0) {
        const Pass pass{item, seed, note->digest};
        if (!last_pass_ || last_pass_->item < item) last_pass_ = pass;
        const bool leaky = item < first_.size() && leaky_seeds_.contains(seed);
        const bool drawn =
            core::happens(core::draw(core::key_of("rerun"), seed, 0), options_.rerun_ppm);
        if ((leaky || drawn) && passes_.size() < waiting_max) passes_.push_back(pass);
    }
    arrived(item, std::move(*note));
}

void Sweep::arrived(std::uint64_t item, SeedNote note) {
    ++arrived_;
    settle(item);
    if (options_.stop_after == 0) return count(item, note);  // All count, in any order.
    const std::uint64_t place = item - counted_;
    if (place >= waiting_.size()) waiting_.resize(place + 1);
    waiting_[place] = std::move(note);
    for (; !waiting_.empty() && waiting_.front() && counted_ <= limit_; ++counted_) {
        count(counted_, *waiting_.front());
        waiting_.pop_front();
    }
}

void Sweep::settle(std::uint64_t item) {
    if (!options_.settled) return;
    const std::uint64_t place = item - settled_;
    if (place >= ended_.size()) ended_.resize(place + 1);
    ended_[place] = true;
    for (; !ended_.empty() && ended_.front(); ++settled_) ended_.pop_front();
    tell_settled(settled_);
}

/// The reasons whose lowest item is below `below` and counts; forgets those that are no more.
void Sweep::tell_settled(std::uint64_t below) {
    std::erase_if(untold_, [&](const std::string& reason) {
        const auto lowest = groups_.lowest_item(reason);
        if (lowest && (*lowest >= below || *lowest > limit_)) return false;
        if (lowest) options_.settled(groups_.group(reason));
        return true;
    });
}

/// No more will come: what is there counts, up to the item that ended the sweep.
void Sweep::count_waiting() {
    for (; !waiting_.empty() && counted_ <= limit_; ++counted_) {
        if (waiting_.front()) count(counted_, *waiting_.front());
        waiting_.pop_front();
    }
    waiting_.clear();
}

void Sweep::note_doubt(std::uint64_t seed, const SeedNote& note) {
    if (note.ineffective) {
        ++report_.ineffective_seeds;
        report_.ineffective.push_back(seed);
        ineffective_lowest_.tell(seed, note.why, report_.ineffective_why);
        if (report_.ineffective.size() >= 64) {
            std::ranges::sort(report_.ineffective);
            report_.ineffective.resize(16);
        }
    }
    if (note.undecided) undecided(seed, note.why);
    if (!note.nothing.empty()) {
        ++report_.nothing;
        nothing_lowest_.tell(seed, note.nothing, report_.nothing_why);
    } else if (note.effective) {
        ++report_.judged;
    }
    if (!note.idle.empty() && (report_.idle_seed == 0 || seed < report_.idle_seed)) {
        report_.idle_seed = seed;
        report_.idle_why = note.idle;
    }
}

void Sweep::undecided(std::uint64_t seed, const std::string& why) {
    ++report_.inconclusive;
    undecided_lowest_.tell(seed, why, report_.inconclusive_why);
}

void Sweep::count(std::uint64_t item, const SeedNote& note) {
    if (item >= first_.size()) highest_ = std::max(highest_.value_or(0), item);
    if (item < first_.size()) known_notes_.insert_or_assign(seed_of(item), note);
    if (note.skipped) return;
    ++report_.run;
    ++(note.faulty ? report_.faulty : report_.controls);
    if (note.effective) ++report_.effective;
    note_doubt(seed_of(item), note);
    no_digest_ = no_digest_ || (note.digest == 0 && note.events != 0);
    report_.events += note.events;
    report_.messages += note.messages;
    report_.operations += note.operations;
    for (const auto& each : note.faults) {
        if (each.fault >= bench_.faults.all().size()) continue;
        auto& sum = report_.faults[bench_.faults.all()[each.fault].name];
        sum.effective += each.effective;
        sum.no_opportunity += each.no_opportunity;
        sum.ineffective += each.ineffective;
    }
    for (const auto& site : note.sites) {
        site_sums_[site.site].reached += site.reached;
        site_sums_[site.site].held += site.held;
    }
    for (const auto& site : note.other_sites) {
        auto& sum = report_.sites[site.message];
        sum.reached += site.reached;
        sum.held += site.held;
    }
}

void Sweep::fell(std::uint64_t item, const Death& death) {
    SeedNote note;
    note.faulty = true;  // Whatever it drew: it is no control that passed.
    if (death.unfinished) {
        note.undecided = true;
        note.why = death.sentence;
    } else {
        const auto finding = to_finding(death);
        note.findings.push_back(pack(finding));
        failed(item, 0, finding, {.outside = death.outside});
    }
    arrived(item, std::move(note));
}

void Sweep::failed(std::uint64_t item, std::uint64_t digest, check::Finding finding,
                   const Ending& ending) {
    const std::string reason = finding.reason();
    const bool fresh = groups_.add(item, seed_of(item), digest, std::move(finding), ending);
    if (options_.stop_after != 0 && groups_.failing() >= options_.stop_after) {
        // Never below what counts: a run again may say something of an item long past.
        limit_ = std::max(groups_.item_of(options_.stop_after), counted_ == 0 ? 0 : counted_ - 1);
        fleet_.stop_at(limit_ + 1);
    }
    if (fresh && item <= limit_ && options_.found) options_.found(groups_.group(reason));
    if (fresh && options_.settled) untold_.push_back(reason);
}

bool Sweep::enough() {
    const Duration elapsed = since(start_);
    if (options_.progress) {
        options_.progress({arrived_, timed_ ? 0 : report_.asked, groups_.failing(), elapsed});
    }
    if (options_.stop && options_.stop()) {
        report_.stopped = true;
        return true;
    }
    if (timed_ && elapsed >= options_.time_limit) return true;
    rerun_some();
    return false;
}

/// Keeps passes running again elsewhere, within the share of time that reruns may take.
void Sweep::rerun_some() {
    while (!asked_.empty()) {
        auto answer = verifier_.answer({});
        if (answer && !*answer) break;
        reread(std::move(answer));
    }
    const auto budget = since(start_).ns * jobs_ / rerun_share;
    while (!passes_.empty() && asked_.size() < asked_max && verifier_.used().ns <= budget) {
        const Pass pass = passes_.front();
        passes_.pop_front();
        if (!ask_again(pass)) return;
    }
}

bool Sweep::ask_again(const Pass& pass) {
    const auto plan = plan_of(pass.seed);
    if (!verifier_.ask({plan, pass.seed, options_.run})) return false;
    asked_.push_back(pass);
    return true;
}

/// A pass has run again.
void Sweep::reread(core::Result<std::optional<Reading>> answer) {
    const Pass pass = asked_.front();
    asked_.pop_front();
    if (!verifier_.alive()) asked_.clear();
    if (!answer) {
        if (!error_) error_ = core::within(answer.error(), "running a seed again").error();
        return fleet_.stop_at(0);
    }
    const Death* death = (*answer)->death.get();
    if (death != nullptr && (death->outside || death->unfinished)) return;  // That says nothing.
    ++report_.rerun;
    const auto plan = plan_of(pass.seed);
    const Probe probe{plan, pass.seed, options_.run};
    auto finding = compare(probe, pass.digest, **answer, same_, altered_);
    if (finding && *finding) return failed(pass.item, pass.digest, std::move(**finding));
    if (death == nullptr && (*answer)->digest == pass.digest) same_bytes_.insert(pass.seed);
}

/// Waits for those under way, and gives what still waits a little time. If not a single pass ran
/// again, the last does: it has the most seeds before it that could have left something.
core::Result<void> Sweep::finish_reruns() {
    const auto begun = Clock::now();
    const bool more = options_.confirm && !report_.stopped;
    const auto patience = std::max(core::milliseconds(50), since(start_) / 200);
    if (more && asked_.empty() && passes_.empty() && report_.rerun == 0 && last_pass_ &&
        last_pass_->item <= limit_) {
        passes_.push_back(*last_pass_);
    }
    for (;;) {
        while (more && !passes_.empty() && asked_.size() < asked_max) {
            const Pass pass = passes_.front();
            passes_.pop_front();
            if (pass.item > limit_ || !ask_again(pass)) continue;
        }
        if (asked_.empty()) break;
        auto answer = verifier_.answer(core::milliseconds(20));
        if (answer && !*answer) continue;
        reread(std::move(answer));
        if (since(begun) > patience) passes_.clear();
    }
    if (error_) return std::unexpected(*error_);
    return {};
}

/// Of the reasons of one seed: what the scenario expects comes first, then the built-in checks,
/// then the others as the scenario names them.
std::size_t Sweep::rank_of(const std::string& check) const {
    if (check == scenario_.expect_check) return 0;
    const auto at = std::ranges::find(scenario_.checks, check, &fault::PlannedCheck::use);
    if (at == scenario_.checks.end()) return 1;
    return static_cast<std::size_t>(at - scenario_.checks.begin()) + 2;
}

/// Why this sweep cannot say that a known seed no longer fails for its reason; "" if it can.
std::string Sweep::why_open(const Known& known) const {
    const std::string check = check_of(known.reason);
    const auto at = known_notes_.find(known.seed);
    if (at == known_notes_.end()) return fmt::format("seed {} did not run", known.seed);
    const SeedNote& note = at->second;
    if (std::ranges::find(note.passed, check) != note.passed.end()) return {};
    if (check == determinism_check && same_bytes_.contains(known.seed)) return {};
    for (const auto& finding : note.findings) {
        if (finding.check == check) {
            return fmt::format("seed {} fails {} for another reason", known.seed, check);
        }
    }
    const auto* spec = bench_.checks.find(check);
    const bool named = std::ranges::find(scenario_.checks, check, &fault::PlannedCheck::use) !=
                       scenario_.checks.end();
    if (!named && (spec == nullptr || !spec->built_in)) {
        return "the scenario does not name " + check;
    }
    const auto left_out = check::not_judged(bench_.checks, scenario_.checks, scenario_.mode);
    if (std::ranges::find(left_out, check) != left_out.end()) {
        return "mode: unlimited leaves out " + check;
    }
    return fmt::format("{} did not decide on seed {}", check, known.seed);
}

/// Known reasons that did not come again: gone if all their seeds were judged and passed.
void Sweep::find_gone() {
    std::set<std::string> told;
    for (const auto& group : report_.groups) told.insert(group.reason);
    for (const auto& known : options_.known) {
        if (!told.insert(known.reason).second) continue;
        std::string why;
        bool beyond = false;  // After the failing seed that ended the sweep.
        for (const auto& each : options_.known) {
            if (each.reason != known.reason) continue;
            const auto item = std::ranges::find(first_, each.seed) - first_.begin();
            if (static_cast<std::uint64_t>(item) > limit_) {
                beyond = true;
            } else if (why.empty()) {
                why = why_open(each);
            }
        }
        if (!why.empty()) {
            report_.open.push_back({known, std::move(why)});
        } else if (!beyond) {
            report_.gone.push_back(known);
        }
    }
}

void Sweep::finish() {
    report_.groups = groups_.take();
    for (auto& group : report_.groups) {
        group.known = std::ranges::any_of(
            options_.known, [&](const Known& known) { return known.reason == group.reason; });
    }
    std::ranges::sort(report_.groups, {}, [this](const Group& group) {
        return std::tuple(group.known, group.lowest, rank_of(group.finding.check), group.reason);
    });
    find_gone();
    std::ranges::sort(report_.ineffective);
    report_.ineffective.resize(std::min<std::size_t>(report_.ineffective.size(), 16));
    for (std::size_t i = 0; i < site_sums_.size(); ++i) {
        if (site_sums_[i].reached == 0) continue;
        auto& sum = report_.sites[std::string(sites_.name(i))];
        sum.reached += site_sums_[i].reached;
        sum.held += site_sums_[i].held;
    }
    const std::uint64_t last = highest_.value_or(first_.size()) - first_.size();
    report_.last = options_.first + last;
    find_never_met();
    report_.took = since(start_);
    report_.unchecked = scenario_.checks.empty();
    report_.world = options_.run.world;
    report_.not_judged = check::not_judged(bench_.checks, scenario_.checks, scenario_.mode);
    if (no_digest_) report_.not_judged.emplace_back(determinism_check);
    judge_sweep(report_, scenario_);
}

/// Which of the system's own properties no seed met. A system says which sources are its own;
/// else those are, of which this sweep reached anything: other systems of the same program have
/// sites too, and they are not meant.
void Sweep::find_never_met() {
    std::set<std::string_view> files;
    for (const auto* site : node::all_sites()) {
        const auto& own = scenario_.system->sources;
        const bool named = std::ranges::any_of(
            own, [&](const auto& end) { return std::string_view(site->file).ends_with(end); });
        const bool met = own.empty() && report_.sites.contains(site->message);
        if (named || met) files.insert(site->file);
    }
    std::map<std::string, core::PropertyKind> never;
    std::set<std::string_view> all;
    for (const auto* site : node::all_sites()) {
        const bool reached = site->kind == core::PropertyKind::always;
        const bool held = site->kind == core::PropertyKind::sometimes ||
                          site->kind == core::PropertyKind::reachable;
        if ((!reached && !held) || site->is_maybe || !files.contains(site->file)) continue;
        all.insert(site->message);
        const auto at = report_.sites.find(site->message);
        const bool met =
            at != report_.sites.end() && (reached ? at->second.reached : at->second.held) != 0;
        if (!met) never.emplace(site->message, site->kind);
    }
    report_.properties = all.size();
    for (const auto& [message, kind] : never) report_.never_met.push_back({kind, message});
}

}  // namespace

core::Result<SweepReport> sweep(const Bench& bench, const scenario::Scenario& scenario,
                                const SweepOptions& options) {
    if (options.time_limit.ns <= 0 && options.last < options.first) {
        return core::fail(ErrorKind::bad_input,
                          fmt::format("no seeds: {} to {}", options.first, options.last));
    }
    Sweep run(bench, scenario, options);
    return run.run();
}

}  // namespace storm::runner
