// sdk/init_files.h - the files that `init` writes, as text.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace storm::sdk {

/// (path, content), in the order in which a newcomer reads them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> project_files();

}  // namespace storm::sdk
