#include "sdk/story_file.h"

#include <filesystem>
#include <set>

#include "core/json.h"
#include "core/text.h"
#include "runner/json_out.h"
#include "runner/seal.h"
#include "sdk/places.h"

namespace storm::sdk {
namespace {

using core::JsonReader;
using runner::JsonOut;

std::string_view to_text(report::Reason::News news) {
    switch (news) {
        case report::Reason::News::fresh:
            return "new";
        case report::Reason::News::known:
            return "known";
        case report::Reason::News::gone:
            return "gone";
        case report::Reason::News::open:
            return "not judged";
    }
    return "new";
}

void write_sweep(JsonOut& out, const report::Sweep& sweep) {
    out.begin_object("sweep");
    out.number("asked", sweep.asked);
    out.number("run", sweep.run);
    out.number("controls", sweep.controls);
    out.number("effective", sweep.effective);
    out.number("failing", sweep.failing);
    out.number("ineffective", sweep.ineffective);
    out.number("operations", sweep.operations);
    out.text("took", core::to_text(sweep.took));
    out.boolean("stopped", sweep.stopped);
    out.text("exercised", sweep.exercised);
    out.text("never_met", sweep.never_met);
    out.text("not_judged", sweep.not_judged);
    out.text("trust", sweep.trust);
    out.begin_list("kinds");
    for (const auto& kind : sweep.kinds) {
        out.begin_object();
        out.text("fault", kind.fault);
        out.number("effective", kind.effective);
        out.number("no_opportunity", kind.no_opportunity);
        out.number("ineffective", kind.ineffective);
        out.end();
    }
    out.end();
    out.end();
}

void write_shrink(JsonOut& out, const report::Shrink& shrink) {
    out.begin_object("shrink");
    out.number("faults_before", shrink.faults_before);
    out.number("faults_after", shrink.faults_after);
    out.number("operations_before", shrink.operations_before);
    out.number("operations_after", shrink.operations_after);
    out.number("nodes_before", shrink.nodes_before);
    out.number("nodes_after", shrink.nodes_after);
    out.number("pins", shrink.pins);
    out.number("runs", shrink.runs);
    out.text("took", core::to_text(shrink.took));
    out.boolean("stopped", shrink.stopped);
    out.end();
}

void write_lists(JsonOut& out, const Facts& facts) {
    out.begin_list("causes");
    for (const auto& cause : facts.causes) {
        out.begin_object();
        out.text("fault", cause.fault);
        out.number("with", cause.with);
        out.number("without", cause.without);
        out.number("of", cause.of);
        out.end();
    }
    out.end();
    out.begin_list("reasons");
    for (const auto& reason : facts.reasons) {
        out.begin_object();
        out.text("news", to_text(reason.news));
        out.text("reason", reason.reason);
        out.text("sentence", reason.sentence);
        out.number("seed", reason.seed);
        out.number("failing", reason.failing);
        out.text("place", reason.place);
        out.end();
    }
    out.end();
    out.begin_list("commands");
    for (const auto& command : facts.commands) {
        out.begin_object();
        out.text("line", command.line);
        out.text("remark", command.remark);
        out.end();
    }
    out.end();
    out.begin_list("environment");
    for (const auto& [name, value] : facts.environment) {
        out.begin_object();
        out.text("name", name);
        out.text("value", value);
        out.end();
    }
    out.end();
}

// ---- and back -----------------------------------------------------------------------------

std::uint64_t count(JsonReader& in) { return static_cast<std::uint64_t>(in.integer(0)); }

Duration length(JsonReader& in) {
    const auto text = in.text();
    if (!in.good()) return {};
    const auto time = core::parse_duration(text);
    if (!time) in.refuse("want a time such as 1.204s: " + time.error().message);
    return time.value_or(Duration{});
}

/// One member of an object: its key and what reads its value.
struct Member {
    std::string_view key;
    std::function<void()> read;
};

void read_object(JsonReader& in, const std::vector<Member>& members) {
    in.object([&](std::string_view key) {
        for (const auto& member : members) {
            if (member.key == key) return member.read();
        }
        std::vector<std::string> known;
        for (const auto& member : members) known.emplace_back(member.key);
        in.unknown_key(std::span<const std::string>(known));
    });
}

Member text(JsonReader& in, std::string_view key, std::string& to) {
    return {key, [&] { to = in.text(); }};
}
Member flag(JsonReader& in, std::string_view key, bool& to) {
    return {key, [&] { to = in.boolean(); }};
}
template <class Number>
Member number(JsonReader& in, std::string_view key, Number& to) {
    return {key, [&] { to = static_cast<Number>(count(in)); }};
}
Member time(JsonReader& in, std::string_view key, Duration& to) {
    return {key, [&] { to = length(in); }};
}

report::Sweep read_sweep(JsonReader& in) {
    report::Sweep s;
    const auto kind = [&] {
        auto& k = s.kinds.emplace_back();
        read_object(in, {text(in, "fault", k.fault), number(in, "effective", k.effective),
                         number(in, "no_opportunity", k.no_opportunity),
                         number(in, "ineffective", k.ineffective)});
    };
    read_object(in, {number(in, "asked", s.asked),
                     number(in, "run", s.run),
                     number(in, "controls", s.controls),
                     number(in, "effective", s.effective),
                     number(in, "failing", s.failing),
                     number(in, "ineffective", s.ineffective),
                     number(in, "operations", s.operations),
                     time(in, "took", s.took),
                     flag(in, "stopped", s.stopped),
                     text(in, "exercised", s.exercised),
                     text(in, "never_met", s.never_met),
                     text(in, "not_judged", s.not_judged),
                     text(in, "trust", s.trust),
                     {"kinds", [&] { in.list(kind); }}});
    return s;
}

report::Shrink read_shrink(JsonReader& in) {
    report::Shrink s;
    read_object(
        in,
        {number(in, "faults_before", s.faults_before), number(in, "faults_after", s.faults_after),
         number(in, "operations_before", s.operations_before),
         number(in, "operations_after", s.operations_after),
         number(in, "nodes_before", s.nodes_before), number(in, "nodes_after", s.nodes_after),
         number(in, "pins", s.pins), number(in, "runs", s.runs), time(in, "took", s.took),
         flag(in, "stopped", s.stopped)});
    return s;
}

void read_reason(JsonReader& in, report::Reason& reason) {
    const auto news = [&] {
        const auto word = in.text();
        using enum report::Reason::News;
        for (const auto each : {fresh, known, gone, open}) {
            if (to_text(each) == word) return void(reason.news = each);
        }
        if (in.good()) in.refuse("want new, known, gone or not judged");
    };
    read_object(in, {{"news", news},
                     text(in, "reason", reason.reason),
                     text(in, "sentence", reason.sentence),
                     number(in, "seed", reason.seed),
                     number(in, "failing", reason.failing),
                     text(in, "place", reason.place)});
}

std::vector<Member> list_members(JsonReader& in, Facts& facts) {
    const auto list = [&in](auto each) {
        return std::function<void()>([&in, each] { in.list(each); });
    };
    return {{"settings", list([&in, &facts] { facts.settings.push_back(in.text()); })},
            {"causes", list([&in, &facts] {
                 auto& c = facts.causes.emplace_back();
                 read_object(in, {text(in, "fault", c.fault), number(in, "with", c.with),
                                  number(in, "without", c.without), number(in, "of", c.of)});
             })},
            {"reasons", list([&in, &facts] { read_reason(in, facts.reasons.emplace_back()); })},
            {"commands", list([&in, &facts] {
                 auto& c = facts.commands.emplace_back();
                 read_object(in, {text(in, "line", c.line), text(in, "remark", c.remark)});
             })},
            {"environment", list([&in, &facts] {
                 auto& e = facts.environment.emplace_back();
                 read_object(in, {text(in, "name", e.first), text(in, "value", e.second)});
             })}};
}

/// What is said of a sweep that has no run to say it.
struct Bare {
    std::string verdict, why, digest, system, plant, expect, expect_check;
};

core::Result<void> take(const Bare& bare, const std::string& name, Tale& tale) {
    auto& result = tale.stored.result;
    bool found = false;
    using enum check::Verdict;
    for (const auto each : {pass, violated, inconclusive}) {
        if (check::to_text(each) != bare.verdict) continue;
        result.judgement.verdict = each;
        found = true;
    }
    if (!found) {
        return core::fail(core::ErrorKind::bad_input,
                          name + ": a story of kind \"sweep\" needs a verdict");
    }
    result.judgement.why = bare.why;
    result.plan.scenario = tale.facts.scenario;
    result.plan.scenario_digest = bare.digest;
    result.plan.system = bare.system;
    result.plan.plant = bare.plant;
    tale.stored.expect = {bare.expect, bare.expect_check};
    tale.stored.world = tale.facts.world;
    return {};
}

}  // namespace

std::string story_json(const Tale& tale) {
    const Facts& facts = tale.facts;
    JsonOut out;
    out.begin_object();
    out.one_a_line();
    out.number("stormproof", 1);
    out.text("kind", facts.kind);
    out.text("scenario", facts.scenario);
    out.begin_list("settings");
    for (const auto& setting : facts.settings) out.text({}, setting);
    out.end();
    out.text("world", facts.world);
    out.boolean("met", facts.met);
    out.boolean("compared", facts.compared);
    if (facts.kind == "sweep") {
        const auto& result = tale.stored.result;
        out.text("verdict", check::to_text(result.judgement.verdict));
        out.text("why", result.judgement.why);
        out.text("scenario_digest", result.plan.scenario_digest);
        out.text("system", result.plan.system);
        out.text("plant", result.plan.plant);
        out.text("expect", tale.stored.expect.verdict);
        out.text("expect_check", tale.stored.expect.check);
    }
    if (facts.sweep) write_sweep(out, *facts.sweep);
    if (facts.shrink) write_shrink(out, *facts.shrink);
    out.text_if("not_small", facts.not_small);
    write_lists(out, facts);
    out.text("seal", runner::unsealed);
    out.end();
    return runner::sealed(out.take() + "\n");
}

core::Result<void> read_story(std::string_view source, const std::string& name, Tale& tale) {
    JsonReader in(source, name);
    Facts& facts = tale.facts;
    Bare bare;
    std::string seal;
    facts = {};
    facts.kind.clear();
    auto members = list_members(in, facts);
    for (const Member& each :
         {Member{"stormproof", [&] { static_cast<void>(in.integer(1, 1)); }},
          text(in, "kind", facts.kind), text(in, "scenario", facts.scenario),
          text(in, "world", facts.world), flag(in, "met", facts.met),
          flag(in, "compared", facts.compared), text(in, "verdict", bare.verdict),
          text(in, "why", bare.why), text(in, "scenario_digest", bare.digest),
          text(in, "system", bare.system), text(in, "plant", bare.plant),
          text(in, "not_small", facts.not_small), text(in, "expect", bare.expect),
          text(in, "expect_check", bare.expect_check), text(in, "seal", seal),
          Member{"sweep", [&] { facts.sweep = read_sweep(in); }},
          Member{"shrink", [&] { facts.shrink = read_shrink(in); }}}) {
        members.push_back(each);
    }
    read_object(in, members);
    static const std::set<std::string, std::less<>> kinds = {"finding", "seed", "small", "sweep"};
    if (in.good() && !kinds.contains(facts.kind)) {
        in.refuse(0, "the key \"kind\" must be finding, seed, small or sweep");
    }
    if (in.good() && seal.empty()) in.refuse(0, "the key \"seal\" is missing");
    STORM_CHECK(in.finish());
    if (seal != core::hex(runner::seal_of(std::string(source)))) {
        return core::fail(core::ErrorKind::bad_input,
                          name + ": " + std::string(runner::seal_broken));
    }
    return facts.kind == "sweep" ? take(bare, name, tale) : core::Result<void>{};
}

namespace {

namespace fs = std::filesystem;

core::Result<void> bad(const fs::path& file, const std::string& why) {
    return core::fail(core::ErrorKind::bad_input, file.string() + why);
}

/// A folder without verdict.json must be that of a sweep in which nothing failed. `ran`: its story
/// is that of a run.
core::Result<void> check_bare(const fs::path& directory, bool ran) {
    std::error_code error;
    for (const char* file : {"plan.json", "decisions.jsonl", "history.jsonl", "events.jsonl"}) {
        ran = ran || fs::exists(directory / file, error);
    }
    const fs::path needed = directory / (ran ? "verdict.json" : "sweep.json");
    if (fs::exists(needed, error)) return {};
    return bad(needed, " is missing; the directory is damaged");
}

/// A story must be of the run beside it.
core::Result<void> check_story(const fs::path& story, const Tale& tale) {
    const auto& facts = tale.facts;
    const auto& stored = tale.stored;
    const bool same = facts.kind != "sweep" && facts.world == stored.world &&
                      facts.settings == stored.settings && !facts.commands.empty() &&
                      facts.commands.front().line == stored.command;
    if (same) return {};
    return bad(story, " is the story of another run than verdict.json");
}

/// A plan may be edited by hand, to be replayed.
void note_edit(const runner::StoredRun& run, const fs::path& directory, Tale& tale) {
    if (core::hex(fault::digest(run.result.plan)) == run.plan_digest) return;
    tale.edited.push_back((directory / "plan.json").string());
}

/// Reads the run before it was made small, which must be one of the same seed.
core::Result<void> read_whole(const fs::path& directory, Tale& tale) {
    STORM_TRY(auto before, runner::read_run(directory.string()));
    const auto& run = tale.stored.result;
    if (before.result.record.seed != run.record.seed ||
        before.result.plan.scenario_digest != run.plan.scenario_digest) {
        return bad(directory, " holds another run than the one that was made small");
    }
    note_edit(before, directory, tale);
    tale.whole = std::move(before.result);
    tale.whole_cut = std::move(before.cut);
    return {};
}

}  // namespace

core::Error damaged(core::Error error) {
    if (error.kind == core::ErrorKind::not_found) error.kind = core::ErrorKind::bad_input;
    return error;
}

core::Result<Tale> read_tale(const std::string& directory) {
    std::error_code error;
    Tale tale;
    tale.directory = directory;
    const fs::path folder(directory);
    const fs::path story = folder / story_name;
    const fs::path whole = folder / "whole";
    const bool has_run = fs::exists(folder / "verdict.json", error);
    if (has_run) {
        STORM_TRY(tale.stored, runner::read_run(directory));
        note_edit(tale.stored, folder, tale);
        tale.facts.commands = {replay_command(tale.stored)};
        tale.facts.environment = environment();
    }
    // A run that was not made small has all that its page says in its own files.
    const bool needs_story = fs::exists(folder / "sweep.json", error) || fs::exists(whole, error);
    if (!has_run || needs_story || fs::exists(story, error)) {
        const auto text = runner::read_file(story.string());
        if (!text && !has_run) STORM_CHECK(check_bare(folder, false));
        if (!text) return std::unexpected(text.error());
        STORM_CHECK(read_story(*text, story.string(), tale));
        STORM_CHECK(has_run ? check_story(story, tale)
                            : check_bare(folder, tale.facts.kind != "sweep"));
    }
    if (has_run && (tale.facts.shrink || fs::exists(whole, error))) {
        STORM_CHECK(read_whole(whole, tale));
    }
    return tale;
}

}  // namespace storm::sdk
