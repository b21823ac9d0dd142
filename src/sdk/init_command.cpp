#include "sdk/init_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "runner/directory.h"
#include "sdk/init_files.h"

namespace storm::sdk {

int init(Session& session, const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
        return session.fail(code::usage, directory + ": there is something in it already",
                            "choose a folder that is empty or not there");
    }
    for (const auto& [name, text] : project_files()) {
        const fs::path path = fs::path(directory) / name;
        fs::create_directories(path.parent_path(), error);
        if (error) {
            return session.fail(core::Error{
                core::ErrorKind::io, path.parent_path().string() + ": " + error.message(), {}});
        }
        if (const auto written = runner::write_file(path.string(), text); !written) {
            return session.fail(written.error());
        }
        session.out.print(fmt::format("  wrote {}\n", path.string()));
    }
    session.out.print(fmt::format("\nNext:  cd {} && make test\n", directory));
    return code::pass;
}

}  // namespace storm::sdk
