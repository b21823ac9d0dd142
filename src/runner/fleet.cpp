#include "runner/fleet.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/guard.h"
#include "core/require.h"
#include "runner/clocks.h"
#include "runner/death.h"

namespace storm::runner {
namespace {

using core::ErrorKind;

constexpr std::uint64_t none = ~std::uint64_t{0};
constexpr std::size_t ring_size = 1U << 20U;
constexpr std::size_t result_max = ring_size / 2;
constexpr int rounds_per_second = 50;

/// One worker's part of the shared memory. Single producer, single consumer.
struct Slot {
    std::atomic<std::uint64_t> item{none};  // What it is at.
    std::atomic<std::uint64_t> serial{0};   // Counts items begun.
    std::atomic<std::uint64_t> head{0};     // Bytes written, ever.
    std::atomic<std::uint64_t> tail{0};     // Bytes read, ever.
    LastWords words;
    alignas(64) std::byte ring[ring_size];
};
struct Shared {
    std::atomic<std::uint64_t> next{0}, limit{0};
};

void ring_copy_in(Slot& slot, std::uint64_t at, const void* from, std::size_t size) {
    if (size == 0) return;  // Nothing may come from nowhere, but memcpy() may not.
    const std::size_t offset = at % ring_size;
    const std::size_t first = std::min(size, ring_size - offset);
    std::memcpy(slot.ring + offset, from, first);
    std::memcpy(slot.ring, static_cast<const std::byte*>(from) + first, size - first);
}
void ring_copy_out(const Slot& slot, std::uint64_t at, void* to, std::size_t size) {
    if (size == 0) return;
    const std::size_t offset = at % ring_size;
    const std::size_t first = std::min(size, ring_size - offset);
    std::memcpy(to, slot.ring + offset, first);
    std::memcpy(static_cast<std::byte*>(to) + first, slot.ring, size - first);
}

struct Frame {
    std::uint64_t item = 0, size = 0;
};

void nap() {
    const timespec short_while{0, 200'000};
    nanosleep(&short_while, nullptr);
}

/// In the worker: waits for room, then writes.
void push(Slot& slot, std::uint64_t item, std::span<const std::byte> result) {
    STORM_REQUIRE(result.size() <= result_max, result.size());
    const std::uint64_t need = sizeof(Frame) + result.size();
    const std::uint64_t head = slot.head.load(std::memory_order_relaxed);
    while (head + need - slot.tail.load(std::memory_order_acquire) > ring_size) nap();
    const Frame frame{item, result.size()};
    ring_copy_in(slot, head, &frame, sizeof frame);
    ring_copy_in(slot, head + sizeof frame, result.data(), result.size());
    slot.head.store(head + need, std::memory_order_release);
}

/// Ends with the parent, even if that is killed with SIGKILL.
void die_with_parent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    leave_signals_to_parent();
    ::signal(SIGPIPE, SIG_DFL);
}

core::Error errno_error(std::string_view doing) {
    return {ErrorKind::io, fmt::format("{}: {}", doing, std::strerror(errno)), {}};
}

}  // namespace

bool ended_from_outside(int status) {
    if (!WIFSIGNALED(status)) return false;
    const int number = WTERMSIG(status);
    return number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGHUP;
}

void leave_signals_to_parent() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
}

unsigned processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

struct Fleet::Crew {
    struct Worker {
        pid_t pid = 0;
        int wake = -1;    // Readable when there are results, at its end when it is dead.
        int output = -1;  // Its stderr.
        std::uint64_t serial = 0;
        Duration cpu_at{}, real_at{};  // When `serial` was first seen.
        bool looping = false;          // Its time was up.
        std::uint64_t again = none;    // An item whose worker was killed from outside ...
        unsigned killed = 0;           // ... so many times.
        StuckWatch pulse;
    };

    ~Crew() {
        for (auto& worker : workers) end(worker);
        if (shared != nullptr) munmap(shared, bytes);
    }
    core::Result<void> map(unsigned jobs) {
        if (shared != nullptr && jobs <= slots_count) return {};
        if (shared != nullptr) munmap(shared, bytes);
        const std::size_t front = (sizeof(Shared) + 4095) / 4096 * 4096;
        bytes = front + sizeof(Slot) * jobs;
        void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            shared = nullptr;
            return std::unexpected(errno_error("mapping memory for workers"));
        }
        shared = new (memory) Shared;
        slots = reinterpret_cast<Slot*>(static_cast<std::byte*>(memory) + front);
        slots_count = jobs;
        return {};
    }
    core::Result<void> begin(std::size_t index, const Work& work);
    [[noreturn]] void work_in_child(const Worker& worker, Slot& slot, const Work& work, int wake);
    void work_at(std::uint64_t item, const Worker& worker, Slot& slot, const Work& work, int wake);
    void drain(std::size_t index, const Work& work);
    core::Result<void> bury(std::size_t index, const Work& work);
    void fell(Worker& worker, std::uint64_t item, const Death& death, const Work& work) const;
    void watch(std::size_t index, const Work& work);
    void wait_for_news() const;
    static void end(Worker& worker);

    Shared* shared = nullptr;
    Slot* slots = nullptr;
    unsigned slots_count = 0;
    std::size_t bytes = 0;
    std::vector<Worker> workers;
    std::vector<std::byte> result;
    unsigned strays = 0;  // Deaths that were nobody's fault.
};

