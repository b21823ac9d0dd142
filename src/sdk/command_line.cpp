#include "sdk/command_line.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>

#include "core/log.h"
#include "runner/worker.h"
#include "sdk/demo_command.h"
#include "sdk/init_command.h"
#include "sdk/replay_command.h"
#include "sdk/run_command.h"
#include "sdk/selftest_command.h"
#include "sdk/session.h"
#include "sdk/show_commands.h"
#include "sdk/usage.h"

namespace storm {
namespace {

using sdk::Session;

/// The options of every command, in one place; CLI11 fills it.
struct Words {
    sdk::RunRequest run;
    sdk::ReplayRequest replay;
    sdk::ShrinkRequest shrink;
    sdk::SelftestRequest selftest;
    std::vector<std::string> files;
    std::string name, run_directory, init_directory;
    std::uint64_t seed = 1;
    std::uint64_t run_seed = 0;
    std::uint64_t event = 0;
    unsigned jobs = 0;
    bool no_cause = false;
};

using Action = std::function<int(Session&)>;

void add_run(CLI::App& app, Words& w, Action& action) {
    auto* run = app.add_subcommand("run", "Run a scenario: many seeds, or one");
    run->add_option("SCENARIO", w.run.scenario, "The scenario file")->required();
    auto* seed = run->add_option("--seed", w.run_seed, "Run this one seed and keep all of it");
    run->add_option("--seeds", w.run.seeds, "1..100000, or 1000 for the first thousand");
    run->add_option("--jobs,-j", w.run.jobs, "Worker processes; 0: one per processor");
    run->add_option("--for", w.run.for_time, "Go on for this time (10m), whatever --seeds says");
    run->add_flag("--keep-going,-k", w.run.keep_going, "Do not stop at the first failing seed");
    run->add_option("--set", w.run.settings, "Change the scenario: path=value, repeatable")
        ->type_size(1)
        ->allow_extra_args(false);
    run->add_option("--swarm", w.run.swarm, "on: each seed draws a subset of the random faults")
        ->check(CLI::IsMember({"on", "off"}));
    run->add_option("--out,-o", w.run.out, "Run directory; default runs/<scenario>-<seed>");
    run->add_option("--world", w.run.world, "Where it runs")->capture_default_str();
    run->add_flag("--no-cause", w.no_cause, "Skip the runs with and without each fault");
    run->callback([&w, seed, &action] {
        if (seed->count() != 0) w.run.seed = w.run_seed;
        w.run.cause = !w.no_cause;
        action = [&w](Session& s) { return sdk::run(s, w.run); };
    });
}

void add_replay(CLI::App& app, Words& w, Action& action) {
    auto* replay = app.add_subcommand("replay", "Run a run again, bit by bit");
    replay->add_option("RUN", w.replay.run, "Run directory; default: the newest below runs/");
    replay->add_option("--until", w.replay.until, "Show events up to this time (1.2s)");
    auto* event = replay->add_option("--event", w.event, "Show events up to this number");
    replay->add_flag("--trace", w.replay.trace, "Show every event");
    replay->callback([&w, event, &action] {
        if (event->count() != 0) w.replay.event = w.event;
        action = [&w](Session& s) { return sdk::replay(s, w.replay); };
    });
    auto* shrink = app.add_subcommand("shrink", "Make a failing run as small as it gets");
    shrink->add_option("RUN", w.shrink.run, "Run directory; default: the newest below runs/");
    shrink->add_option("--save", w.shrink.save, "Write a regression scenario there");
    shrink->add_option("--budget", w.shrink.budget, "Time it may take; default 10s");
    shrink->add_option("--jobs,-j", w.shrink.jobs, "Worker processes; 0: one per processor");
    shrink->callback([&] { action = [&w](Session& s) { return sdk::shrink(s, w.shrink); }; });
    auto* report = app.add_subcommand("report", "Make report.html again from a run directory");
    report->add_option("RUN", w.run_directory, "Run directory; default: the newest below runs/");
    report->callback(
        [&] { action = [&w](Session& s) { return sdk::report(s, w.run_directory); }; });
}

void add_files(CLI::App& app, Words& w, Action& action) {
    auto* validate = app.add_subcommand("validate", "Say everything that is wrong with a file");
    validate->add_option("SCENARIO", w.files, "Scenario files")->required();
    validate->add_option("--set", w.run.settings, "path=value")
        ->type_size(1)
        ->allow_extra_args(false);
    validate->callback(
        [&] { action = [&w](Session& s) { return sdk::validate(s, w.files, w.run.settings); }; });
    auto* plan = app.add_subcommand("plan", "Print the plan of one seed before it runs");
    plan->add_option("SCENARIO", w.run.scenario, "The scenario file")->required();
    plan->add_option("--seed", w.seed, "The seed")->capture_default_str();
    plan->add_option("--set", w.run.settings, "path=value")->type_size(1)->allow_extra_args(false);
    plan->callback([&] {
        action = [&w](Session& s) { return sdk::plan(s, w.run.scenario, w.seed, w.run.settings); };
    });
    auto* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files");
    schema->callback([&] { action = sdk::schema; });
}

// `fault ls`, `fault explain NAME` and their like.
void add_catalogue(CLI::App& app, Words& w, Action& action, const std::string& command,
                   const std::string& what, int (*list)(Session&),
                   int (*explain)(Session&, const std::string&)) {
    auto* group = app.add_subcommand(command, "Lists and explains " + what);
    group->require_subcommand(1);
    group->add_subcommand("ls", "List " + what)->callback([&action, list] { action = list; });
    auto* one = group->add_subcommand("explain", "Explain one of them");
    one->add_option("NAME", w.name, "Its name")->required();
    one->callback([&w, &action, explain] {
        action = [&w, explain](Session& s) { return explain(s, w.name); };
    });
}

void add_rest(CLI::App& app, const Bench& bench, Words& w, Action& action) {
    add_catalogue(app, w, action, "fault", "the faults", sdk::fault_list, sdk::fault_explain);
    add_catalogue(app, w, action, "checks", "the checks", sdk::checks_list, sdk::checks_explain);
    add_catalogue(app, w, action, "system", "the systems", sdk::system_list, sdk::system_explain);
    app.add_subcommand("doctor", "Say what works on this machine and what does not")->callback([&] {
        action = sdk::doctor;
    });
    auto* init = app.add_subcommand("init", "Write a small project of your own");
    init->add_option("DIR", w.init_directory, "A folder that is empty or not there")->required();
    init->callback([&] { action = [&w](Session& s) { return sdk::init(s, w.init_directory); }; });
    if (sdk::find_scenario("scenarios/demo/primary-backup.yaml", "") &&
        bench.system("primary-backup") != nullptr) {
        auto* demo = app.add_subcommand("demo", "Watch a replicated store break");
        demo->add_option("--jobs,-j", w.jobs, "Worker processes; 0: one per processor");
        demo->callback([&] { action = [&w](Session& s) { return sdk::demo(s, w.jobs); }; });
    }
    auto* test = app.add_subcommand("selftest", "Find every planted bug, and say how fast");
    test->add_flag("--full", w.selftest.full, "Median and worst over 20 disjoint ranges of seeds");
    test->add_option("--jobs,-j", w.selftest.jobs, "Worker processes; 0: one per processor");
    test->add_option("--only", w.selftest.only, "Only this system, or system/bug");
    test->callback([&] { action = [&w](Session& s) { return sdk::selftest(s, w.selftest); }; });
}

}  // namespace

int run_command_line(const Bench& bench, int argc, char** argv) {
    if (argc > 1 && argv[1] == runner::worker_command) {
        return runner::worker_main(bench, argc, argv);
    }
    Session session{.bench = bench, .program = sdk::shell_word(argc > 0 ? argv[0] : bench.program)};
    Words words;
    Action action;
    CLI::App app("Stormproof puts a distributed system through the storm before production does.",
                 bench.program);
    app.set_version_flag("--version", bench.program + " " + sdk::version_text());
    app.require_subcommand(1);
    app.fallthrough();
    app.add_flag("--quiet,-q", session.quiet, "Print the verdict alone");
    app.add_flag("--verbose,-v", session.verbose, "Say more on stderr");
    app.add_option("--format", session.format, "What stdout gets")
        ->check(CLI::IsMember({"text", "json", "jsonl", "junit", "tap", "md"}))
        ->capture_default_str();
    add_run(app, words, action);
    add_replay(app, words, action);
    add_files(app, words, action);
    add_rest(app, bench, words, action);
    if (argc < 2) {
        session.out.print(app.help());
        return sdk::code::pass;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // Help and --version come this way too.
        if (error.get_exit_code() == 0) return app.exit(error);
        return sdk::explain_usage(session, app, error, {argv + 1, argv + argc});
    }
    if (session.verbose) core::set_log_level(core::LogLevel::info);
    sdk::catch_signals();
    return action(session);
}

}  // namespace storm
