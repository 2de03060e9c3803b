#include "kernels/base/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/base/half.h"
#include "kernels/base/rng.h"
#include "kernels/cpu/exp_kernel.h"
#include "kernels/cpu/vec_portable.h"

namespace jupiter {
namespace {

// Uniform in [low, high), 53 bits.
double Uniform(std::uint64_t index, double low, double high) {
  return low + (high - low) * (static_cast<double>(CounterRng(1).Bits(index) >> 11) * 0x1p-53);
}

TEST(MathTest, SinAndCos) {
  for (int i = 0; i < 20000; ++i) {
    const double x = Uniform(i, -1, 1) * std::pow(10.0, i % 8);
    EXPECT_NEAR(DeterministicSin(x), static_cast<double>(std::sin(static_cast<long double>(x))),
                1e-14);
    EXPECT_NEAR(DeterministicCos(x), static_cast<double>(std::cos(static_cast<long double>(x))),
                1e-14);
  }
  EXPECT_EQ(DeterministicSin(0), 0);
  EXPECT_EQ(DeterministicCos(0), 1);
  EXPECT_TRUE(std::isnan(DeterministicSin(1e8)));
  EXPECT_TRUE(std::isnan(DeterministicCos(std::numeric_limits<double>::infinity())));
}

TEST(MathTest, ExpAndLog) {
  for (int i = 0; i < 20000; ++i) {
    const double x = Uniform(i, -700, 700);
    EXPECT_NEAR(DeterministicExp(x) / std::exp(x), 1, 4e-15);
    const double y = std::ldexp(Uniform(i, 0.5, 1), i % 2000 - 1000);
    EXPECT_NEAR(DeterministicLog(y), std::log(y), 4e-16 * (1 + std::abs(std::log(y))));
  }
  EXPECT_NEAR(DeterministicLog(5e-324), std::log(5e-324), 1e-12);
  EXPECT_EQ(DeterministicLog(1), 0);
  EXPECT_EQ(DeterministicExp(0), 1);
  EXPECT_EQ(DeterministicExp(800), std::numeric_limits<double>::infinity());
  EXPECT_EQ(DeterministicExp(-800), 0);
  EXPECT_TRUE(std::isnan(DeterministicLog(-1)));
}

TEST(MathTest, Pow) {
  for (int i = 0; i < 20000; ++i) {
    const double base = Uniform(2 * i, 0.01, 1e6), exponent = Uniform(2 * i + 1, -2, 2);
    EXPECT_NEAR(DeterministicPow(base, exponent) / std::pow(base, exponent), 1, 1e-14);
  }
  EXPECT_EQ(DeterministicPow(10000, 0), 1);
}

TEST(ExpKernelTest, IsWithinTwoUlp) {
  using V = cpu::Portable;
  for (int i = 0; i < 200000; ++i) {
    const auto x = static_cast<float>(Uniform(i, -87, 87.99));
    const float y = cpu::Exp<V>(V::Set(x)).v[0];
    const double expected = std::exp(static_cast<double>(x));
    const double ulp = std::ldexp(1.0, std::ilogb(expected) - 23);
    ASSERT_LE(std::abs(y - expected), 2 * ulp) << x;
  }
  const auto exp = [](float x) { return cpu::Exp<V>(V::Set(x)).v[0]; };
  EXPECT_EQ(exp(0), 1);
  EXPECT_EQ(exp(-0.0f), 1);
  EXPECT_EQ(exp(-88), 0);
  EXPECT_EQ(exp(-std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(exp(88), std::numeric_limits<float>::infinity());
  EXPECT_EQ(exp(1000), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST(HalfTest, EveryHalfSurvives) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = ToFloat(Half{static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(ToFloat(ToHalf(value))));
      continue;
    }
    EXPECT_EQ(ToHalf(value).bits, bits);
  }
}

TEST(HalfTest, RoundsToTheNearestHalf) {
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<float>(Uniform(i, -1, 1) * std::ldexp(1.0, i % 45 - 28));
    const float rounded = ToFloat(ToHalf(x));
    if (std::abs(x) >= 65520) {
      EXPECT_TRUE(std::isinf(rounded));
      continue;
    }
    const double step = std::ldexp(1.0, std::max(std::ilogb(x) - 10, -24));
    EXPECT_LE(std::abs(double{rounded} - x), step / 2) << x;
  }
}

}  // namespace
}  // namespace jupiter
