// Goal: the laws of files say of each record what the crash must have left, and catch every way
// to break them. Method: records written by hand, as a node publishes them over two lives.
#include "world/file_laws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storm::world {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

/// Two lives of n1. In the first, records 1 to 5 were written, 6 was in flight, 3 was synced;
/// names 1 to 5 were there, 6 was asked for, 4 was durable.
struct Told {
    history::RunRecord record;
    Told() {
        say("life", 0);
        say("names", Value::List{});
        for (const auto* lane : {"0", "1"}) {
            say("found" + std::string(lane), "");
            say("began" + std::string(lane), 6);
            say("written" + std::string(lane), 5);
            say("synced" + std::string(lane), 3);
        }
        say("naming", 6);
        say("named", 5);
        say("kept", 4);
    }
    void say(std::string key, Value value) {
        record.published.push_back({core::Id::node(0), std::move(key), std::move(value), {}});
    }
    /// What the file holds when records 1 to `whole` stand in it, and then `sixth`.
    static std::string bytes(std::uint32_t lane, std::int64_t whole) {
        std::string out(file_slots * file_record_bytes, '.');
        for (std::int64_t n = 1; n <= whole; ++n) put(out, lane, n, file_record_bytes);
        return out;
    }
    static void put(std::string& out, std::uint32_t lane, std::int64_t n, std::size_t size) {
        out.replace(static_cast<std::size_t>(n) % file_slots * file_record_bytes, size,
                    file_record(lane, 0, n).substr(0, size));
    }
    static Value names(std::int64_t upto) {
        Value::List list;
        for (std::int64_t n = 1; n <= upto; ++n) list.emplace_back(file_name(0, n));
        return list;
    }
    /// The second life finds this.
    std::vector<std::string> judged(Crash crash, std::string first, std::string second,
                                    Value listed, std::int64_t life = 1) {
        say("life", life);
        say("names", std::move(listed));
        say("found0", std::move(first));
        say("found1", std::move(second));
        return broken_file_laws(record, crash);
    }
};

TEST(FileLaws, AKillKeepsWhatWasCompletedAndAppliesOrDropsTheRest) {
    for (const std::int64_t whole : {5, 6}) {
        EXPECT_THAT(Told().judged(Crash::kill, Told::bytes(0, whole), Told::bytes(1, 5),
                                  Told::names(whole)),
                    IsEmpty());
    }
}

TEST(FileLaws, ALifeThatEndsBeforeItToldWhatItFoundIsNoneThatWrote) {
    Told told;
    told.say("life", 1);  // Killed at once; a third one finds what the first has written.
    EXPECT_THAT(told.judged(Crash::kill, Told::bytes(0, 5), Told::bytes(1, 5), Told::names(5), 2),
                IsEmpty());
    auto third = Told::bytes(0, 5);
    told.say("began0", 1);
    told.say("written0", 1);
    third.replace(file_record_bytes, file_record_bytes, file_record(0, 2, 1));
    EXPECT_THAT(told.judged(Crash::kill, third, Told::bytes(1, 5), Told::names(5), 4), IsEmpty());
}

TEST(FileLaws, ACompletedWriteThatAKillTakesIsCaught) {
    EXPECT_THAT(Told().judged(Crash::kill, Told::bytes(0, 4), Told::bytes(1, 5), Told::names(5)),
                Contains("Completed writes survive a kill."));
    auto torn = Told::bytes(1, 5);
    torn[file_record_bytes * 2 - 1] = 'x';
    EXPECT_THAT(Told().judged(Crash::kill, Told::bytes(0, 5), torn, Told::names(5)),
                Contains("Completed writes survive a kill."));
}

TEST(FileLaws, AWriteThatAKillTearsIsCaught) {
    auto torn = Told::bytes(0, 5);
    Told::put(torn, 0, 6, 512);
    EXPECT_THAT(Told().judged(Crash::kill, torn, Told::bytes(1, 5), Told::names(5)),
                Contains("A write in flight at a kill is applied or dropped whole."));
}

TEST(FileLaws, ANameThatAKillTakesOrThatNobodyGaveIsCaught) {
    EXPECT_THAT(Told().judged(Crash::kill, Told::bytes(0, 5), Told::bytes(1, 5), Told::names(4)),
                Contains("A kill takes no name away."));
    EXPECT_THAT(Told().judged(Crash::kill, Told::bytes(0, 5), Told::bytes(1, 5), Told::names(7)),
                Contains("No name appears that nobody gave."));
}

TEST(FileLaws, APowerLossKeepsTearsOrDropsWhatWasNotSynced) {
    auto torn = Told::bytes(0, 3);
    Told::put(torn, 0, 5, 1024);
    Told::put(torn, 0, 6, file_record_bytes);
    EXPECT_THAT(Told().judged(Crash::power_loss, torn, Told::bytes(1, 3), Told::names(4)),
                IsEmpty());
}

TEST(FileLaws, ASyncedWriteOrNameThatAPowerLossTakesIsCaught) {
    EXPECT_THAT(
        Told().judged(Crash::power_loss, Told::bytes(0, 2), Told::bytes(1, 3), Told::names(4)),
        Contains("Synced writes survive a power loss."));
    EXPECT_THAT(
        Told().judged(Crash::power_loss, Told::bytes(0, 3), Told::bytes(1, 3), Told::names(3)),
        Contains("Names survive once sync_dir has ended."));
}

TEST(FileLaws, BytesThatNobodyWroteAreCaught) {
    auto odd = Told::bytes(0, 3);
    Told::put(odd, 0, 5, 1024);
    odd[file_record_bytes * 5] = 'x';  // The middle of record 5 without its beginning.
    EXPECT_THAT(
        Told().judged(Crash::power_loss, odd, Told::bytes(1, 3), Told::names(4)),
        Contains("A power loss leaves of an unsynced write all, its beginning or nothing."));
}

TEST(FileLaws, APowerLossThatLosesNothingIsCaught) {
    const auto broken =
        Told().judged(Crash::power_loss, Told::bytes(0, 6), Told::bytes(1, 6), Told::names(6));
    EXPECT_THAT(broken, Contains("What was not synced is not safe from a power loss."));
    EXPECT_THAT(broken, Contains("A new name that no sync_dir made durable is not safe."));
}

TEST(FileLaws, ANodeThatNeverComesBackIsCaught) {
    EXPECT_THAT(broken_file_laws(Told().record, Crash::kill),
                Contains("A node that is started again finds its files."));
    EXPECT_THAT(broken_file_laws(Told().record, Crash::power_loss),
                Not(Contains("Synced writes survive a power loss.")));
}

}  // namespace
}  // namespace storm::world
