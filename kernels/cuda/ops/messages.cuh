// f32 rows to and from the rows of messages: f32, f16, q8_0.
#pragma once

#include "kernels/cuda/ops/elementwise.cuh"
#include "kernels/cuda/ops/quantise.cuh"

namespace JUPITER_GPU_NAMESPACE {

// A block of q8_0 in a message: f16 scale, 32 signed bytes.
constexpr int kQ8Block = 34;

__global__ void ToF32Kernel(ConvertArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  reinterpret_cast<float*>(Row(a.out, RowIndex()))[i] =
      reinterpret_cast<const float*>(Row(a.x, RowIndex()))[i];
}

__global__ void ToF16Kernel(ConvertArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  reinterpret_cast<std::uint16_t*>(Row(a.out, RowIndex()))[i] =
      ToHalf(reinterpret_cast<const float*>(Row(a.x, RowIndex()))[i]);
}

__global__ void FromF16Kernel(ConvertArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  reinterpret_cast<float*>(Row(a.out, RowIndex()))[i] =
      FromHalf(reinterpret_cast<const std::uint16_t*>(Row(a.x, RowIndex()))[i]);
}

// A warp per block; columns are a multiple of 32, so whole warps leave.
__global__ void ToQ8_0Kernel(ConvertArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  const float x = reinterpret_cast<const float*>(Row(a.x, RowIndex()))[i];
  const QuantisedValue value = QuantiseLane(x);
  std::uint8_t* block = Row(a.out, RowIndex()) + i / 32 * kQ8Block;
  block[2 + LaneIndex()] = static_cast<std::uint8_t>(value.q);
  if (LaneIndex() == 0) *reinterpret_cast<std::uint16_t*>(block) = ToHalf(value.scale);
}

__global__ void FromQ8_0Kernel(ConvertArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  const std::uint8_t* block = Row(a.x, RowIndex()) + i / 32 * kQ8Block;
  const float scale = FromHalf(*reinterpret_cast<const std::uint16_t*>(block));
  const auto q = static_cast<std::int8_t>(block[2 + i % 32]);
  reinterpret_cast<float*>(Row(a.out, RowIndex()))[i] = __fmul_rn(scale, __int2float_rn(q));
}

inline void Convert(void (*kernel)(ConvertArguments), const ConvertArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  Launch(kernel, ElementGrid(a.rows, a.columns), kElementThreads, 0, stream, a);
}

inline void ToMessage(const ConvertArguments& a, GpuMessageType type, GpuStream stream) {
  switch (type) {
    case GpuMessageType::kF32: return Convert(ToF32Kernel, a, stream);
    case GpuMessageType::kF16: return Convert(ToF16Kernel, a, stream);
    case GpuMessageType::kQ8_0: return Convert(ToQ8_0Kernel, a, stream);
  }
}

inline void FromMessage(const ConvertArguments& a, GpuMessageType type, GpuStream stream) {
  switch (type) {
    case GpuMessageType::kF32: return Convert(ToF32Kernel, a, stream);
    case GpuMessageType::kF16: return Convert(FromF16Kernel, a, stream);
    case GpuMessageType::kQ8_0: return Convert(FromQ8_0Kernel, a, stream);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE
