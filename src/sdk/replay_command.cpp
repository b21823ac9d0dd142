#include "sdk/replay_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "report/html.h"
#include "report/text.h"
#include "runner/formats.h"
#include "runner/replay.h"
#include "runner/shrink.h"
#include "sdk/guarded.h"
#include "sdk/run_command.h"
#include "sdk/telling.h"
#include "ui/progress.h"

namespace storm::sdk {
namespace {

constexpr const char* small_ending = "-small";

// One line an event: its number (for --event), time, who, what, to or from whom.
std::string trace_line(const history::Event& e) {
    const auto who = [](core::Id id) { return core::name_of(id); };
    std::string line = fmt::format("{:>6} {:>12}  {:<4} {:<9} {}", e.sequence, core::to_human(e.at),
                                   who(e.node), history::to_text(e.kind), core::plain(e.name));
    if (e.kind == history::EventKind::send) line += " to " + who(e.peer);
    if (e.kind == history::EventKind::deliver) line += " from " + who(e.peer);
    if (e.kind == history::EventKind::drop) line += " from " + who(e.peer);
    if (!e.value.is_nil()) line += " " + core::to_human(e.value);
    if (!e.text.empty()) line += (e.name.empty() ? "" : "  ") + core::plain(e.text);
    return line;
}

// A run directory of which a file is missing is bad input, not a wrong command.
core::Error damaged(core::Error error) {
    if (error.kind == core::ErrorKind::not_found) error.kind = core::ErrorKind::bad_input;
    return error;
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

// The finding that this run is another each time; null if that is not what was found.
const check::Finding* nondeterminism(const runner::StoredRun& stored) {
    const auto at = std::ranges::find_if(stored.result.findings, [](const auto& finding) {
        return finding.verdict == check::Verdict::violated && finding.check == "deterministic" &&
               (finding.anomaly == "divergence" || finding.anomaly == "state crosses seeds");
    });
    return at != stored.result.findings.end() ? &*at : nullptr;
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

// "every event is the same: 3b9f0c21...", or what is not.
std::string outcome_line(const runner::Replay& again, std::uint64_t before) {
    const std::uint64_t digest = again.result.record.digest;
    if (again.identical && digest != 0) {
        return "every event is the same: " + core::hex(digest);
    }
    constexpr std::string_view said = "Replayed: ";
    const std::string sentence =
        again.sentence.starts_with(said) ? again.sentence.substr(said.size()) : again.sentence;
    if (digest == 0) return sentence;
    return fmt::format("{} Digest {}, was {}.", sentence, core::hex(digest), core::hex(before));
}

void print_replay(Session& session, const ReplayRequest& request, const Tale& tale,
                  const runner::Replay& again, const std::string& outcome) {
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
    story.remarks.emplace_back(again.identical ? "replayed" : "differs", outcome);
    for (const auto& each : again.unplaced) story.remarks.emplace_back("no place", each);
    session.out.print(session.quiet ? report::verdict_text(story, session.out.look())
                                    : report::text(story, session.out.look()));
}

}  // namespace

int replay(Session& session, const ReplayRequest& request) {
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(damaged(stored.error()));
    const auto options = options_of(request);
    if (!options) return session.fail(code::usage, options.error().text());
    auto again = replay_guarded(session, *stored, *options);
    if (!again) return session.fail(again.error());
    const auto before = stored->result.record.digest;
    const check::Finding* leak = nondeterminism(*stored);
    const std::string outcome =
        leak != nullptr ? outcome_of_leak(*again, before) : outcome_line(*again, before);
    if (leak != nullptr) {
        again->identical = false;
        add_finding(again->result, *leak);
    }
    Tale tale;
    tale.directory = *directory;
    const bool leaks = leak != nullptr;
    tale.stored = std::move(*stored);
    tale.stored.result = again->result;
    print_replay(session, request, tale, *again, outcome);
    if (leaks) return code::violated;
    if (again->same_build && !again->edited && !again->identical) {
        return session.fail(code::violated, "the same build, plan and seed gave other bytes",
                            "the system under test is not deterministic: something reaches it "
                            "that is neither scenario nor seed nor plan");
    }
    return exit_code_of(tale.stored);
}

int shrink(Session& session, const ShrinkRequest& request) {
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(damaged(stored.error()));
    const auto& findings = stored->result.findings;
    if (findings.empty() || findings.front().verdict != check::Verdict::violated) {
        return session.fail(code::usage, *directory + ": nothing is violated there to make small");
    }
    const std::string reason = findings.front().reason();
    runner::ShrinkOptions options;
    options.run.world = stored->world;
    options.jobs = request.jobs;
    options.stop = [] { return stopped_by() != 0; };
    if (!request.budget.empty()) {
        const auto budget = core::parse_duration(request.budget);
        if (!budget) return session.fail(code::usage, budget.error().text());
        options.budget = *budget;
    }
    ui::Progress progress(session.err, "making it small", 0, options.budget);
    options.progress = [&](const runner::ShrinkProgress& p) {
        progress.update(p.runs, fmt::format("{}, size {}", p.doing, p.size.total()));
    };
    auto shrunk = runner::shrink(session.bench, {{stored->result.plan, stored->result.record.seed}},
                                 reason, options);
    progress.finish();
    if (!shrunk) return session.fail(shrunk.error());
    runner::RunOptions full;
    full.world = stored->world;
    full.detail = history::Detail::full;
    auto result = run_guarded(session.bench, shrunk->plan, shrunk->seed, full);
    if (!result) return session.fail(result.error());
    Tale tale;
    // The run it was made of stays where it is; what was small before is written over itself.
    tale.directory = directory->ends_with(small_ending) ? *directory : *directory + small_ending;
    tale.whole = std::move(stored->result);
    tale.stored = std::move(*stored);
    tale.stored.result = std::move(*result);
    tale.stored.command = fmt::format("{} replay {}", session.program, shell_word(tale.directory));
    tale.stored.plan_digest = core::hex(fault::digest(tale.stored.result.plan));
    tale.stored.build = runner::build_id();
    tale.shrunk = std::move(*shrunk);
    if (const auto written = write_tale(session, tale, {}); !written) {
        return session.fail(written.error());
    }
    auto story = story_of(session, tale);
    if (!request.save.empty()) {
        const scenario::Regression why{.why = tale.shrunk->finding.sentence,
                                       .seed = tale.shrunk->seed,
                                       .violates = tale.shrunk->finding.check};
        const auto saved =
            runner::write_file(request.save, scenario::to_yaml(tale.shrunk->plan, why));
        if (!saved) return session.fail(saved.error());
        story.more_commands.emplace_back(
            "saved", fmt::format("{} run {}", session.program, shell_word(request.save)));
    }
    session.out.print(session.quiet ? report::verdict_text(story, session.out.look())
                                    : report::text(story, session.out.look()));
    return exit_code_of(tale.stored);
}

int report(Session& session, const std::string& run) {
    const auto directory = find_run(run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(damaged(stored.error()));
    Tale tale;
    tale.directory = *directory;
    tale.stored = std::move(*stored);
    const auto page = report::html(story_of(session, tale));
    if (const auto written = runner::write_file(*directory + "/report.html", page); !written) {
        return session.fail(written.error());
    }
    session.out.print(*directory + "/report.html\n");
    return code::pass;
}

}  // namespace storm::sdk
