#include "sdk/init_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/directory.h"
#include "sdk/init_files.h"

namespace storm::sdk {
namespace {

namespace fs = std::filesystem;

/// What was made, in order, so that it can be taken back.
using Made = std::vector<fs::path>;

core::Result<void> make_folders(const fs::path& path, Made& made) {
    if (path.empty() || fs::exists(path)) return {};
    STORM_CHECK(make_folders(path.parent_path(), made));
    std::error_code error;
    fs::create_directory(path, error);
    if (error) {
        return core::fail(core::ErrorKind::io, path.string() + ": " + error.message());
    }
    made.push_back(path);
    return {};
}

core::Result<void> make_project(const fs::path& directory, Made& made) {
    for (const auto& [name, text] : project_files()) {
        const fs::path path = directory / name;
        STORM_CHECK(make_folders(path.parent_path(), made));
        STORM_CHECK(runner::write_file(path.string(), text));
        made.push_back(path);
    }
    return {};
}

}  // namespace

int init(Session& session, const std::string& directory) {
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
        return session.fail(code::usage, directory + ": there is something in it already",
                            "choose a folder that is empty or not there");
    }
    Made made;
    if (const auto done = make_project(directory, made); !done) {
        // Half a project helps nobody, and would be in the way of the next try.
        for (auto path = made.rbegin(); path != made.rend(); ++path) fs::remove(*path, error);
        return session.fail(done.error());
    }
    for (const auto& [name, text] : project_files()) {
        session.out.print(fmt::format("  wrote {}\n", (fs::path(directory) / name).string()));
    }
    session.out.print(fmt::format("\nNext:  cd {} && make test\n", shell_word(directory)));
    return code::pass;
}

}  // namespace storm::sdk
