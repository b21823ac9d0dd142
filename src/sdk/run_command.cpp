#include "sdk/run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "core/guard.h"
#include "core/text.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/text.h"
#include "runner/cause.h"
#include "runner/formats.h"
#include "runner/shrink.h"
#include "scenario/remarks.h"
#include "sdk/guarded.h"
#include "sdk/places.h"
#include "sdk/story_file.h"
#include "ui/progress.h"

namespace storm::sdk {
namespace {

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

Facts facts_of(const scenario::Scenario& scenario, const RunRequest& request, const char* kind) {
    Facts facts;
    facts.kind = kind;
    facts.scenario = std::filesystem::path(scenario.path).lexically_normal().string();
    facts.settings = request.settings;
    facts.world = request.world;
    facts.environment = environment();
    return facts;
}

runner::StoredRun stored_of(const Session& session, runner::RunResult&& result,
                            const scenario::Scenario& scenario, const RunRequest& request,
                            const std::string& directory) {
    runner::StoredRun stored;
    stored.plan_digest = core::hex(fault::digest(result.plan));
    stored.result = std::move(result);
    stored.world = request.world;
    stored.build = runner::build_id();
    stored.version = version_text();
    stored.expect = runner::expected_of(scenario);
    stored.settings = request.settings;
    stored.command = replay_command(session, directory);
    return stored;
}

// What is printed on stdout for one run or the first failure of a sweep.
void print_tale(Session& session, const Tale& tale) {
    const auto story = story_of(session, tale);
    const auto& look = session.out.look();
    if (session.quiet) {
        session.out.print(report::verdict_text(story, look));
    } else if (session.format == "json" || session.format == "jsonl") {
        session.out.print(session.format == "json" ? runner::verdict_json(tale.stored)
                                                   : runner::to_jsonl(tale.stored));
    } else if (session.format == "junit") {
        session.out.print(runner::to_junit(tale.stored));
    } else if (session.format == "tap") {
        session.out.print(runner::to_tap(tale.stored));
    } else if (session.format == "md") {
        session.out.print(report::markdown(story));
    } else {
        session.out.print(report::text(story, look));
    }
}

void print_report(Session& session, const runner::SweepReport& report, const std::string& path) {
    const auto name = stem_of(path);
    if (session.format == "json") session.out.print(runner::sweep_json(report, name) + "\n");
    if (session.format == "jsonl") session.out.print(runner::to_jsonl(report, name));
    if (session.format == "junit") session.out.print(runner::to_junit(report, path));
    if (session.format == "tap") session.out.print(runner::to_tap(report, name));
}

int run_one_seed(Session& session, const scenario::Scenario& scenario, const RunRequest& request) {
    const auto plan = scenario::plan(scenario, session.bench.faults, *request.seed);
    Tale tale;
    tale.facts = facts_of(scenario, request, "seed");
    tale.directory = place_of(request, tale.facts, *request.seed);
    runner::RunOptions options;
    options.world = request.world;
    options.detail = history::Detail::full;
    if (const auto place = check_place(tale.directory, tale.facts); !place) {
        return session.fail(place.error());
    }
    const FirstSignal at_once(FirstSignal::ends);
    auto result = run_guarded(session.bench, plan, *request.seed, options);
    if (!result) return session.fail(result.error());
    const bool same = rerun_of(session, *result, options, request.fork_only);
    tale.stored = stored_of(session, std::move(*result), scenario, request, tale.directory);
    tale.stored.confirmed = same;
    const auto& run = tale.stored.result;
    tale.facts.met = tale.stored.expect.met(run.judgement.verdict, run.findings);
    tale.facts.commands = {replay_command(tale.stored)};
    const int exit_code = keep_tale(session, tale, {}, exit_code_of(tale.stored));
    remember_place(tale.directory);
    print_tale(session, tale);
    return stopped_by() != 0 ? 128 + stopped_by() : exit_code;
}

core::Result<runner::SweepOptions> sweep_options(const RunRequest& request,
                                                 const scenario::Scenario& scenario) {
    runner::SweepOptions options;
    options.first = scenario.seed_first;
    options.last = scenario.seed_last;
    if (!request.seeds.empty()) {
        STORM_TRY(const auto range, parse_seeds(request.seeds));
        options.first = range.first;
        options.last = range.second;
    }
    if (!request.for_time.empty()) {
        const auto time = core::parse_duration(request.for_time);
        if (!time || time->ns <= 0) {
            return core::fail(core::ErrorKind::not_found,
                              fmt::format("--for {}: {}", request.for_time,
                                          time ? "no time at all" : time.error().text()));
        }
        options.time_limit = *time;
    }
    options.jobs = request.jobs;
    options.stop_after = request.keep_going ? 0 : 1;
    options.run.world = request.world;
    if (!request.fork_only) options.program = "/proc/self/exe";
    options.stop = [] { return stopped_by() != 0; };
    return options;
}

}  // namespace

core::Result<std::pair<std::uint64_t, std::uint64_t>> parse_seeds(const std::string& text) {
    const auto number = [&](std::string_view part, std::uint64_t& out) {
        const auto [at, error] = std::from_chars(part.data(), part.data() + part.size(), out);
        return error == std::errc{} && at == part.data() + part.size() && !part.empty();
    };
    const auto dots = text.find("..");
    std::uint64_t first = 1, last = 0;
    const bool good = dots == std::string::npos ? number(text, last)
                                                : number(text.substr(0, dots), first) &&
                                                      number(text.substr(dots + 2), last);
    if (!good || first > last || first == 0) {
        return core::fail(
            core::ErrorKind::not_found,
            fmt::format("--seeds {}: write 1..1000, or 1000 for the first thousand", text));
    }
    return std::pair{first, last};
}

int exit_code_of(check::Verdict verdict, bool met) {
    if (verdict == check::Verdict::inconclusive) return code::inconclusive;
    return met ? code::pass : code::violated;
}

int exit_code_of(const runner::StoredRun& run) {
    const auto verdict = run.result.judgement.verdict;
    return exit_code_of(verdict, run.expect.met(verdict, run.result.findings));
}

core::Result<void> write_tale(const Session& session, Tale& tale, const runner::ExtraFiles& extra) {
    STORM_CHECK(whose_place(tale.directory, tale.facts));  // It may have come there meanwhile.
    runner::fit(tale.stored);
    std::optional<runner::StoredRun> whole;
    if (tale.whole) {
        whole = tale.stored;
        whole->cut = tale.whole_cut;
        whole->result = *tale.whole;
        whole->plan_digest = core::hex(fault::digest(whole->result.plan));
        whole->command = replay_command(session, tale.directory + "/whole");
        runner::fit(*whole);
        tale.whole = whole->result;
        tale.whole_cut = whole->cut;
    }
    runner::ExtraFiles files = extra;
    files.emplace_back(story_name, story_json(tale));
    files.emplace_back("report.html", report::html(story_of(session, tale)));
    const FirstSignal in_order(FirstSignal::waits);
    STORM_CHECK(tale.facts.kind == "sweep" ? runner::write_folder(tale.directory, files)
                                           : runner::write_run(tale.directory, tale.stored, files,
                                                               whole ? &*whole : nullptr));
    return {};
}

int keep_tale(Session& session, Tale& tale, const runner::ExtraFiles& extra, int exit_code) {
    const auto written = write_tale(session, tale, extra);
    if (written) return exit_code;
    // What was found out is told all the same; it can be had again by its seed.
    const auto seed = tale.stored.result.record.seed;
    tale.facts.commands.clear();
    if (tale.facts.kind != "sweep") {
        tale.facts.commands = {{seed_command(session, tale.facts, seed), "the whole seed again"}};
        tale.stored.command = tale.facts.commands.front().line;
    }
    tale.directory.clear();
    return session.fail(written.error());
}

namespace {

// Makes a reason small and runs the smallest plan with everything recorded.
core::Result<std::optional<runner::Shrunk>> tell(Session& session,
                                                 const scenario::Scenario& scenario,
                                                 const RunRequest& request,
                                                 const runner::Group& group, Tale& tale) {
    ui::Progress progress(session.err, "making it small", 0);
    runner::ShrinkOptions options;
    options.run.world = request.world;
    options.jobs = request.jobs;
    options.stop = [] { return stopped_by() != 0; };
    options.progress = [&](const runner::ShrinkProgress& p) {
        progress.update(p.runs, fmt::format("{}, size {}", p.doing, p.size.total()));
    };
    std::vector<runner::Failure> failures;
    for (const auto seed : group.seeds) {
        failures.push_back({scenario::plan(scenario, session.bench.faults, seed), seed});
    }
    auto shrunk = runner::shrink(session.bench, failures, group.reason, options);
    runner::RunResult result;
    runner::RunOptions full;
    full.world = request.world;
    full.detail = history::Detail::full;
    if (shrunk) {
        STORM_TRY(result, run_guarded(session.bench, shrunk->plan, shrunk->seed, full));
        const auto plan = scenario::plan(scenario, session.bench.faults, shrunk->seed);
        STORM_TRY(tale.whole, run_guarded(session.bench, plan, shrunk->seed, full));
        rerun_of(session, *tale.whole, full, request.fork_only);
        runner::lead_with(*tale.whole, group.reason);
        tale.facts.shrink = shrink_of(*shrunk);
    } else {
        // It does not fail again here (a run that is not deterministic, say): what the sweep saw is
        // told, over the run as it is now.
        const auto plan = scenario::plan(scenario, session.bench.faults, group.lowest);
        STORM_TRY(result, run_guarded(session.bench, plan, group.lowest, full));
        runner::add_finding(result, group.finding);
        tale.facts.not_small =
            group.finding.check == runner::determinism_check
                ? "it shows only between two runs of one plan, and a smaller plan is judged by one."
                : shrunk.error().message + ".";
    }
    // What ended its process, or a world without a digest, is confirmed by its reason alone.
    bool same = result.record.digest == 0 && group.confirmed != 0;
    if (group.finding.check != runner::determinism_check && result.record.digest != 0) {
        same = rerun_of(session, result, full, request.fork_only);
    }
    runner::lead_with(result, group.reason);
    tale.stored = stored_of(session, std::move(result), scenario, request, tale.directory);
    tale.stored.confirmed = same;
    if (!shrunk) return std::optional<runner::Shrunk>();
    return std::optional(std::move(*shrunk));
}

void find_causes(Session& session, const RunRequest& request, const fault::Plan& plan,
                 const std::string& reason, Tale& tale) {
    if (!request.cause || plan.faults.empty()) return;
    runner::CauseOptions options;
    options.run.world = request.world;
    options.jobs = request.jobs;
    options.budget = core::seconds(3);
    options.stop = [] { return stopped_by() != 0; };
    const auto rates = runner::causes(session.bench, plan, reason, options);
    if (rates) tale.facts.causes = causes_of(tale.stored.result, *rates);
}

void remember(Session& session, const std::string& path, const runner::SweepReport& report,
              const scenario::Scenario& scenario, std::vector<runner::Known> known) {
    for (const auto& group : report.groups) {
        std::erase_if(known, [&](const runner::Known& k) { return k.reason == group.reason; });
        for (std::size_t i = 0; i < group.seeds.size(); ++i) {
            known.push_back({group.reason, group.seeds[i], group.sentences[i], scenario.digest});
        }
    }
    for (const auto& gone : report.gone) {
        std::erase_if(known, [&](const runner::Known& k) { return k.reason == gone.reason; });
    }
    if (known.empty() && !std::filesystem::exists(path)) return;
    if (const auto written = runner::write_known(path, known); !written) {
        (void)session.fail(written.error());
    }
}

std::string sweep_text(const runner::SweepReport& report, const RunRequest& request) {
    return runner::sweep_json(report, stem_of(request.scenario)) + "\n";
}

/// The sweep, with its progress and its findings on stderr; these are remembered at once, for a
/// sweep may be killed at any moment.
core::Result<runner::SweepReport> sweep_aloud(Session& session, const scenario::Scenario& scenario,
                                              const RunRequest& request,
                                              runner::SweepOptions& options,
                                              const std::string& memory) {
    const std::uint64_t total = options.time_limit.ns != 0 ? 0 : options.last - options.first + 1;
    const std::string what = total == 0
                                 ? "seeds"
                                 : fmt::format("seeds {}…{}", core::with_commas(options.first),
                                               core::with_commas(options.last));
    ui::Progress progress(session.err, what, total, options.time_limit);
    options.progress = [&](const runner::SweepProgress& p) {
        progress.update(p.done, p.failing == 0 ? "" : fmt::format("{} failing", p.failing));
    };
    const auto is_known = [&](const runner::Group& group) {
        return std::ranges::any_of(
            options.known, [&](const runner::Known& k) { return k.reason == group.reason; });
    };
    std::map<std::string, std::uint64_t> noted;  // Seeds by reason.
    options.found = [&](const runner::Group& group) {
        if (!request.remember || is_known(group)) return;
        const auto [note, fresh] = noted.try_emplace(group.reason, group.lowest);
        if (!fresh && note->second == group.lowest) return;
        // What fails here fails again in remember(), which says so.
        static_cast<void>(runner::append_known(
            memory, {group.reason, group.lowest, group.finding.sentence, scenario.digest}));
    };
    // Not before all lower seeds have ended: the verdict names the lowest, too.
    options.settled = [&](const runner::Group& group) {
        options.found(group);
        if (session.quiet || !session.text()) return;
        progress.say(fmt::format("  ✗ seed {} failed: {}{}", core::with_commas(group.lowest),
                                 group.finding.check, is_known(group) ? " (known)" : ""));
    };
    auto report = runner::sweep(session.bench, scenario, options);
    progress.finish();
    options.progress = {};
    options.found = {};
    options.settled = {};
    return report;
}

/// All that a sweep brings to the tales of its failures.
struct Sweeping {
    Session& session;
    const scenario::Scenario& scenario;
    const RunRequest& request;
    runner::SweepReport& report;
    bool compared;
};

void add_sweep(const Sweeping& sweep, Facts& facts) {
    facts.met = sweep.report.met;
    facts.sweep = sweep_of(sweep.report);
    facts.reasons = reasons_of(sweep.report);
    facts.compared = sweep.compared;
}

/// One failure: made small, explained, written. `exit_code` becomes that of an error.
core::Result<Tale> tell_group(const Sweeping& sweep, const runner::Group& group, bool first,
                              int& exit_code) {
    auto& [session, scenario, request, report, compared] = sweep;
    Tale tale;
    tale.facts = facts_of(scenario, request, "finding");
    tale.directory = group.directory;
    STORM_TRY(const auto shrunk, tell(session, scenario, request, group, tale));
    if (shrunk) find_causes(session, request, shrunk->plan, group.reason, tale);
    add_sweep(sweep, tale.facts);
    tale.facts.commands = {replay_command(tale.stored),
                           {seed_command(session, tale.facts, tale.stored.result.record.seed),
                            "the whole seed, before it was made small"}};
    runner::ExtraFiles extra;
    if (first) extra.emplace_back("sweep.json", sweep_text(report, request));
    exit_code = keep_tale(session, tale, extra, exit_code);
    if (first) remember_place(tale.directory);
    return tale;
}

/// Not all were told: the first page must not point at what is not there.
int correct_first(const Sweeping& sweep, Tale& first, int exit_code) {
    add_sweep(sweep, first.facts);
    if (first.directory.empty()) return exit_code;
    for (const auto& [name, text] :
         {std::pair{"sweep.json", sweep_text(sweep.report, sweep.request)},
          std::pair{story_name, story_json(first)},
          std::pair{"report.html", report::html(story_of(sweep.session, first))}}) {
        const auto written = runner::write_file(first.directory + "/" + name, text);
        if (!written) return sweep.session.fail(written.error());
    }
    return exit_code;
}

// The failures of a sweep, one directory a reason: the first where --out says, others below.
core::Result<Tale> tell_all(const Sweeping& sweep, int& exit_code) {
    auto& groups = sweep.report.groups;
    const auto facts = facts_of(sweep.scenario, sweep.request, "finding");
    const auto places =
        finding_places(place_of(sweep.request, facts, groups.front().lowest), groups);
    sweep.report.directory = places.front();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i].directory = places[i];
        groups[i].command = replay_command(sweep.session, places[i]);
    }
    std::optional<Tale> first;
    bool all = true;
    for (auto& group : groups) {
        if (!first || (stopped_by() == 0 && all)) {
            STORM_TRY(Tale tale, tell_group(sweep, group, !first, exit_code));
            all = all && !tale.directory.empty();
            if (!first) first = std::move(tale);
            if (all) continue;
        }
        all = false;
        group.directory.clear();
        group.command.clear();
    }
    if (!all && first->directory.empty()) sweep.report.directory.clear();
    if (!all) exit_code = correct_first(sweep, *first, exit_code);
    return std::move(*first);
}

