// Goal: the parts of the local world keep their word one by one. Method: frames with every bit
// flipped, an endpoint that is sent rubbish, files with odd names, timers in random order.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <filesystem>

#include "local/files.h"
#include "local/frame.h"
#include "local/host.h"

namespace storm::local {
namespace {

using node::FileOp;
using node::FileReply;
using node::FileRequest;

node::Packet some_packet() {
    node::Packet packet;
    packet.from = core::Id::client(3);
    packet.to = core::Id::node(0);
    packet.type = 0xabcd'1234;
    packet.version = 7;
    packet.kind = node::PacketKind::request;
    packet.ticket = 0x1122'3344'5566'7788;
    packet.key = 99;
    const std::byte body[] = {std::byte{1}, std::byte{2}, std::byte{3}};
    packet.body = core::Buffer(std::span(body));
    return packet;
}

TEST(Frame, APacketComesBackAsItWasSent) {
    const auto sent = some_packet();
    std::vector<std::byte> bytes;
    encode_frame(5, sent, bytes);
    EXPECT_EQ(bytes.size(), frame_head + 3);
    node::Packet got;
    ASSERT_EQ(decode_frame(5, bytes, got), FrameFault::none);
    EXPECT_EQ(got.from, sent.from);
    EXPECT_EQ(got.to, sent.to);
    EXPECT_EQ(got.type, sent.type);
    EXPECT_EQ(got.version, sent.version);
    EXPECT_EQ(got.kind, sent.kind);
    EXPECT_EQ(got.ticket, sent.ticket);
    EXPECT_EQ(got.key, sent.key);
    EXPECT_TRUE(std::ranges::equal(got.body.bytes(), sent.body.bytes()));
}

TEST(Frame, EveryFlippedBitAndEveryLostTailIsFound) {
    std::vector<std::byte> bytes;
    encode_frame(5, some_packet(), bytes);
    node::Packet got;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto bent = bytes;
        bent[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_EQ(decode_frame(5, bent, got), FrameFault::damaged) << bit;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(decode_frame(5, std::span(bytes).first(size), got), FrameFault::damaged) << size;
    }
}

TEST(Frame, ADatagramOfAnotherRunIsForeignNotDamaged) {
    std::vector<std::byte> bytes;
    encode_frame(5, some_packet(), bytes);
    node::Packet got;
    EXPECT_EQ(decode_frame(6, bytes, got), FrameFault::foreign);
}

struct Ear final : Listener {
    void tell(Report&& report) override { heard.push_back(std::move(report)); }
    std::vector<Report> heard;
};

TEST(Host, WhatIsDamagedOrForeignIsCountedAndDropped) {
    fault::Plan plan;
    plan.nodes = 2;
    std::uint16_t ports[2] = {};
    auto ours = loopback_socket(ports[0]);
    auto theirs = loopback_socket(ports[1]);
    ASSERT_TRUE(ours && theirs);
    const Common common{plan, Draws(plan, 1), 5, monotonic_ns(), false, {ports[0], ports[1]}};
    Counters counters;
    Ear ear;
    Host host(common, core::Id::node(0), ours->get(), counters, ear);
    host.begin_life(0, 1);
    const auto send = [&](std::span<const std::byte> bytes) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(ports[0]);
        EXPECT_EQ(sendto(theirs->get(), bytes.data(), bytes.size(), 0,
                         reinterpret_cast<sockaddr*>(&to), sizeof to),
                  static_cast<ssize_t>(bytes.size()));
    };
    auto packet = some_packet();
    packet.from = core::Id::node(1);
    std::vector<std::byte> good, other_run, wrong_sender;
    encode_frame(5, packet, good);
    encode_frame(6, packet, other_run);
    packet.from = core::Id::node(0);  // Not whose port it comes from.
    encode_frame(5, packet, wrong_sender);
    auto damaged = good;
    damaged.back() ^= std::byte{1};
    send(damaged);
    send({});
    send(other_run);
    send(wrong_sender);
    send(good);
    host.readable();
    while (host.step()) {
    }
    EXPECT_EQ(counters.damaged.load(), 2U);
    EXPECT_EQ(counters.foreign.load(), 2U);
    EXPECT_EQ(counters.messages.load(), 1U);
}

class InDirectory : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_NE(mkdtemp(path_), nullptr);
        ASSERT_TRUE(files_.open(path_).has_value());
    }
    void TearDown() override { std::filesystem::remove_all(path_); }

    FileReply ask(FileOp op, std::string path, std::string path2 = {}) {
        FileRequest request{.op = op};
        request.create = true;
        request.path = std::move(path);
        request.path2 = std::move(path2);
        return files_.carry_out(request);
    }
    FileReply with(FileOp op, std::uint32_t handle, std::string_view text = {},
                   std::uint64_t offset = 0, std::uint64_t length = 0) {
        FileRequest request{.op = op};
        request.handle = handle;
        request.offset = offset;
        request.length = length;
        for (const char c : text) request.bytes.push_back(static_cast<std::byte>(c));
        return files_.carry_out(request);
    }
    std::string content(std::uint32_t handle) {
        std::string out;
        for (const auto b : with(FileOp::read, handle, {}, 0, ~0ULL).bytes) {
            out += static_cast<char>(b);
        }
        return out;
    }

    char path_[40] = "/tmp/stormproof-local-test-XXXXXX";
    Files files_;
};

