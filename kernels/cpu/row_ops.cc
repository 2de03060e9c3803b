#include "kernels/cpu/row_ops.h"

#include <cstring>

namespace jupiter::cpu {

void RopeRow(float* x, std::int64_t columns, const float* table, std::int64_t head_dim,
             RopeStyle style) {
  const std::int64_t half = head_dim / 2;
  // Distance of the two elements of a pair, and of consecutive pairs.
  const std::int64_t partner = style == RopeStyle::kHalf ? half : 1;
  const std::int64_t step = style == RopeStyle::kHalf ? 1 : 2;
  for (std::int64_t head = 0; head < columns; head += head_dim) {
    for (std::int64_t i = 0; i < half; ++i) {
      float* pair = x + head + i * step;
      const float a = pair[0], b = pair[partner];
      const float cos = table[i], sin = table[half + i];
      pair[0] = a * cos - b * sin;
      pair[partner] = a * sin + b * cos;
    }
  }
}

void AddRow(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += x[i];
}

void WriteQ8_0Row(const float* x, std::int64_t n, const KernelTable& kernels, std::byte* out) {
  for (std::int64_t i = 0; i < n; i += 32) {
    std::int8_t q[32];
    float scale = 0;
    std::int32_t sum = 0;
    kernels.quantise(x + i, 32, q, &scale, &sum);
    const Half half = ToHalf(scale);
    std::memcpy(out, &half, sizeof half);
    std::memcpy(out + sizeof half, q, sizeof q);
    out += sizeof half + sizeof q;
  }
}

void ReadQ8_0Row(const std::byte* blocks, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; i += 32) {
    Half half;
    std::memcpy(&half, blocks, sizeof half);
    const float scale = ToFloat(half);
    for (int j = 0; j < 32; ++j) {
      out[i + j] = scale * static_cast<float>(static_cast<std::int8_t>(blocks[sizeof half + j]));
    }
    blocks += sizeof half + 32;
  }
}

}  // namespace jupiter::cpu
