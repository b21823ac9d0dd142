// Goal: names of nodes and clients and their ids are the same thing.
// Method: round trips over all ids; a table of names that are none.
#include "core/id.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace storm::core {
namespace {

RC_GTEST_PROP(Id, comes_back_from_its_name, (bool client)) {
    const auto index = *rc::gen::inRange<std::uint32_t>(0, Id::client_bit - 1);
    const Id id = client ? Id::client(index) : Id::node(index);
    RC_ASSERT(id_from(name_of(id)) == id);
    RC_ASSERT(id.index() == index);
    RC_ASSERT(id.is_client() == client);
}

TEST(Id, counts_from_one_in_names) {
    EXPECT_EQ(name_of(Id::node(0)), "n1");
    EXPECT_EQ(name_of(Id::client(1)), "c2");
    EXPECT_EQ(id_from("n2147483647"), Id::node(Id::client_bit - 2));
}

TEST(Id, has_no_other_name) {
    for (const char* name : {"", "n", "c", "n0", "n01", "x1", "N1", "1", "n-1", "n+1", "n1 ", " n1",
                             "n1x", "n2147483648", "n4294967297", "n99999999999999999999"}) {
        EXPECT_EQ(id_from(name), std::nullopt) << name;
    }
}

}  // namespace
}  // namespace storm::core
