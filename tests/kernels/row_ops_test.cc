// The ops on single rows against double, on every instruction set and on eigen.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/kernels/backends.h"
#include "tests/kernels/reference.h"

namespace jupiter {
namespace {

constexpr int kColumns[] = {1, 2, 15, 16, 17, 40, 288, 1030};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(RmsNormTest, AgreesWithDouble) {
  for (int n : kColumns) {
    const std::vector<float> x = RandomFloats(1, 3 * n, 5), weight = RandomFloats(2, n);
    for (const auto& device : AllDevices()) {
      const Tensor out = device->Allocate(DType::kF32, 3, n);
      device->RmsNorm(LoadAll(*device, x, n).view(), LoadAll(*device, weight, n), 1e-5f,
                      out.view());
      for (int row = 0; row < 3; ++row) {
        double squares = 0;
        for (int k = 0; k < n; ++k) squares += double{x[row * n + k]} * x[row * n + k];
        const double factor = 1 / std::sqrt(squares / n + double{1e-5f});
        for (int k = 0; k < n; ++k) {
          const double expected = x[row * n + k] * factor * weight[k];
          // n roundings in the sum (halved by the root), 6 after it.
          ASSERT_NEAR(out.view().Row<float>(row)[k], expected,
                      (n + 6) * kEpsilon * std::abs(expected));
        }
      }
    }
  }
}

TEST(SwiGluTest, AgreesWithDoubleFromSmallToLarge) {
  std::vector<float> gate = RandomFloats(3, 300, 20);
  for (float value : {0.0f, -0.0f, 1e-30f, -1e-30f, 87.5f, -87.5f, -200.0f, 3e38f, -3e38f}) {
    gate.push_back(value);
  }
  const auto n = static_cast<int>(gate.size());
  const std::vector<float> up = RandomFloats(4, n, 2);
  for (const auto& device : AllDevices()) {
    const Tensor out = LoadAll(*device, gate, n);
    device->SwiGlu(out.view(), LoadAll(*device, up, n).view(), out.view());
    for (int k = 0; k < n; ++k) {
      const double expected = gate[k] / (1 + std::exp(-double{gate[k]})) * up[k];
      // exp 2 ulp, then 4 roundings. From -88 on the result is 0, and should be below 1e-36.
      ASSERT_NEAR(out.view().Row<float>(0)[k], expected, 10 * kEpsilon * std::abs(expected) + 1e-35)
          << device->Describe() << ", gate " << gate[k];
    }
  }
}

TEST(LogSumExpTest, AgreesWithDouble) {
  for (int n : kColumns) {
    const std::vector<float> x = RandomFloats(5, n, 40);
    double sum = 0;
    for (float value : x) sum += std::exp(double{value});
    for (const auto& device : AllDevices()) {
      float out = 0;
      device->LogSumExp(LoadAll(*device, x, n).view(), {&out, 1});
      // The relative error of the sum is absolute after the logarithm; one rounding of the result.
      EXPECT_NEAR(out, std::log(sum), (n + 8) * kEpsilon + 2 * kEpsilon * std::abs(std::log(sum)));
    }
  }
}

TEST(QuantiseTest, IsCloseAndConsistent) {
  const std::vector<float> x = RandomFloats(6, 4 * 96, 7);
  for (const auto& device : AllDevices()) {
    const Tensor out = device->Allocate(DType::kAct8, 4, 96);
    device->Quantise(LoadAll(*device, x, 96).view(), out.view());
    for (int row = 0; row < 4; ++row) {
      const auto* q = out.view().Row<std::int8_t>(row);
      const auto* scales = reinterpret_cast<const float*>(q + 96);
      const auto* sums = reinterpret_cast<const std::int32_t*>(scales + 3);
      for (int block = 0; block < 3; ++block) {
        float largest = 0;
        int sum = 0;
        for (int k = 32 * block; k < 32 * block + 32; ++k) {
          largest = std::max(largest, std::abs(x[row * 96 + k]));
          sum += q[k];
          EXPECT_NEAR(q[k] * scales[block], x[row * 96 + k], scales[block] * 0.50002);
        }
        EXPECT_EQ(scales[block], largest / 127);
        EXPECT_EQ(sums[block], sum);
      }
    }
  }
}

TEST(QuantiseTest, RoundsTiesToEvenAndSurvivesExtremes) {
  std::vector<float> x(6 * 32, 0.0f);
  x[0] = 127, x[1] = 0.5f, x[2] = 1.5f, x[3] = -2.5f;
  for (int k = 0; k < 32; ++k) x[64 + k] = 1e-40f;  // too small for a normal scale
  x[96] = NAN, x[128] = -kInfinity, x[160] = 3.4e38f;
  for (const auto& device : AllDevices()) {
    const Tensor out = device->Allocate(DType::kAct8, 6, 32);
    device->Quantise(LoadAll(*device, x, 32).view(), out.view());
    const auto q = [&](int row, int k) { return out.view().Row<std::int8_t>(row)[k]; };
    const auto scale = [&](int row) {
      float value = 0;
      std::memcpy(&value, out.view().Row<std::byte>(row) + 32, 4);
      return value;
    };
    EXPECT_EQ(q(0, 0), 127);
    EXPECT_EQ(q(0, 1), 0);
    EXPECT_EQ(q(0, 2), 2);
    EXPECT_EQ(q(0, 3), -2);
    EXPECT_EQ(scale(1), 0);
    EXPECT_EQ(scale(2), 0);
    EXPECT_EQ(q(2, 0), 0);
    EXPECT_TRUE(std::isnan(scale(3)) && std::isnan(scale(4)));
    EXPECT_EQ(q(5, 0), 127);
    EXPECT_EQ(scale(5), 3.4e38f / 127);
  }
}

TEST(RopeTest, TurnsPairs) {
  const int dim = 10, heads = 3;
  std::vector<float> table;
  for (int position = 0; position < 4; ++position) {
    for (int i = 0; i < dim / 2; ++i) table.push_back(std::cos(0.3f * position * (i + 1)));
    for (int i = 0; i < dim / 2; ++i) table.push_back(std::sin(0.3f * position * (i + 1)));
  }
  const std::vector<float> x = RandomFloats(7, 2 * dim * heads);
  const std::vector<std::int32_t> positions = {3, 0};
  for (RopeStyle style : {RopeStyle::kHalf, RopeStyle::kInterleaved}) {
    for (const auto& device : AllDevices()) {
      const Tensor out = LoadAll(*device, x, dim * heads);
      device->Rope(out.view(), positions, LoadAll(*device, table, dim), style);
      for (int i = 0; i < 2 * heads * dim / 2; ++i) {
        const int head = i / (dim / 2), j = i % (dim / 2), row = head / heads;
        const int first = head * dim + (style == RopeStyle::kHalf ? j : 2 * j);
        const int second = style == RopeStyle::kHalf ? first + dim / 2 : first + 1;
        const double angle = 0.3 * positions[row] * (j + 1);
        const float* result = out.view().Row<float>(0);
        EXPECT_NEAR(result[first], x[first] * std::cos(angle) - x[second] * std::sin(angle), 1e-6);
        EXPECT_NEAR(result[second], x[first] * std::sin(angle) + x[second] * std::cos(angle), 1e-6);
      }
    }
  }
}

TEST(SelectTest, TiesAndNan) {
  const std::vector<float> x = {NAN, 2, -0.0f, 7, 0.0f, 7, -kInfinity, 2};
  for (const auto& device : AllDevices()) {
    std::vector<std::int32_t> best(1), ids(8);
    std::vector<float> values(8);
    device->ArgMax(LoadAll(*device, x, 8).view(), best);
    device->TopK(LoadAll(*device, x, 8).view(), 8, ids, values);
    EXPECT_EQ(best[0], 3);
    EXPECT_EQ(ids, (std::vector<std::int32_t>{3, 5, 1, 7, 2, 4, 0, 6}));
    EXPECT_EQ(values[2], 2);
  }
}

TEST(MessageTest, HalfRoundsToNearestEven) {
  const std::vector<float> x = {1, 1.00048828125f, 1.000489f, 65519, 65520, -1e30f, 6e-8f, 2.9e-8f};
  const std::vector<float> expected = {1, 1, 1.0009766f, 65504, kInfinity, -kInfinity, 0x1p-24f, 0};
  for (const auto& device : AllDevices()) {
    const Tensor message = device->Allocate(DType::kF16, 1, 8), out = LoadAll(*device, x, 8);
    device->Export(out.view(), message.view());
    device->Import(message.view(), out.view());
    EXPECT_EQ(FloatsOf(out), expected) << device->Describe();
    const Tensor rounded = LoadAll(*device, x, 8);
    device->Round(rounded.view(), DType::kF16);
    EXPECT_EQ(FloatsOf(rounded), expected) << device->Describe();
  }
}

TEST(MessageTest, Q8_0IsTheBlockFormatOfFiles) {
  const std::vector<float> x = RandomFloats(8, 2 * 64, 3);
  for (const auto& device : AllDevices()) {
    const Tensor message = device->Allocate(DType::kQ8_0, 2, 64);
    const Tensor out = device->Allocate(DType::kF32, 2, 64);
    device->Export(LoadAll(*device, x, 64).view(), message.view());
    device->Import(message.view(), out.view());
    const std::vector<double> decoded = DecodeWeight({DType::kQ8_0, 2, 64, BytesOf(message)});
    for (int k = 0; k < 128; ++k) {
      // Half a step of 3/127, and 2^-11 of the value because the scale is f16.
      EXPECT_NEAR(decoded[k], x[k], 3.0 / 127 * 0.5 + 3 * 0x1p-11 + 1e-6);
      EXPECT_EQ(FloatsOf(out)[k], static_cast<float>(decoded[k]));
    }
  }
}

TEST(AddTest, AddsInPlace) {
  const std::vector<float> x = RandomFloats(9, 50), y = RandomFloats(10, 50);
  for (const auto& device : AllDevices()) {
    const Tensor sum = LoadAll(*device, y, 25);
    device->Add(LoadAll(*device, x, 25).view(), sum.view());
    for (int k = 0; k < 50; ++k) EXPECT_EQ(FloatsOf(sum)[k], y[k] + x[k]);
  }
}

}  // namespace
}  // namespace jupiter
