// Goal: the wheel is a queue in total order (time, sequence) from which anything can be taken.
// Method: random adding, cancelling, moving, postponing and popping beside a sorted map, with
// times from nothing to ten hours ahead; then the cases that its levels make special.
#include "sim/wheel.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <iterator>
#include <map>
#include <utility>

#include "core/dice.h"

namespace storm::sim {
namespace {

class Beside {
public:
    explicit Beside(std::uint64_t seed) : dice_(seed, 1) {}

    void add(Instant at) {
        const std::uint32_t index = wheel_.add(at, What::timer);
        wheel_[index].key = ++number_;
        expected_[{at, wheel_.sequence(index)}] = {index, number_};
    }
    void add_some() {
        const auto scale = dice_.below(8);
        constexpr std::int64_t spans[8] = {
            1,          100,           20'000,          1'000'000,
            70'000'000, 1'000'000'000, 400'000'000'000, 36'000'000'000'000};
        Instant at = now_ + Duration{dice_.between(0, spans[scale])};
        for (std::uint64_t same = 1 + dice_.below(dice_.below(8) == 0 ? 90 : 2); same > 0; --same) {
            add(at);
            if (dice_.below(4) == 0) at += Duration{dice_.between(0, 40)};
        }
    }
    void cancel_one() {
        if (expected_.empty()) return;
        const auto at = pick();
        const auto [index, number] = at->second;
        RC_ASSERT(wheel_.awaited(index, at->first.second));
        wheel_.cancel(index);
        RC_ASSERT(!wheel_.awaited(index, at->first.second));
        expected_.erase(at);
    }
    void move_one() {
        if (expected_.empty()) return;
        const auto at = pick();
        const auto [key, event] = *at;
        const Instant to = now_ + Duration{dice_.between(0, 100'000)};
        wheel_.move(event.first, to);
        expected_.erase(at);
        expected_[{to, key.second}] = event;
    }
    void pop(Instant limit) {
        const std::uint32_t index = wheel_.pop(limit);
        if (expected_.empty() || expected_.begin()->first.first > limit) {
            RC_ASSERT(index == nil);
            now_ = limit;
            return;
        }
        const auto [key, event] = *expected_.begin();
        RC_ASSERT(index == event.first);
        RC_ASSERT(wheel_[index].key == event.second);
        RC_ASSERT(wheel_[index].at == key.first);
        now_ = key.first;
        expected_.erase(expected_.begin());
        if (dice_.below(10) == 0) {
            const Instant later = now_ + Duration{dice_.between(0, 50'000'000)};
            wheel_.again(index, later);
            expected_[{later, key.second}] = event;
        } else {
            wheel_.release(index);
        }
    }
    void step() {
        const auto what = dice_.below(12);
        if (what < 4) {
            add_some();
        } else if (what < 6) {
            cancel_one();
        } else if (what == 6) {
            move_one();
        } else {
            const bool jump = dice_.below(20) == 0;
            const Duration ahead{dice_.between(0, jump ? 8'000'000'000'000 : 3'000'000)};
            for (std::uint64_t n = dice_.below(20); n > 0; --n) pop(now_ + ahead);
        }
        RC_ASSERT(wheel_.in_use() >= expected_.size());
    }
    void drain() {
        while (!expected_.empty()) pop(Instant::max());
        RC_ASSERT(wheel_.pop(Instant::max()) == nil);
        RC_ASSERT(wheel_.in_use() == 0U);
    }

private:
    using Events = std::map<std::pair<Instant, std::uint64_t>, std::pair<std::uint32_t, core::Key>>;
    Events::iterator pick() {
        // Near ones more often: they stand in the sorted list.
        const auto size =
            dice_.below(2) == 0 ? expected_.size() : std::min<std::size_t>(expected_.size(), 20);
        return std::next(expected_.begin(), static_cast<std::ptrdiff_t>(dice_.below(size)));
    }
    core::Dice dice_;
    Wheel wheel_;
    Events expected_;
    Instant now_;
    core::Key number_ = 0;
};

RC_GTEST_PROP(Wheel, is_a_sorted_queue_whatever_is_added_cancelled_and_moved, ()) {
    Beside both(*rc::gen::arbitrary<std::uint64_t>());
    const int steps = *rc::gen::inRange(1, 600);
    for (int i = 0; i < steps; ++i) both.step();
    both.drain();
}

TEST(Wheel, many_at_one_instant_come_in_the_order_in_which_they_were_added) {
    Wheel wheel;
    for (std::uint64_t i = 0; i < 5'000; ++i)
        wheel[wheel.add(Instant{70'000}, What::timer)].key = i;
    for (std::uint64_t i = 0; i < 5'000; ++i) {
        const auto index = wheel.pop(Instant::max());
        ASSERT_EQ(wheel[index].key, i);
        wheel.release(index);
    }
}

TEST(Wheel, a_limit_is_kept_to_the_nanosecond) {
    Wheel wheel;
    const Instant hours{7'200'000'000'123};
    (void)wheel.add(hours, What::timer);
    EXPECT_EQ(wheel.pop(hours + Duration{-1}), nil);
    EXPECT_NE(wheel.pop(hours), nil);
}

TEST(Wheel, what_is_filed_after_a_look_ahead_still_comes_first) {
    Wheel wheel;
    for (std::int64_t i = 1; i <= 40; ++i) (void)wheel.add(Instant{i * 1'000'000}, What::timer);
    EXPECT_EQ(wheel.pop(Instant{999'999}), nil);  // Opens slots beyond the limit.
    const auto first = wheel.add(Instant{999'999}, What::packet);
    const auto third = wheel.add(Instant{1'000'001}, What::ghost);
    EXPECT_EQ(wheel.pop(Instant::max()), first);
    EXPECT_EQ(wheel[wheel.pop(Instant::max())].at, Instant{1'000'000});
    EXPECT_EQ(wheel.pop(Instant::max()), third);
}

TEST(Wheel, a_cancelled_timer_leaves_at_once) {
    Wheel wheel;
    for (int i = 0; i < 1'000'000; ++i) {
        wheel.cancel(wheel.add(Instant{200'000'000 + i * 1'000}, What::timer));
    }
    EXPECT_EQ(wheel.in_use(), 0U);
    EXPECT_LT(wheel.capacity(), 100U);
}

TEST(Wheel, a_stale_handle_names_nothing) {
    Wheel wheel;
    const auto index = wheel.add(Instant{5}, What::timer);
    const auto sequence = wheel.sequence(index);
    EXPECT_TRUE(wheel.awaited(index, sequence));
    wheel.release(wheel.pop(Instant::max()));
    EXPECT_FALSE(wheel.awaited(index, sequence));
    const auto other = wheel.add(Instant{6}, What::timer);
    EXPECT_EQ(other, index);
    EXPECT_FALSE(wheel.awaited(index, sequence));
    EXPECT_TRUE(wheel.awaited(other, wheel.sequence(other)));
}

TEST(Wheel, a_list_that_is_never_empty_does_not_grow) {
    Wheel wheel;
    Instant now;
    for (int i = 0; i < 30; ++i) (void)wheel.add(now + Duration{100 + i}, What::timer);
    for (int i = 0; i < 200'000; ++i) {
        const auto index = wheel.pop(Instant::max());
        ASSERT_GE(wheel[index].at, now);
        now = wheel[index].at;
        wheel.again(index, now + Duration{700});
    }
    EXPECT_EQ(wheel.capacity(), 30U);
}

}  // namespace
}  // namespace storm::sim
