// Goal: a run on disk is whole or not there, comes back as it was, and every damaged file is
// told with its place. Method: real runs of the counter written to a temporary folder, cut off
// at every length, edited, and written where they cannot be; replayed from there.
#include "runner/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "runner/formats.h"
#include "runner/known.h"
#include "runner/replay.h"
#include "runner/systems_test.h"

namespace storm::runner {
namespace {

namespace fs = std::filesystem;
using history::EventKind;
using ::testing::HasSubstr;

class Folder : public ::testing::Test {
protected:
    Folder() {
        std::string name = (fs::temp_directory_path() / "storm-directory-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~Folder() override { fs::remove_all(root_); }
    [[nodiscard]] std::string at(const std::string& name) const { return (root_ / name).string(); }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(root_), {}));
    }
    fs::path root_;
};

StoredRun stored(const Bench& bench, const std::string& plant, std::uint64_t seed) {
    const auto scenario = testing::scenario_of(bench, testing::scenario_text(plant));
    RunOptions options;
    options.detail = history::Detail::full;
    auto run = run_plan(bench, scenario::plan(scenario, bench.faults, seed), seed, options);
    EXPECT_TRUE(run.has_value());
    StoredRun out;
    if (run) out.result = std::move(*run);
    out.build = build_id();
    out.version = "0.1";
    out.command = "stormproof replay x";
    out.plan_digest = core::hex(fault::digest(out.result.plan));
    return out;
}

void write_text(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

TEST_F(Folder, a_run_comes_back_as_it_was) {
    const auto bench = testing::bench();
    const auto run = stored(bench, "wrong", 3);
    const auto wrote = write_run(at("run"), run, {{"report.html", "<p>"}});
    ASSERT_TRUE(wrote.has_value()) << wrote.error().text();
    const auto back = read_run(at("run"));
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_EQ(back->result.plan, run.result.plan);
    EXPECT_EQ(back->result.record.history, run.result.record.history);
    EXPECT_EQ(back->result.record.digest, run.result.record.digest);
    EXPECT_EQ(verdict_json(*back), verdict_json(run));
    EXPECT_EQ(events_jsonl(back->result.record), events_jsonl(run.result.record));
    EXPECT_EQ(decisions_jsonl(back->result.record), decisions_jsonl(run.result.record));
    EXPECT_EQ(metrics_text(*back), metrics_text(run));
    EXPECT_GT(back->result.record.decisions.size(), 0U);
    EXPECT_EQ(*read_file(at("run") + "/report.html"), "<p>");
    EXPECT_EQ(entries(), 1U);  // Nothing temporary is left.
}

TEST_F(Folder, a_second_run_replaces_the_first_but_nothing_that_is_no_run) {
    const auto bench = testing::bench();
    ASSERT_TRUE(write_run(at("run"), stored(bench, "", 1)).has_value());
    ASSERT_TRUE(write_run(at("run"), stored(bench, "", 2)).has_value());
    EXPECT_EQ(read_run(at("run"))->result.record.seed, 2U);
    fs::create_directory(at("photos"));
    write_text(at("photos") + "/cat.jpg", "meow");
    const auto refused = write_run(at("photos"), stored(bench, "", 1));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().text(), HasSubstr("holds no run"));
    EXPECT_EQ(*read_file(at("photos") + "/cat.jpg"), "meow");
    EXPECT_EQ(entries(), 2U);
}

TEST_F(Folder, a_full_disk_is_an_error_that_leaves_the_older_run_and_nothing_else) {
    const auto bench = testing::bench();
    ASSERT_TRUE(write_run(at("run"), stored(bench, "", 1)).has_value());
    const auto second = stored(bench, "", 2);
    const pid_t child = fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit little{2000, 2000};  // Any longer file fails as on a full disk.
        ::setrlimit(RLIMIT_FSIZE, &little);
        const auto wrote = write_run(at("run"), second);
        _exit(!wrote && wrote.error().kind == core::ErrorKind::io ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(entries(), 1U);
    EXPECT_EQ(read_run(at("run"))->result.record.seed, 1U);
}

TEST_F(Folder, a_place_that_cannot_be_written_is_an_error_that_names_it) {
    const auto bench = testing::bench();
    write_text(at("file"), "x");
    const auto below_file = write_run(at("file") + "/run", stored(bench, "", 1));
    ASSERT_FALSE(below_file.has_value());
    EXPECT_EQ(below_file.error().kind, core::ErrorKind::io);
    EXPECT_THAT(below_file.error().text(), HasSubstr(at("file")));
    const auto on_file = write_run(at("file"), stored(bench, "", 1));
    ASSERT_FALSE(on_file.has_value());
    EXPECT_THAT(on_file.error().text(), HasSubstr("no folder"));
    const auto read_only = write_run("/proc/storm-run", stored(bench, "", 1));
    ASSERT_FALSE(read_only.has_value());
    EXPECT_EQ(*read_file(at("file")), "x");
}

TEST_F(Folder, every_truncated_file_is_refused_with_its_name) {
    const auto bench = testing::bench();
    ASSERT_TRUE(write_run(at("run"), stored(bench, "wrong", 3)).has_value());
    for (const std::string file :
         {"verdict.json", "plan.json", "decisions.jsonl", "history.jsonl", "events.jsonl"}) {
        const std::string path = at("run") + "/" + file;
        const std::string whole = *read_file(path);
        const std::size_t step = whole.size() / 37 + 1;
        for (std::size_t size = 1; size + 2 < whole.size(); size += step) {
            write_text(path, std::string_view(whole).substr(0, size));
            const auto back = read_run(at("run"));
            ASSERT_FALSE(back.has_value()) << file << " cut at " << size;
            EXPECT_THAT(back.error().text(), HasSubstr(file));
        }
        write_text(path, whole);
    }
    EXPECT_TRUE(read_run(at("run")).has_value());
}

TEST_F(Folder, a_missing_file_a_binary_one_and_a_foreign_plan_are_told_apart) {
    const auto bench = testing::bench();
    ASSERT_TRUE(write_run(at("run"), stored(bench, "", 1)).has_value());
    EXPECT_EQ(read_run(at("nothing")).error().kind, core::ErrorKind::not_found);
    const std::string plan_path = at("run") + "/plan.json";
    const std::string plan_text = *read_file(plan_path);
    fs::remove(plan_path);
    EXPECT_EQ(read_run(at("run")).error().kind, core::ErrorKind::not_found);
    write_text(plan_path, std::string_view("\x7f"
                                           "ELF\0\xff",
                                           6));
    EXPECT_EQ(read_run(at("run")).error().kind, core::ErrorKind::bad_input);
    auto other = *fault::plan_from_json(plan_text);
    other.scenario = "other.yaml";
    other.scenario_digest = "0123456789abcdef";
    write_text(plan_path, fault::to_json(other));
    EXPECT_THAT(read_run(at("run")).error().text(), HasSubstr("plan of another scenario"));
}

TEST_F(Folder, a_file_beyond_the_bound_is_refused_unread) {
    std::ofstream(at("big")) << 'x';
    fs::resize_file(at("big"), 300ULL << 20U);
    const auto text = read_file(at("big"));
    ASSERT_FALSE(text.has_value());
    EXPECT_THAT(text.error().text(), HasSubstr("at most"));
    EXPECT_FALSE(read_file("/dev/zero").has_value());
    EXPECT_FALSE(read_file(root_.string()).has_value());
}

TEST_F(Folder, a_run_that_is_too_long_loses_messages_long_before_its_end_and_says_so) {
    const auto bench = testing::bench();
    auto run = stored(bench, "wrong", 3);
    const auto whole = run.result.record;
    const auto most = events_jsonl(whole).size() * 3 / 4;
    auto shorter = run;
    const auto less = decisions_jsonl(whole).size() * 2 / 3;
    fit(shorter, less);
    EXPECT_LE(decisions_jsonl(shorter.result.record).size(), less);
    EXPECT_LE(history::to_jsonl(shorter.result.record.history).size(), less);
    ASSERT_GE(shorter.cut.size(), 2U);
    EXPECT_EQ(shorter.cut[1].file, "decisions.jsonl");
    EXPECT_EQ(shorter.cut[1].of, whole.decisions.size());
    fit(run, most);
    const auto& record = run.result.record;
    EXPECT_LE(events_jsonl(record).size(), most);
    ASSERT_FALSE(run.cut.empty());
    EXPECT_EQ(run.cut[0].file, "events.jsonl");
    EXPECT_EQ(run.cut[0].kept, record.trace.size());
    EXPECT_EQ(run.cut[0].of, whole.trace.size());
    const auto downs = [](const history::RunRecord& of) {
        return std::ranges::count(of.trace, history::EventKind::down, &history::Event::kind);
    };
    EXPECT_EQ(downs(record), downs(whole));
    EXPECT_EQ(record.trace.back().sequence, whole.trace.back().sequence);
    for (const auto& finding : run.result.findings) {
        for (const auto index : finding.operations) EXPECT_LT(index, record.history.size());
    }
    ASSERT_TRUE(write_run(at("run"), run).has_value());
    const auto back = read_run(at("run"));
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_EQ(verdict_json(*back), verdict_json(run));
    EXPECT_EQ(back->cut[0].text(), run.cut[0].text());
    const auto again = replay(bench, *back, {});
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(again->identical) << "the same build draws it all again";
}

/// A run whose events are mostly messages and operations, and whose leaders change early.
history::RunRecord busy_record() {
    history::RunRecord record;
    const auto add = [&](EventKind kind, const std::string& name, const Value& value = {}) {
        const Instant at{static_cast<std::int64_t>(record.trace.size()) * 1'000'000};
        const auto node = core::Id::node(static_cast<std::uint32_t>(record.trace.size() % 3));
        record.trace.push_back({.at = at,
                                .sequence = record.trace.size(),
                                .kind = kind,
                                .node = node,
                                .name = name,
                                .value = value});
        if (kind == EventKind::publish) record.published.push_back({node, name, value, at});
    };
    add(EventKind::up, "");
    for (const bool leads : {true, false, true}) add(EventKind::publish, "leading", leads);
    for (std::int64_t i = 0; i < 2000; ++i) {
        for (const auto kind : {EventKind::invoke, EventKind::send, EventKind::deliver,
                                EventKind::timer, EventKind::complete}) {
            add(kind, "write");
        }
        if (i % 4 == 0) add(EventKind::publish, "stored", i);
    }
    add(EventKind::violated, "");
    record.ended = record.trace.back().at;
    return record;
}

TEST_F(Folder, of_a_run_that_is_too_long_what_nodes_published_outlives_messages_and_operations) {
    const auto bench = testing::bench();
    auto run = stored(bench, "", 1);
    const auto whole = busy_record();
    const auto count = [](const history::RunRecord& of, EventKind kind) {
        return std::ranges::count(of.trace, kind, &history::Event::kind);
    };
    const auto size = events_jsonl(whole).size();
    for (const auto most : {size / 2, size / 4, size / 40}) {
        run.cut.clear();
        run.result.record = whole;
        fit(run, most);
        const auto& record = run.result.record;
        EXPECT_LE(events_jsonl(record).size(), most);
        EXPECT_EQ(std::ranges::count(record.published, "leading", &history::Published::key), 3);
        EXPECT_EQ(count(record, EventKind::up) + count(record, EventKind::violated), 2);
        if (most * 4 >= size) EXPECT_EQ(record.published.size(), whole.published.size());
        EXPECT_GT(count(record, EventKind::send), 0) << "some are left before the end";
        EXPECT_LT(count(record, EventKind::send), 1500);
        ASSERT_EQ(run.cut.size(), 1U);
        EXPECT_THAT(run.cut[0].text(), HasSubstr("messages, timers, files and logs before "));
    }
    EXPECT_THAT(run.cut[0].text(), HasSubstr("; published \"stored\" before "));
}

TEST_F(Folder, a_replay_in_the_same_build_gives_the_same_bytes) {
    const auto bench = testing::bench();
    ASSERT_TRUE(write_run(at("run"), stored(bench, "wrong", 3)).has_value());
    const auto back = read_run(at("run"));
    ASSERT_TRUE(back.has_value());
    const auto again = replay(bench, *back, {});
    ASSERT_TRUE(again.has_value()) << again.error().text();
    EXPECT_TRUE(again->identical);
    EXPECT_TRUE(again->same_build);
    EXPECT_FALSE(again->edited);
    EXPECT_EQ(events_jsonl(again->result.record), events_jsonl(back->result.record));
    const auto part = replay(bench, *back, {.until = Instant{} + core::milliseconds(500)});
    ASSERT_TRUE(part.has_value());
    EXPECT_TRUE(part->identical);
    EXPECT_LT(part->result.record.trace.size(), again->result.record.trace.size());
    EXPECT_LE(part->result.record.trace.back().at, Instant{} + core::milliseconds(500));
}

TEST_F(Folder, in_another_build_recorded_decisions_keep_the_outcome) {
    const auto bench = testing::bench();
    auto run = stored(bench, "wrong", 3);
    run.build = "another";
    const auto again = replay(bench, run, {});
    ASSERT_TRUE(again.has_value());
    EXPECT_FALSE(again->same_build);
    EXPECT_TRUE(again->same_reasons);
    EXPECT_TRUE(again->unplaced.empty());
    EXPECT_EQ(again->result.plan, run.result.plan);
}

TEST_F(Folder, after_an_edit_the_decisions_that_find_no_place_are_listed) {
    const auto bench = testing::bench();
    const auto run = stored(bench, "wrong", 3);
    auto edited = run.result.plan;
    edited.operations.resize(edited.operations.size() / 2);
    const auto again = replay(bench, run, {.plan = edited});
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(again->edited);
    EXPECT_FALSE(again->identical);
    EXPECT_FALSE(again->unplaced.empty());
    EXPECT_THAT(again->sentence, HasSubstr("edited"));
}

TEST_F(Folder, known_failures_come_back_and_a_bad_line_costs_only_itself) {
    const std::vector<Known> known = {{"linearizable/stale read/", 42, "a \"quote\"", "d1"},
                                      {"no-crash/abort/x.cpp:3", 7, "", ""}};
    const auto path = known_path(root_.string(), "scenarios/my test.yaml");
    EXPECT_THAT(path, HasSubstr(".stormproof/known/my_test-"));
    EXPECT_NE(path, known_path(root_.string(), "other/my test.yaml"));
    ASSERT_TRUE(write_known(path, known).has_value());
    auto back = read_known(path);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->known, known);
    EXPECT_TRUE(back->problems.empty());
    write_text(path, to_jsonl(known) + "{\"reason\":\"x\"}\n{\"sneed\":1}\nnot json\n");
    back = read_known(path);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->known, known);
    ASSERT_EQ(back->problems.size(), 3U);
    EXPECT_THAT(back->problems[1], HasSubstr(":4:2"));
    EXPECT_THAT(back->problems[1], HasSubstr("seed"));
    ASSERT_TRUE(write_known(path, {}).has_value());
    EXPECT_TRUE(read_known(path)->known.empty());
}

