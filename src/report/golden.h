// report/golden.h - text that must stay as a file of the tree has it: for tests.
//
// A test compares with golden_difference(); with STORM_UPDATE set in the environment the file
// is rewritten instead, and the change is seen in the diff of the commit.
#pragma once
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace storm::report {

/// "" if `text` is what src/report/golden/NAME holds, else what to say about it.
[[nodiscard]] inline std::string golden_difference(const std::string& name,
                                                   const std::string& text) {
    const char* root = std::getenv("STORM_ROOT");
    const std::string path =
        std::string(root != nullptr ? root : ".") + "/src/report/golden/" + name;
    if (std::getenv("STORM_UPDATE") != nullptr) {
        std::ofstream(path) << text;
        return {};
    }
    std::ifstream file(path);
    if (!file) return path + " is missing; STORM_UPDATE=1 writes it";
    std::ostringstream golden;
    golden << file.rdbuf();
    if (golden.str() == text) return {};
    return path + " has\n" + golden.str() + "\nbut it is now\n" + text +
           "\nIf it should, STORM_UPDATE=1 rewrites it.";
}

}  // namespace storm::report
