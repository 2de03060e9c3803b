// The loops that benchmarks take for the limit do all the operations that they count.
#include "kernels/cpu/peak_kernels.h"

#include <gtest/gtest.h>

#include "kernels/cpu/isa.h"

namespace jupiter::cpu {
namespace {

constexpr std::int64_t kRounds = 100;

// 0 + 1 + ...: what chains begin with.
std::int64_t Starts(std::int64_t chains) { return chains * (chains - 1) / 2; }

TEST(PeakKernelsTest, EveryFmaAddsOne) {
  float operands[32];
  for (float& x : operands) x = 1;
  for (const KernelTable* table : AvailableTables()) {
    float sink[16] = {};
    const std::int64_t operations = table->peak_fma(operands, kRounds, sink);
    const std::int64_t fmas = operations / 32;
    for (const float lane : sink) {
      EXPECT_EQ(lane, static_cast<float>(Starts(fmas / kRounds) + fmas)) << table->name;
    }
  }
}

TEST(PeakKernelsTest, EveryDotAddsFourProductsToALane) {
  std::uint8_t weights[64];
  std::int8_t x[16];
  for (std::uint8_t& w : weights) w = 1;
  for (std::int8_t& value : x) value = 1;
  for (const KernelTable* table : AvailableTables()) {
    std::int32_t sink = 0;
    const std::int64_t operations = table->peak_dot(weights, x, kRounds, &sink);
    const std::int64_t dots = operations / 128;
    EXPECT_EQ(sink, 16 * (Starts(dots / kRounds) + 4 * dots)) << table->name;
  }
}

}  // namespace
}  // namespace jupiter::cpu
