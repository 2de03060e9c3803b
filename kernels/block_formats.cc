#include "kernels/block_formats.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/half.h"

namespace jupiter {
namespace {

std::uint8_t ByteAt(const std::byte* p, std::int64_t i) { return static_cast<std::uint8_t>(p[i]); }

float HalfAt(const std::byte* p) {
  Half half;
  std::memcpy(&half.bits, p, sizeof half.bits);
  return ToFloat(half);
}

WeightBlock ReadQ80(const std::byte* block) {
  const float scale = HalfAt(block);
  WeightBlock result = {{}, {scale, scale}, 0};
  std::memcpy(result.q, block + 2, 32);
  return result;
}

WeightBlock ReadQ40(const std::byte* block) {
  const float scale = HalfAt(block);
  WeightBlock result = {{}, {scale, scale}, 0};
  for (int i = 0; i < 16; ++i) {
    const std::uint8_t both = ByteAt(block, 2 + i);
    result.q[i] = static_cast<std::int8_t>((both & 15) - 8);
    result.q[16 + i] = static_cast<std::int8_t>((both >> 4) - 8);
  }
  return result;
}

// Six-bit scale and minimum of sub-block j of 8. Twelve bytes: the first four hold scales 0-3, the
// next four minimums 0-3, in their low six bits; the last four hold the low nibbles of scales and
// minimums 4-7, whose upper two bits top those first eight bytes.
void SixBitScales(const std::byte* packed, int j, int& scale, int& minimum) {
  if (j < 4) {
    scale = ByteAt(packed, j) & 63;
    minimum = ByteAt(packed, 4 + j) & 63;
    return;
  }
  const int low = ByteAt(packed, 4 + j);
  scale = (low & 15) | (ByteAt(packed, j - 4) >> 6) << 4;
  minimum = low >> 4 | (ByteAt(packed, j) >> 6) << 4;
}

// Two f16, 12 bytes of scales, then per 64 columns 32 bytes: low nibbles first.
WeightBlock ReadQ4K(const std::byte* block, int j) {
  int scale = 0, minimum = 0;
  SixBitScales(block + 4, j, scale, minimum);
  const float full_scale = HalfAt(block) * static_cast<float>(scale);
  WeightBlock result = {
      {}, {full_scale, full_scale}, HalfAt(block + 2) * static_cast<float>(minimum)};
  const std::byte* nibbles = block + 16 + 32 * (j / 2);
  for (int i = 0; i < 32; ++i) {
    const std::uint8_t both = ByteAt(nibbles, i);
    result.q[i] = static_cast<std::int8_t>(j % 2 == 0 ? both & 15 : both >> 4);
  }
  return result;
}

// Per 128 columns 64 bytes of low nibbles and 32 bytes of upper bit pairs; 16 int8 scales; f16. The
// four runs of 32 columns in 128 take low nibbles of bytes 0-31, of 32-63, then the high nibbles.
WeightBlock ReadQ6K(const std::byte* block, int j) {
  const int half = j / 4, run = j % 4;
  const std::byte* nibbles = block + 64 * half + 32 * (run % 2);
  const std::byte* pairs = block + 128 + 32 * half;
  const float scale = HalfAt(block + 208);
  WeightBlock result = {};
  for (int i = 0; i < 32; ++i) {
    const int low = run < 2 ? ByteAt(nibbles, i) & 15 : ByteAt(nibbles, i) >> 4;
    const int high = ByteAt(pairs, i) >> (2 * run) & 3;
    result.q[i] = static_cast<std::int8_t>((low | high << 4) - 32);
  }
  for (int part = 0; part < 2; ++part) {
    const auto sub_scale = static_cast<std::int8_t>(ByteAt(block, 192 + 2 * j + part));
    result.scales[part] = scale * static_cast<float>(sub_scale);
  }
  return result;
}

float ToFloat(float x) { return x; }

template <typename T>
void ConvertRow(const std::byte* row, std::int64_t begin, std::int64_t end, float* out) {
  for (std::int64_t k = begin; k < end; ++k) {
    T value;  // files need not align their tensors
    std::memcpy(&value, row + k * static_cast<std::int64_t>(sizeof value), sizeof value);
    out[k - begin] = ToFloat(value);
  }
}

void CheckFiniteDense(std::string_view tensor_name, const ConstTensorView& host, std::int64_t row,
                      std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kChunk = 256;
  float values[kChunk];
  for (std::int64_t first = begin; first < end; first += kChunk) {
    const std::int64_t count = std::min(kChunk, end - first);
    ReadRow(host.dtype, host.Row<std::byte>(row), first, first + count, values);
    for (std::int64_t i = 0; i < count; ++i) {
      if (std::isfinite(values[i])) continue;
      FailUser(
          "{}: the weight in row {}, column {} is {}, expected a finite number; the file is "
          "damaged",
          tensor_name, row, first + i, values[i]);
    }
  }
}

}  // namespace

WeightBlock ReadBlock(DType dtype, const std::byte* row, std::int64_t index) {
  const int bytes = BlockBytes(dtype);
  switch (dtype) {
    case DType::kQ8_0: return ReadQ80(row + index * bytes);
    case DType::kQ4_0: return ReadQ40(row + index * bytes);
    case DType::kQ4_K: return ReadQ4K(row + index / 8 * bytes, static_cast<int>(index % 8));
    case DType::kQ6_K: return ReadQ6K(row + index / 8 * bytes, static_cast<int>(index % 8));
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kAct8: break;
  }
  JUPITER_FAIL("{} has no weight blocks", Name(dtype));
}

float ReadDense(DType dtype, const std::byte* row, std::int64_t column) {
  float value = 0;
  ReadRow(dtype, row, column, column + 1, &value);
  return value;
}

void ReadRow(DType dtype, const std::byte* row, std::int64_t begin, std::int64_t end, float* out) {
  switch (dtype) {
    case DType::kF32: return ConvertRow<float>(row, begin, end, out);
    case DType::kF16: return ConvertRow<Half>(row, begin, end, out);
    case DType::kBF16: return ConvertRow<BFloat>(row, begin, end, out);
    case DType::kQ8_0:
    case DType::kQ4_0:
    case DType::kQ4_K:
    case DType::kQ6_K:
    case DType::kAct8: break;
  }
  for (std::int64_t index = begin / 32; index < end / 32; ++index) {
    const WeightBlock block = ReadBlock(dtype, row, index);
    for (int i = 0; i < 32; ++i) {
      out[32 * index - begin + i] =
          std::fma(block.scales[i / 16], static_cast<float>(block.q[i]), -block.minimum);
    }
  }
}

void CheckFiniteRow(std::string_view tensor_name, const ConstTensorView& host, std::int64_t row,
                    std::int64_t begin, std::int64_t end) {
  const std::byte* data = host.Row<std::byte>(row);
  if (!IsQuantised(host.dtype)) {
    CheckFiniteDense(tensor_name, host, row, begin, end);
    return;
  }
  for (std::int64_t index = begin / 32; index < end / 32; ++index) {
    const WeightBlock block = ReadBlock(host.dtype, data, index);
    if (std::isfinite(block.scales[0]) && std::isfinite(block.scales[1]) &&
        std::isfinite(block.minimum)) {
      continue;
    }
    FailUser("{}: row {} has a {} scale that is not finite in columns {}-{}; the file is damaged",
             tensor_name, row, Name(host.dtype), 32 * index, 32 * index + 31);
  }
}

}  // namespace jupiter
