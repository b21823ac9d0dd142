#include "sdk/command_line.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "runner/worker.h"
#include "sdk/demo_command.h"
#include "sdk/init_command.h"
#include "sdk/replay_command.h"
#include "sdk/results.h"
#include "sdk/run_command.h"
#include "sdk/selftest_command.h"
#include "sdk/session.h"
#include "sdk/show_commands.h"
#include "sdk/usage.h"

namespace storm {
namespace {

using sdk::Session;

/// What one command does, and the formats that its result comes in, the usual one first.
struct Command {
    std::string name;
    std::vector<std::string> formats;
    std::function<int(Session&)> run;
};

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
    Command chosen;
};

constexpr unsigned jobs_max = 1024;
constexpr const char* file_text = "A scenario file";
constexpr const char* stream_text = "A scenario file, or - for stdin";
constexpr const char* run_text = "Run directory or its name; default: the newest";
const std::vector<std::string> text_only{"text"}, text_or_json{"text", "json"}, json_only{"json"},
    all_formats{"text", "json", "jsonl", "junit", "tap", "md"};

/// A whole number; the parser by itself takes -1 for the largest one.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
    return {[low, high](std::string& text) -> std::string {
                std::uint64_t n = 0;
                const char* end = text.data() + text.size();
                const auto [at, error] = std::from_chars(text.data(), end, n);
                if (error == std::errc{} && at == end && n >= low && n <= high) return "";
                return fmt::format("{} is no whole number from {} to {}", text, low, high);
            },
            ""};
}

CLI::Validator one_of(const std::vector<std::string>& words) {
    return CLI::Validator(CLI::IsMember(words)).description("");
}

CLI::Option* add_seed(CLI::App& app, std::uint64_t& to, const char* what) {
    return app.add_option("--seed", to, what)->check(whole_number(1, UINT64_MAX))->type_name("N");
}

void add_jobs(CLI::App& app, unsigned& to) {
    app.add_option("--jobs,-j", to, "Worker processes; default: one per processor")
        ->check(whole_number(1, jobs_max))
        ->type_name("N");
}

void add_settings(CLI::App& app, Words& w) {
    app.add_option("--set", w.run.settings, "Change it first, as in --set network.delay=10ms")
        ->type_size(1)
        ->allow_extra_args(false)
        ->type_name("PATH=VALUE");
}

/// Says what `app` does when it is chosen, and in its help what it can print.
void serves(CLI::App& app, Words& w, const std::string& name,
            const std::vector<std::string>& formats, std::function<int(Session&)> run) {
    if (formats.size() > 1) app.footer(fmt::format("--format: {}", fmt::join(formats, ", ")));
    app.callback([&w, command = Command{name, formats, std::move(run)}] { w.chosen = command; });
}

void add_run(CLI::App& app, const Bench& bench, Words& w) {
    auto* run = app.add_subcommand("run", "Run a scenario: many seeds, or one");
    run->add_option("SCENARIO", w.run.scenario, file_text)->required()->type_name("");
    auto* seed = add_seed(*run, w.run_seed, "Run this one seed and keep all of it");
    auto* seeds = run->add_option("--seeds", w.run.seeds,
                                  "1..100000, or 1000 from 1; default: the scenario's");
    seeds->type_name("RANGE");
    add_jobs(*run, w.run.jobs);
    auto* time = run->add_option("--for", w.run.for_time,
                                 "Go on for this time (10m), whatever --seeds says");
    time->type_name("TIME");
    run->add_flag("--keep-going,-k", w.run.keep_going, "Do not stop at the first failing seed");
    add_settings(*run, w);
    run->add_option("--swarm", w.run.swarm, "off: each seed draws from all its random faults")
        ->check(one_of({"on", "off"}))
        ->type_name("on|off");
    run->add_option("--out,-o", w.run.out, "Run directory; default: below runs/")->type_name("DIR");
    std::string worlds;
    for (const auto& [name, make] : bench.worlds) worlds += (worlds.empty() ? "" : " or ") + name;
    run->add_option("--world", w.run.world, "Where it runs: " + worlds)
        ->capture_default_str()
        ->type_name("NAME");
    run->add_flag("--no-cause", w.no_cause, "Skip the runs with and without each fault");
    serves(*run, w, "run", all_formats, [&w, seed, seeds, time](Session& s) {
        for (const auto* other : {seeds, time}) {
            if (seed->count() == 0 || other->count() == 0) continue;
            return s.fail(sdk::code::usage,
                          fmt::format("--seed and {} do not go together", other->get_name()),
                          "--seed 3 runs that seed alone; --seeds 1..1000 or --for 10m is a sweep");
        }
        if (seed->count() != 0) w.run.seed = w.run_seed;
        w.run.cause = !w.no_cause;
        return sdk::run(s, w.run);
    });
}

