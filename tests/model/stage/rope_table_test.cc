// The rotary table against the C library in long double.
#include "model/stage/rope_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/make_device.h"
#include "model/loaders/rope_scaling.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// Half a unit of a float below 1, and the double arithmetic of the angle, whose error grows with
// it: 1e-14 relative of the frequency (see DeterministicPow) times the position.
void ExpectTable(const ModelConfig& config, int positions, int step) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const Tensor table = MakeRopeTable(*device, config, positions);
  ASSERT_EQ(table.rows(), positions);
  ASSERT_EQ(table.columns(), config.head_dim);
  const auto half = static_cast<std::size_t>(config.head_dim / 2);
  for (int position = 0; position < positions; position += step) {
    const Floats row = ToHost(*device, table.Rows(position, 1)).front();
    for (std::size_t i = 0; i < half; ++i) {
      const long double exponent = -2.0L * static_cast<long double>(i) / config.head_dim;
      long double frequency = std::pow(static_cast<long double>(config.rope_base), exponent);
      if (!config.rope_factors.empty()) frequency /= config.rope_factors[i];
      const long double angle = position * frequency;
      const double bound = 0x1p-25 + 2e-14 * (1 + static_cast<double>(angle));
      EXPECT_NEAR(row[i], static_cast<double>(std::cos(angle)), bound) << position << " " << i;
      EXPECT_NEAR(row[half + i], static_cast<double>(std::sin(angle)), bound) << position;
    }
  }
}

ModelConfig Rotary(int head_dim, float base) {
  ModelConfig config;
  config.head_dim = head_dim;
  config.rope_base = base;
  return config;
}

TEST(RopeTableTest, IsCosineAndSineOfPositionTimesFrequency) {
  ExpectTable(Rotary(2, 1e4f), 100, 1);
  ExpectTable(Rotary(64, 1e4f), 2048, 17);
  ExpectTable(Rotary(128, 5e5f), 8192, 271);
  ExpectTable(Rotary(128, 1e6f), 131072, 13107);
}

TEST(RopeTableTest, FactorsDivideTheFrequencies) {
  ModelConfig config = Rotary(128, 5e5f);
  config.rope_factors = Llama3RopeFactors(5e5, 128, {8, 1, 4, 8192});
  ExpectTable(config, 8192, 301);
}

TEST(RopeTableTest, PositionZeroTurnsNothing) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const Tensor table = MakeRopeTable(*device, Rotary(32, 1e4f), 1);
  const Floats row = ToHost(*device, table.view()).front();
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(row[i], i < 16 ? 1.0f : 0.0f) << i;
}

}  // namespace
}  // namespace jupiter
