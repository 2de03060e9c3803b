#include "model/stage/quantise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/half.h"

namespace jupiter {
namespace {

constexpr int kBlock = 32;
using Values = std::array<float, kBlock>;

void ReadDenseBlock(const ConstTensorView& dense, std::int64_t row, std::int64_t column,
                    Values& values) {
  if (dense.dtype == DType::kF32) {
    std::memcpy(values.data(), dense.Row<float>(row) + column, sizeof values);
    return;
  }
  const std::uint16_t* bits = dense.Row<std::uint16_t>(row) + column;
  for (int i = 0; i < kBlock; ++i) {
    values[static_cast<std::size_t>(i)] =
        dense.dtype == DType::kF16 ? ToFloat(Half{bits[i]}) : ToFloat(BFloat{bits[i]});
  }
}

void StoreScale(float scale, std::byte* out) {
  const Half half = ToHalf(scale);
  std::memcpy(out, &half.bits, sizeof half.bits);
}

// To the nearest integer, ties to even, for |x| < 2^22: the sum has no bits left for a fraction. A
// plain rint would be a call into the C library on processors without SSE4.1, for which generic
// builds are made.
float RoundToEven(float x) {
  constexpr float kShift = 0x1.8p23f;
  return (x + kShift) - kShift;
}

// 0 for scales that become 0 as a stored half: then every level stands for 0, and 1/scale may
// overflow.
float Inverse(float scale) { return std::fabs(scale) <= 0x1p-25f ? 0.0f : 1.0f / scale; }

void QuantiseQ8(const Values& values, std::byte* out) {
  float largest = 0;
  for (float value : values) largest = std::max(largest, std::fabs(value));
  const float scale = largest / 127.0f;
  StoreScale(scale, out);
  const float inverse = Inverse(scale);
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[2 + i] = static_cast<std::byte>(static_cast<std::int8_t>(RoundToEven(values[i] * inverse)));
  }
}

void QuantiseQ4(const Values& values, std::byte* out) {
  float largest = 0;  // with its sign, so that it maps to the nibble 0 exactly
  for (float value : values) {
    if (std::fabs(value) > std::fabs(largest)) largest = value;
  }
  const float scale = largest / -8.0f;
  StoreScale(scale, out);
  const float inverse = Inverse(scale);
  const auto nibble = [&](int i) {
    const float level = RoundToEven(values[static_cast<std::size_t>(i)] * inverse) + 8.0f;
    return static_cast<unsigned>(std::clamp(level, 0.0f, 15.0f));
  };
  for (int i = 0; i < kBlock / 2; ++i) {
    out[2 + i] = static_cast<std::byte>(nibble(i) | (nibble(i + kBlock / 2) << 4));
  }
}

}  // namespace

HostTensor QuantiseRows(const ConstTensorView& dense, DType dtype) {
  JUPITER_CHECK(!IsQuantised(dense.dtype) && (dtype == DType::kQ8_0 || dtype == DType::kQ4_0));
  const std::int64_t row_bytes = RowBytes(dtype, dense.columns);
  std::shared_ptr<std::byte> data(new std::byte[static_cast<std::size_t>(dense.rows * row_bytes)],
                                  std::default_delete<std::byte[]>());
  Values values;
  for (std::int64_t row = 0; row < dense.rows; ++row) {
    std::byte* out = data.get() + row * row_bytes;
    for (std::int64_t column = 0; column < dense.columns; column += kBlock) {
      ReadDenseBlock(dense, row, column, values);
      for (float value : values) {
        if (!std::isfinite(value)) FailUser("row {} has a weight that is not finite", row);
      }
      dtype == DType::kQ8_0 ? QuantiseQ8(values, out) : QuantiseQ4(values, out);
      out += BlockBytes(dtype);
    }
  }
  return {{data.get(), dtype, dense.rows, dense.columns, row_bytes}, data};
}

}  // namespace jupiter
