// node/fake_driver_test.h - the smallest world that nodes can be tested in.
//
// It writes down every effect and does nothing by itself: the test decides what arrives, when
// time passes and which file operation ends how.
#pragma once
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/dice.h"
#include "node/io.h"

namespace storm::node {

class FakeDriver final : public Driver {
public:
    struct Timer {
        Io* io;
        Waiter* waiter;
        Instant due;
        core::Key key;
        std::uint64_t sequence;
    };

    void transmit(Io&, Packet&& packet) override { sent.push_back(std::move(packet)); }
    TimerId arm(Io& io, Waiter& waiter, Duration after, core::Key key) override {
        armed_keys.push_back(key);
        timers.push_back({&io, &waiter, clock + after, key, ++sequence});
        return {.event = 0, .sequence = sequence};
    }
    void disarm(Io&, TimerId timer) override {
        const auto gone = std::erase_if(
            timers, [&](const Timer& each) { return each.sequence == timer.sequence; });
        if (gone != 1) ++false_disarms;
    }
    Instant monotonic(Io&) override { return clock; }
    core::WallTime wall(Io&) override { return core::WallTime{1'000} + (clock - Instant{}); }
    void submit(Io&, FileRequest&& request) override { files.push_back(std::move(request)); }
    std::uint64_t dice_lane(core::Key) override { return core::lane_of(1, 24); }
    void published(Io&, std::string_view key, const Value& value) override {
        values.insert_or_assign(std::string(key), value);
    }
    bool logging(core::Key) override { return true; }
    void logged(Io&, std::string&& line) override { lines.push_back(std::move(line)); }
    void threw(Io&, std::string_view what) override { thrown.emplace_back(what); }

    /// Lets `length` pass and fires what falls due, in order.
    void pass(Duration length) {
        const Instant until = clock + length;
        for (;;) {
            const auto next = std::ranges::min_element(
                timers, {}, [](const Timer& each) { return std::pair(each.due, each.sequence); });
            if (next == timers.end() || next->due > until) break;
            const Timer due = *next;
            timers.erase(next);
            clock = due.due;
            due.io->fire(*due.waiter);
        }
        clock = until;
    }
    /// Ends the oldest file operation in flight.
    void answer(Io& io, FileReply reply) {
        const FileRequest request = std::move(files.front());
        files.pop_front();
        io.complete(request.ticket, std::move(reply));
    }

    Instant clock;
    std::uint64_t sequence = 0;
    int false_disarms = 0;  // Of timers that were not armed: must stay 0.
    std::vector<Packet> sent;
    std::vector<Timer> timers;
    std::vector<core::Key> armed_keys;
    std::deque<FileRequest> files;
    std::map<std::string, Value> values;
    std::vector<std::string> lines;
    std::vector<std::string> thrown;
};

inline constexpr Id n1 = Id::node(0);
inline constexpr Id n2 = Id::node(1);
inline constexpr Id n3 = Id::node(2);

/// One life of n1 in a system of three.
struct Life {
    explicit Life(std::uint32_t incarnation = 0)
        : io(driver, {.self = n1, .nodes = 3, .incarnation = incarnation, .life = 77}) {}
    void start(Task<> task, core::Key key = 1) { io.start(key, std::move(task)); }
    FakeDriver driver;
    Io io;
};

struct Ping {
    std::uint64_t n = 0;
    STORM_MESSAGE(Ping, 1, n)
};
struct Pong {
    std::uint64_t n = 0;
    STORM_MESSAGE(Pong, 1, n)
};

/// A datagram as the network would hand it over.
template <Message M>
Packet packet_of(Id from, const M& message, core::Key key = 0,
                 PacketKind kind = PacketKind::one_way, std::uint64_t ticket = 0) {
    core::Buffer body(core::encoded_size(message));
    core::Encoder out(body.data());
    core::encode(out, message);
    return {from,   n1,  type_of<M>,    M::storm_version, kind,
            ticket, key, M::storm_name, std::move(body)};
}

/// The reply that `to` sends to a request it got.
template <Message M>
Packet reply_to(const Packet& request, const M& message) {
    return packet_of(request.to, message, 0, PacketKind::reply, request.ticket);
}

/// Writes its name when it goes.
class Mourner {
public:
    Mourner(std::vector<std::string>& to, std::string name) : to_(to), name_(std::move(name)) {}
    Mourner(const Mourner&) = delete;
    Mourner& operator=(const Mourner&) = delete;
    ~Mourner() { to_.push_back(name_); }

private:
    std::vector<std::string>& to_;
    std::string name_;
};

}  // namespace storm::node
