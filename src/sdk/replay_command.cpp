#include "sdk/replay_command.h"

#include <fmt/format.h>

#include <fstream>

#include "core/text.h"
#include "report/html.h"
#include "report/text.h"
#include "runner/formats.h"
#include "runner/replay.h"
#include "runner/shrink.h"
#include "sdk/run_command.h"
#include "sdk/telling.h"
#include "ui/progress.h"

namespace storm::sdk {
namespace {

// One line an event: time, who, what, to or from whom.
std::string trace_line(const history::Event& e) {
    const auto who = [](core::Id id) { return core::name_of(id); };
    std::string line = fmt::format("{:>12}  {:<4} {:<9} {}", core::to_human(e.at), who(e.node),
                                   history::to_text(e.kind), core::plain(e.name));
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

int replay(Session& session, const ReplayRequest& request) {
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(stored.error());
    const auto options = options_of(request);
    if (!options) return session.fail(code::usage, options.error().text());
    auto again = runner::replay(session.bench, *stored, *options);
    if (!again) return session.fail(again.error());
    const auto& result = again->result;
    if (request.trace || request.event || !request.until.empty()) {
        if (session.format == "json" || session.format == "jsonl") {
            session.out.print(runner::events_jsonl(result.record));
        } else {
            for (const auto& e : result.record.trace) session.out.print(trace_line(e) + "\n");
        }
    }
    Tale tale;
    const std::string sentence = again->sentence;
    const bool identical = again->identical;
    const auto unplaced = again->unplaced;
    const auto verdict = result.judgement.verdict;
    tale.directory = *directory;
    stored->result = std::move(again->result);
    tale.stored = std::move(*stored);
    if (session.format == "json" || session.format == "jsonl") {
        if (!request.trace) session.out.print(runner::verdict_json(tale.stored));
    } else {
        const auto story = story_of(session, tale);
        session.out.print(session.quiet ? report::verdict_text(story, session.out.look())
                                        : report::text(story, session.out.look()));
        session.out.print(
            fmt::format("  {}   {}\n", identical ? "replayed" : "differs ", sentence));
        for (const auto& each : unplaced)
            session.out.print("             no place: " + each + "\n");
    }
    return verdict == check::Verdict::pass       ? code::pass
           : verdict == check::Verdict::violated ? code::violated
                                                 : code::inconclusive;
}

int shrink(Session& session, const ShrinkRequest& request) {
    const auto directory = find_run(request.run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(stored.error());
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
    auto result = runner::run_plan(session.bench, shrunk->plan, shrunk->seed, full);
    if (!result) return session.fail(result.error());
    Tale tale;
    tale.directory = *directory;
    tale.whole = std::move(stored->result);
    tale.stored = std::move(*stored);
    tale.stored.result = std::move(*result);
    tale.stored.plan_digest = core::hex(fault::digest(tale.stored.result.plan));
    tale.stored.build = runner::build_id();
    tale.shrunk = std::move(*shrunk);
    if (const auto written = write_tale(session, tale, {}); !written) {
        return session.fail(written.error());
    }
    session.out.print(report::text(story_of(session, tale), session.out.look()));
    if (!request.save.empty()) {
        const scenario::Regression why{.why = findings.empty() ? "" : tale.shrunk->finding.sentence,
                                       .seed = tale.shrunk->seed,
                                       .violates = tale.shrunk->finding.check};
        const auto saved =
            runner::write_file(request.save, scenario::to_yaml(tale.shrunk->plan, why));
        if (!saved) return session.fail(saved.error());
        session.out.print(fmt::format("  saved      {} run {}\n", session.program, request.save));
    }
    return code::violated;
}

int report(Session& session, const std::string& run) {
    const auto directory = find_run(run);
    if (!directory) return session.fail(directory.error());
    auto stored = runner::read_run(*directory);
    if (!stored) return session.fail(stored.error());
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
