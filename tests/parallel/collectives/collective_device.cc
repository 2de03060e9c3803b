#include "tests/parallel/collectives/collective_device.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr int kBlock = 32;

[[noreturn]] void Unused() { CheckFailed("used", __FILE__, __LINE__, "not an op of collectives"); }

// IEEE 754 binary16, round to nearest even.
std::uint16_t ToHalf(float value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double size = std::fabs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size == 0) return sign;
  const int exponent = std::max(std::ilogb(size), -14);
  const auto digits = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  if (exponent == -14 && digits < 1024) return static_cast<std::uint16_t>(sign | digits);
  // Digits that round up to 2048 carry into the exponent.
  return static_cast<std::uint16_t>(sign | (((exponent + 15) << 10) + (digits - 1024)));
}

float FromHalf(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int digits = bits & 1023;
  double size = std::numeric_limits<double>::infinity();
  if (exponent == 0) size = std::ldexp(digits, -24);
  if (exponent > 0 && exponent < 31) size = std::ldexp(1024 + digits, exponent - 25);
  return static_cast<float>((bits & 0x8000) != 0 ? -size : size);
}

struct Q8Block {
  std::uint16_t scale;
  std::int8_t values[kBlock];
};
static_assert(sizeof(Q8Block) == 34);

Q8Block ToQ8(const float* x) {
  float largest = 0;
  for (int i = 0; i < kBlock; ++i) largest = std::max(largest, std::fabs(x[i]));
  Q8Block block{ToHalf(largest / 127), {}};
  const float scale = FromHalf(block.scale);
  for (int i = 0; i < kBlock; ++i) {
    const float value = scale == 0 ? 0 : std::nearbyint(x[i] / scale);
    block.values[i] = static_cast<std::int8_t>(std::clamp(value, -127.0f, 127.0f));
  }
  return block;
}

void ExportRow(const float* x, std::int64_t columns, DType dtype, std::byte* out) {
  if (dtype == DType::kF32) std::memcpy(out, x, static_cast<std::size_t>(columns) * sizeof(float));
  for (std::int64_t i = 0; dtype == DType::kF16 && i < columns; ++i) {
    const std::uint16_t half = ToHalf(x[i]);
    std::memcpy(out + 2 * i, &half, 2);
  }
  for (std::int64_t i = 0; dtype == DType::kQ8_0 && i < columns / kBlock; ++i) {
    const Q8Block block = ToQ8(x + i * kBlock);
    std::memcpy(out + i * 34, &block, sizeof(block));
  }
}

void ImportRow(const std::byte* x, std::int64_t columns, DType dtype, float* out) {
  if (dtype == DType::kF32) std::memcpy(out, x, static_cast<std::size_t>(columns) * sizeof(float));
  for (std::int64_t i = 0; dtype == DType::kF16 && i < columns; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, x + 2 * i, 2);
    out[i] = FromHalf(half);
  }
  for (std::int64_t i = 0; dtype == DType::kQ8_0 && i < columns; ++i) {
    Q8Block block{};
    std::memcpy(&block, x + i / kBlock * 34, sizeof(block));
    out[i] = FromHalf(block.scale) * block.values[i % kBlock];
  }
}

}  // namespace

std::shared_ptr<std::byte> CollectiveDevice::DoAllocate(std::int64_t bytes) {
  const auto count = static_cast<std::size_t>(bytes / 4 + 1);
  auto floats = std::make_shared<std::vector<float>>(count);
  return {floats, reinterpret_cast<std::byte*>(floats->data())};
}

void CollectiveDevice::DoAdd(ConstTensorView x, TensorView y) {
  for (std::int64_t row = 0; row < x.rows; ++row) {
    for (std::int64_t i = 0; i < x.columns; ++i) y.Row<float>(row)[i] += x.Row<float>(row)[i];
  }
}

void CollectiveDevice::DoCopy(ConstTensorView x, TensorView out) { DoExport(x, out); }

void CollectiveDevice::DoExport(ConstTensorView x, TensorView host) {
  for (std::int64_t row = 0; row < x.rows; ++row) {
    ExportRow(x.Row<float>(row), x.columns, host.dtype, host.Row<std::byte>(row));
  }
}

void CollectiveDevice::DoImport(ConstTensorView host, TensorView out) {
  for (std::int64_t row = 0; row < out.rows; ++row) {
    ImportRow(host.Row<std::byte>(row), out.columns, host.dtype, out.Row<float>(row));
  }
}

std::int64_t CollectiveDevice::WeightBytes(DType, std::int64_t, std::int64_t) const { Unused(); }
std::unique_ptr<Weight> CollectiveDevice::DoLoad(std::string_view, const ConstTensorView&,
                                                 std::int64_t, std::int64_t) {
  Unused();
}
void CollectiveDevice::DoLoadDense(const ConstTensorView&, TensorView) { Unused(); }
void CollectiveDevice::DoEmbed(std::span<const std::int32_t>, const Weight&, TensorView) {
  Unused();
}
void CollectiveDevice::DoRmsNorm(ConstTensorView, ConstTensorView, float, TensorView) { Unused(); }
void CollectiveDevice::DoQuantise(ConstTensorView, TensorView) { Unused(); }
void CollectiveDevice::DoLinear(ConstTensorView, const Weight&, TensorView, const LinearOptions&) {
  Unused();
}
void CollectiveDevice::DoRope(TensorView, std::span<const std::int32_t>, ConstTensorView,
                              RopeStyle) {
  Unused();
}
void CollectiveDevice::DoKvAppend(ConstTensorView, ConstTensorView, const KvSegment&,
                                  std::span<const std::int32_t>) {
  Unused();
}
void CollectiveDevice::DoKvMove(const KvSegment&, std::span<const std::int32_t>,
                                std::span<const std::int32_t>) {
  Unused();
}
void CollectiveDevice::DoAttention(ConstTensorView, std::span<const KvSegment>,
                                   const AttentionPaths&, const AttentionShape&, TensorView) {
  Unused();
}
void CollectiveDevice::DoSwiGlu(ConstTensorView, ConstTensorView, TensorView) { Unused(); }
void CollectiveDevice::DoArgMax(ConstTensorView, std::span<std::int32_t>) { Unused(); }
void CollectiveDevice::DoTopK(ConstTensorView, int, std::span<std::int32_t>, std::span<float>) {
  Unused();
}
void CollectiveDevice::DoLogSumExp(ConstTensorView, std::span<float>) { Unused(); }

}  // namespace jupiter
