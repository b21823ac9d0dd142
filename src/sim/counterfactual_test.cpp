// Goal: a fault that moves steps in time is effective exactly where the run without it is another.
// Method: nodes that tell each other, write and wait, under faults drawn at random that overlap in
// every way (a delay to a node that is paused, a slow node that is paused, a late disk of a slow
// node that dies); each such fault is then left out, and what every node took is compared.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "core/dice.h"
#include "core/text.h"
#include "sim/rig_test.h"

namespace storm::sim {
namespace {

using fault::Effectiveness;
using fault::NodeAction;

enum class Kind : std::uint8_t { delay, jitter, pause, slow, fast, lazy, disk, kill, cut };
constexpr std::array<std::string_view, 9> names = {"delay",     "jitter",     "pause",
                                                   "slow node", "fast clock", "slow clock",
                                                   "slow disk", "kill",       "cut"};

/// What strikes n2, and from when to when.
struct Strike {
    Kind kind;
    fault::Effect effect;
    Duration from{}, to{};
};
/// Only these move steps in time, and do nothing else.
bool moves(const Strike& strike) { return strike.kind < Kind::kill; }

/// Each node tells the others and counts what it is told; n2 also writes. Not at round times: where
/// two steps are due at one instant, who is first is nobody's doing.
Task<> busy(Io& io) {
    io.spawn("tell", [](Io& on) -> Task<> {
        for (std::uint64_t n = 0;; ++n) {
            for (const auto peer : on.peers()) on.send(peer, Ping{n});
            co_await on.sleep(on.self() == n1 ? 7_ms + 13_us : 11_ms + 29_us);
        }
    }(io));
    if (io.self() == n2) {
        io.spawn("write", [](Io& on) -> Task<> {
            auto file = co_await on.open("f");
            for (std::int64_t n = 0; file; ++n) {
                on.publish("woke", n);
                (void)co_await file->append({std::byte{7}});
                on.publish("written", n);
                co_await on.sleep(13_ms + 37_us);
            }
        }(io));
    }
    for (std::int64_t n = 0;; ++n) {
        (void)co_await io.receive();
        io.publish("got", n);
    }
}

Strike drawn(std::uint64_t key, std::uint32_t which) {
    const auto pick = [&](std::uint32_t index, std::uint64_t below) {
        return core::scale(core::draw(key, which, index), below);
    };
    const auto ms = [&](std::uint32_t index, std::uint64_t below) {
        return core::milliseconds(1 + static_cast<std::int64_t>(pick(index, below)));
    };
    const Duration from = ms(0, 100), to = from + ms(1, 100);
    const auto kind = static_cast<Kind>(pick(2, names.size()));
    const auto strike = [&](fault::Effect effect) {
        return Strike{kind, std::move(effect), from, to};
    };
    switch (kind) {
        case Kind::delay:
            return strike(on_link(n1, n2, {.delay = ms(3, 30)}));
        case Kind::jitter:
            return strike(on_link(n3, n2, {.delay = ms(3, 20), .jitter = ms(4, 20)}));
        case Kind::pause:
            return strike(act(NodeAction::pause, {n2}));
        case Kind::slow:
            return strike(act(NodeAction::slow, {n2}, ms(3, 9)));
        case Kind::fast:
            return strike(bend(n2, {}, 300'000));
        case Kind::lazy:
            return strike(bend(n2, {}, -300'000));
        case Kind::disk:
            return strike(on_disk(n2, {.latency = ms(3, 20)}));
        case Kind::kill:
            return strike(act(NodeAction::kill, {n2}));
        default:
            return strike(on_link(n1, n2, {.cut = true}));
    }
}

struct Ran {
    std::map<core::Id, std::vector<std::string>> took;  // Every step, by node.
    std::vector<fault::Effectiveness> verdicts;
};

/// The run of these strikes, but for one.
Ran run(const std::vector<Strike>& strikes, std::size_t but) {
    Rig rig(busy, 3);
    rig.detail = history::Detail::full;
    std::vector<world::Token> tokens(strikes.size());
    for (Duration now{}; now <= 300_ms; now += 1_ms, rig.pass(1_ms)) {
        for (std::size_t i = 0; i < strikes.size(); ++i) {
            if (i == but) continue;
            if (strikes[i].to == now) rig.world().revert(tokens[i]);
            if (strikes[i].from != now) continue;
            tokens[i] = rig.strike(strikes[i].effect, std::string(1, static_cast<char>('a' + i)));
        }
    }
    Ran out;
    for (std::size_t i = 0; i < strikes.size(); ++i) {
        out.verdicts.push_back(i == but ? Effectiveness::no_opportunity : rig.verdict(tokens[i]));
    }
    using enum history::EventKind;
    for (const auto& e : rig.record.trace) {
        if (e.kind == fault_on || e.kind == fault_off || e.kind == drop) continue;
        out.took[e.node].push_back(core::to_text(e.at) + " " + core::hex(e.message) + " " + e.name +
                                   " " + core::to_human(e.value) + " " + e.text);
    }
    return out;
}

std::string told(const std::vector<Strike>& strikes, std::size_t one) {
    std::string out = std::string(names[static_cast<std::size_t>(strikes[one].kind)]) + " of";
    for (const auto& each : strikes) {
        out += " " + std::string(names[static_cast<std::size_t>(each.kind)]) + " " +
               core::to_human(each.from) + " to " + core::to_human(each.to) + ";";
    }
    return out;
}

struct Count {
    int effective = 0, idle = 0;
    int lies = 0;  // Told as effective where the run without it is the same.
    int shy = 0;   // Not told as effective where it is another.
};

/// Of all drawn sets of so many faults.
Count judge(std::uint32_t faults, std::uint64_t sets) {
    Count out;
    for (std::uint64_t key = 1; key <= sets; ++key) {
        std::vector<Strike> strikes;
        for (std::uint32_t i = 0; i < faults; ++i) strikes.push_back(drawn(key, i));
        // Of two pauses, kills or cuts at once an effect counts for the first, by law.
        if (std::ranges::count(strikes, Kind::pause, &Strike::kind) > 1) continue;
        const Ran all = run(strikes, faults);
        for (std::size_t i = 0; i < faults; ++i) {
            if (!moves(strikes[i])) continue;
            const bool same = run(strikes, i).took == all.took;
            EXPECT_NE(all.verdicts[i], Effectiveness::ineffective)
                << key << ": " << told(strikes, i);
            const bool felt = all.verdicts[i] == Effectiveness::effective;
            ++(felt ? out.effective : out.idle);
            if (felt != same) continue;
            ++(felt ? out.lies : out.shy);
            if (faults == 2)
                ADD_FAILURE() << key << ": " << told(strikes, i) << (felt ? "lie" : "shy");
        }
    }
    return out;
}

// Drawn sets are fixed. Of 48,281 faults in 31,500 of them 7 were told wrongly: where one moved
// several steps in the queue of a slow node, "all else as it is" was not quite the run without it.
// Of three faults a third may decide by when such a step is due.
TEST(Counterfactual, of_two_faults_each_is_effective_exactly_where_the_run_without_it_is_another) {
    const Count count = judge(2, 1500);
    EXPECT_EQ(count.lies + count.shy, 0);
    EXPECT_GT(count.effective, 1500);
    EXPECT_GT(count.idle, 50);
}

TEST(Counterfactual, of_three_faults_hardly_one_is_told_wrongly) {
    const Count count = judge(3, 600);
    EXPECT_LE((count.lies + count.shy) * 500, count.effective + count.idle);
}

}  // namespace
}  // namespace storm::sim
