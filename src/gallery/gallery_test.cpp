// Goal: the parts of the gallery that can be judged without a world are right.
// Method: examples and properties over the journal's bytes, the store and the declarations.
// What the systems do under faults is tested where a world is.
#include "gallery/gallery.h"

#include <gtest/gtest.h>

#include <set>

#include "core/codec.h"
#include "gallery/client.h"
#include "gallery/journal.h"
#include "gallery/raft_log.h"
#include "gallery/register.h"
#include "gallery/store.h"

namespace storm::gallery {
namespace {

Bytes bytes_of(std::string_view text) {
    Bytes bytes;
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

Bytes three_records() {
    Bytes file;
    for (const auto* text : {"one", "two and more", "three"}) append_record(file, bytes_of(text));
    return file;
}

TEST(Journal, ReadsBackWhatWasAppended) {
    const auto scan = scan_records(three_records());
    ASSERT_EQ(scan.records.size(), 3U);
    EXPECT_EQ(scan.records[1], bytes_of("two and more"));
    EXPECT_EQ(scan.sound, three_records().size());
}

TEST(Journal, CutAnywhereGivesThePrefixOfWholeRecords) {
    const Bytes whole = three_records();
    std::size_t first = 8 + 3;
    std::size_t second = first + 8 + 12;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto scan = scan_records(std::span(whole).first(length));
        const std::size_t expected = length >= second ? 2 : length >= first ? 1 : 0;
        EXPECT_EQ(scan.records.size(), expected) << length;
    }
}

TEST(Journal, OneFlippedBitEndsTheSoundPart) {
    const Bytes whole = three_records();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            Bytes damaged = whole;
            damaged[at] ^= static_cast<std::byte>(1 << bit);
            EXPECT_LE(scan_records(damaged).sound, at) << at << " bit " << bit;
        }
    }
}

TEST(Journal, ZerosAreNoRecords) {
    EXPECT_TRUE(scan_records(Bytes(64)).records.empty());
    Bytes file = three_records();
    file.resize(file.size() + 64);
    EXPECT_EQ(scan_records(file).records.size(), 3U);
}

Command put(std::uint32_t client, std::uint64_t sequence, const char* key, int value) {
    return {CommandKind::put, client, sequence, key, {}, value};
}

TEST(Store, AnswersARepeatedRequestWithoutExecutingItAgain) {
    Store store;
    store.apply(put(1, 10, "x", 1), true);
    store.apply(put(2, 10, "x", 2), true);
    store.apply(put(1, 10, "x", 1), true);
    EXPECT_EQ(store.get("x"), Value(2));
    store.apply(put(1, 10, "x", 1), false);
    EXPECT_EQ(store.get("x"), Value(1));
}

TEST(Store, RepeatsTheResultOfACasThatSucceeded) {
    Store store;
    const Command cas{CommandKind::cas, 1, 5, "x", {}, 7};
    EXPECT_EQ(store.apply(cas, true), Value(true));
    EXPECT_EQ(store.apply(cas, true), Value(true));
    EXPECT_EQ(store.apply({CommandKind::cas, 1, 6, "x", 8, 9}, true), Value(false));
    EXPECT_EQ(store.get("x"), Value(7));
}

TEST(Store, TravelsWithItsSessions) {
    Store store;
    store.apply(put(1, 10, "y", 1), true);
    store.apply(put(1, 11, "x", 2), true);
    auto copy = core::from_bytes<Store>(core::to_bytes(store));
    ASSERT_TRUE(copy.has_value());
    EXPECT_EQ(copy->digest(), store.digest());
    copy->apply(put(1, 10, "y", 5), true);
    EXPECT_EQ(copy->digest(), store.digest());
    copy->apply(put(1, 12, "y", 5), true);
    EXPECT_NE(copy->digest(), store.digest());
}

