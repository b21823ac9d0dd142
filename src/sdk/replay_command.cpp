#include "sdk/replay_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "report/html.h"
#include "report/text.h"
#include "runner/formats.h"
#include "runner/replay.h"
#include "runner/shrink.h"
#include "sdk/guarded.h"
#include "sdk/places.h"
#include "sdk/plan_names.h"
#include "sdk/run_command.h"
#include "sdk/story_file.h"
#include "sdk/telling.h"
#include "ui/progress.h"

namespace storm::sdk {
namespace {

constexpr const char* small_ending = "-small";

// One line an event: its number (for --event), time, who, what, to or from whom.
std::string trace_line(const history::Event& e) {
    const auto who = [](core::Id id) { return core::name_of(id); };
    using enum history::EventKind;
    const bool of_a_fault = e.kind == fault_on || e.kind == fault_off;  // Of whomever it strikes.
    std::string line =
        fmt::format("{:>6} {:>12}  {:<4} {:<9} {}", e.sequence, core::to_human(e.at),
                    of_a_fault ? "" : who(e.node), history::to_text(e.kind), core::plain(e.name));
    if (e.kind == history::EventKind::send) line += " to " + who(e.peer);
    if (e.kind == history::EventKind::deliver) line += " from " + who(e.peer);
    if (e.kind == history::EventKind::drop) line += " from " + who(e.peer);
    if (!e.value.is_nil()) line += " " + core::to_human(e.value);
    if (!e.text.empty()) line += (e.name.empty() ? "" : "  ") + core::plain(e.text);
    return line;
}

core::Result<runner::ReplayOptions> options_of(const ReplayRequest& request) {
    runner::ReplayOptions options;
    if (!request.until.empty()) {
        STORM_TRY(const Duration until, core::parse_duration(request.until));
        options.until = Instant{until.ns};
    }
    options.event = request.event;
    return options;
}

}  // namespace

namespace {

// A run that ends its process: it ends a child's again, or it does not.
runner::Replay replay_death(const runner::StoredRun& stored, check::Finding death) {
    runner::Replay again;
    again.same_build = stored.build == runner::build_id();
    again.edited = core::hex(fault::digest(stored.result.plan)) != stored.plan_digest;
    again.same_reasons = std::ranges::any_of(stored.result.findings, [&](const auto& finding) {
        return finding.reason() == death.reason();
    });
    again.identical = again.same_reasons && again.same_build && !again.edited;
    again.sentence = again.same_reasons ? "Replayed: the process ends for the same reason."
                                        : "The process ends, as it did not before.";
    again.result = fallen(stored.result.plan, stored.result.record.seed, std::move(death));
    return again;
}

core::Result<runner::Replay> replay_guarded(Session& session, const runner::StoredRun& stored,
                                            const runner::ReplayOptions& options) {
    runner::RunOptions run;
    run.world = stored.world;
    STORM_TRY(auto death,
              death_of(session.bench, stored.result.plan, stored.result.record.seed, run));
    if (death) return replay_death(stored, std::move(*death));
    return runner::replay(session.bench, stored, options);
}

// One replay proves nothing about a run that is not deterministic: what was found stands.
std::string outcome_of_leak(const runner::Replay& again, std::uint64_t before) {
    const std::uint64_t digest = again.result.record.digest;
    const std::string now =
        digest == before
            ? fmt::format("this time it has the bytes that were written ({})", core::hex(digest))
            : fmt::format("this time it has other bytes: digest {}, was {}", core::hex(digest),
                          core::hex(before));
    return "The system is not deterministic: something reaches it that is neither scenario nor "
           "seed "
           "nor plan, so no replay need be the same; " +
           now + ".";
}

/// The names in a plan that may have been edited; read_run() read it from the same file.
core::Result<void> check_names(const Session& session, const runner::StoredRun& stored,
                               const std::string& directory) {
    const std::string path = directory + "/plan.json";
    STORM_TRY(const auto text, runner::read_file(path));
    return check_plan_names(session.bench, stored.result.plan, text, path);
}

// "every event is the same: digest 3b9f0c21...", or what is not.
std::string outcome_line(const runner::Replay& again, std::uint64_t before) {
    const std::uint64_t digest = again.result.record.digest;
    if (again.identical && digest != 0) {
        return fmt::format("{}every event is the same: digest {}{}{}",
                           again.edited ? "the plan was edited, and " : "", core::hex(digest),
                           again.change.empty() ? "" : "; the outcome is another: ", again.change);
    }
    constexpr std::string_view said = "Replayed: ";
    const std::string sentence =
        again.sentence.starts_with(said) ? again.sentence.substr(said.size()) : again.sentence;
    if (digest == 0) return sentence;
    return fmt::format("{} Digest {}, was {}.", sentence, core::hex(digest), core::hex(before));
}

void print_replay(Session& session, const ReplayRequest& request, const Tale& tale,
                  const runner::Replay& again, const std::string& outcome,
                  const std::vector<history::DecisionRecord>& decisions) {
    const bool json = session.format == "json" || session.format == "jsonl";
    if (request.trace || request.event || !request.until.empty()) {
        if (json) {
            session.out.print(runner::events_jsonl(tale.stored.result.record));
            return;
        }
        for (const auto& e : tale.stored.result.record.trace) {
            session.out.print(trace_line(e) + "\n");
        }
    }
    if (json) {
        session.out.print(session.format == "json" ? runner::verdict_json(tale.stored)
                                                   : runner::to_jsonl(tale.stored));
        return;
    }
    auto story = story_of(session, tale);
    const bool differs = again.comparable && !again.identical;
    story.remarks.emplace_back(differs ? "differs" : "replayed", outcome);
    if (again.edited && tale.stored.result.plan.checks.empty()) {
        story.remarks.emplace_back("checks",
                                   "the plan names none: nobody judges what was answered");
    }
    for (const auto& each : unplaced_texts(again.unplaced, decisions)) {
        story.remarks.emplace_back("no place", each);
    }
    if (!again.identical && !again.same_build) {
        for (const auto& cut : tale.stored.cut) story.remarks.emplace_back("kept", cut.text());
    }
    session.out.print(session.quiet ? report::verdict_text(story, session.out.look())
                                    : report::text(story, session.out.look()));
}

}  // namespace

// What the line that replays a run gives, after it gave `again`.
std::string remark_of(const runner::Replay& again, bool leaks) {
    if (again.edited) return "the edited plan again";
    const bool same = again.identical && again.result.record.digest != 0 && !leaks;
    return same ? "the same bytes again" : "the same plan and seed again";
}

int replay(Session& session, const ReplayRequest& request) {
    const FirstSignal at_once(FirstSignal::ends);
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(damaged(stored.error()));
    const auto options = options_of(request);
    if (!options) return session.fail(code::usage, options.error().text());
    if (const auto fine = check_names(session, *stored, *directory); !fine) {
        return session.fail(fine.error());
    }
    auto again = replay_guarded(session, *stored, *options);
    if (!again) return session.fail(again.error());
    const auto before = stored->result.record.digest;
    const check::Finding* leak = nondeterminism(*stored);
    const std::string outcome =
        leak != nullptr ? outcome_of_leak(*again, before) : outcome_line(*again, before);
    if (leak != nullptr) {
        again->identical = false;
        runner::add_finding(again->result, *leak);
    } else if (stored->result.judgement.verdict == check::Verdict::violated &&
               !stored->result.findings.empty()) {
        runner::lead_with(again->result, stored->result.findings.front().reason());
    }
    Tale tale;
    tale.directory = *directory;
    const bool leaks = leak != nullptr;
    tale.stored = std::move(*stored);
    const auto decisions = std::move(tale.stored.result.record.decisions);
    tale.stored.result = std::move(again->result);
    tale.facts.met =
        tale.stored.expect.met(tale.stored.result.judgement.verdict, tale.stored.result.findings);
    tale.stored.command = replay_command(session, *directory);
    tale.facts.commands = {{tale.stored.command, remark_of(*again, leaks)}};
    if (!again->beyond.empty()) {
        session.err.print(fmt::format("{}: note: {}\n", session.program, again->beyond));
    }
    print_replay(session, request, tale, *again, outcome, decisions);
    if (leaks) return code::violated;
    if (again->comparable && again->same_build && !again->edited && !again->identical) {
        return session.fail(code::violated, "the same build, plan and seed gave other bytes",
                            "the system under test is not deterministic: something reaches it "
                            "that is neither scenario nor seed nor plan");
    }
    return exit_code_of(tale.stored);
}

namespace {

core::Result<runner::ShrinkOptions> shrink_options(const ShrinkRequest& request,
                                                   const std::string& world) {
    runner::ShrinkOptions options;
    options.run.world = world;
    options.jobs = request.jobs;
    options.stop = [] { return stopped_by() != 0; };
    if (!request.budget.empty()) {
        STORM_TRY(options.budget, core::parse_duration(request.budget));
        if (options.budget.ns <= 0) {
            return core::fail(core::ErrorKind::not_found,
                              fmt::format("--budget {}: no time at all", request.budget));
        }
    }
    return options;
}

/// Whose it is what becomes of a run.
Facts facts_of(const runner::StoredRun& stored) {
    Facts facts;
    facts.kind = "small";
    facts.scenario = stored.result.plan.scenario;
    facts.settings = stored.settings;
    facts.world = stored.world;
    return facts;
}

/// The tale of what became of a run; `stored` is as it was.
core::Result<Tale> tale_of_small(const Session& session, runner::StoredRun&& stored,
                                 const runner::Shrunk& shrunk, const std::string& reason,
                                 const std::string& directory) {
    runner::RunOptions full;
    full.world = stored.world;
    full.detail = history::Detail::full;
    Tale tale;
    tale.directory = directory;
    // Who stopped the search is told what it came to; who stops this has the run as it was.
    std::optional<FirstSignal> at_once;
    if (stopped_by() == 0) at_once.emplace(FirstSignal::ends);
    STORM_TRY(auto result, run_guarded(session.bench, shrunk.plan, shrunk.seed, full));
    const bool same = rerun_of(session, result, full);
    at_once.reset();
    runner::lead_with(result, reason);
    tale.whole = std::move(stored.result);
    tale.whole_cut = stored.cut;
    tale.stored = std::move(stored);
    tale.stored.result = std::move(result);
    tale.stored.cut.clear();
    tale.stored.confirmed = same;
    tale.stored.command = replay_command(session, directory);
    tale.stored.plan_digest = core::hex(fault::digest(tale.stored.result.plan));
    tale.stored.build = runner::build_id();
    tale.facts = facts_of(tale.stored);
    auto& facts = tale.facts;
    facts.met =
        tale.stored.expect.met(tale.stored.result.judgement.verdict, tale.stored.result.findings);
    facts.shrink = shrink_of(shrunk);
    facts.environment = environment();
    facts.commands = {
        replay_command(tale.stored),
        {seed_command(session, facts, shrunk.seed), "the whole seed, before it was made small"}};
    return tale;
}

/// Why shrinking ended before it was done, in words; "" if it was done.
std::string cut_short(const runner::Shrunk& shrunk, Duration budget) {
    if (!shrunk.stopped) return {};
    if (stopped_by() != 0) return "by you: smaller may exist";
    return fmt::format("after {}: smaller may exist; --budget gives it more time",
                       core::to_human(budget));
}

}  // namespace

int shrink(Session& session, const ShrinkRequest& request) {
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(damaged(stored.error()));
    if (const auto fine = check_names(session, *stored, *directory); !fine) {
        return session.fail(fine.error());
    }
    const auto& findings = stored->result.findings;
    if (findings.empty() || findings.front().verdict != check::Verdict::violated) {
        return session.fail(code::usage, *directory + ": nothing is violated there to make small");
    }
    const std::string reason = findings.front().reason();
    auto options = shrink_options(request, stored->world);
    if (!options) return session.fail(code::usage, options.error().text());
    // The run it was made of stays where it is; what was small before is written over itself.
    const std::string place =
        directory->ends_with(small_ending) ? *directory : *directory + small_ending;
    if (const auto free = check_place(place, facts_of(*stored)); !free) {
        return session.fail(free.error());
    }
    if (!request.save.empty()) {
        const auto free = runner::check_file_place(request.save);
        if (!free) return session.fail(free.error());
        if (std::filesystem::exists(request.save)) {
            return session.fail(code::usage, request.save + ": there is such a file already",
                                "choose another name, or remove it first");
        }
    }
    ui::Progress progress(session.err, "making it small", 0, options->budget);
    options->progress = [&](const runner::ShrinkProgress& p) {
        progress.update(p.runs, fmt::format("{}, size {}", p.doing, p.size.total()));
    };
    const auto shrunk = runner::shrink(
        session.bench, {{stored->result.plan, stored->result.record.seed}}, reason, *options);
    progress.finish();
    if (!shrunk && shrunk.error().kind == core::ErrorKind::stopped && stopped_by() != 0) {
        return session.fail(128 + stopped_by(), fmt::format("cut short: {}; {} stays as it is",
                                                            shrunk.error().message, *directory));
    }
    if (!shrunk) return session.fail(shrunk.error());
    auto tale = tale_of_small(session, std::move(*stored), *shrunk, reason, place);
    if (!tale) return session.fail(tale.error());
    const int exit_code = keep_tale(session, *tale, {}, exit_code_of(tale->stored));
    remember_place(tale->directory);
    auto story = story_of(session, *tale);
    if (const auto why = cut_short(*shrunk, options->budget); !why.empty()) {
        story.remarks.emplace_back("cut short", why);
    }
    if (!request.save.empty()) {
        const scenario::Regression why{.why = shrunk->finding.sentence,
                                       .seed = shrunk->seed,
                                       .violates = shrunk->finding.check};
        const auto saved = runner::write_file(request.save, scenario::to_yaml(shrunk->plan, why));
        if (!saved) return session.fail(saved.error());
        story.more_commands.emplace_back(
            "saved", fmt::format("{} run {}", session.program, shell_word(request.save)));
    }
    session.out.print(session.quiet ? report::verdict_text(story, session.out.look())
                                    : report::text(story, session.out.look()));
    return stopped_by() != 0 ? 128 + stopped_by() : exit_code;
}

namespace {

/// Where the sweep of a finding lies: "runs/x" of "runs/x" and of "runs/x/findings/y".
std::string sweep_place(const std::string& place) {
    const auto at = place.rfind("/findings/");
    return at == std::string::npos ? place : place.substr(0, at);
}

/// The places of the sweep's findings, where they were copied with this one.
void name_copies(Tale& tale) {
    const auto& findings = tale.stored.result.findings;
    if (findings.empty()) return;
    auto& reasons = tale.facts.reasons;
    const auto own = std::ranges::find(reasons, findings.front().reason(), &report::Reason::reason);
    if (own == reasons.end() || own->place.empty() || own->place == tale.directory) return;
    const std::string was = sweep_place(own->place);
    const std::string below = own->place.substr(was.size());
    const bool whole = tale.directory.ends_with(below);
    const std::string now =
        whole ? tale.directory.substr(0, tale.directory.size() - below.size()) : "";
    own->place = tale.directory;
    for (auto& reason : reasons) {
        if (&reason == &*own || !whole || !(reason.place + "/").starts_with(was + "/")) continue;
        const std::string copy = now + reason.place.substr(was.size());
        std::error_code ignored;
        if (std::filesystem::exists(copy + "/verdict.json", ignored)) reason.place = copy;
    }
}

bool names_place(const std::string& command, const std::string& directory) {
    return command.ends_with(" replay " + shell_word(directory));
}

}  // namespace

int report(Session& session, const std::string& run) {
    const FirstSignal at_once(FirstSignal::ends);
    const auto directory = find_run(run, true);
    if (!directory) return session.fail(directory.error());
    auto tale = read_tale(*directory);
    if (!tale) return session.fail(damaged(tale.error()));
    for (const auto& path : tale->edited) {
        session.err.print(
            fmt::format("{}: note: {} was edited after the run; the page tells of the run\n",
                        session.program, path));
    }
    // The directory may be a copy of the one that was recorded.
    name_copies(*tale);
    for (auto& command : tale->facts.commands) {
        if (command.line != tale->stored.command || names_place(command.line, *directory)) continue;
        command.line = replay_command(session, *directory);
    }
    const auto page = report::html(story_of(session, *tale));
    {
        const FirstSignal in_order(FirstSignal::waits);
        const auto written = runner::write_file(*directory + "/report.html", page);
        if (!written) return session.fail(written.error());
    }
    session.out.print(*directory + "/report.html\n");
    return stopped_by() != 0 ? 128 + stopped_by() : code::pass;
}

}  // namespace storm::sdk
