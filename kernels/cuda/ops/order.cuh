// The order of sums, and exp, as kernels/cpu/README.md fixes them, for one warp or one thread.
#pragma once

#include <type_traits>

#include "kernels/cuda/ops/gpu.h"
#include "kernels/cuda/ops/ops.h"

namespace JUPITER_GPU_NAMESPACE {

constexpr unsigned kAllLanes = 0xffffffffu;
constexpr int kWarp = 32;

__device__ __forceinline__ int ThreadIndex() { return static_cast<int>(threadIdx.x); }
__device__ __forceinline__ int LaneIndex() { return static_cast<int>(threadIdx.x % kWarp); }
__device__ __forceinline__ int WarpIndex() { return static_cast<int>(threadIdx.x / kWarp); }
__device__ __forceinline__ int BlockIndex() { return static_cast<int>(blockIdx.x); }
__device__ __forceinline__ int GridThread() {
  return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}
__device__ __forceinline__ int Least(int a, int b) { return a < b ? a : b; }

template <typename T>
__device__ __forceinline__ T* Row(const GpuRows<T>& rows, int row) {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::uint8_t, std::uint8_t>;
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(rows.data) + row * rows.stride);
}

// Whether all rows begin at multiples of 16 bytes: then they are read by so many at once.
template <typename T>
bool HasVectors(const GpuRows<T>& rows) {
  return reinterpret_cast<std::uintptr_t>(rows.data) % 16 == 0 && rows.stride % 16 == 0;
}

__device__ __forceinline__ float Infinity() { return __int_as_float(0x7f800000); }

// As the CPU's vectors take it: the second one when either is NaN.
__device__ __forceinline__ float Larger(float a, float b) { return a > b ? a : b; }

// The tree of 16 lanes, in each half of a warp; every lane gets the sum. The halves of each level
// may change places: a + b = b + a.
__device__ __forceinline__ float TreeOfHalfWarp(float lane) {
#pragma unroll
  for (int bits = 8; bits > 0; bits /= 2) {
    lane = __fadd_rn(lane, __shfl_xor_sync(kAllLanes, lane, bits));
  }
  return lane;
}

// The same tree over 16 values of one thread. Bounds that do not change keep them in registers.
__device__ __forceinline__ float Tree(float (&lanes)[16]) {
#pragma unroll
  for (int level = 3; level >= 0; --level) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if (i < 1 << level) lanes[i] = __fadd_rn(lanes[i], lanes[i + (1 << level)]);
    }
  }
  return lanes[0];
}

// exp of kernels/cpu/exp_kernel.h, operation by operation.
__device__ __forceinline__ float Exp(float x) {
  const float lowest = -87.0f, highest = 88.0f;
  const float raised = lowest > x ? lowest : x;
  const float clamped = highest < raised ? highest : raised;
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const float shifter = 12582912.0f;
  const float shifted = __fmaf_rn(clamped, 0x1.715476p0f, shifter);
  const float minus_n = __fsub_rn(shifter, shifted);
  float r = __fmaf_rn(minus_n, 0x1.62e43p-1f, clamped);
  r = __fmaf_rn(minus_n, -0x1.05c61p-29f, r);
  float power = 1.0f / 5040;
  power = __fmaf_rn(power, r, 1.0f / 720);
  power = __fmaf_rn(power, r, 1.0f / 120);
  power = __fmaf_rn(power, r, 1.0f / 24);
  power = __fmaf_rn(power, r, 1.0f / 6);
  power = __fmaf_rn(power, r, 0.5f);
  power = __fmaf_rn(power, r, 1.0f);
  power = __fmaf_rn(power, r, 1.0f);
  const float scale = __uint_as_float((__float_as_uint(shifted) << 23) + (127u << 23));
  const float overflow = x < highest ? 0.0f : Infinity();
  return __fadd_rn(x < lowest ? 0.0f : __fmul_rn(power, scale), overflow);
}

}  // namespace JUPITER_GPU_NAMESPACE
