// core/golden_test.h - compares text with a file of the tree; STORM_UPDATE=1 rewrites it.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace storm::core {

/// `path` counts from the root of the tree, where tests run.
inline void expect_golden(const std::string& path, const std::string& text) {
    if (std::getenv("STORM_UPDATE") != nullptr) {
        std::ofstream(path) << text;
        return;
    }
    std::ifstream file(path);
    ASSERT_TRUE(file) << path << " is missing; STORM_UPDATE=1 writes it";
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(golden.str(), text) << path << " differs; if it should, STORM_UPDATE=1 rewrites it";
}

}  // namespace storm::core
