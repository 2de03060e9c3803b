#include "kernels/cuda/device_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Holds with and without toolkit, driver and card: this is the machine-independent half.
TEST(DeviceQueryTest, GivesAServedDeviceOrAReason) {
  const CudaQuery query = QueryCuda();
  const bool served = std::any_of(query.devices.begin(), query.devices.end(),
                                  [](const CudaDeviceInfo& device) { return device.served; });
  EXPECT_EQ(served, query.unavailable_reason.empty()) << query.unavailable_reason;
  EXPECT_EQ(query.unavailable_reason.find('\n'), std::string::npos);
  EXPECT_EQ(CudaUnavailableReason(), query.unavailable_reason);
}

TEST(DeviceQueryTest, AskingTwiceGivesTheSameAnswer) {
  const CudaQuery first = QueryCuda();
  const CudaQuery second = QueryCuda();
  EXPECT_EQ(first.devices.size(), second.devices.size());
  EXPECT_EQ(first.driver_version, second.driver_version);
  EXPECT_EQ(first.unavailable_reason, second.unavailable_reason);
}

TEST(DeviceQueryTest, DevicesAreDescribed) {
  const CudaQuery query = QueryCuda();
  if (query.devices.empty()) GTEST_SKIP() << "needs a CUDA device: " << query.unavailable_reason;
  EXPECT_GT(query.driver_version, 0);
  EXPECT_GT(query.runtime_version, 0);
  for (const CudaDeviceInfo& device : query.devices) {
    EXPECT_FALSE(device.name.empty());
    EXPECT_GT(device.memory_bytes, 1 << 20);
    EXPECT_GE(device.capability_major, 3);
  }
}

TEST(DeviceQueryTest, DescriptionNamesCardCapabilityAndMemory) {
  const CudaDeviceInfo orin{0, "Orin", 8, 7, 64ll << 30, true, true};
  EXPECT_EQ(Describe(orin), "Orin, compute capability 8.7, 64.0 GiB shared with the processor");
}

CudaQuery ThreeCards() {
  CudaQuery query;
  for (int index = 0; index < 3; ++index) {
    query.devices.push_back({index, "Card", 8, 7, 8ll << 30, false, index != 1});
  }
  return query;
}

TEST(DeviceQueryTest, RanksTakeServedCardsInTurn) {
  const CudaQuery query = ThreeCards();
  for (const auto& [rank, card] : {std::pair{0, 0}, {1, 2}, {2, 0}, {3, 2}}) {
    EXPECT_EQ(ChooseCard(query, -1, rank).index, card) << "rank " << rank;
  }
  EXPECT_EQ(ChooseCard(query, 2, 0).index, 2);
}

std::string ChoiceError(const CudaQuery& query, int index) {
  try {
    ChooseCard(query, index, 0);
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

TEST(DeviceQueryTest, SaysWhichCardsThereAre) {
  const std::string cards =
      "0 (Card, compute capability 8.7, 8.0 GiB), 2 (Card, compute capability 8.7, 8.0 GiB)";
  EXPECT_EQ(ChoiceError(ThreeCards(), 1),
            "device cuda: no card 1 that this build can use; choose " + cards);
  EXPECT_EQ(ChoiceError(ThreeCards(), 3),
            "device cuda: no card 3 that this build can use; choose " + cards);
  CudaQuery none;
  none.unavailable_reason = "there is none";
  EXPECT_EQ(ChoiceError(none, 0), "device cuda: there is none; choose cpu or eigen");
}

}  // namespace
}  // namespace jupiter
