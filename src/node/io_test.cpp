// Goal: Io keeps its promises to node code: clocks, datagrams, requests with their replies and
// time-outs, files; and the keys of effects follow causes.
// Method: short tasks over a driver that does nothing by itself; the test plays network, clock
// and disk, and compares the keys of runs that differ in one effect.
#include "node/io.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "node/fake_driver_test.h"

namespace storm::node {
namespace {

// ---- Who and when -----------------------------------------------------------------------------

TEST(Io, knows_who_it_is_and_who_the_others_are) {
    Life life(4);
    EXPECT_EQ(life.io.self(), n1);
    EXPECT_EQ(life.io.incarnation(), 4U);
    EXPECT_EQ(life.io.peers(), (std::vector<Id>{n2, n3}));
    life.driver.clock = Instant{5};
    EXPECT_EQ(life.io.now(), Instant{5});
    EXPECT_EQ(life.io.wall(), core::WallTime{1'005});
}

Task<> sleeps(Io& io, Duration length) {
    co_await io.sleep(length);
    io.log("awake at {} ns", io.now().ns);
}

TEST(Sleep, lasts_as_long_as_it_says_and_a_negative_one_no_time) {
    Life life;
    life.start(sleeps(life.io, 3_ms));
    life.start(sleeps(life.io, 1_ms));
    life.start(sleeps(life.io, -1_ms));
    life.driver.pass(10_ms);
    EXPECT_EQ(life.driver.lines, (std::vector<std::string>{"awake at 0 ns", "awake at 1000000 ns",
                                                           "awake at 3000000 ns"}));
}

// ---- Datagrams ----------------------------------------------------------------------------------

Task<> echo(Io& io) {
    for (;;) {
        const Incoming in = co_await io.receive();
        if (const auto ping = in.as<Ping>()) io.reply(in, Pong{ping->n + 1});
    }
}

TEST(Receive, hands_over_datagrams_in_order_and_a_reply_goes_back_to_the_asker) {
    Life life;
    life.start(echo(life.io));
    life.io.deliver(packet_of(n2, Ping{1}, 0, PacketKind::request, 8));
    life.io.deliver(packet_of(n3, Ping{2}, 0, PacketKind::request, 9));
    life.io.deliver(packet_of(n3, Ping{3}));  // Asks for no reply, and gets none.
    ASSERT_EQ(life.driver.sent.size(), 2U);
    const Packet& second = life.driver.sent[1];
    EXPECT_EQ(second.from, n1);
    EXPECT_EQ(second.to, n3);
    EXPECT_EQ(second.kind, PacketKind::reply);
    EXPECT_EQ(second.ticket, 9U);
    EXPECT_EQ(decode_message<Pong>(second)->n, 3U);
}

Task<> receives_some(Io& io, int count) {
    std::string seen;
    for (int i = 0; i < count; ++i) {
        const Incoming in = co_await io.receive();
        seen += std::to_string(in.as<Ping>()->n) + " ";
    }
    io.publish("seen", seen);
}
Task<> sleeps_then_receives(Io& io, int count) {
    co_await io.sleep(1_ms);
    co_await receives_some(io, count);
}

TEST(Receive, finds_what_came_while_nobody_waited_up_to_a_limit) {
    Life life;
    life.start(sleeps_then_receives(life.io, static_cast<int>(Io::mailbox_limit)));
    for (std::uint64_t n = 0; n < Io::mailbox_limit + 5; ++n) {
        life.io.deliver(packet_of(n2, Ping{n}));
    }
    life.driver.pass(1_ms);
    const std::string seen = *life.driver.values.at("seen").text();
    EXPECT_TRUE(seen.starts_with("0 1 2 "));
    EXPECT_TRUE(seen.ends_with(" 4095 "));
}

TEST(Receive, serves_those_who_wait_in_turn) {
    Life life;
    life.start(receives_some(life.io, 1));
    life.start(receives_some(life.io, 1));
    life.io.deliver(packet_of(n2, Ping{1}));
    EXPECT_EQ(life.driver.values.at("seen"), Value("1 "));
    life.io.deliver(packet_of(n2, Ping{2}));
    EXPECT_EQ(life.driver.values.at("seen"), Value("2 "));
    EXPECT_TRUE(life.io.idle());
}

Task<> receives_for(Io& io, Duration limit) {
    const auto in = co_await io.receive_for(limit);
    io.publish("got", in ? Value(in->as<Ping>()->n) : Value());
}

TEST(ReceiveFor, gives_up_at_its_limit_and_not_before) {
    Life life;
    life.start(receives_for(life.io, 5_ms));
    life.driver.pass(4_ms);
    EXPECT_TRUE(life.driver.values.empty());
    life.driver.pass(1_ms);
    EXPECT_EQ(life.driver.values.at("got"), Value());
    // It no longer stands in line: the next datagram waits for the next to ask.
    life.io.deliver(packet_of(n2, Ping{9}));
    life.start(receives_for(life.io, 5_ms));
    EXPECT_EQ(life.driver.values.at("got"), Value(9));
    EXPECT_TRUE(life.driver.timers.empty());
}

TEST(ReceiveFor, disarms_its_timer_when_something_came) {
    Life life;
    life.start(receives_for(life.io, 5_ms));
    life.io.deliver(packet_of(n2, Ping{9}));
    EXPECT_EQ(life.driver.values.at("got"), Value(9));
    EXPECT_TRUE(life.driver.timers.empty());
    EXPECT_EQ(life.driver.false_disarms, 0);
}

struct Other {
    std::uint64_t n = 0;
    STORM_MESSAGE(Other, 1, n)
};
namespace newer {
struct Ping {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ping, 2, n)
};
}  // namespace newer

TEST(Message, of_another_kind_version_or_length_is_an_error) {
    const Incoming ping(packet_of(n2, Ping{1}));
    EXPECT_TRUE(ping.is<Ping>());
    EXPECT_FALSE(ping.is<Other>());
    EXPECT_EQ(ping.as<Other>().error().message, "another message than Other");
    EXPECT_EQ(ping.as<newer::Ping>().error().message, "Ping in version 1");
    Packet cut = packet_of(n2, Ping{1});
    cut.body = core::Buffer(cut.body.bytes().first(7));
    EXPECT_EQ(Incoming(cut).as<Ping>().error().message, "damaged Ping");
    Packet longer = packet_of(n2, Ping{1});
    longer.body = core::Buffer(9);
    EXPECT_FALSE(Incoming(longer).as<Ping>().has_value());
}

// ---- Requests -----------------------------------------------------------------------------------

Task<> asks(Io& io) {
    const auto pong = co_await io.call<Pong>(n2, Ping{7}, 50_ms);
    io.publish("pong", pong ? Value(pong->n) : Value(to_text(pong.error().kind)));
}

TEST(Call, returns_the_reply) {
    Life life;
    life.start(asks(life.io));
    ASSERT_EQ(life.driver.sent.size(), 1U);
    const Packet request = life.driver.sent[0];
    EXPECT_EQ(request.kind, PacketKind::request);
    EXPECT_EQ(decode_message<Ping>(request)->n, 7U);
    life.io.deliver(reply_to(request, Pong{8}));
    EXPECT_EQ(life.driver.values.at("pong"), Value(8));
    EXPECT_TRUE(life.driver.timers.empty());
    life.io.deliver(reply_to(request, Pong{9}));  // A duplicate finds nobody.
    EXPECT_EQ(life.driver.values.at("pong"), Value(8));
}

TEST(Call, times_out_and_ignores_what_comes_later) {
    Life life;
    life.start(asks(life.io));
    const Packet request = life.driver.sent[0];
    life.driver.pass(50_ms);
    EXPECT_EQ(life.driver.values.at("pong"), Value("timeout"));
    life.start(asks(life.io));  // Takes the same slot again.
    life.io.deliver(reply_to(request, Pong{8}));
    EXPECT_EQ(life.driver.values.at("pong"), Value("timeout"));
    life.io.deliver(reply_to(life.driver.sent[1], Pong{9}));
    EXPECT_EQ(life.driver.values.at("pong"), Value(9));
}

TEST(Call, of_an_earlier_life_is_not_answered_in_this_one) {
    Life before(1);
    before.start(asks(before.io));
    Life life(2);
    life.start(asks(life.io));
    life.io.deliver(reply_to(before.driver.sent[0], Pong{8}));
    EXPECT_TRUE(life.driver.values.empty());
}

TEST(Call, answered_by_another_message_fails) {
    Life life;
    life.start(asks(life.io));
    life.io.deliver(reply_to(life.driver.sent[0], Other{1}));
    EXPECT_EQ(life.driver.values.at("pong"), Value("bad input"));
}

Task<> asks_many(Io& io, std::vector<Id> whom, std::uint32_t wanted) {
    const auto pongs = co_await io.call_many<Pong>(whom, Ping{7}, wanted, 50_ms);
    Value::List seen;
    for (const auto& [from, pong] : pongs) {
        seen.emplace_back(core::name_of(from) + ":" + std::to_string(pong.n));
    }
    io.publish("pongs", seen);
}

TEST(CallMany, ends_with_the_quorum_in_order_of_arrival) {
    Life life;
    life.start(asks_many(life.io, {n1, n2, n3}, 2));
    ASSERT_EQ(life.driver.sent.size(), 3U);
    life.io.deliver(reply_to(life.driver.sent[2], Pong{3}));
    life.io.deliver(reply_to(life.driver.sent[2], Pong{4}));  // A duplicate is no second vote.
    EXPECT_TRUE(life.driver.values.empty());
    life.io.deliver(reply_to(life.driver.sent[0], Pong{1}));
    EXPECT_EQ(life.driver.values.at("pongs"), (Value(Value::List{"n3:3", "n1:1"})));
    life.io.deliver(reply_to(life.driver.sent[1], Pong{2}));
    EXPECT_TRUE(life.io.idle());
    EXPECT_TRUE(life.driver.timers.empty());
    EXPECT_EQ(life.driver.false_disarms, 0);
}

TEST(CallMany, ends_at_the_time_out_with_what_came) {
    Life life;
    life.start(asks_many(life.io, {n2, n3}, 2));
    life.io.deliver(reply_to(life.driver.sent[1], Pong{3}));
    life.driver.pass(50_ms);
    EXPECT_EQ(life.driver.values.at("pongs"), (Value(Value::List{"n3:3"})));
}

TEST(CallMany, ends_when_all_have_answered_though_more_were_wanted) {
    Life life;
    life.start(asks_many(life.io, {n2}, 5));
    life.io.deliver(reply_to(life.driver.sent[0], Pong{3}));
    EXPECT_EQ(life.driver.values.at("pongs"), (Value(Value::List{"n2:3"})));
}

TEST(CallMany, does_not_wait_for_nobody_or_for_nothing) {
    Life life;
    life.start(asks_many(life.io, {}, 2));
    EXPECT_EQ(life.driver.values.at("pongs"), Value(Value::List{}));
    EXPECT_TRUE(life.driver.sent.empty());
    life.start(asks_many(life.io, {n2, n3}, 0));
    EXPECT_EQ(life.driver.sent.size(), 2U);
    EXPECT_TRUE(life.io.idle());
    life.io.deliver(reply_to(life.driver.sent[0], Pong{3}));
    EXPECT_TRUE(life.driver.timers.empty());
}

// ---- Files --------------------------------------------------------------------------------------

Task<> writes(Io& io) {
    auto file = co_await io.open("wal");
    if (!file) {
        io.publish("error", file.error().text());
        co_return;
    }
    const auto written = co_await file->write(8, std::vector(4, std::byte{1}));
    if (!written) io.publish("error", written.error().text());
    const auto size = co_await file->size();
    io.publish("size", size ? Value(*size) : Value());
}

TEST(File, asks_the_driver_for_each_operation_and_closes_itself) {
    Life life;
    life.start(writes(life.io));
    EXPECT_EQ(life.driver.files.front().path, "wal");
    EXPECT_TRUE(life.driver.files.front().create);
    life.driver.answer(life.io, {.handle = 5});
    EXPECT_EQ(life.driver.files.front().op, FileOp::write);
    EXPECT_EQ(life.driver.files.front().handle, 5U);
    EXPECT_EQ(life.driver.files.front().offset, 8U);
    life.driver.answer(life.io, {});
    life.driver.answer(life.io, {.count = 12});
    EXPECT_EQ(life.driver.values.at("size"), Value(12));
    ASSERT_EQ(life.driver.files.size(), 1U);
    EXPECT_EQ(life.driver.files.front().op, FileOp::close);
    EXPECT_EQ(life.driver.files.front().handle, 5U);
    EXPECT_TRUE(life.io.idle());
}

TEST(File, says_which_operation_failed_with_which_errno) {
    Life life;
    life.start(writes(life.io));
    life.driver.answer(life.io, {.error = ENOENT});
    EXPECT_EQ(life.driver.values.at("error"), Value("open: ENOENT"));
    EXPECT_TRUE(life.driver.files.empty());
    life.start(writes(life.io));
    life.driver.answer(life.io, {.handle = 5});
    life.driver.answer(life.io, {.error = ENOSPC});
    EXPECT_EQ(life.driver.values.at("error"), Value("write: ENOSPC"));
}

TEST(File, ignores_answers_to_nobody) {
    Life life;
    life.start(writes(life.io));
    life.io.complete(12345, {.handle = 9});
    life.io.complete(life.driver.files.front().ticket + (1ULL << 32U), {.handle = 9});
    EXPECT_EQ(life.driver.files.size(), 1U);
    EXPECT_TRUE(life.driver.values.empty());
}

Task<> does_the_rest(Io& io) {
    co_await io.rename("a", "b");
    co_await io.remove("c");
    const auto names = co_await io.list();
    co_await io.sync_dir();
    io.publish("names", names ? Value(names->size()) : Value());
}

TEST(File, names_are_renamed_removed_listed_and_synced) {
    Life life;
    life.start(does_the_rest(life.io));
    EXPECT_EQ(life.driver.files.front().path2, "b");
    life.driver.answer(life.io, {});
    EXPECT_EQ(life.driver.files.front().op, FileOp::remove);
    life.driver.answer(life.io, {});
    life.driver.answer(life.io, {.names = {"b", "wal"}});
    EXPECT_EQ(life.driver.files.front().op, FileOp::sync_dir);
    life.driver.answer(life.io, {});
    EXPECT_EQ(life.driver.values.at("names"), Value(2));
}

// ---- Contracts ----------------------------------------------------------------------------------

class Hasty final : public Driver {
public:
    void transmit(Io& from, Packet&&) override { from.deliver(packet_of(n2, Ping{1})); }
    TimerId arm(Io&, Waiter&, Duration, core::Key) override { return {}; }
    void disarm(Io&, TimerId) override {}
    Instant monotonic(Io&) override { return {}; }
    core::WallTime wall(Io&) override { return {}; }
    void submit(Io&, FileRequest&&) override {}
    std::uint64_t dice_lane(core::Key) override { return 0; }
    void published(Io&, std::string_view, const Value&) override {}
    bool logging(core::Key) override { return false; }
    void logged(Io&, std::string&&) override {}
    void threw(Io&, std::string_view) override {}
};
Task<> receives_once(Io& io) { co_await io.receive(); }
Task<> sends_once(Io& io) {
    io.send(n2, Ping{1});
    co_return;
}

TEST(DriverDeathTest, must_not_answer_from_inside_the_call_that_asked) {
    Hasty driver;
    Io io(driver, {.self = n1, .nodes = 3, .incarnation = 0, .life = 1});
    io.start(1, receives_once(io));
    EXPECT_DEATH(io.start(2, sends_once(io)), "required: current_ == nullptr");
}

}  // namespace
}  // namespace storm::node