void add_replay(CLI::App& app, Words& w) {
    auto* replay = app.add_subcommand("replay", "Run a run again, bit by bit");
    replay->add_option("RUN", w.replay.run, run_text)->type_name("");
    replay->add_option("--until", w.replay.until, "Show events up to this time, as in 1.2s")
        ->type_name("TIME");
    auto* event =
        replay->add_option("--event", w.event, "Show events up to this number (--trace says it)");
    event->check(whole_number(0, UINT64_MAX))->type_name("N");
    replay->add_flag("--trace", w.replay.trace, "Show every event");
    serves(*replay, w, "replay", {"text", "json", "jsonl"}, [&w, event](Session& s) {
        if (event->count() != 0) w.replay.event = w.event;
        return sdk::replay(s, w.replay);
    });
    auto* shrink = app.add_subcommand("shrink", "Make a failing run as small as it gets");
    shrink->add_option("RUN", w.shrink.run, run_text)->type_name("");
    shrink->add_option("--save", w.shrink.save, "Write a regression scenario there")
        ->type_name("FILE");
    shrink->add_option("--budget", w.shrink.budget, "Time it may take; default 10s")
        ->type_name("TIME");
    add_jobs(*shrink, w.shrink.jobs);
    serves(*shrink, w, "shrink", text_only, [&w](Session& s) { return sdk::shrink(s, w.shrink); });
    auto* report = app.add_subcommand("report", "Make report.html again from a run directory");
    report->add_option("RUN", w.run_directory, run_text)->type_name("");
    serves(*report, w, "report", text_only,
           [&w](Session& s) { return sdk::report(s, w.run_directory); });
}

void add_files(CLI::App& app, Words& w) {
    auto* validate = app.add_subcommand("validate", "Say everything that is wrong with a scenario");
    validate->add_option("SCENARIO", w.files, stream_text)->required()->type_name("");
    add_settings(*validate, w);
    serves(*validate, w, "validate", text_or_json,
           [&w](Session& s) { return sdk::validate(s, w.files, w.run.settings); });
    auto* plan = app.add_subcommand("plan", "Print the plan of one seed before it runs, as JSON");
    plan->add_option("SCENARIO", w.run.scenario, stream_text)->required()->type_name("");
    add_seed(*plan, w.seed, "The seed")->capture_default_str();
    add_settings(*plan, w);
    serves(*plan, w, "plan", json_only,
           [&w](Session& s) { return sdk::plan(s, w.run.scenario, w.seed, w.run.settings); });
    auto* schema = app.add_subcommand("schema", "Print the JSON Schema of scenarios, for editors");
    serves(*schema, w, "schema", json_only, sdk::schema);
}

// `fault ls`, `fault explain NAME` and their like.
void add_catalogue(CLI::App& app, Words& w, const std::string& command, const std::string& what,
                   int (*list)(Session&), int (*explain)(Session&, const std::string&)) {
    auto* group =
        app.add_subcommand(command, fmt::format("List and explain {} (ls, explain)", what));
    group->require_subcommand(1);
    auto* ls = group->add_subcommand("ls", "List " + what);
    serves(*ls, w, command + " ls", text_or_json, list);
    auto* one = group->add_subcommand("explain", "Explain one of them");
    one->add_option("NAME", w.name, fmt::format("As {} ls prints it", command))
        ->required()
        ->type_name("");
    serves(*one, w, command + " explain", text_or_json,
           [&w, explain](Session& s) { return explain(s, w.name); });
}

