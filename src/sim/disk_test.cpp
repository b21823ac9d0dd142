// Goal: what a disk holds after each kind of end. Method: the model alone, with fates dictated
// by the test; then random histories against a second, naive model of what must have survived.
#include "sim/disk.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>

namespace storm::sim {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::string_view text, std::size_t times = 1) {
    Bytes out;
    for (; times > 0; --times) {
        for (const char c : text) out.push_back(static_cast<std::byte>(c));
    }
    return out;
}
std::uint32_t open(Disk& disk, std::string_view path) {
    std::uint32_t handle = 0;
    EXPECT_EQ(disk.open(path, true, false, handle), 0);
    return handle;
}
Bytes content(const Disk& disk, std::uint32_t handle) {
    Bytes out;
    EXPECT_EQ(disk.read(handle, 0, 1 << 20, out), 0);
    return out;
}
int put(Disk& disk, std::uint32_t handle, std::uint64_t offset, const Bytes& what) {
    return disk.write(handle, offset, what, what.size());
}
std::int64_t keep(std::uint32_t, std::size_t) { return 0; }
std::int64_t drop(std::uint32_t, std::size_t) { return 1; }

/// A file with "old" synced and "new!" written over it and not synced.
struct Unsynced {
    Unsynced() : file(open(disk, "f")) {
        std::uint64_t pending = 0;
        EXPECT_EQ(put(disk, file, 0, bytes("old")), 0);
        EXPECT_EQ(disk.sync(file, pending), 0);
        disk.sync_dir();
        EXPECT_EQ(put(disk, file, 0, bytes("new!")), 0);
    }
    Disk disk;
    std::uint32_t file;
};

TEST(Disk, reads_see_what_was_written_whether_synced_or_not) {
    const Unsynced u;
    EXPECT_EQ(content(u.disk, u.file), bytes("new!"));
    EXPECT_EQ(u.disk.pending(u.file), 4U);
}

TEST(Disk, a_power_loss_may_keep_or_drop_what_was_not_synced) {
    Unsynced kept, dropped;
    kept.disk.power_loss(keep);
    dropped.disk.power_loss(drop);
    EXPECT_EQ(content(kept.disk, kept.file), bytes("new!"));
    EXPECT_EQ(content(dropped.disk, dropped.file), bytes("old"));
}