TEST_F(InDirectory, FilesAreWrittenReadCutAndMeasured) {
    const auto handle = ask(FileOp::open, "log").handle;
    EXPECT_EQ(with(FileOp::append, handle, "hello").error, 0);
    EXPECT_EQ(with(FileOp::append, handle, " world").error, 0);
    EXPECT_EQ(with(FileOp::write, handle, "J", 0).error, 0);
    EXPECT_EQ(content(handle), "Jello world");
    EXPECT_EQ(with(FileOp::truncate, handle, {}, 0, 5).error, 0);
    EXPECT_EQ(with(FileOp::size, handle).count, 5U);
    EXPECT_EQ(with(FileOp::sync, handle).error, 0);
    EXPECT_EQ(ask(FileOp::sync_dir, "").error, 0);
    EXPECT_TRUE(with(FileOp::read, handle, {}, 99, 10).bytes.empty());
    with(FileOp::close, handle);
    EXPECT_EQ(with(FileOp::append, handle, "x").error, EBADF);
    EXPECT_EQ(with(FileOp::size, 1234).error, EBADF);
}

TEST_F(InDirectory, NoNameLeavesTheDirectoryAndEveryNameComesBack) {
    const std::vector<std::string> names = {"../up", "/etc/passwd", ".", "..",
                                            "a%2fb", "plain",       "%"};
    for (const auto& name : names) {
        EXPECT_EQ(ask(FileOp::open, name).error, 0) << name;
        EXPECT_EQ(unescaped(escaped(name)), name);
    }
    auto sorted = names;
    std::ranges::sort(sorted);
    EXPECT_EQ(ask(FileOp::list, "").names, sorted);
    std::size_t inside = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
        EXPECT_TRUE(entry.is_regular_file());
        ++inside;
    }
    EXPECT_EQ(inside, names.size());
}

TEST_F(InDirectory, NamesAreChangedAndTakenAway) {
    const auto handle = ask(FileOp::open, "a").handle;
    EXPECT_EQ(with(FileOp::append, handle, "x").error, 0);
    EXPECT_EQ(ask(FileOp::rename, "a", "b").error, 0);
    EXPECT_EQ(content(handle), "x");  // An open file keeps its content.
    EXPECT_EQ(ask(FileOp::list, "").names, std::vector<std::string>{"b"});
    EXPECT_EQ(ask(FileOp::remove, "b").error, 0);
    EXPECT_EQ(ask(FileOp::remove, "b").error, ENOENT);
    EXPECT_EQ(ask(FileOp::rename, "b", "c").error, ENOENT);
    FileRequest absent{.op = FileOp::open};
    absent.path = "b";
    EXPECT_EQ(files_.carry_out(absent).error, ENOENT);
}

TEST(Timers, ComeInOrderOfTimeThenOfArmingAndCancelledOnesNever) {
    Timers<int> timers;
    core::Dice dice(core::lane_of(1, 1), 1);
    std::vector<std::pair<std::int64_t, int>> wanted;
    for (int i = 0; i < 2'000; ++i) {
        const auto when = static_cast<std::int64_t>(dice.below(50));
        const auto name = timers.add({when}, i);
        if (dice.below(4) != 0) {
            timers.cancel(name);
            timers.cancel(name);  // Once more does no harm.
        } else {
            wanted.emplace_back(when, i);
        }
    }
    std::ranges::sort(wanted);
    for (const auto& [when, i] : wanted) {
        ASSERT_EQ(timers.next(), Instant{when});
        ASSERT_EQ(timers.take(), i);
    }
    EXPECT_EQ(timers.next(), Instant::max());
}

}  // namespace
}  // namespace storm::local
