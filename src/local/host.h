// local/host.h - one endpoint for real: an Io over a UDP socket, a directory and a clock.
//
//             step(): one event at a time, in turns
//   timers ──┐
//   files  ──┼──▶ Io (node code) ──▶ sendto | timers | queue of file work | Listener
//   socket ──┘
//
// A node's process holds one and loops over it; the parent holds one for each client. Nothing
// here waits: who holds it polls the socket until next_due(). Damaged and foreign datagrams
// are counted and dropped.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/context.h"
#include "local/draws.h"
#include "local/files.h"
#include "local/report.h"
#include "local/timers.h"
#include "node/io.h"

namespace storm::local {

/// Of one endpoint; lies in memory that the parent shares with the node's process.
struct Counters {
    std::atomic<std::uint64_t> events{0}, messages{0};
    std::atomic<std::uint64_t> damaged{0}, foreign{0};  // Datagrams dropped on arrival.
    std::atomic<std::uint64_t> unsent{0};               // Too large, or the kernel refused.
};

/// What all endpoints of one run have in common.
struct Common {
    const fault::Plan& plan;
    Draws draws;
    std::uint64_t run = 0;
    std::int64_t origin_ns = 0;        // On the machine's monotonic clock.
    bool full = false;                 // Detail::full: packets, files, logs and decisions are told.
    std::vector<std::uint16_t> ports;  // By index.

    [[nodiscard]] std::size_t index_of(core::Id id) const {
        return id.is_client() ? plan.nodes + id.index() : id.index();
    }
    [[nodiscard]] bool knows(core::Id id) const {
        return id.index() < (id.is_client() ? plan.clients : plan.nodes);
    }
    [[nodiscard]] Instant now() const { return {monotonic_ns() - origin_ns}; }
};

class Host final : public node::Driver, public core::CodeHooks {
public:
    Host(const Common& common, core::Id id, int socket, Counters& counters, Listener& listener);
    ~Host();

    /// For nodes; clients have no files.
    [[nodiscard]] core::Result<void> open_files(const std::string& directory);
    void begin_life(std::uint32_t incarnation, core::Key life);
    /// Ends the life: nothing leaves any more, frames are destroyed.
    void end_life();
    /// Starts a task of node code.
    void start(core::Key key, Task<> task);
    [[nodiscard]] node::Io& io() { return *io_; }

    /// Handles one event, if there is one; false if there is nothing to do now.
    bool step();
    /// The socket may have something.
    void readable() { readable_ = true; }
    /// When step() has something to do even if nothing arrives.
    [[nodiscard]] Instant next_due();
    /// Tells how often properties and code points were met since it was last called.
    void flush_sites();
    /// Whether flush_sites() has something to tell: 0 no, 1 it can wait, 2 a site is new.
    [[nodiscard]] int sites_wait() const { return sites_wait_; }

    void transmit(node::Io& from, node::Packet&& packet) override;
    node::TimerId arm(node::Io& io, node::Waiter& waiter, Duration after, core::Key key) override;
    void disarm(node::Io& io, node::TimerId timer) override;
    Instant monotonic(node::Io& io) override;
    core::WallTime wall(node::Io& io) override;
    void submit(node::Io& io, node::FileRequest&& request) override;
    std::uint64_t dice_lane(core::Key key) override;
    void published(node::Io& io, std::string_view key, const Value& value) override;
    bool logging(core::Key) override { return common_.full; }
    void logged(node::Io& io, std::string&& line) override;
    void threw(node::Io& io, std::string_view what) override;

    bool maybe(const core::CodeSite& site) override;
    void property(const core::CodeSite& site, bool holds) override;
    void leaked(std::string_view) override {}  // The simulator finds those.
    void allocated(std::ptrdiff_t bytes) override { memory_ += bytes; }

private:
    struct Site {
        const core::CodeSite* code = nullptr;
        core::Key key = 0;
        std::uint64_t reached = 0, held = 0;  // Since last told.
        bool known_held = false;              // Was ever told as held.
        bool broken = false;                  // Told as a breach: once is enough.
        int active = -1;                      // Drawn once a run.
    };

    void enter();
    void leave();
    bool step_timer();
    bool step_file();
    bool step_datagram();
    [[nodiscard]] std::int64_t draw(fault::Purpose purpose, core::Key key, const char* name,
                                    const Draws::Scale& scale);
    Site& site_of(const core::CodeSite& code);
    void tell(Report&& report);

    const Common& common_;
    core::Id id_;
    std::string name_;
    int socket_;
    Counters& counters_;
    Listener& listener_;
    std::unique_ptr<node::Io> io_;
    std::unique_ptr<Files> files_;
    Timers<node::Waiter*> timers_;
    std::deque<node::FileRequest> work_;
    std::vector<Site> sites_;
    std::vector<std::byte> out_, in_;
    std::int64_t memory_ = 0, memory_limit_ = 0;
    int sites_wait_ = 0;
    unsigned turn_ = 0;
    bool readable_ = true;
    bool memory_told_ = false;
};

}  // namespace storm::local