TEST(Tags, AreOrderedBySequenceThenWriter) {
    using abd::Tag;
    EXPECT_LT((Tag{1, 9, 9}), (Tag{2, 0, 0}));
    EXPECT_LT((Tag{2, 1, 9}), (Tag{2, 2, 0}));
    EXPECT_LT((Tag{2, 1, 1}), (Tag{2, 1, 2}));
}

raft::Log log_of(std::initializer_list<std::uint64_t> terms) {
    raft::Log log;
    for (const auto term : terms) log.append({term, {}});
    return log;
}

TEST(RaftLog, KnowsTermsFromItsSnapshotOn) {
    raft::Log log = log_of({1, 1, 2, 3});
    EXPECT_EQ(log.term_at(0), 0U);
    log.restart_from({2, 1, 0, {}}, true);
    EXPECT_EQ(log.last(), 4U);
    EXPECT_EQ(log.term_at(1), 0U);
    EXPECT_EQ(log.term_at(2), 1U);
    EXPECT_EQ(log.term_at(3), 2U);
    EXPECT_EQ(log.term_at(5), 0U);
    EXPECT_EQ(log.from(3, 9).size(), 2U);
}

TEST(RaftLog, KeepsWhatContinuesASnapshotAndNothingElse) {
    raft::Log agrees = log_of({1, 1, 2, 3});
    agrees.restart_from({3, 2, 0, {}}, true);
    EXPECT_EQ(agrees.last(), 4U);
    raft::Log differs = log_of({1, 1, 2, 3});
    differs.restart_from({3, 4, 0, {}}, true);
    EXPECT_EQ(differs.last(), 3U);
    raft::Log shorter = log_of({1, 1});
    shorter.restart_from({3, 2, 0, {}}, true);
    EXPECT_EQ(shorter.last(), 3U);
    EXPECT_EQ(shorter.last_term(), 2U);
}

TEST(RaftLog, IsCutFromAnIndexOn) {
    raft::Log log = log_of({1, 1, 2, 3});
    log.cut(3);
    EXPECT_EQ(log.last(), 2U);
    EXPECT_EQ(log.last_term(), 1U);
    log.cut(7);
    EXPECT_EQ(log.last(), 2U);
}

TEST(RaftLog, HasADigestThatEachEntryChanges) {
    const raft::Entry entry{2, put(1, 10, "x", 1)};
    const raft::Entry later{3, put(1, 10, "x", 1)};
    const raft::Entry other{2, put(1, 10, "x", 2)};
    EXPECT_NE(raft::chained(7, entry), raft::chained(8, entry));
    EXPECT_NE(raft::chained(7, entry), raft::chained(7, later));
    EXPECT_NE(raft::chained(7, entry), raft::chained(7, other));
}

TEST(Values, AreWrittenByOneOperationOnly) {
    std::set<Value> seen;
    for (std::uint32_t client : {0U, 1U, 2U, 97U, 98U, 99U, 100U, 5000U}) {
        for (std::uint32_t index = 0; index < 300; ++index) {
            EXPECT_TRUE(seen.insert(unique_value(client, index)).second) << client << " " << index;
        }
    }
}

TEST(Systems, DeclareNamedPlantsWithOneSentenceAndSomethingToBlame) {
    std::size_t plants = 0;
    for (const auto& system : systems()) {
        std::set<std::string> names;
        for (const auto& plant : system.plants) {
            ++plants;
            EXPECT_TRUE(names.insert(plant.name).second) << plant.name;
            EXPECT_TRUE(plant.summary.ends_with('.')) << plant.summary;
            EXPECT_FALSE(plant.blames.empty()) << plant.name;
        }
        EXPECT_FALSE(system.operations.empty());
        EXPECT_EQ(system.tolerates(3).crashed, 3U);
        EXPECT_FALSE(system.tolerates(3).lost_fsync);
    }
    EXPECT_GE(plants, 14U);
}

}  // namespace
}  // namespace storm::gallery
