// node/ledger_systems_test.h - one protocol written twice, as a coroutine and as a machine.
//
// A register on the disk of n1: a write is answered once it is durable. Beside it every node
// tells the others every 50 ms that it lives, and publishes what it heard. The plant "early"
// answers before anything is on disk.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "node/machine.h"
#include "node/system.h"

namespace storm::node::testing {

struct Look {
    STORM_MESSAGE(Look, 1)
};
struct Put {
    std::int64_t value = 0;
    STORM_MESSAGE(Put, 1, value)
};
struct Shown {
    std::optional<std::int64_t> value;
    STORM_MESSAGE(Shown, 1, value)
};
struct Beat {
    STORM_MESSAGE(Beat, 1)
};

inline constexpr Duration beat_every = core::milliseconds(50);

inline Task<> beat(Io& io) {
    for (;;) {
        co_await io.sleep(beat_every);
        for (const Id peer : io.peers()) io.send(peer, Beat{});
    }
}

inline Task<> ledger_task(Io& io, const Options& options) {
    const bool early = options.plant == "early";
    std::optional<std::int64_t> value;
    std::int64_t beats = 0;
    auto file = co_await io.open("value");
    if (!file) co_return;
    (void)co_await io.sync_dir();
    if (auto bytes = co_await file->read(0, 8)) value = core::from_bytes<std::int64_t>(*bytes);
    io.spawn("beat", beat(io));
    for (;;) {
        auto in = co_await io.receive();
        if (in.is<Beat>()) io.publish("beats", ++beats);
        if (in.is<Look>()) io.reply(in, Shown{value});
        const auto put = in.as<Put>();
        if (!put) continue;
        value = put->value;
        if (early) io.reply(in, Shown{value});
        auto written = co_await file->write(0, core::to_bytes(*value));
        auto synced = co_await file->sync();
        if (!written || !synced) co_return;
        if (!early) io.reply(in, Shown{value});
    }
}

class LedgerMachine final : public Machine {
public:
    LedgerMachine(const Identity& identity, const Options& options)
        : peers_(identity.peers()), early_(options.plant == "early") {}

    Effects on(Event event, Instant now) override {
        Effects out;
        if (event.get<Started>() != nullptr) out.open(0, "value");
        if (const auto* in = event.get<Incoming>()) waiting_.push_back(*in);
        if (event.get<Due>() != nullptr) {
            next_beat_ = now + beat_every;
            for (const Id peer : peers_) out.send(peer, Beat{});
        }
        if (const auto* done = event.get<FileDone>()) advance(*done, now, out);
        while (ready_ && !waiting_.empty()) serve(out);
        return out;
    }
    std::optional<Instant> next_deadline() const override { return next_beat_; }

private:
    void advance(const FileDone& done, Instant now, Effects& out) {
        switch (done.op) {
            case FileOp::open:
                if (!done.reply) return;  // For ever not ready.
                file_ = done.reply->handle;
                return out.sync_dir(0);
            case FileOp::sync_dir:
                return out.read(0, file_, 0, 8);
            case FileOp::read:
                if (done.reply) value_ = core::from_bytes<std::int64_t>(done.reply->bytes);
                next_beat_ = now + beat_every;
                ready_ = true;
                return;
            case FileOp::write:
                if (done.reply) out.sync(0, file_);
                return;
            default:
                if (!done.reply) return;
                if (!early_) out.reply(putting_, Shown{value_});
                ready_ = true;
        }
    }
    void serve(Effects& out) {
        const Incoming in = std::move(waiting_.front());
        waiting_.pop_front();
        if (in.is<Beat>()) out.publish("beats", ++beats_);
        if (in.is<Look>()) out.reply(in, Shown{value_});
        const auto put = in.as<Put>();
        if (!put) return;
        value_ = put->value;
        if (early_) out.reply(in, Shown{value_});
        putting_ = in;
        ready_ = false;
        out.write(0, file_, 0, core::to_bytes(*value_));
    }

    std::vector<Id> peers_;
    bool early_;
    bool ready_ = false;
    std::uint32_t file_ = 0;
    std::optional<std::int64_t> value_;
    std::int64_t beats_ = 0;
    std::optional<Instant> next_beat_;
    std::deque<Incoming> waiting_;
    Incoming putting_;  // Being made durable.
};

inline Task<core::Result<Value>> look(Io& io, const Options&, Value) {
    auto shown = co_await io.call<Shown>(Id::node(0), Look{}, core::milliseconds(200));
    if (!shown) co_return std::unexpected(shown.error());
    co_return shown->value ? Value(*shown->value) : Value();
}
inline Task<core::Result<Value>> put(Io& io, const Options&, Value value) {
    auto shown =
        co_await io.call<Shown>(Id::node(0), Put{value.integer_or(0)}, core::milliseconds(200));
    if (!shown) co_return std::unexpected(shown.error());
    co_return Value();
}

inline System ledger_system(bool as_machine) {
    System system;
    system.name = "ledger";
    system.summary = "a register on one disk, and nodes that tell each other that they live";
    system.nodes = 3;
    system.model = "register";
    system.tolerates = [](std::uint32_t nodes) { return Tolerates{.crashed = nodes}; };
    system.start = ledger_task;
    if (as_machine) {
        system.start = from_machine([](const Identity& identity, const Options& options) {
            return std::make_unique<LedgerMachine>(identity, options);
        });
    }
    Operation read;
    read.name = "read";
    read.idempotent = true;
    read.generate = [](core::Dice&, std::uint32_t, std::uint32_t) { return Value(); };
    read.run = look;
    Operation write;
    write.name = "write";
    write.generate = [](core::Dice&, std::uint32_t client, std::uint32_t index) {
        return Value(std::int64_t{client} * 1000 + index + 1);
    };
    write.run = put;
    system.operations = {read, write};
    system.plants = {{"early", "a write is answered before it is durable", {"linearizable"}}};
    return system;
}

}  // namespace storm::node::testing
