// local/files.h - the files of one node: real ones, in a directory of its own.
//
// Names are flat, as in the node contract: what a file system would take for a path ("/", a
// leading dot) is escaped with '%', so no name leaves the directory and every name that works
// in the simulator works here.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "local/posix.h"
#include "node/driver.h"

namespace storm::local {

class Files {
public:
    /// Opens `directory`, which must exist.
    [[nodiscard]] core::Result<void> open(const std::string& directory);
    /// Carries out one request, now. Everything but close has a reply.
    [[nodiscard]] node::FileReply carry_out(const node::FileRequest& request);

private:
    [[nodiscard]] int open_one(const node::FileRequest& request, std::uint32_t& handle);
    [[nodiscard]] int list(std::vector<std::string>& names) const;
    [[nodiscard]] int fd(std::uint32_t handle) const;

    Fd directory_;
    std::vector<Fd> open_;  // By handle.
};

/// The name of a file in the directory, and back.
[[nodiscard]] std::string escaped(std::string_view name);
[[nodiscard]] std::string unescaped(std::string_view name);

}  // namespace storm::local
