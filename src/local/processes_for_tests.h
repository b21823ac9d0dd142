// local/processes_for_tests.h - looks at processes and directories from outside.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace storm::local::test {

/// All children of `parent`, also stopped ones and those that were not waited for.
inline std::set<pid_t> children_of(pid_t parent) {
    std::set<pid_t> found;
    std::error_code gone;  // Processes end while we look.
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::stringstream text;
        text << file.rdbuf();
        const std::string line = text.str();
        const auto end = line.rfind(')');
        if (end == std::string::npos) continue;
        std::istringstream rest(line.substr(end + 2));
        char state = 0;
        pid_t of = 0;
        rest >> state >> of;
        if (of == parent) found.insert(static_cast<pid_t>(std::stol(name)));
    }
    return found;
}

}  // namespace storm::local::test
