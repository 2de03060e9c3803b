// Quantising at load: how far a weight may move, and what is refused.
#include "model/stage/quantise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/base/half.h"
#include "kernels/base/rng.h"
#include "tests/model/loaders/decode.h"

namespace jupiter {
namespace {

using Floats = std::vector<float>;

Floats Quantised(const Floats& values, std::int64_t rows, DType dtype) {
  const std::int64_t columns = std::ssize(values) / rows;
  return Decode(QuantiseRows(HostView(values.data(), rows, columns), dtype).view);
}

// Values of about `size`, uniform.
Floats Random(std::size_t count, float size, std::uint64_t seed) {
  const CounterRng rng(seed);
  Floats values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = (rng.Uniform(i) * 2 - 1) * size;
  return values;
}

float Largest(const Floats& values, std::size_t begin) {
  float largest = 0;
  for (std::size_t i = begin; i < begin + 32; ++i)
    largest = std::max(largest, std::fabs(values[i]));
  return largest;
}

// Half a step by rounding to a level, a whole step where q4_0 has no level +8, and `levels` times
// the rounding of the scale to a half (2^-11 relative, or 2^-25 below the normal halves).
void ExpectNear(const Floats& values, DType dtype, float levels, float steps) {
  const Floats decoded = Quantised(values, 1, dtype);
  ASSERT_EQ(decoded.size(), values.size());
  for (std::size_t block = 0; block < values.size(); block += 32) {
    const float scale = Largest(values, block) / levels;
    const float bound = steps * scale + levels * std::max(scale * 0x1p-11f, 0x1p-25f);
    for (std::size_t i = block; i < block + 32; ++i) {
      EXPECT_LE(std::fabs(decoded[i] - values[i]), bound * 1.00001f) << Name(dtype) << " at " << i;
    }
  }
}

TEST(QuantiseTest, WeightsMoveByAtMostTheirBound) {
  for (float size : {1e-40f, 1e-9f, 1e-6f, 0.02f, 1.0f, 1000.0f, 3e5f}) {
    ExpectNear(Random(4096, size, 1), DType::kQ8_0, 127, 0.5f);
    ExpectNear(Random(4096, size, 2), DType::kQ4_0, 8, 1.0f);
  }
}

TEST(QuantiseTest, TheLargestWeightIsALevel) {
  Floats values = Random(32, 1.0f, 3);
  for (float largest : {2.0f, -2.0f}) {
    values[11] = largest;
    // 127 steps of the half nearest to 2/127; -8 steps of exactly 0.25.
    EXPECT_EQ(Quantised(values, 1, DType::kQ8_0)[11],
              ToFloat(ToHalf(2.0f / 127)) * 127 * largest / 2);
    EXPECT_EQ(Quantised(values, 1, DType::kQ4_0)[11], largest);
  }
}

TEST(QuantiseTest, LevelsAreExact) {
  Floats q8(32);
  Floats q4(32);
  for (int i = 0; i < 32; ++i) {
    q8[static_cast<std::size_t>(i)] = static_cast<float>(i * 8 - 121) * 0.5f;
    q4[static_cast<std::size_t>(i)] = static_cast<float>(i % 16 - 8) * 0.25f;
  }
  q8[0] = 63.5f;
  EXPECT_EQ(Quantised(q8, 1, DType::kQ8_0), q8);
  EXPECT_EQ(Quantised(q4, 1, DType::kQ4_0), q4);
}

TEST(QuantiseTest, ZerosStayZero) {
  Floats values(64, 0.0f);
  values[40] = 1.5f;
  values[41] = -0.0f;
  for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    const Floats decoded = Quantised(values, 1, dtype);
    for (std::size_t i = 0; i < 64; ++i) {
      if (i == 40) continue;
      EXPECT_EQ(decoded[i], 0.0f) << Name(dtype) << i;
    }
    EXPECT_NE(decoded[40], 0.0f);
  }
}

// 1/scale of these is infinite: no level may come of it, or processors would differ.
TEST(QuantiseTest, WeightsTooSmallForAScaleAreZeroLevels) {
  for (float size : {1e-45f, 1e-40f, 1e-38f, 1e-9f}) {
    const Floats values = Random(32, size, 6);
    for (const auto& [dtype, zero] :
         {std::pair(DType::kQ8_0, 0x00), std::pair(DType::kQ4_0, 0x88)}) {
      const HostTensor tensor = QuantiseRows(HostView(values.data(), 1, 32), dtype);
      for (int i = 2; i < BlockBytes(dtype); ++i) {
        EXPECT_EQ(tensor.view.data[i], static_cast<std::byte>(zero)) << Name(dtype) << " " << size;
      }
    }
  }
}

TEST(QuantiseTest, RowsAndBlocksAreIndependent) {
  const Floats values = Random(4 * 96, 1.0f, 4);
  for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    const Floats together = Quantised(values, 4, dtype);
    for (std::size_t block = 0; block < values.size(); block += 32) {
      const auto at = static_cast<std::ptrdiff_t>(block);
      const Floats alone = Quantised({values.begin() + at, values.begin() + at + 32}, 1, dtype);
      EXPECT_EQ(Floats(together.begin() + at, together.begin() + at + 32), alone) << block;
    }
  }
}

TEST(QuantiseTest, SixteenBitInputsAreTheirValues) {
  const Floats values = Random(128, 1.0f, 5);
  std::vector<std::uint16_t> half;
  std::vector<std::uint16_t> brain;
  Floats of_half;
  Floats of_brain;
  for (float value : values) {
    half.push_back(ToHalf(value).bits);
    of_half.push_back(ToFloat(Half{half.back()}));
    brain.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
    of_brain.push_back(ToFloat(BFloat{brain.back()}));
  }
  const auto view = [](const std::vector<std::uint16_t>& bits, DType dtype) {
    return ConstTensorView{reinterpret_cast<const std::byte*>(bits.data()), dtype, 2, 64, 128};
  };
  for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    EXPECT_EQ(Decode(QuantiseRows(view(half, DType::kF16), dtype).view),
              Quantised(of_half, 2, dtype));
    EXPECT_EQ(Decode(QuantiseRows(view(brain, DType::kBF16), dtype).view),
              Quantised(of_brain, 2, dtype));
  }
}

TEST(QuantiseTest, RefusesWhatIsNotFinite) {
  for (float wrong :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
      Floats values(3 * 32, 1.0f);
      values[70] = wrong;
      try {
        Quantised(values, 3, dtype);
        ADD_FAILURE() << "accepted " << wrong;
      } catch (const UserError& error) {
        EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace jupiter
