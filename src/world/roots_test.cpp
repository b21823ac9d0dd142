// Goal: what causes a fault or an operation has the same name for ever: recorded decisions,
// pins and regression scenarios of earlier builds are filed under it. Method: golden vectors.
#include <gtest/gtest.h>

#include "world/clients.h"
#include "world/strikes.h"

namespace storm::world {
namespace {

TEST(Roots, OfFaultsNeverChangeTheirGoldenVectors) {
    EXPECT_EQ(fault_root("net.partition#1", 0), 11860732912102509901ULL);
    EXPECT_EQ(fault_root("net.partition#1", 1), 10124354895517155971ULL);
    EXPECT_EQ(fault_root("random/node.kill/3", 0), 14410138035182896828ULL);
}

TEST(Roots, OfOperationsNeverChangeTheirGoldenVectors) {
    EXPECT_EQ(operation_root(core::Id::client(0), 0), 6068022917311023138ULL);
    EXPECT_EQ(operation_root(core::Id::client(0), 1), 16225637700969440271ULL);
    EXPECT_EQ(operation_root(core::Id::client(41), 7), 6275175141627225050ULL);
}

}  // namespace
}  // namespace storm::world