void Fleet::Crew::end(Worker& worker) {
    if (worker.pid > 0) {
        ::kill(worker.pid, SIGKILL);
        ::waitpid(worker.pid, nullptr, 0);
    }
    if (worker.wake >= 0) ::close(worker.wake);
    if (worker.output >= 0) ::close(worker.output);
    const Worker dead = std::exchange(worker, Worker{});
    worker.again = dead.again;
    worker.killed = dead.killed;
}

core::Result<void> Fleet::Crew::begin(std::size_t index, const Work& work) {
    Worker& worker = workers[index];
    Slot& slot = slots[index];
    slot.item.store(none);
    slot.head.store(0);
    slot.tail.store(0);
    slot.words = {};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return std::unexpected(errno_error("making a pipe for a worker"));
    }
    worker.output = open_last_words();
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        const auto error = errno_error("starting a worker");
        ::close(ends[0]);
        ::close(ends[1]);
        return std::unexpected(error);
    }
    if (pid == 0) {
        die_with_parent(parent);
        ::close(ends[0]);
        core::own_descriptor(ends[1]);
        work_in_child(worker, slot, work, ends[1]);
    }
    ::close(ends[1]);
    worker.pid = pid;
    worker.wake = ends[0];
    worker.serial = slot.serial.load();
    worker.cpu_at = {};
    worker.real_at = real_time();
    return {};
}

void Fleet::Crew::work_at(std::uint64_t item, const Worker& worker, Slot& slot, const Work& work,
                          int wake) {
    slot.serial.fetch_add(1, std::memory_order_relaxed);
    slot.item.store(item, std::memory_order_release);
    result.clear();
    work.body(item, result);
    require_channel(wake);
    push(slot, item, result);
    slot.item.store(none, std::memory_order_release);
    trim_output(worker.output);
    const auto filled = slot.head.load() - slot.tail.load(std::memory_order_relaxed);
    if (work.eager || filled > ring_size / 4) {
        [[maybe_unused]] const auto woken = ::write(wake, "", 1);
    }
}

void Fleet::Crew::work_in_child(const Worker& worker, Slot& slot, const Work& work, int wake) {
    redirect_output(worker.output);
    install_death_handlers(&slot.words);
    if (worker.again < shared->limit.load()) work_at(worker.again, worker, slot, work, wake);
    for (;;) {
        if (shared->next.load(std::memory_order_relaxed) >= shared->limit.load()) break;
        const std::uint64_t item = shared->next.fetch_add(1);
        if (item >= shared->limit.load()) break;
        work_at(item, worker, slot, work, wake);
    }
    _exit(0);
}

void Fleet::Crew::drain(std::size_t index, const Work& work) {
    Slot& slot = slots[index];
    std::uint64_t tail = slot.tail.load(std::memory_order_relaxed);
    const std::uint64_t head = slot.head.load(std::memory_order_acquire);
    while (tail != head) {
        Frame frame;
        ring_copy_out(slot, tail, &frame, sizeof frame);
        result.resize(frame.size);
        ring_copy_out(slot, tail + sizeof frame, result.data(), frame.size);
        tail += sizeof frame + frame.size;
        slot.tail.store(tail, std::memory_order_release);
        if (frame.item == workers[index].again) workers[index].again = none;
        work.take(frame.item, result);
    }
}

/// The worker has hung up. Says what became of it, and sends another if there is work left.
core::Result<void> Fleet::Crew::bury(std::size_t index, const Work& work) {
    Worker& worker = workers[index];
    Slot& slot = slots[index];
    const int status = reap(worker.pid, slot.words);
    worker.pid = 0;
    drain(index, work);
    const std::uint64_t item = slot.item.load();
    // exit(0) in the middle of an item is a death too.
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0 && item == none;
    if (!well) {
        Death death =
            describe_death(status, worker.looping, slot.words, read_output(worker.output));
        death.outside = !worker.looping && !slot.words.closed && ended_from_outside(status);
        end(worker);
        if (item != none) {
            fell(worker, item, death, work);
        } else if (++strays > 3) {
            return core::fail(ErrorKind::internal, "workers die outside their work: " +
                                                       death.sentence + "\n" + death.trace);
        }
    } else {
        end(worker);
    }
    const std::uint64_t limit = shared->limit.load();
    if (shared->next.load() < limit || worker.again < limit) return begin(index, work);
    return {};
}

