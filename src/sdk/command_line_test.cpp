// Tests of the command line itself: goal: what cannot be done as asked is said and never ignored;
// help and lists fit a screen of 80 columns; lists are there for programs, too.
// Method: the real program, its streams set between fork and exec.
#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "sdk/program_test.h"
#include "sdk/schema_test.h"

namespace storm::sdk::testing {
namespace {

using Words = std::vector<std::string>;

class CommandLine : public Program {
protected:
    [[nodiscard]] std::string sound() const {
        return scenario("demo/primary-backup-repaired.yaml");
    }
    [[nodiscard]] std::string schema(const std::string& name) const {
        return (tree_ / "docs/formats" / (name + ".schema.json")).string();
    }
    /// With stdout (or stderr) set by `change` between fork and exec.
    [[nodiscard]] Ended with(Words words, std::function<void()> change) const {
        return storm(std::move(words),
                     {.in_child = std::move(change), .meanwhile = {}, .program = {}});
    }
    void expect_fits(const Words& words) const {
        const auto answer = with(words, [] { setenv("COLUMNS", "80", 1); });
        EXPECT_EQ(answer.code, 0) << answer.all();
        for (const auto& line : core::split(answer.out, '\n')) {
            EXPECT_LE(core::columns(line), 80U) << words.front() << ": " << line;
        }
    }
    /// The commands that a page of help lists.
    static Words commands_in(const std::string& help) {
        Words names;
        bool listed = false;
        for (const auto& line : core::split(help, '\n')) {
            if (line.starts_with("Commands:")) listed = true;
            if (listed && line.starts_with("  ")) {
                names.push_back(line.substr(2, line.find(' ', 2) - 2));
            }
        }
        return names;
    }
};

TEST_F(CommandLine, AResultThatCannotBeWrittenIsAnErrorAndNot0) {
    for (const Words& words : {Words{"schema"}, Words{"fault", "ls"}, Words{"plan", sound()},
                               Words{"validate", sound()}, Words{"run", sound(), "--seed", "3"},
                               Words{"replay"}, Words{"--help"}, Words{"--version"}}) {
        const auto answer = with(words, [] {
            const int full = open("/dev/full", O_WRONLY);
            dup2(full, 1);
        });
        EXPECT_EQ(answer.code, 70) << words.front();
        EXPECT_TRUE(has(answer.err, "stdout: No space left on device")) << answer.err;
    }
}

TEST_F(CommandLine, AResultThatNobodyOpenedAStreamForIsLostAndSaidToBe) {
    for (const Words& words : {Words{"schema"}, Words{"run", sound(), "--seed", "3"},
                               Words{"replay"}, Words{"--version"}}) {
        const auto answer = with(words, [] { close(1); });
        EXPECT_EQ(answer.code, 70) << words.front();
        EXPECT_TRUE(has(answer.err, "could not be written to stdout: it is closed")) << answer.err;
    }
    EXPECT_EQ(with({"run", sound(), "--seed", "3"}, [] { close(0); }).code, 0);
    EXPECT_EQ(with({"run", sound(), "--seed", "3"}, [] { close(2); }).code, 0);
}

TEST_F(CommandLine, AReaderThatGoesAwayIsNoError) {
    const auto answer = with({"schema"}, [] {
        int ends[2];
        if (pipe(ends) != 0) _exit(97);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
    });
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(answer.err, "");
}

TEST_F(CommandLine, StreamsThatNobodyOpenedDoNotGetIntoTheFilesOfARun) {
    const auto open_run = storm({"run", sound(), "--seed", "3", "--out", "open"});
    ASSERT_EQ(open_run.code, 0) << open_run.all();
    const auto closed = with({"run", sound(), "--seed", "3", "--out", "closed"}, [] {
        for (int stream = 0; stream < 3; ++stream) close(stream);
    });
    EXPECT_EQ(closed.code, 70) << "nobody reads its result";
    for (const auto* file : {"/plan.json", "/events.jsonl", "/history.jsonl", "/decisions.jsonl"}) {
        EXPECT_EQ(read(std::string("open") + file), read(std::string("closed") + file)) << file;
    }
    const auto swept = with({"run", scenario("demo/primary-backup.yaml"), "--no-cause", "--seeds",
                             "50", "--out", "swept"},
                            [] { close(1); });
    EXPECT_EQ(swept.code, 70) << swept.err;
    EXPECT_EQ(storm({"replay", "swept"}).code, 0) << "what was found is found again";
}

TEST_F(CommandLine, ASeedIsAWholeNumberFrom1AndOneSeedIsNoSweep) {
    for (const auto* seed : {"-1", "0", "99999999999999999999999", "1e3", "3x", ""}) {
        for (const auto* command : {"run", "plan"}) {
            const auto answer = storm({command, sound(), "--seed", seed});
            EXPECT_EQ(answer.code, 64) << command << " " << seed;
            EXPECT_TRUE(has(answer.err, "--seed")) << answer.err;
        }
    }
    EXPECT_EQ(storm({"plan", sound(), "--seed", "18446744073709551615"}).code, 0);
    EXPECT_EQ(storm({"run", sound(), "--seeds", "0..3"}).code, 64);
    EXPECT_EQ(storm({"run", sound(), "--jobs", "-1"}).code, 64);
    EXPECT_EQ(storm({"run", sound(), "--jobs", "100000"}).code, 64);
    for (const Words& words : {Words{"run", sound(), "--jobs", "0"}, Words{"selftest", "-j", "0"},
                               Words{"shrink", "--jobs", "0"}, Words{"demo", "-j", "0"}}) {
        const auto none = storm(words);
        EXPECT_EQ(none.code, 64) << words.front();
        EXPECT_TRUE(has(none.err, "0 is no whole number from 1 to ")) << none.err;
    }
    for (const Words& more : {Words{"--seeds", "1..2"}, Words{"--for", "1s"}}) {
        Words words{"run", sound(), "--seed", "3"};
        words.insert(words.end(), more.begin(), more.end());
        const auto answer = storm(words);
        EXPECT_EQ(answer.code, 64);
        EXPECT_TRUE(has(answer.err, "--seed and " + more[0] + " do not go together")) << answer.err;
    }
    write("zero.yaml", content(sound()) + "\n");
    const auto zero = storm({"validate", "zero.yaml", "--set", "seeds=0..3"});
    EXPECT_EQ(zero.code, 65) << zero.all();
}

TEST_F(CommandLine, AFormatThatACommandDoesNotHaveIsRefusedAndNeverIgnored) {
    write("c.yaml", content(sound()));
    for (const Words& words :
         {Words{"demo", "--format", "json"}, Words{"fault", "ls", "--format", "tap"},
          Words{"checks", "explain", "progress", "--format", "md"},
          Words{"validate", "c.yaml", "--format", "junit"},
          Words{"plan", "c.yaml", "--format", "text"}, Words{"selftest", "--format", "tap"},
          Words{"doctor", "--format", "jsonl"}, Words{"report", "--format", "json"},
          Words{"init", "new", "--format", "json"}, Words{"replay", "--format", "nothing"}}) {
        const auto answer = storm(words);
        EXPECT_EQ(answer.code, 64) << words.front() << "\n" << answer.all();
        EXPECT_EQ(answer.out, "");
    }
    EXPECT_FALSE(there("new"));
}

TEST_F(CommandLine, ListsAndPagesAreThereForProgramsAsTheSchemaSays) {
    const auto json = [&](Words words) {
        words.insert(words.end(), {"--format", "json"});
        const auto answer = storm(words);
        EXPECT_EQ(answer.code, 0) << answer.all();
        return answer.out;
    };
    const std::string pages = schema("catalogue");
    expect_value(Schema(pages, "faults"), json({"fault", "ls"}));
    expect_value(Schema(pages, "fault"), json({"fault", "explain", "net.partition"}));
    expect_value(Schema(pages, "checks"), json({"checks", "ls"}));
    expect_value(Schema(pages, "check"), json({"checks", "explain", "linearizable"}));
    expect_value(Schema(pages, "systems"), json({"system", "ls"}));
    const auto raft = json({"system", "explain", "raft"});
    expect_value(Schema(pages, "system"), raft);
    EXPECT_EQ(nlohmann::json::parse(raft)["code_points"][0], "raft/compact-now");
    EXPECT_TRUE(has(storm({"system", "explain", "raft"}).out, "code points   raft/compact-now,"));
    EXPECT_FALSE(has(storm({"system", "explain", "register"}).out, "raft/"));
    expect_value(Schema(pages, "doctor"), json({"doctor"}));
    expect_value(Schema(pages, "validated"), json({"validate", sound(), sound()}));
    write("wrong.yaml", "stormproof: 1\nsystem: nobody\nfor: 5\n");
    const auto wrong = storm({"validate", "wrong.yaml", "--format", "json"});
    EXPECT_EQ(wrong.code, 65);
    EXPECT_EQ(wrong.err, "");
    expect_value(Schema(pages, "validated"), wrong.out);
    const auto told = nlohmann::json::parse(wrong.out);
    EXPECT_EQ(told[0]["valid"], false);
    EXPECT_EQ(told[0]["problems"][0]["line"], 2);
}

TEST_F(CommandLine, ValidateAndPlanReadStdin) {
    write("c.yaml", content(sound()));
    const auto from = [&](const std::string& name) {
        return [path = (folder_ / name).string()] {
            const int file = open(path.c_str(), O_RDONLY);
            dup2(file, 0);
        };
    };
    const auto valid = with({"validate", "-"}, from("c.yaml"));
    EXPECT_EQ(valid.code, 0) << valid.all();
    EXPECT_EQ(with({"plan", "-", "--seed", "2"}, from("c.yaml")).code, 0);
    write("wrong.yaml", "stormproof: 1\nsystem: nobody\nfor: 5s\n");
    const auto wrong = with({"validate", "-"}, from("wrong.yaml"));
    EXPECT_EQ(wrong.code, 65);
    EXPECT_TRUE(has(wrong.err, "stdin:2:9: error:")) << wrong.err;
    EXPECT_EQ(with({"run", "-"}, from("c.yaml")).code, 64) << "a run needs a file to run again";
    write("big.yaml", "");
    fs::resize_file(folder_ / "big.yaml", 100UL << 20U);
    EXPECT_EQ(with({"validate", "-"}, from("big.yaml")).code, 65);
}

TEST_F(CommandLine, DoctorSaysOfEachWorldWhichFaultsAreMissingAndWhy) {
    const auto answer = storm({"doctor", "--format", "json"});
    const auto found = nlohmann::json::parse(answer.out);
    const auto faults = nlohmann::json::parse(storm({"fault", "ls", "--format", "json"}).out);
    for (const auto& world : found["worlds"]) {
        EXPECT_EQ(world["faults"].size() + world["missing"].size(), faults.size());
        for (const auto& each : world["missing"]) {
            EXPECT_TRUE(has(each["why"], "cannot")) << each.dump();
        }
    }
    const auto text = storm({"doctor"}).out;
    EXPECT_TRUE(has(text, "disk.torn") && has(text, "real files")) << text;
}

TEST_F(CommandLine, EveryPageOfHelpAndEveryListFitsEightyColumns) {
    expect_fits({"--help"});
    for (const auto& command : commands_in(storm({"--help"}).out)) {
        expect_fits({command, "--help"});
        for (const auto& below : commands_in(storm({command, "--help"}).out)) {
            expect_fits({command, below, "--help"});
        }
    }
    for (const auto* group : {"fault", "checks", "system"}) {
        expect_fits({group, "ls"});
        const auto all = nlohmann::json::parse(storm({group, "ls", "--format", "json"}).out);
        for (const auto& each : all) {
            if (std::string(group) == "fault") continue;  // A use to paste stays on its line.
            expect_fits({group, "explain", each["name"].get<std::string>()});
        }
    }
    expect_fits({"doctor"});
}

}  // namespace
}  // namespace storm::sdk::testing