/// No seed failed: the counts, and a page that says what they are worth.
Tale tell_pass(const Sweeping& sweep, int& exit_code) {
    Tale tale = tale_of_pass(sweep.scenario, sweep.report);
    tale.facts = facts_of(sweep.scenario, sweep.request, "sweep");
    tale.stored.world = sweep.request.world;
    add_sweep(sweep, tale.facts);
    tale.directory = place_of(sweep.request, tale.facts, 0);
    sweep.report.directory = tale.directory;
    exit_code = keep_tale(sweep.session, tale,
                          {{"junit.xml", runner::to_junit(sweep.report, sweep.scenario.path)},
                           {"sweep.json", sweep_text(sweep.report, sweep.request)}},
                          exit_code);
    if (tale.directory.empty()) sweep.report.directory.clear();
    return tale;
}

}  // namespace

Outcome run_sweep(Session& session, const scenario::Scenario& scenario, const RunRequest& request) {
    Outcome outcome;
    const auto ended = [&](const core::Error& error) {
        outcome.exit_code = session.fail(error);
        return std::move(outcome);
    };
    auto options = sweep_options(request, scenario);
    if (!options) return ended(options.error());
    const std::string memory = runner::known_path(".", request.scenario, variant_of(request));
    if (request.remember) {
        auto file = runner::read_known(memory);
        if (!file) return ended(file.error());
        for (const auto& problem : file->problems) {
            session.err.print(fmt::format("{}: left out: {}\n", session.program, problem));
        }
        options->known = std::move(file->known);
    }
    const auto facts = facts_of(scenario, request, "sweep");
    const auto before = place_of(request, facts, 0);
    if (const auto place = check_place(before, facts); !place) return ended(place.error());
    auto report = sweep_aloud(session, scenario, request, *options, memory);
    if (!report) return ended(report.error());
    // First what costs least to lose time for: what failed is known, whatever becomes of the rest.
    if (request.remember) remember(session, memory, *report, scenario, options->known);
    outcome.exit_code = exit_code_of(report->verdict, report->met);
    const Sweeping sweep{session, scenario, request, *report, !options->known.empty()};
    if (report->groups.empty()) {
        outcome.tale = tell_pass(sweep, outcome.exit_code);
    } else {
        auto told = tell_all(sweep, outcome.exit_code);
        if (!told) return ended(told.error());
        outcome.tale = std::move(*told);
    }
    outcome.report = std::move(*report);
    if (stopped_by() != 0) outcome.exit_code = 128 + stopped_by();
    return outcome;
}

