// local/process.h - the processes of a run: a node's, and the one that tidies up after us.
//
// A node's process is a fork of ours that never returns: it loops over one Host. It dies with
// us, whatever ends us: by the kernel's parent-death signal (Linux), and because its channel
// ends. The warden is a process in a session of its own that waits for the end of a pipe, for
// whatever reason it ends, and then removes the run's directory.
#pragma once
#include <sys/types.h>

#include <string>

#include "core/result.h"
#include "local/host.h"
#include "local/posix.h"
#include "node/system.h"

namespace storm::local {

/// What one life of a node is made of.
struct NodeLife {
    const node::System& system;
    const node::Options& options;
    core::Id id;
    std::uint32_t incarnation = 0;
    core::Key life = 0;
    std::string directory;
    int socket = -1;
};

struct NodeProcess {
    pid_t pid = -1;
    Fd channel;  // Reports; one message each.
};

/// Forks the process of one life.
[[nodiscard]] core::Result<NodeProcess> fork_node(const Common& common, const NodeLife& life,
                                                  Counters& counters);

class Warden {
public:
    Warden() = default;
    Warden(const Warden&) = delete;
    Warden& operator=(const Warden&) = delete;
    ~Warden() { finish(); }
    /// From now on `directory` goes when we do.
    [[nodiscard]] core::Result<void> start(const std::string& directory);
    /// Has it removed now, and waits until it is.
    void finish();

private:
    pid_t pid_ = -1;
    Fd pipe_;
};

}  // namespace storm::local
