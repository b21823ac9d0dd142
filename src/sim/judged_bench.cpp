// Goal: the simulator's speed against the bars: the judged run beside a yardstick in plain C++,
// light load, the cost of a short seed, the memory of an idle node. Method: slices of our run
// and of the yardstick take turns, so that whatever else the machine does falls on both; the
// figures are medians over slices, of CPU time.
//
//   ratio           ours ÷ yardstick, messages per second; bars 0.4 at 100, 0.5 at 10,000
//   messages        per second of CPU; bars on light load 10 M, 5 M, 2 M
//   bytes_per_node  of an idle coroutine node, everything included; bar 4,096
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <ctime>
#include <memory>
#include <vector>

#include "core/require.h"
#include "node/system.h"
#include "sim/judged_yardstick_bench.h"
#include "sim/wheel.h"
#include "sim/world.h"
#include "world/conductor.h"

namespace storm::sim {
namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[values.size() / 2];
}

class NoSink final : public world::Sink {
public:
    void completed(core::Id, std::uint32_t, core::Result<Value>) override {}
};

/// A system of nodes without clients, driven by hand.
class Run {
public:
    Run(node::System system, fault::Plan plan)
        : system_(std::move(system)), plan_(std::move(plan)), world_(make_world()) {
        plan_.step_limit = ~0ULL;
        plan_.chaos = 1'000'000_s;
        const world::Setup setup{system_, plan_, 42, history::Detail::verdict, {}, {}};
        setup_ = std::make_unique<world::Setup>(setup);
        STORM_REQUIRE(world_->start(*setup_, sink_, record_).has_value());
    }
    ~Run() { world_->stop(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Messages delivered while `length` passed.
    std::uint64_t pass(Duration length) {
        const std::uint64_t before = record_.messages;
        until_ += length;
        STORM_REQUIRE(world_->drive(until_).has_value());
        return record_.messages - before;
    }

private:
    node::System system_;
    fault::Plan plan_;
    std::unique_ptr<world::World> world_;
    std::unique_ptr<world::Setup> setup_;
    NoSink sink_;
    history::RunRecord record_;
    Instant until_;
};

// ---- The judged run -------------------------------------------------------------------------

struct Load {
    std::uint32_t token = 0, generation = 0;
    std::uint64_t digest = 0;
    std::array<std::uint64_t, 30> rest{};
    STORM_MESSAGE(Load, 1, token, generation, digest, rest)
};
static_assert(sizeof(Load) == 8 * judged_words);

struct ThisRoot {
    node::Root* root = nullptr;
    bool await_ready() const { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> h) {
        root = h.promise().root;
        return false;
    }
    node::Root* await_resume() const { return root; }
};

class Table;

/// One token's retransmission: a coroutine that belongs to no node and is resumed in the place
/// of whichever sent last.
struct Retransmit {
    struct promise_type {
        Retransmit get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void unhandled_exception() noexcept {}
        void return_void() {}
    };
    std::coroutine_handle<promise_type> frame;
};

/// What the nodes share: the timer of each token, since the receiver cancels the sender's.
class Table {
public:
    explicit Table(std::uint32_t tokens) : handles_(tokens), waiters_(tokens) {
        for (std::uint32_t t = 0; t < tokens; ++t) waiters_[t].frame = retransmit(*this, t).frame;
    }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    ~Table() {
        for (auto& waiter : waiters_) waiter.frame.destroy();
    }

    Task<> node(Io& io) {
        node::Root* root = co_await ThisRoot{};
        const auto self = io.self().index();
        for (std::uint32_t t = self; t < handles_.size(); t += judged_nodes) begin(io, *root, t);
        for (;;) {
            const auto in = co_await io.receive();
            serve(io, *root, in);
        }
    }

private:
    // Plain functions: what only one step needs is no part of a frame.
    void begin(Io& io, node::Root& root, std::uint32_t token) {
        Load load;
        load.token = token;
        send(io, root, load, (io.self().index() + 1) % judged_nodes);
    }
    void serve(Io& io, node::Root& root, const node::Incoming& in) {
        auto load = in.as<Load>();
        if (!load) return;
        Handle& handle = handles_[load->token];
        if (load->generation != handle.generation) return;  // A second copy.
        io.driver().disarm(io, handle.timer);
        load->generation = ++handle.generation;
        load->digest += load->generation;
        send(io, root, *load, static_cast<std::uint32_t>(io.dice().below(judged_nodes)));
    }

    struct Handle {
        node::TimerId timer;
        std::uint32_t generation = 0, to = 0;
    };

    void send(Io& io, node::Root& root, const Load& load, std::uint32_t to) {
        Handle& handle = handles_[load.token];
        node::Waiter& waiter = waiters_[load.token];
        waiter.io = &io;
        waiter.root = &root;
        handle.to = to;
        const core::Key key = io.next_key(node::EffectKind::arm, 0, 0);
        handle.timer = io.driver().arm(io, waiter, 200_ms, key);
        io.send(core::Id::node(to), load);
    }
    static Retransmit retransmit(Table& table, std::uint32_t number) {
        for (;;) {
            Handle& handle = table.handles_[number];
            const node::Waiter& waiter = table.waiters_[number];
            Load load;
            load.token = number;
            load.generation = ++handle.generation;
            table.send(*waiter.io, *waiter.root, load, handle.to);
            co_await std::suspend_always{};
        }
    }
    std::vector<Handle> handles_;        // What each message touches ...
    std::vector<node::Waiter> waiters_;  // ... and what only a late one does.
};

void judged_run(benchmark::State& state) {
    const auto tokens = static_cast<std::uint32_t>(state.range(0));
    Table table(tokens);
    node::System system;
    system.start = [&](Io& io, const node::Options&) { return table.node(io); };
    fault::Plan plan;
    plan.nodes = judged_nodes;
    plan.network.delay = 40_ms;
    plan.network.jitter = 10_ms;
    plan.network.loss_ppm = 10'000;
    plan.network.duplicate_ppm = 10'000;
    Run run(std::move(system), std::move(plan));
    Yardstick yardstick(tokens);
    const Duration slice{100'000 * 40'000'000LL / tokens};  // About 100,000 messages.
    (void)run.pass(slice);
    yardstick.run(100'000);
    std::vector<double> ours, theirs, ratios;
    for (auto _ : state) {
        const double begin = cpu_seconds();
        const auto count = run.pass(slice);
        const double middle = cpu_seconds();
        yardstick.run(count);
        const double end = cpu_seconds();
        state.SetIterationTime(middle - begin);
        ours.push_back(static_cast<double>(count) / (middle - begin));
        theirs.push_back(static_cast<double>(count) / (end - middle));
        ratios.push_back((end - middle) / (middle - begin));
    }
    benchmark::DoNotOptimize(yardstick.digest());
    state.counters["messages"] = median(ours);
    state.counters["yardstick"] = median(theirs);
    state.counters["ratio"] = median(ratios);
}
BENCHMARK(judged_run)->Arg(100)->Arg(10'000)->UseManualTime()->Unit(benchmark::kMillisecond);

// ---- Light load -----------------------------------------------------------------------------

struct Ball {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ball, 1, n)
};

Task<> player(Io& io) {
    io.send(core::Id::node(io.self().index() ^ 1U), Ball{0});
    for (;;) {
        const auto in = co_await io.receive();
        if (const auto ball = in.as<Ball>()) io.send(in.from(), Ball{ball->n + 1});
    }
}

void light_load(benchmark::State& state) {
    node::System system;
    system.start = [](Io& io, const node::Options&) { return player(io); };
    fault::Plan plan;
    plan.nodes = static_cast<std::uint32_t>(state.range(0));
    plan.network.delay = core::microseconds(1);
    plan.network.jitter = core::nanoseconds(500);
    const Duration slice{300'000 * 1'000LL / state.range(0) + 1};
    Run run(std::move(system), std::move(plan));
    (void)run.pass(slice * 2);
    std::vector<double> rates;
    for (auto _ : state) {
        const double begin = cpu_seconds();
        const auto count = run.pass(slice);
        const double took = cpu_seconds() - begin;
        state.SetIterationTime(took);
        rates.push_back(static_cast<double>(count) / took);
    }
    state.counters["messages"] = median(rates);
}
BENCHMARK(light_load)
    ->Arg(100)
    ->Arg(10'000)
    ->Arg(100'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// ---- Seeds and nodes ------------------------------------------------------------------------

/// A whole run of three nodes that play until `length` has passed: at 0 its fixed cost.
void short_seed(benchmark::State& state) {
    node::System system;
    system.nodes = 2;
    system.start = [](Io& io, const node::Options&) { return player(io); };
    fault::Plan plan;
    plan.nodes = 2;
    plan.network.delay = 1_ms;
    plan.chaos = core::microseconds(500) * state.range(0);
    const fault::Catalogue faults;
    std::uint64_t seed = 0, events = 0;
    for (auto _ : state) {
        const auto world = make_world();
        const world::Setup setup{system, plan, ++seed, history::Detail::verdict, {}, {}};
        auto record = world::conduct(*world, setup, faults, [](auto&&...) { return true; });
        STORM_REQUIRE(record.has_value());
        events += record->events;
        benchmark::DoNotOptimize(record->digest);
    }
    const auto runs = static_cast<double>(state.iterations());
    state.counters["events"] = static_cast<double>(events) / runs;
    state.counters["seeds"] = benchmark::Counter(runs, benchmark::Counter::kIsRate);
}
BENCHMARK(short_seed)->Arg(1)->Arg(1'000)->Unit(benchmark::kMicrosecond);

Task<> idler(Io& io) {
    for (;;) (void)co_await io.receive();
}

void idle_node(benchmark::State& state) {
    node::System system;
    system.start = [](Io& io, const node::Options&) { return idler(io); };
    fault::Plan plan;
    plan.nodes = 100'000;
    double bytes = 0;
    for (auto _ : state) {
        const auto before = mallinfo2();
        const Run run(system, plan);
        const auto after = mallinfo2();
        bytes = static_cast<double>(after.uordblks + after.hblkhd) -
                static_cast<double>(before.uordblks + before.hblkhd);
    }
    state.counters["bytes_per_node"] = bytes / plan.nodes;
}
BENCHMARK(idle_node)->Iterations(1)->Unit(benchmark::kMillisecond);

// ---- The event queue alone --------------------------------------------------------------------

/// Hold model: take the next event, file one a random time later; every second one is cancelled.
void wheel_hold(benchmark::State& state) {
    Wheel wheel;
    std::uint64_t number = 0;
    Instant now;
    const auto later = [&] {
        const auto bits = core::draw(7, number++, 0);
        return now + Duration{1 + static_cast<std::int64_t>(core::scale(
                                      bits, static_cast<std::uint64_t>(state.range(1))))};
    };
    for (std::int64_t i = 0; i < state.range(0); ++i) (void)wheel.add(later(), What::timer);
    for (auto _ : state) {
        const auto index = wheel.pop(Instant::max());
        now = wheel[index].at;
        wheel.release(index);
        (void)wheel.add(later(), What::timer);
        wheel.cancel(wheel.add(later(), What::timer));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(wheel_hold)
    ->Args({100, 80'000'000})
    ->Args({10'000, 80'000'000})
    ->Args({100, 2'000})
    ->Args({10'000, 2'000});

}  // namespace
}  // namespace storm::sim