TEST_F(Folder, what_is_known_of_one_variant_lies_apart_and_a_line_can_be_added_at_any_time) {
    const auto plain = known_path(root_.string(), "s.yaml");
    EXPECT_NE(plain, known_path(root_.string(), "s.yaml", {"system.plant=x"}));
    EXPECT_EQ(plain, known_path(root_.string(), "./s.yaml", {}));
    ASSERT_TRUE(append_known(plain, {"a/b/", 1, "one", "d"}).has_value());
    std::ofstream(plain, std::ios::app) << "{\"reason\":\"ha";  // Killed in the middle.
    ASSERT_TRUE(append_known(plain, {"a/c/", 2, "two", "d"}).has_value());
    const auto back = read_known(plain);
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(back->known.size(), 2U);
    EXPECT_EQ(back->known[1].sentence, "two");
    EXPECT_EQ(back->problems.size(), 1U);
}

TEST(Formats, a_violation_is_a_failure_and_an_undecided_check_is_an_error_never_a_skip) {
    SweepReport report;
    report.run = 10;
    report.verdict = check::Verdict::inconclusive;
    report.why = "a <check> & \"more\"\x01";
    EXPECT_THAT(to_junit(report, "s.yaml"), HasSubstr("<error type=\"inconclusive\""));
    EXPECT_THAT(to_junit(report, "s.yaml"),
                HasSubstr("a &lt;check&gt; &amp; &quot;more&quot;\xEF\xBF\xBD"));
    EXPECT_THAT(to_tap(report, "s.yaml"), HasSubstr("not ok 1 - 10 seeds"));
    Group group;
    group.reason = "a/b/#c";
    group.finding.sentence = "It broke.";
    report.groups.push_back(group);
    report.verdict = check::Verdict::violated;
    report.groups[0].directory = "runs/s-4";
    report.groups[0].command = "stormproof replay runs/s-4";
    EXPECT_THAT(to_junit(report, "s.yaml"), HasSubstr("failures=\"2\" errors=\"0\""));
    EXPECT_THAT(to_junit(report, "s.yaml"), HasSubstr("replay: stormproof replay runs/s-4"));
    EXPECT_THAT(to_tap(report, "s.yaml"), HasSubstr("  directory: \"runs/s-4\"\n"));
    EXPECT_THAT(sweep_json(report, "s.yaml"), HasSubstr("\"directory\":\"runs/s-4\""));
    EXPECT_THAT(to_tap(report, "s.yaml"), HasSubstr("1..2\nnot ok 1 - a/b/\\#c"));
    EXPECT_THAT(to_jsonl(report, "s.yaml"), HasSubstr("\"type\":\"reason\""));
    EXPECT_EQ(std::ranges::count(to_jsonl(report, "s.yaml"), '\n'), 2);
    EXPECT_THAT(sweep_json(report, "s.yaml"), HasSubstr("\"reason\":\"a/b/#c\""));
}