void add_rest(CLI::App& app, const Bench& bench, Words& w) {
    add_catalogue(app, w, "fault", "the faults", sdk::fault_list, sdk::fault_explain);
    add_catalogue(app, w, "checks", "the checks", sdk::checks_list, sdk::checks_explain);
    add_catalogue(app, w, "system", "the systems", sdk::system_list, sdk::system_explain);
    auto* doctor = app.add_subcommand("doctor", "Say what works here, what does not, and why");
    serves(*doctor, w, "doctor", text_or_json, sdk::doctor);
    auto* init = app.add_subcommand("init", "Write a small project of your own");
    init->add_option("DIR", w.init_directory, "A folder that is empty or not there")
        ->required()
        ->type_name("");
    serves(*init, w, "init", text_only,
           [&w](Session& s) { return sdk::init(s, w.init_directory); });
    if (sdk::find_scenario("scenarios/demo/primary-backup.yaml", "") &&
        bench.system("primary-backup") != nullptr) {
        auto* demo = app.add_subcommand("demo", "Watch a replicated store break");
        add_jobs(*demo, w.jobs);
        serves(*demo, w, "demo", text_only, [&w](Session& s) { return sdk::demo(s, w.jobs); });
    }
    auto* test = app.add_subcommand("selftest", "Find every planted bug, and say how fast");
    test->add_flag("--full", w.selftest.full, "20 ranges of seeds, also with code points off");
    add_jobs(*test, w.selftest.jobs);
    test->add_option("--only", w.selftest.only, "Only this system, or system/bug")
        ->type_name("NAME");
    serves(*test, w, "selftest", text_or_json,
           [&w](Session& s) { return sdk::selftest(s, w.selftest); });
    const auto has_plants = [](const node::System& each) { return !each.plants.empty(); };
    if (std::ranges::none_of(bench.systems, has_plants)) test->group("");  // Nothing to find.
}

/// The help in our words: commands, not subcommands, in the order in which one needs them.
void dress(CLI::App& app) {
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    for (auto* each : app.get_subcommands([](CLI::App*) { return true; })) {
        if (!each->get_group().empty()) each->group("Commands");
        dress(*each);
    }
}

/// A format that a command does not have is refused, never ignored.
int carry_out(Session& session, const Words& words, bool format_said) {
    const auto& formats = words.chosen.formats;
    if (!format_said) session.format = formats.front();
    if (std::ranges::find(formats, session.format) == formats.end()) {
        return session.fail(sdk::code::usage,
                            fmt::format("{} prints no {}", words.chosen.name, session.format),
                            fmt::format("want --format {}", fmt::join(formats, " | ")));
    }
    return words.chosen.run(session);
}

}  // namespace

int run_command_line(const Bench& bench, int argc, char** argv) {
    sdk::open_missing_streams();
    if (argc > 1 && argv[1] == runner::worker_command) {
        return runner::worker_main(bench, argc, argv);
    }
    const sdk::Results results;
    Session session{.bench = bench,
                    .out = results.terminal(),
                    .program = sdk::shell_word(argc > 0 ? argv[0] : bench.program)};
    Words words;
    CLI::App app("Stormproof puts a distributed system through the storm before production does.",
                 bench.program);
    app.set_version_flag("--version", bench.program + " " + sdk::version_text());
    app.require_subcommand(1);
    app.fallthrough();
    app.add_flag("--quiet,-q", session.quiet, "Print the verdict alone");
    app.add_flag("--verbose,-v", session.verbose, "Say more on stderr");
    auto* format =
        app.add_option("--format", session.format, "Result as text, json, jsonl, junit, tap or md");
    format->check(one_of(all_formats))->type_name("FORMAT");
    add_run(app, bench, words);
    add_replay(app, words);
    add_files(app, words);
    add_rest(app, bench, words);
    app.footer(fmt::format("{} COMMAND --help says more.", bench.program));
    dress(app);
    sdk::catch_signals();
    if (argc < 2) {
        session.out.print(app.help());
        return sdk::finish(session, sdk::code::pass);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // Help and --version come this way too.
        if (error.get_exit_code() != 0) {
            return sdk::explain_usage(session, app, error, {argv + 1, argv + argc});
        }
        std::ostringstream told;
        app.exit(error, told, told);
        session.out.print(told.str());
        return sdk::finish(session, sdk::code::pass);
    }
    if (session.verbose) core::set_log_level(core::LogLevel::info);
    return sdk::finish(session, carry_out(session, words, format->count() != 0));
}

}  // namespace storm
