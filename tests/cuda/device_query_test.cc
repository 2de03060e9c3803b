#include "kernels/cuda/device_query.h"

#include <gtest/gtest.h>

#include <algorithm>

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
  if (query.devices.empty()) GTEST_SKIP() << "no CUDA device: " << query.unavailable_reason;
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

}  // namespace
}  // namespace jupiter