/// The keys of `object` stand in the schema's properties, and all that are required are there.
void expect_described(const nlohmann::json& object, const nlohmann::json& schema) {
    for (const auto& [key, value] : object.items()) {
        EXPECT_TRUE(schema["properties"].contains(key)) << key;
        if (!schema["properties"].contains(key)) continue;
        const auto& inner = schema["properties"][key];
        if (!value.is_array() || !inner.contains("items")) continue;
        for (const auto& item : value) {
            if (item.is_object()) expect_described(item, inner["items"]);
        }
    }
    for (const auto& key : schema["required"]) {
        EXPECT_TRUE(object.contains(key.get<std::string>())) << key;
    }
}

nlohmann::json schema_of(const std::string& name) {
    std::ifstream in("docs/formats/" + name + ".schema.json");
    return nlohmann::json::parse(in);
}

TEST(Formats, what_is_written_is_what_the_schemas_describe) {
    const auto bench = testing::bench();
    const auto run = stored(bench, "wrong", 3);
    expect_described(nlohmann::json::parse(verdict_json(run)), schema_of("verdict"));
    const auto lines = [](const std::string& text, const std::string& name) {
        std::size_t seen = 0;
        for (const auto& line : core::split(text, '\n')) {
            if (line.empty()) continue;
            expect_described(nlohmann::json::parse(line), schema_of(name));
            if (++seen == 200) break;
        }
        EXPECT_GT(seen, 0U) << name;
    };
    lines(events_jsonl(run.result.record), "events");
    lines(decisions_jsonl(run.result.record), "decisions");
    lines(to_jsonl(std::vector<Known>{{"a/b/c", 1, "", ""}}), "known");
    const auto scenario = testing::scenario_of(bench, testing::scenario_text("wrong"));
    auto options = testing::options(30);
    options.known = {{"x/y/", 999, "", ""}};
    const auto report = sweep(bench, scenario, options);
    ASSERT_TRUE(report.has_value());
    expect_described(nlohmann::json::parse(sweep_json(*report, "s.yaml")), schema_of("sweep"));
}

TEST(Build, its_id_is_the_same_each_time_it_is_asked) {
    EXPECT_EQ(build_id(), build_id());
    EXPECT_GE(build_id().size(), 16U);
}

}  // namespace
}  // namespace storm::runner
