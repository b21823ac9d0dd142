// sim/judged_yardstick_bench.h - the judged run in plain C++: what the simulator is measured
// against.
//
// The same work with nothing around it: no coroutines, no nodes with a life, no faults, no
// causal keys, no records. 100 nodes; a token is a 256-byte message that its receiver answers
// to a random node. Delay 40 ± 10 ms, loss 1 %, duplication 1 % (delivered, then ignored), each
// purpose drawn from a lane of its own, a 200 ms timer armed with each message and cancelled by
// its first delivery, all bytes of each delivery folded into the digest.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/dice.h"

namespace storm::sim {

inline constexpr std::uint32_t judged_nodes = 100;
inline constexpr std::uint32_t judged_words = 32;  // 256 bytes.

class Yardstick {
public:
    explicit Yardstick(std::uint32_t tokens) : tokens_(tokens), heads_(2 * turn, none) {
        for (std::uint64_t i = 0; i < judged_words; ++i) body_[i] = i;
        for (std::uint32_t t = 0; t < tokens; ++t) send(t, t % judged_nodes);
    }

    /// Goes on until `count` more messages were delivered.
    void run(std::uint64_t count) {
        const std::uint64_t until = delivered_ + count;
        while (delivered_ < until) step();
    }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }

private:
    static constexpr std::uint32_t none = ~0U, bits = 12, turn = 1U << bits, mask = turn - 1;
    static constexpr int shift = 14;
    static constexpr std::uint64_t lane[5] = {core::lane_of(42, 1), core::lane_of(42, 2),
                                              core::lane_of(42, 3), core::lane_of(42, 4),
                                              core::lane_of(42, 5)};
    struct Event {
        std::uint64_t at, sequence;
        std::uint32_t next, previous, slot, token, generation, node, payload;
        bool timer;
    };
    struct Token {
        std::uint32_t generation = 0, timer = none;
    };
    using Body = std::array<std::uint64_t, judged_words>;

    void link(std::uint32_t index) {
        Event& e = events_[index];
        const std::uint64_t place = e.at >> shift;
        e.slot = place - here_ < turn ? static_cast<std::uint32_t>(place & mask)
                                      : turn + static_cast<std::uint32_t>((place >> bits) & mask);
        e.previous = none;
        e.next = heads_[e.slot];
        if (e.next != none) events_[e.next].previous = index;
        heads_[e.slot] = index;
        used_[e.slot >> 6] |= std::uint64_t{1} << (e.slot & 63);
    }
    void unlink(std::uint32_t index) {
        const Event& e = events_[index];
        if (e.next != none) events_[e.next].previous = e.previous;
        if (e.previous != none) {
            events_[e.previous].next = e.next;
            return;
        }
        heads_[e.slot] = e.next;
        if (e.next == none) used_[e.slot >> 6] &= ~(std::uint64_t{1} << (e.slot & 63));
    }
    Event& add(std::uint64_t at, std::uint32_t& index) {
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(events_.size());
            events_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        Event& e = events_[index];
        e.at = at;
        e.sequence = sequence_++;
        link(index);
        return e;
    }
    std::uint32_t pop() {
        for (;;) {
            const auto first = static_cast<std::uint32_t>(here_ & mask);
            std::uint32_t word = first >> 6;
            std::uint64_t map = used_[word] & (~std::uint64_t{0} << (first & 63));
            while (map == 0 && ++word < turn / 64) map = used_[word];
            if (map != 0) {
                const std::uint32_t slot =
                    word * 64 + static_cast<std::uint32_t>(std::countr_zero(map));
                here_ += slot - first;
                std::uint32_t best = heads_[slot];
                for (std::uint32_t i = events_[best].next; i != none; i = events_[i].next) {
                    const Event &a = events_[i], &b = events_[best];
                    if (a.at < b.at || (a.at == b.at && a.sequence < b.sequence)) best = i;
                }
                unlink(best);
                return best;
            }
            here_ += turn - first;
            const std::uint32_t up = turn + static_cast<std::uint32_t>((here_ >> bits) & mask);
            std::uint32_t i = heads_[up];
            heads_[up] = none;
            used_[up >> 6] &= ~(std::uint64_t{1} << (up & 63));
            while (i != none) {
                const std::uint32_t next = events_[i].next;
                link(i);
                i = next;
            }
        }
    }
    void send(std::uint32_t token, std::uint32_t to) {
        const std::uint64_t number = sent_++;
        Token& t = tokens_[token];
        Event& timer = add(now_ + 200'000'000, t.timer);
        timer.timer = true;
        timer.token = token;
        timer.node = to;
        if (core::happens(core::draw(lane[0], number, 0), 10'000)) return;
        const bool twice = core::happens(core::draw(lane[1], number, 0), 10'000);
        for (std::uint64_t copy = 0; copy < (twice ? 2U : 1U); ++copy) {
            const std::uint64_t delay =
                30'000'000 + core::scale(core::draw(lane[2 + copy], number, 0), 20'000'001);
            std::uint32_t index = 0;
            Event& e = add(now_ + delay, index);
            e.timer = false;
            e.token = token;
            e.generation = t.generation;
            e.node = to;
            if (spare_.empty()) {
                e.payload = static_cast<std::uint32_t>(payloads_.size());
                payloads_.push_back(body_);
            } else {
                e.payload = spare_.back();
                spare_.pop_back();
                payloads_[e.payload] = body_;
            }
        }
    }
    void fold() {
        std::uint64_t a = digest_, b = digest_ ^ core::hash_salt[0];
        for (std::size_t i = 0; i < judged_words; i += 4) {
            a = core::fold_multiply(a ^ body_[i], body_[i + 1] ^ core::hash_salt[3]);
            b = core::fold_multiply(b ^ body_[i + 2], body_[i + 3] ^ core::hash_salt[1]);
        }
        digest_ = a ^ b;
    }
    void step() {
        const std::uint32_t index = pop();
        const Event e = events_[index];
        free_.push_back(index);
        now_ = e.at;
        Token& t = tokens_[e.token];
        if (e.timer) {
            ++t.generation;
            return send(e.token, e.node);
        }
        body_ = payloads_[e.payload];
        spare_.push_back(e.payload);
        ++delivered_;
        digest_ ^= e.at ^ e.node;
        fold();
        if (e.generation != t.generation) return;
        ++t.generation;
        unlink(t.timer);
        free_.push_back(t.timer);
        body_[0] = digest_;
        send(e.token, static_cast<std::uint32_t>(
                          core::scale(core::draw(lane[4], delivered_, 0), judged_nodes)));
    }

    std::vector<Token> tokens_;
    std::vector<Event> events_;
    std::vector<std::uint32_t> free_, heads_, spare_;
    std::vector<Body> payloads_;
    std::uint64_t used_[2 * turn / 64] = {};
    std::uint64_t here_ = 0, now_ = 0, sequence_ = 0, sent_ = 0, delivered_ = 0, digest_ = 42;
    Body body_{};
};

}  // namespace storm::sim
