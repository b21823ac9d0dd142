#include "sdk/run_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "core/guard.h"
#include "core/text.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/text.h"
#include "runner/cause.h"
#include "runner/formats.h"
#include "runner/shrink.h"
#include "sdk/guarded.h"
#include "ui/progress.h"

namespace storm::sdk {
namespace {

/// Whether a run can be written there, asked before the work and not after it.
core::Result<void> check_place(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path place = fs::absolute(directory, error).lexically_normal();
    const fs::path parent =
        place.has_filename() ? place.parent_path() : place.parent_path().parent_path();
    const auto refuse = [&](const std::string& why) {
        return core::fail(core::ErrorKind::io, directory + ": " + why);
    };
    if (fs::exists(place, error) && !fs::is_directory(place, error)) {
        return refuse("there is something else of that name");
    }
    if (fs::is_directory(place, error) && !fs::is_empty(place, error) &&
        !fs::exists(place / "verdict.json", error)) {
        return refuse("there is a folder of that name that holds no run; it is left as it is");
    }
    fs::path there = parent;  // The nearest folder that exists.
    while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
    if (!fs::is_directory(there, error)) {
        return refuse(there.string() + " is no folder");
    }
    const fs::path probe = there / fmt::format(".stormproof-{}", ::getpid());
    if (::mkdir(probe.c_str(), 0700) != 0) {
        const int why = errno;
        return refuse(fmt::format("{}: {}", there.string(), std::strerror(why)));
    }
    ::rmdir(probe.c_str());
    return {};
}

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string directory_of(const RunRequest& request, std::uint64_t seed) {
    if (!request.out.empty()) return request.out;
    const std::string name =
        request.directory_name.empty() ? stem_of(request.scenario) : request.directory_name;
    return fmt::format("runs/{}-{}", name, seed);
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
    stored.expect = std::string(scenario::to_text(scenario.expect));
    stored.command = fmt::format("{} replay {}", session.program, shell_word(directory));
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

void print_report(Session& session, const runner::SweepReport& report, const std::string& name) {
    if (session.format == "json") session.out.print(runner::sweep_json(report, name) + "\n");
    if (session.format == "jsonl") session.out.print(runner::to_jsonl(report, name));
    if (session.format == "junit") session.out.print(runner::to_junit(report, name));
    if (session.format == "tap") session.out.print(runner::to_tap(report, name));
}

int run_one_seed(Session& session, const scenario::Scenario& scenario, const RunRequest& request) {
    const auto plan = scenario::plan(scenario, session.bench.faults, *request.seed);
    const std::string directory = directory_of(request, *request.seed);
    runner::RunOptions options;
    options.world = request.world;
    options.detail = history::Detail::full;
    if (const auto place = check_place(directory); !place) return session.fail(place.error());
    auto result = run_guarded(session.bench, plan, *request.seed, options);
    if (!result) return session.fail(result.error());
    Tale tale;
    tale.directory = directory;
    tale.stored = stored_of(session, std::move(*result), scenario, request, directory);
    if (const auto written = write_tale(session, tale, {}); !written) {
        return session.fail(written.error());
    }
    print_tale(session, tale);
    return exit_code_of(tale.stored.result.judgement.verdict, scenario,
                        tale.stored.result.findings);
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

int exit_code_of(check::Verdict verdict, const scenario::Scenario& scenario,
                 const std::vector<check::Finding>& confirmed) {
    if (verdict == check::Verdict::inconclusive) {
        return scenario.expect == scenario::Expect::inconclusive ? code::pass : code::inconclusive;
    }
    if (scenario.expect == scenario::Expect::violated) {
        const bool named = std::ranges::any_of(confirmed, [&](const check::Finding& f) {
            return f.verdict == check::Verdict::violated &&
                   (scenario.expect_check.empty() || f.check == scenario.expect_check);
        });
        return verdict == check::Verdict::violated && named ? code::pass : code::violated;
    }
    return verdict == check::Verdict::violated ? code::violated : code::pass;
}

int exit_code_of(const runner::StoredRun& run) {
    switch (run.result.judgement.verdict) {
        case check::Verdict::pass:
            return run.expect.starts_with("violated") ? code::violated : code::pass;
        case check::Verdict::violated:
            return run.expect.starts_with("violated") ? code::pass : code::violated;
        case check::Verdict::inconclusive:
            return run.expect == "inconclusive" ? code::pass : code::inconclusive;
        case check::Verdict::not_judged:
            break;  // Of one check, never of a run.
    }
    return code::internal;
}

core::Result<void> write_tale(const Session& session, const Tale& tale,
                              const runner::ExtraFiles& extra) {
    runner::ExtraFiles files = extra;
    files.emplace_back("report.html", report::html(story_of(session, tale)));
    return runner::write_run(tale.directory, tale.stored, files);
}

namespace {

// Makes a reason small and runs the smallest plan with everything recorded.
core::Result<Tale> tell(Session& session, const scenario::Scenario& scenario,
                        const RunRequest& request, const runner::Group& group,
                        ui::Progress& progress) {
    Tale tale;
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
    runner::RunOptions full;
    full.world = request.world;
    full.detail = history::Detail::full;
    auto shrunk = runner::shrink(session.bench, failures, group.reason, options);
    if (shrunk) {
        STORM_TRY(tale.stored.result, run_guarded(session.bench, shrunk->plan, shrunk->seed, full));
        STORM_TRY(
            tale.whole,
            run_guarded(session.bench, scenario::plan(scenario, session.bench.faults, shrunk->seed),
                        shrunk->seed, full));
        tale.shrunk = std::move(*shrunk);
        return tale;
    }
    // It does not fail again here (a run that is not deterministic, say): what the sweep saw is
    // told, over the run as it is now.
    STORM_TRY(
        tale.stored.result,
        run_guarded(session.bench, scenario::plan(scenario, session.bench.faults, group.lowest),
                    group.lowest, full));
    add_finding(tale.stored.result, group.finding);
    return tale;
}

void find_causes(Session& session, const RunRequest& request, Tale& tale,
                 const std::string& reason) {
    if (!request.cause || !tale.shrunk || tale.shrunk->plan.faults.empty()) return;
    runner::CauseOptions options;
    options.run.world = request.world;
    options.jobs = request.jobs;
    options.budget = core::seconds(3);
    options.stop = [] { return stopped_by() != 0; };
    auto rates = runner::causes(session.bench, tale.shrunk->plan, reason, options);
    if (rates) tale.causes = std::move(*rates);
}

void remember(Session& session, const std::string& path, const runner::SweepReport& report,
              const scenario::Scenario& scenario, std::vector<runner::Known> known) {
    for (const auto& group : report.groups) {
        std::erase_if(known, [&](const runner::Known& k) { return k.reason == group.reason; });
        for (const auto seed : group.seeds) {
            known.push_back({group.reason, seed, group.finding.sentence, scenario.digest});
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

// The failures of a sweep, one directory a reason: the first where --out says, others below.
core::Result<std::optional<Tale>> tell_all(Session& session, const scenario::Scenario& scenario,
                                           const RunRequest& request,
                                           const runner::SweepReport& report,
                                           const std::vector<runner::Known>& known) {
    std::optional<Tale> first;
    for (const auto& group : report.groups) {
        if (first && stopped_by() != 0) break;
        ui::Progress progress(session.err, "making it small", 0);
        STORM_TRY(Tale tale, tell(session, scenario, request, group, progress));
        find_causes(session, request, tale, group.reason);
        progress.finish();
        tale.sweep = report;
        tale.known = known;
        tale.compared = !known.empty();
        const std::uint64_t seed = tale.stored.result.record.seed;
        tale.directory = directory_of(request, first ? report.groups.front().lowest : seed);
        if (first) tale.directory = first->directory + "/findings/" + std::to_string(seed);
        tale.stored =
            stored_of(session, std::move(tale.stored.result), scenario, request, tale.directory);
        tale.stored.confirmed = group.confirmed != 0;
        runner::ExtraFiles extra;
        if (!first) {
            extra.emplace_back("sweep.json",
                               runner::sweep_json(report, stem_of(request.scenario)) + "\n");
        }
        STORM_CHECK(write_tale(session, tale, extra));
        if (!first) first = std::move(tale);
    }
    return first;
}

}  // namespace

Outcome run_sweep(Session& session, const scenario::Scenario& scenario, const RunRequest& request) {
    Outcome outcome;
    auto options = sweep_options(request, scenario);
    if (!options) return outcome.exit_code = session.fail(options.error()), std::move(outcome);
    const std::string memory = runner::known_path(".", request.scenario);
    if (request.remember) {
        auto file = runner::read_known(memory);
        if (!file) return outcome.exit_code = session.fail(file.error()), std::move(outcome);
        for (const auto& problem : file->problems) {
            session.err.print(fmt::format("{}: left out: {}\n", session.program, problem));
        }
        options->known = std::move(file->known);
    }
    if (const auto place = check_place(directory_of(request, 0)); !place) {
        return outcome.exit_code = session.fail(place.error()), std::move(outcome);
    }
    const std::uint64_t total =
        options->time_limit.ns != 0 ? 0 : options->last - options->first + 1;
    const std::string what = total == 0
                                 ? "seeds"
                                 : fmt::format("seeds {}…{}", core::with_commas(options->first),
                                               core::with_commas(options->last));
    ui::Progress progress(session.err, what, total, options->time_limit);
    options->progress = [&](const runner::SweepProgress& p) {
        progress.update(p.done, p.failing == 0 ? "" : fmt::format("{} failing", p.failing));
    };
    options->found = [&](const runner::Group& group) {
        if (session.quiet || !session.text()) return;
        progress.say(fmt::format("  ✗ seed {} failed: {}{}", core::with_commas(group.lowest),
                                 group.finding.check, group.known ? " (known)" : ""));
    };
    auto report = runner::sweep(session.bench, scenario, *options);
    progress.finish();
    if (!report) return outcome.exit_code = session.fail(report.error()), std::move(outcome);
    auto told = tell_all(session, scenario, request, *report, options->known);
    if (!told) return outcome.exit_code = session.fail(told.error()), std::move(outcome);
    if (request.remember) remember(session, memory, *report, scenario, options->known);
    std::vector<check::Finding> confirmed;
    for (const auto& group : report->groups) confirmed.push_back(group.finding);
    outcome.exit_code = exit_code_of(report->verdict, scenario, confirmed);
    outcome.tale = std::move(*told);
    outcome.report = std::move(*report);
    if (stopped_by() != 0) outcome.exit_code = 128 + stopped_by();
    return outcome;
}

int run(Session& session, const RunRequest& request) {
    int exit_code = 0;
    auto settings = request.settings;
    if (!request.swarm.empty()) settings.push_back("swarm=" + request.swarm);
    const auto scenario = load(session, request.scenario, settings, exit_code);
    if (!scenario) return exit_code;
    if (!session.bench.worlds.contains(request.world)) {
        std::vector<std::string> worlds;
        for (const auto& [name, make] : session.bench.worlds) worlds.push_back(name);
        return session.fail(code::missing, "there is no world " + request.world,
                            "this program has " + core::joined(worlds));
    }
    if (request.world == "sim" && !core::guards_installed()) {
        session.err.print(session.program +
                          ": note: in this build a node that asks the operating system is not "
                          "caught (see doctor)\n");
    }
    if (request.seed) return run_one_seed(session, *scenario, request);
    auto outcome = run_sweep(session, *scenario, request);
    if (!outcome.report) return outcome.exit_code;
    if (session.text() || session.format == "md") {
        if (outcome.tale) {
            print_tale(session, *outcome.tale);
        } else {
            const runner::RunResult sample;
            const auto story = story_of_pass(*scenario, *outcome.report, sample);
            const auto& look = session.out.look();
            session.out.print(session.quiet    ? report::verdict_text(story, look)
                              : session.text() ? report::text(story, look)
                                               : report::markdown(story));
        }
    } else {
        print_report(session, *outcome.report, stem_of(request.scenario));
    }
    return outcome.exit_code;
}

}  // namespace storm::sdk
