// sdk/session.h - what one command has at hand: the bench, two streams, the look, the stop flag.
//
// stdout is the result and nothing else; progress, remarks and errors go to stderr. A failure
// is told once, by fail(), which also gives its exit code.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "runner/bench.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"
#include "ui/terminal.h"

namespace storm::sdk {

namespace code {
inline constexpr int pass = 0, violated = 1, inconclusive = 2, usage = 64, bad_scenario = 65,
                     missing = 69, internal = 70, denied = 77;
}

struct Session {
    const Bench& bench;
    ui::Terminal out{1};
    ui::Terminal err{2};
    std::string program;          // As it was called: for commands that can be pasted.
    std::string format = "text";  // text, json, jsonl, junit, tap, md
    bool quiet = false;
    bool verbose = false;

    [[nodiscard]] bool text() const { return format == "text"; }
    /// Prints "program: error: ..." to stderr and gives the exit code of its kind.
    int fail(const core::Error& error);
    int fail(int exit_code, const std::string& what, const std::string& help = {});
};

/// Opens streams 0 to 2 that nobody did on /dev/null: else the next file opened takes their place,
/// and what is printed goes into it. Nothing can be written there, so that finish() says that a
/// result is lost.
void open_missing_streams();

/// What a command ends with: `exit_code`, or internal if its result could not be written. A
/// reader that went away (`| head`) has what it wanted.
[[nodiscard]] int finish(Session& session, int exit_code);

/// `text` as one word of a shell: as it stands where that is enough, else quoted.
[[nodiscard]] std::string shell_word(const std::string& text);

/// Set by SIGINT, SIGTERM and SIGHUP once catch_signals() was called: the number, or 0.
[[nodiscard]] int stopped_by();
void catch_signals();

/// What the first signal does while this lives.
///   ends   the process, at once, with its code: what goes on is one run, of which a part tells
///          nothing, and nothing is being written. Children die with us.
///   waits  within that, for the end of what is not to be left half done.
class FirstSignal {
public:
    enum Does : bool { waits, ends };
    explicit FirstSignal(Does does);
    ~FirstSignal();
    FirstSignal(const FirstSignal&) = delete;
    FirstSignal& operator=(const FirstSignal&) = delete;

private:
    bool before_;
};

/// A file of the tree by the path that the user gave: as it stands, else below the places where
/// the program's own scenarios are installed. not_found if there is none.
[[nodiscard]] core::Result<std::string> find_scenario(const std::string& path,
                                                      const std::string& program);

/// A scenario file as it was read, right or wrong.
struct Loaded {
    std::string path, text;
    std::optional<scenario::Scenario> scenario;  // Absent if there are problems.
    std::vector<scenario::Problem> problems;
};
/// Whether "-" names a file like any other or stdin, and whether a pipe will do. What leaves a run
/// behind needs a file.
enum class Source : std::uint8_t { file, file_or_stdin };
/// An error: there is no such file, it cannot be read, or a setting is no path=value.
[[nodiscard]] core::Result<Loaded> read_scenario(const Session& session, const std::string& path,
                                                 const std::vector<std::string>& settings,
                                                 Source source = Source::file);

/// All problems as `validate` prints them on stderr.
[[nodiscard]] std::string problems_text(const Session& session, const Loaded& loaded);

/// Reads a scenario. Problems are printed (all of them) and give no scenario; `exit_code` says
/// what the command ends with.
[[nodiscard]] std::optional<scenario::Scenario> load(Session& session, const std::string& path,
                                                     const std::vector<std::string>& settings,
                                                     int& exit_code, Source source = Source::file);

/// The run directory that RUN names: a path, or "" for the newest (below runs/, or where `--out`
/// put it last). `pages`: a sweep in which nothing failed will do, which has a page and no run.
[[nodiscard]] core::Result<std::string> find_run(const std::string& run, bool pages = false);

/// Compiler, machine, build: what a verdict depends on, for the report.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> environment();
[[nodiscard]] std::string version_text();

}  // namespace storm::sdk