int run(Session& session, const RunRequest& asked) {
    int exit_code = 0;
    RunRequest request = asked;
    if (!request.swarm.empty()) request.settings.push_back("swarm=" + request.swarm);
    const auto scenario = load(session, request.scenario, request.settings, exit_code);
    if (!scenario) return exit_code;
    if (!session.bench.worlds.contains(request.world)) {
        std::vector<std::string> worlds;
        for (const auto& [name, make] : session.bench.worlds) worlds.push_back(name);
        return session.fail(code::missing, "there is no world " + request.world,
                            "this program has " + core::joined(worlds));
    }
    if (request.world == "sim" && !session.quiet && !core::guards_installed()) {
        session.err.print(session.program +
                          ": note: in this build a node that asks the operating system is not "
                          "caught (see doctor)\n");
    }
    const std::string remark = scenario::remark(*scenario, session.bench.faults);
    if (!remark.empty() && !session.quiet) {
        session.err.print(fmt::format("{}: note: {}\n", session.program, remark));
    }
    if (request.seed) return run_one_seed(session, *scenario, request);
    const auto outcome = run_sweep(session, *scenario, request);
    if (!outcome.report) return outcome.exit_code;
    if (session.text() || session.format == "md") {
        print_tale(session, *outcome.tale);
    } else {
        print_report(session, *outcome.report, scenario->path);
    }
    return outcome.exit_code;
}

}  // namespace storm::sdk