TEST(Disk, a_torn_write_ends_at_a_sector) {
    Disk disk;
    const auto file = open(disk, "f");
    disk.sync_dir();
    EXPECT_EQ(put(disk, file, 0, bytes("x", 1'300)), 0);
    std::vector<std::size_t> sectors;
    disk.power_loss([&](std::uint32_t, std::size_t count) {
        sectors.push_back(count);
        return 2 + 2;  // Torn after two sectors.
    });
    EXPECT_EQ(sectors, std::vector<std::size_t>{3});
    EXPECT_EQ(content(disk, file), bytes("x", 2 * sector_bytes));
}

TEST(Disk, a_power_loss_says_what_it_took_and_of_which_change_on) {
    Disk disk;
    const auto file = open(disk, "f");
    disk.sync_dir();
    const auto other = open(disk, "g");  // Names 1: not durable.
    EXPECT_EQ(put(disk, file, 0, bytes("aa")), 0);
    EXPECT_EQ(put(disk, file, 2, bytes("bb")), 0);
    EXPECT_EQ(put(disk, file, 2, bytes("cc")), 0);  // What it covers was gone before.
    EXPECT_EQ(put(disk, other, 0, bytes("gg")), 0);
    Disk all = disk, none = disk, last = disk, hidden = disk;
    EXPECT_TRUE(all.power_loss(keep).empty());
    const auto took = [](const std::vector<Disk::Loss>& losses) {
        std::vector<std::pair<std::uint32_t, std::uint64_t>> out;
        for (const auto& loss : losses) out.emplace_back(loss.file, loss.first);
        return out;
    };
    using Pairs = std::vector<std::pair<std::uint32_t, std::uint64_t>>;
    EXPECT_EQ(took(none.power_loss(drop)), Pairs({{Disk::directory, 1}, {file, 0}, {other, 0}}));
    const auto only = [](std::uint32_t lost) {  // Draw 0 is of the names.
        return [lost](std::uint32_t index, std::size_t) { return std::int64_t{index == lost}; };
    };
    EXPECT_EQ(took(last.power_loss(only(3))), Pairs({{file, 2}}));
    EXPECT_TRUE(hidden.power_loss(only(2)).empty());
}

TEST(Disk, what_was_synced_is_there_after_any_power_loss) {
    Disk disk;
    const auto file = open(disk, "f");
    std::uint64_t pending = 0;
    EXPECT_EQ(put(disk, file, 0, bytes("safe")), 0);
    EXPECT_EQ(disk.sync(file, pending), 0);
    EXPECT_EQ(pending, 4U);
    disk.sync_dir();
    disk.power_loss(drop);
    EXPECT_EQ(content(disk, open(disk, "f")), bytes("safe"));
}

TEST(Disk, a_sync_covers_what_was_written_when_it_was_asked_for) {
    Disk disk;
    const auto file = open(disk, "f");
    disk.sync_dir();
    EXPECT_EQ(put(disk, file, 0, bytes("one")), 0);
    const auto asked = disk.changes(file);
    EXPECT_EQ(put(disk, file, 3, bytes("two")), 0);
    std::uint64_t pending = 0;
    EXPECT_EQ(disk.sync(file, pending, asked), 0);
    EXPECT_EQ(pending, 3U);
    EXPECT_EQ(disk.pending(file), 3U);
    EXPECT_EQ(disk.pending(file, asked), 0U);
    EXPECT_EQ(disk.sync(file, pending, asked - 1), 0);  // An older one that comes late.
    EXPECT_EQ(pending, 0U);
    EXPECT_EQ(content(disk, file), bytes("onetwo"));
    disk.power_loss(drop);
    EXPECT_EQ(content(disk, file), bytes("one"));
    EXPECT_EQ(disk.changes(file), 2U);
}

TEST(Disk, a_sync_of_names_covers_those_that_had_changed_when_it_was_asked_for) {
    Disk disk;
    (void)open(disk, "a");
    const auto asked = disk.name_changes();
    (void)open(disk, "b");
    EXPECT_EQ(disk.rename("a", "c"), 0);
    disk.sync_dir(asked);
    EXPECT_EQ(disk.pending_names(), 2U);
    EXPECT_EQ(disk.pending_names(asked), 0U);
    Disk kept = disk;
    disk.power_loss(drop);
    EXPECT_EQ(disk.list(), std::vector<std::string>{"a"});
    EXPECT_EQ(disk.name_changes(), 3U);
    kept.power_loss(keep);
    EXPECT_EQ(kept.list(), (std::vector<std::string>{"b", "c"}));
}

TEST(Disk, a_new_name_is_durable_only_after_sync_dir) {
    Disk disk;
    const auto file = open(disk, "f");
    std::uint64_t pending = 0;
    EXPECT_EQ(disk.sync(file, pending), 0);
    disk.power_loss(drop);
    EXPECT_TRUE(disk.list().empty());
}

TEST(Disk, of_unsynced_names_a_prefix_of_the_changes_survives) {
    const auto after = [](std::int64_t fate) {
        Disk disk;
        (void)open(disk, "log");
        disk.sync_dir();
        (void)open(disk, "tmp");
        EXPECT_EQ(disk.rename("tmp", "log"), 0);
        EXPECT_EQ(disk.remove("log"), 0);
        disk.power_loss([&](std::uint32_t, std::size_t steps) {
            EXPECT_EQ(steps, 3U);
            return fate;
        });
        return disk.list();
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(after(1), Names{"log"});           // None of them.
    EXPECT_EQ(after(2), Names{"log"});           // Also none: torn after 0.
    EXPECT_EQ(after(3), (Names{"log", "tmp"}));  // The creation.
    EXPECT_EQ(after(4), Names{"log"});           // And the rename.
    EXPECT_EQ(after(0), Names{});                // All.
}

TEST(Disk, a_write_of_which_a_part_was_kept_reports_nothing_and_lacks_the_rest) {
    Disk disk;
    const auto file = open(disk, "f");
    const auto all = bytes("abc", 400);
    EXPECT_EQ(disk.write(file, 0, all, sector_bytes), 0);
    EXPECT_EQ(content(disk, file).size(), sector_bytes);
}

TEST(Disk, says_what_is_wrong_by_errno) {
    Disk disk;
    std::uint32_t handle = 0;
    std::uint64_t size = 0;
    Bytes out;
    EXPECT_EQ(disk.open("none", false, false, handle), ENOENT);
    EXPECT_EQ(disk.rename("none", "x"), ENOENT);
    EXPECT_EQ(disk.remove("none"), ENOENT);
    EXPECT_EQ(disk.read(7, 0, 1, out), EBADF);
    EXPECT_EQ(disk.write(7, 0, out, 0), EBADF);
    EXPECT_EQ(disk.size(7, size), EBADF);
    EXPECT_EQ(disk.truncate(open(disk, "f"), std::uint64_t{1} << 40), EFBIG);
}

TEST(Disk, an_open_handle_outlives_the_name) {
    Disk disk;
    const auto file = open(disk, "f");
    EXPECT_EQ(put(disk, file, 0, bytes("here")), 0);
    EXPECT_EQ(disk.remove("f"), 0);
    EXPECT_EQ(content(disk, file), bytes("here"));
    EXPECT_EQ(disk.used(), 0U);
}

RC_GTEST_PROP(Disk, keeps_the_unsynced_writes_that_were_drawn_and_no_others, ()) {
    Disk disk;
    const auto file = open(disk, "f");
    disk.sync_dir();
    Bytes durable, cached;
    std::vector<std::pair<std::uint64_t, Bytes>> unsynced;
    const auto apply = [](Bytes& to, std::uint64_t offset, const Bytes& what) {
        if (to.size() < offset + what.size()) to.resize(offset + what.size());
        std::copy(what.begin(), what.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    const int steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i) {
        if (*rc::gen::inRange(0, 5) == 0) {
            std::uint64_t pending = 0;
            RC_ASSERT(disk.sync(file, pending) == 0);
            durable = cached;
            unsynced.clear();
            continue;
        }
        const auto offset = static_cast<std::uint64_t>(*rc::gen::inRange(0, 3'000));
        const Bytes what(static_cast<std::size_t>(*rc::gen::inRange(1, 1'500)),
                         static_cast<std::byte>(i + 1));
        RC_ASSERT(put(disk, file, offset, what) == 0);
        apply(cached, offset, what);
        unsynced.emplace_back(offset, what);
    }
    RC_ASSERT(content(disk, file) == cached);
    const auto fates = *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(0, 6));
    disk.power_loss([&](std::uint32_t index, std::size_t sectors) {
        return std::min<std::int64_t>(fates[index], static_cast<std::int64_t>(sectors) + 1);
    });
    for (std::size_t i = 0; i < unsynced.size(); ++i) {
        auto& [offset, what] = unsynced[i];
        const auto sectors = (what.size() + sector_bytes - 1) / sector_bytes;
        const auto fate = std::min<std::size_t>(static_cast<std::size_t>(fates[i]), sectors + 1);
        if (fate == 1) continue;
        if (fate >= 2) what.resize(std::min(what.size(), (fate - 2) * sector_bytes));
        if (!what.empty()) apply(durable, offset, what);
    }
    RC_ASSERT(content(disk, file) == durable);
}

}  // namespace
}  // namespace storm::sim
