#include "kernels/cuda/architectures.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

TEST(ArchitecturesTest, PlainNumberServesItselfAndEverythingLater) {
  EXPECT_TRUE(ServesCapability("87,90", 8, 7));
  EXPECT_TRUE(ServesCapability("87,90", 8, 9));
  EXPECT_TRUE(ServesCapability("87,90", 9, 0));
  EXPECT_TRUE(ServesCapability("87,90", 12, 0));
  EXPECT_FALSE(ServesCapability("87,90", 8, 6));
  EXPECT_FALSE(ServesCapability("87,90", 7, 2));
}

TEST(ArchitecturesTest, MachineCodeStaysWithinItsMajorVersion) {
  EXPECT_TRUE(ServesCapability("80-real", 8, 6));
  EXPECT_FALSE(ServesCapability("80-real", 9, 0));
  EXPECT_FALSE(ServesCapability("90-real", 8, 7));
}

TEST(ArchitecturesTest, PtxServesEverythingLater) {
  EXPECT_TRUE(ServesCapability("80-virtual", 9, 0));
  EXPECT_FALSE(ServesCapability("90-virtual", 8, 9));
  EXPECT_TRUE(ServesCapability("100-virtual", 12, 1));
}

TEST(ArchitecturesTest, ArchitectureSpecificCodeServesThatOneAlone) {
  EXPECT_TRUE(ServesCapability("90a", 9, 0));
  EXPECT_FALSE(ServesCapability("90a", 10, 0));
  EXPECT_TRUE(ServesCapability("90a,87", 10, 0));
}

TEST(ArchitecturesTest, WordsServeEveryCardAndNothingServesNone) {
  EXPECT_TRUE(ServesCapability("all-major", 5, 3));
  EXPECT_TRUE(ServesCapability("native", 8, 7));
  EXPECT_FALSE(ServesCapability("", 8, 7));
}

TEST(ArchitecturesTest, ReadsAsUsersWriteThem) {
  EXPECT_EQ(ReadableArchitectures("87,90-real"), "8.7, 9.0");
  EXPECT_EQ(ReadableArchitectures("120"), "12.0");
  EXPECT_EQ(ReadableArchitectures("90a,native"), "9.0, native");
}

}  // namespace
}  // namespace jupiter
