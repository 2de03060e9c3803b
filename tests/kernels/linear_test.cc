// Linear and Embed against double, on every instruction set and on eigen.
#include <gtest/gtest.h>

#include "kernels/leaves.h"
#include "kernels/make_device.h"
#include "tests/kernels/backends.h"
#include "tests/kernels/reference.h"

namespace jupiter {
namespace {

class LinearTest : public testing::TestWithParam<DType> {};

struct Shape {
  int rows, columns, features;
};

// A dense product rounds once per column; a quantised one in each block of 32 twice for the scales
// and once or twice for the sum, so (columns + 8) * epsilon * sum |x w| bounds both. The terms of
// q4_K are x * scale * q and x * minimum, which may cancel in w: their magnitudes count 8 times
// here, which still leaves a quarter of the bound for dense columns.
double Tolerance(DType dtype, std::int64_t columns, const Dot& dot) {
  const double parts = dtype == DType::kQ4_K ? 8 : 1;
  return static_cast<double>(columns + 8) * kEpsilon * dot.magnitude * parts + 1e-30;
}

void CheckLinear(Device& device, DType dtype, const Shape& shape, bool extras, int leaves = 1) {
  const HostMatrix host = RandomWeight(dtype, shape.features, shape.columns, 21);
  const auto weight = device.Load("w", host.view(), 0, shape.columns);
  const Tensor x = LoadAll(device, RandomFloats(22, shape.rows * shape.columns), shape.columns);
  const Tensor input = InputFor(device, *weight, x);
  const std::vector<float> before = RandomFloats(23, shape.rows * shape.features);
  const Tensor out = LoadAll(device, before, shape.features);
  const std::vector<float> bias_values = RandomFloats(24, shape.features);
  const Tensor bias = LoadAll(device, bias_values, shape.features);
  const std::vector<std::int64_t> leaf_ends = LeafEnds(shape.columns, 32, leaves);
  device.Linear(input.view(), *weight, out.view(), {extras ? &bias : nullptr, extras, leaf_ends});

  const std::vector<double> w = DecodeWeight(host);
  const std::vector<double> a = DecodeInput(input, weight->input_dtype());
  for (int i = 0; i < shape.rows; ++i) {
    for (int j = 0; j < shape.features; ++j) {
      Dot dot = DotOf(a.data() + i * shape.columns, w.data() + j * shape.columns, shape.columns);
      double extra = 0;
      if (extras) {
        extra = double{bias_values[j]} + before[i * shape.features + j];
        dot.magnitude += std::abs(bias_values[j]) + std::abs(before[i * shape.features + j]);
      }
      ASSERT_NEAR(out.view().Row<float>(i)[j], dot.value + extra,
                  Tolerance(dtype, shape.columns, dot))
          << device.Describe() << ", row " << i << ", feature " << j;
    }
  }
}

TEST_P(LinearTest, AgreesWithDouble) {
  const DType dtype = GetParam();
  for (const auto& device : AllDevices(2)) {
    for (const Shape& shape : {Shape{1, 256, 16}, {5, 512, 33}, {67, 256, 70}, {12, 768, 1}}) {
      CheckLinear(*device, dtype, shape, false);
      CheckLinear(*device, dtype, shape, true);
    }
  }
}

TEST_P(LinearTest, AddsLeaves) {
  for (const auto& device : AllDevices(2)) {
    for (int leaves : {2, 4, 7}) CheckLinear(*device, GetParam(), {3, 1280, 33}, true, leaves);
  }
}

TEST_P(LinearTest, TakesAShareOfTheColumns) {
  const DType dtype = GetParam();
  const HostMatrix host = RandomWeight(dtype, 20, 768, 31);
  for (const auto& device : AllDevices()) {
    const auto share = device->Load("w", host.view(), 288, 544);  // inside blocks of K types
    EXPECT_EQ(share->columns(), 256);
    const Tensor out = device->Allocate(DType::kF32, 2, 256);
    device->Embed(std::vector<std::int32_t>{19, 3}, *share, out.view());
    const std::vector<double> w = DecodeWeight(host);
    for (int k = 0; k < 256; ++k) {
      // One rounding of scale * q, and for q4_K one of the difference.
      const double expected = w[19 * 768 + 288 + k];
      ASSERT_NEAR(out.view().Row<float>(0)[k], expected, 2 * kEpsilon * (std::abs(expected) + 1))
          << device->Describe();
      ASSERT_NEAR(out.view().Row<float>(1)[k], w[3 * 768 + 288 + k],
                  2 * kEpsilon * (std::abs(w[3 * 768 + 288 + k]) + 1));
    }
  }
}

TEST_P(LinearTest, CountsItsBytes) {
  const HostMatrix host = RandomWeight(GetParam(), 37, 512, 41);
  for (const char* name : {"cpu", "eigen", "recording"}) {
    const auto device = MakeDevice(name, {});
    for (std::int64_t columns : {256, 96}) {
      EXPECT_EQ(device->Load("w", host.view(), 0, columns)->bytes(),
                device->WeightBytes(GetParam(), 37, columns));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, LinearTest, testing::ValuesIn(kWeightTypes),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST(DenseLinearTest, TakesAnyNumberOfColumns) {
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const auto& device : AllDevices()) {
      CheckLinear(*device, dtype, {7, 172, 19}, true);
      CheckLinear(*device, dtype, {2, 1, 3}, false);
    }
  }
}

TEST(QuantisedLinearTest, CoversTheWholeRangeOfIntegers) {
  // Weights of -128 against activations of +-127: the largest sums a block can have.
  HostMatrix host{DType::kQ8_0, 16, 64, std::vector<std::byte>(16 * 68, std::byte{0x80})};
  for (int block = 0; block < 32; ++block) {
    host.bytes[34 * block] = std::byte{0};
    host.bytes[34 * block + 1] = std::byte{0x3c};  // 1.0
  }
  std::vector<float> x(2 * 64, 127.0f);
  for (int k = 0; k < 64; ++k) x[64 + k] = -127;
  for (const std::string& isa : IsaNames()) {
    const auto device = MakeDevice("cpu", {1, isa});
    const auto weight = device->Load("w", host.view(), 0, 64);
    const Tensor out = device->Allocate(DType::kF32, 2, 16);
    const Tensor input = InputFor(*device, *weight, LoadAll(*device, x, 64));
    device->Linear(input.view(), *weight, out.view());
    for (int j = 0; j < 16; ++j) {
      EXPECT_EQ(out.view().Row<float>(0)[j], -128.0f * 127 * 64) << isa;
      EXPECT_EQ(out.view().Row<float>(1)[j], 128.0f * 127 * 64) << isa;
    }
  }
}

TEST(QuantisedLinearTest, ActivationsThatAreNotFiniteGiveNan) {
  std::vector<float> x(3 * 32, 1.0f);
  x[5] = NAN;
  x[32 + 5] = INFINITY;
  const HostMatrix host = RandomWeight(DType::kQ8_0, 3, 32, 1);
  for (const auto& device : AllDevices()) {
    const auto weight = device->Load("w", host.view(), 0, 32);
    const Tensor out = device->Allocate(DType::kF32, 3, 3);
    device->Linear(InputFor(*device, *weight, LoadAll(*device, x, 32)).view(), *weight, out.view());
    for (int j = 0; j < 3; ++j) {
      EXPECT_TRUE(std::isnan(out.view().Row<float>(0)[j])) << device->Describe();
      EXPECT_TRUE(std::isnan(out.view().Row<float>(1)[j])) << device->Describe();
      EXPECT_TRUE(std::isfinite(out.view().Row<float>(2)[j])) << device->Describe();
    }
  }
}

}  // namespace
}  // namespace jupiter
