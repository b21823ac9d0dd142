// Goal: tasks nest, return and throw like functions, own what they spawn, and can be destroyed
// at any wait: inner frames first, newest root first, every awaiter out of every table.
// Method: small coroutines over a driver that does nothing by itself; destructors write down
// their order.
#include "node/task.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "core/pool.h"
#include "node/fake_driver_test.h"

namespace storm::node {
namespace {

using Notes = std::vector<std::string>;

Task<int> add(Io& io, int a, int b) {
    co_await io.sleep(1_ms);
    co_return a + b;
}
Task<int> sum_to(Io& io, int n) {
    int sum = 0;
    for (int i = 1; i <= n; ++i) sum = co_await add(io, sum, i);
    co_return sum;
}
Task<> publish_sum(Io& io, int n) { io.publish("sum", co_await sum_to(io, n)); }

TEST(Task, awaits_tasks_that_await_tasks) {
    Life life;
    life.start(publish_sum(life.io, 10));
    life.driver.pass(9_ms);
    EXPECT_TRUE(life.driver.values.empty());
    life.driver.pass(1_ms);
    EXPECT_EQ(life.driver.values.at("sum"), Value(55));
    EXPECT_TRUE(life.io.idle());
}

Task<int> immediately(int n) { co_return n; }
Task<> many_without_waiting(Io& io) {
    int sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += co_await immediately(1);
    io.publish("sum", sum);
}

TEST(Task, that_never_waits_does_not_grow_the_stack) {
    Life life;
    life.start(many_without_waiting(life.io));
    EXPECT_EQ(life.driver.values.at("sum"), Value(100'000));
}

TEST(Task, is_not_run_and_leaves_nothing_if_it_is_not_awaited) {
    const std::size_t before = core::pool_bytes_in_use();
    {
        Life life;
        const Task<> never = publish_sum(life.io, 1);
        EXPECT_TRUE(never);
        EXPECT_TRUE(life.driver.timers.empty());
    }
    EXPECT_EQ(core::pool_bytes_in_use(), before);
}

// ---- Exceptions -------------------------------------------------------------------------------

Task<int> fails(Io& io) {
    co_await io.sleep(1_ms);
    throw std::runtime_error("the disk is upside down");
}
Task<> catches(Io& io) {
    std::string caught;
    try {
        io.publish("value", co_await fails(io));
    } catch (const std::exception& e) {
        caught = e.what();
    }
    io.publish("caught", caught);
}
Task<> fails_outermost(Io& io) { co_await fails(io); }
Task<> throws_an_int(Io& io) {
    co_await io.sleep(1_ms);
    throw 5;
}
Task<> throws_at_once(Io&) {
    throw std::logic_error("at once");
    co_return;
}

TEST(Exception, reaches_the_awaiting_task) {
    Life life;
    life.start(catches(life.io));
    life.driver.pass(1_ms);
    EXPECT_EQ(life.driver.values.at("caught"), Value("the disk is upside down"));
    EXPECT_TRUE(life.driver.thrown.empty());
}

TEST(Exception, that_leaves_a_root_reaches_the_driver) {
    Life life;
    life.start(fails_outermost(life.io));
    life.start(throws_an_int(life.io));
    life.start(throws_at_once(life.io));
    EXPECT_EQ(life.driver.thrown, (Notes{"at once"}));
    life.driver.pass(1_ms);
    EXPECT_EQ(life.driver.thrown, (Notes{"at once", "the disk is upside down",
                                         "an exception that is no std::exception"}));
    EXPECT_TRUE(life.io.idle());
}

// ---- Destruction --------------------------------------------------------------------------------

Task<> inner(Io& io, Notes& notes, std::string name) {
    const Mourner first(notes, name + " inner first");
    const Mourner second(notes, name + " inner second");
    co_await io.sleep(1_s);
}
Task<> outer(Io& io, Notes& notes, std::string name) {
    const Mourner mourner(notes, name + " outer");
    co_await inner(io, notes, name);
}

TEST(Frames, are_destroyed_newest_root_first_and_inner_ones_first) {
    const std::size_t before = core::pool_bytes_in_use();
    Notes notes;
    {
        Life life;
        life.start(outer(life.io, notes, "a"));
        life.start(outer(life.io, notes, "b"));
        EXPECT_EQ(life.driver.timers.size(), 2U);
        life.io.destroy_frames();
        EXPECT_TRUE(life.driver.timers.empty());
        EXPECT_EQ(life.driver.false_disarms, 0);
    }
    EXPECT_EQ(notes, (Notes{"b inner second", "b inner first", "b outer", "a inner second",
                            "a inner first", "a outer"}));
    EXPECT_EQ(core::pool_bytes_in_use(), before);
}

TEST(Frames, go_with_their_io) {
    Notes notes;
    {
        Life life;
        life.start(outer(life.io, notes, "a"));
    }
    EXPECT_EQ(notes.size(), 3U);
}

Task<> waits_for_everything(Io& io, int kind) {
    const std::vector<Id> peers = io.peers();
    switch (kind) {
        case 0:
            co_await io.sleep(1_s);
            break;
        case 1:
            co_await io.receive();
            break;
        case 2:
            co_await io.receive_for(1_s);
            break;
        case 3:
            static_cast<void>(co_await io.call<Pong>(n2, Ping{1}, 1_s));
            break;
        case 4:
            co_await io.call_many<Pong>(peers, Ping{1}, 2, 1_s);
            break;
        default:
            static_cast<void>(co_await io.open("wal"));
            break;
    }
    io.publish("woke", kind);
}

TEST(Awaiter, leaves_every_table_when_its_frame_is_destroyed) {
    for (int kind = 0; kind <= 5; ++kind) {
        Life life;
        life.start(waits_for_everything(life.io, kind));
        life.start(waits_for_everything(life.io, kind));
        const std::vector<Packet> sent = life.driver.sent;
        life.io.destroy_frames();
        EXPECT_TRUE(life.driver.timers.empty()) << kind;
        EXPECT_EQ(life.driver.false_disarms, 0) << kind;
        // Whatever comes late finds nobody.
        life.io.deliver(packet_of(n2, Ping{1}));
        for (const Packet& packet : sent) life.io.deliver(reply_to(packet, Pong{1}));
        while (!life.driver.files.empty()) life.driver.answer(life.io, {});
        EXPECT_TRUE(life.driver.values.empty()) << kind;
    }
}

// ---- Spawning -----------------------------------------------------------------------------------

Task<> says(Notes& notes, std::string what) {
    notes.push_back(std::move(what));
    co_return;
}
Task<> says_and_spawns(Io& io, Notes& notes, std::string what) {
    notes.push_back(what + " begins");
    io.spawn("child", says(notes, what + "'s first"));
    io.spawn("child", says(notes, what + "'s second"));
    notes.push_back(what + " goes on");
    co_await io.sleep(1_ms);
    notes.push_back(what + " ends");
}
Task<> spawns_spawners(Io& io, Notes& notes) {
    io.spawn("a", says_and_spawns(io, notes, "a"));
    io.spawn("b", says_and_spawns(io, notes, "b"));
    notes.push_back("root");
    co_return;
}

TEST(Spawn, starts_tasks_in_order_right_after_the_present_step) {
    Life life;
    Notes notes;
    life.start(spawns_spawners(life.io, notes));
    EXPECT_EQ(notes, (Notes{"root", "a begins", "a goes on", "b begins", "b goes on", "a's first",
                            "a's second", "b's first", "b's second"}));
    notes.clear();
    life.driver.pass(1_ms);
    EXPECT_EQ(notes, (Notes{"a ends", "b ends"}));
    EXPECT_TRUE(life.io.idle());
}

class SpawnsWhenItGoes {
public:
    SpawnsWhenItGoes(Io& io, Notes& notes) : io_(io), notes_(notes) {}
    SpawnsWhenItGoes(const SpawnsWhenItGoes&) = delete;
    SpawnsWhenItGoes& operator=(const SpawnsWhenItGoes&) = delete;
    ~SpawnsWhenItGoes() { io_.spawn("last", says(notes_, "last words")); }

private:
    Io& io_;
    Notes& notes_;
};
Task<> ends_with_a_spawn(Io& io, Notes& notes) {
    const SpawnsWhenItGoes guard(io, notes);
    co_await io.sleep(1_ms);
}
Task<> holds(Io& io, Task<> other) {
    co_await io.sleep(1_ms);
    static_cast<void>(other);
}

TEST(Spawn, works_from_destructors_too) {
    Life life;
    Notes notes;
    life.start(ends_with_a_spawn(life.io, notes));
    life.start(ends_with_a_spawn(life.io, notes));
    life.driver.pass(1_ms);
    EXPECT_EQ(notes, (Notes{"last words", "last words"}));
    EXPECT_TRUE(life.io.idle());
    // A task that another one holds and never runs goes with it.
    life.start(holds(life.io, ends_with_a_spawn(life.io, notes)));
    life.driver.pass(1_ms);
    EXPECT_TRUE(life.io.idle());
    EXPECT_EQ(notes.size(), 2U);
}

}  // namespace
}  // namespace storm::node