/// What ended from outside is to be done again, unless it no longer matters.
void Fleet::Crew::fell(Worker& worker, std::uint64_t item, const Death& death,
                       const Work& work) const {
    if (death.outside) {
        // Whoever ends us may have begun with our workers.
        if (work.enough && work.enough()) shared->limit.store(0);
        worker.killed = worker.again == item ? worker.killed + 1 : 1;
        worker.again = worker.killed < outside_max ? item : none;
        if (worker.again == item || item >= shared->limit.load()) return;
    } else if (worker.again == item) {
        worker.again = none;
    }
    work.fell(item, death);
}

/// Ends a worker whose item takes too long; it writes its stack first, if it can.
void Fleet::Crew::watch(std::size_t index, const Work& work) {
    Worker& worker = workers[index];
    const std::uint64_t serial = slots[index].serial.load(std::memory_order_relaxed);
    const Duration cpu = cpu_time(worker.pid);
    const Duration real = real_time();
    if (serial != worker.serial || slots[index].item.load() == none) {
        worker.serial = serial;
        worker.cpu_at = cpu;
        worker.real_at = real;
        worker.pulse.begin(cpu);
        return;
    }
    const Duration real_limit = work.real_limit.ns > 0 ? work.real_limit : work.cpu_limit * 3;
    const bool stuck = !worker.looping && worker.pulse.stuck(worker.pid, slots[index].words.pulse,
                                                             cpu, work.stuck_limit);
    const bool long_cpu = stuck || cpu - worker.cpu_at > work.cpu_limit;
    if (!long_cpu && real - worker.real_at <= real_limit) return;
    ::kill(worker.pid, worker.looping ? SIGKILL : SIGXCPU);
    worker.looping = true;
    // A second for the stack trace; then it is killed.
    worker.cpu_at = cpu - work.cpu_limit + core::seconds(1);
    worker.real_at = real - real_limit + core::seconds(1);
}

void Fleet::Crew::wait_for_news() const {
    std::vector<pollfd> fds;
    for (const auto& worker : workers) {
        if (worker.pid > 0) fds.push_back({worker.wake, POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), 1000 / rounds_per_second);
}

Fleet::Fleet() : crew_(std::make_unique<Crew>()) {}
Fleet::~Fleet() = default;

void Fleet::stop_at(std::uint64_t item) {
    auto& limit = crew_->shared->limit;
    if (item < limit.load()) limit.store(item);
}

core::Result<void> Fleet::run(const Work& work) {
    const auto jobs =
        static_cast<unsigned>(std::clamp<std::uint64_t>(work.items, 1, std::max(1U, work.jobs)));
    warm_up_stack_traces();
    STORM_CHECK(crew_->map(jobs));
    crew_->shared->next.store(0);
    crew_->shared->limit.store(work.items);
    crew_->workers.assign(jobs, {});
    crew_->strays = 0;
    if (work.items == 0) return {};
    for (std::size_t i = 0; i < jobs; ++i) STORM_CHECK(crew_->begin(i, work));
    Duration asked = real_time();
    for (;;) {
        bool alive = false;
        for (std::size_t i = 0; i < jobs; ++i) {
            auto& worker = crew_->workers[i];
            if (worker.pid == 0) continue;
            crew_->drain(i, work);
            char waste[64];
            ssize_t got = 0;
            while ((got = ::read(worker.wake, waste, sizeof waste)) > 0) {
            }
            if (got == 0) STORM_CHECK(crew_->bury(i, work));
            alive = alive || crew_->workers[i].pid != 0;
        }
        if (!alive) return {};
        if (const Duration now = real_time(); now - asked >= core::milliseconds(20)) {
            asked = now;
            for (std::size_t i = 0; i < jobs; ++i) {
                if (crew_->workers[i].pid != 0) crew_->watch(i, work);
            }
            if (work.enough && work.enough()) stop_at(0);
        }
        crew_->wait_for_news();
    }
}

core::Result<Attempt> in_child(const std::function<void(std::vector<std::byte>&)>& body,
                               Duration cpu_limit) {
    Attempt attempt;
    Fleet fleet;
    Work work;
    work.items = 1;
    work.cpu_limit = cpu_limit;
    work.eager = true;
    work.body = [&](std::uint64_t, std::vector<std::byte>& result) { body(result); };
    work.take = [&](std::uint64_t, std::span<const std::byte> result) {
        attempt.result.assign(result.begin(), result.end());
    };
    work.fell = [&](std::uint64_t, const Death& death) {
        attempt.death = std::make_unique<Death>(death);
    };
    STORM_CHECK(fleet.run(work));
    return attempt;
}

}  // namespace storm::runner
