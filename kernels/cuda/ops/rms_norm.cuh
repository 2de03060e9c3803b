// RmsNorm: a block per row. 16 lanes of the first warp add up the squares, each its columns
// (column mod 16) in ascending order, from shared memory.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kNormThreads = 512;
constexpr int kNormVectors = 4;                                // of 4 columns, of a thread
constexpr int kNormColumns = 4 * kNormVectors * kNormThreads;  // of a row that fits
constexpr int kNormTile = 4096;                                // columns, a multiple of 16
constexpr int kNormInFlight = 16;                              // squares of a lane

// Adds the squares of x[0, count) to a lane's sum. The chain takes as long as its additions: so the
// next numbers are on their way meanwhile.
__device__ __forceinline__ float AddSquares(const float* x, int count, float sum) {
  constexpr int kStep = 16 * kNormInFlight;
  const float* mine = x + LaneIndex() % 16;
  float next[kNormInFlight];
  int first = 0;
  if (count >= kStep) {
#pragma unroll
    for (int i = 0; i < kNormInFlight; ++i) next[i] = mine[16 * i];
  }
  for (; first + kStep <= count; first += kStep) {
    float now[kNormInFlight];
    const bool more = first + 2 * kStep <= count;
#pragma unroll
    for (int i = 0; i < kNormInFlight; ++i) {
      now[i] = next[i];
      if (more) next[i] = mine[first + kStep + 16 * i];
    }
#pragma unroll
    for (int i = 0; i < kNormInFlight; ++i) sum = __fmaf_rn(now[i], now[i], sum);
  }
  for (int i = first + LaneIndex() % 16; i < count; i += 16) sum = __fmaf_rn(x[i], x[i], sum);
  return sum;
}

// 1 / sqrt(mean + epsilon), for all lanes of a warp.
__device__ __forceinline__ float NormFactor(const RmsNormArguments& a, float sum) {
  const float mean = __fdiv_rn(TreeOfHalfWarp(sum), __int2float_rn(a.columns));
  return __fdiv_rn(1.0f, __fsqrt_rn(__fadd_rn(mean, a.epsilon)));
}

__device__ __forceinline__ float4 Normed(const float4& x, float factor, const float4& weight) {
  return {__fmul_rn(__fmul_rn(x.x, factor), weight.x), __fmul_rn(__fmul_rn(x.y, factor), weight.y),
          __fmul_rn(__fmul_rn(x.z, factor), weight.z), __fmul_rn(__fmul_rn(x.w, factor), weight.w)};
}

struct NormRowShared {
  float4 row[kNormColumns / 4];
  float factor;
};

// A row that fits, with its weights: all of it is on its way at once, and stays in registers.
__global__ void __launch_bounds__(kNormThreads) RmsNormRowKernel(RmsNormArguments a) {
  JUPITER_GPU_SHARED(NormRowShared, shared);
  const auto* x = reinterpret_cast<const float4*>(Row(a.x, BlockIndex()));
  const auto* weight = reinterpret_cast<const float4*>(a.weight);
  float4 mine[kNormVectors], weights[kNormVectors];
#pragma unroll
  for (int i = 0; i < kNormVectors; ++i) {
    const int vector = kNormThreads * i + ThreadIndex();
    if (4 * vector < a.columns) mine[i] = x[vector];
  }
#pragma unroll
  for (int i = 0; i < kNormVectors; ++i) {
    const int vector = kNormThreads * i + ThreadIndex();
    if (4 * vector < a.columns) weights[i] = weight[vector];
  }
#pragma unroll
  for (int i = 0; i < kNormVectors; ++i) {
    const int vector = kNormThreads * i + ThreadIndex();
    if (4 * vector < a.columns) shared.row[vector] = mine[i];
  }
  __syncthreads();
  if (WarpIndex() == 0) {
    const auto* row = reinterpret_cast<const float*>(shared.row);
    const float factor = NormFactor(a, AddSquares(row, a.columns, 0));
    if (LaneIndex() == 0) shared.factor = factor;
  }
  __syncthreads();
  auto* out = reinterpret_cast<float4*>(Row(a.out, BlockIndex()));
#pragma unroll
  for (int i = 0; i < kNormVectors; ++i) {
    const int vector = kNormThreads * i + ThreadIndex();
    if (4 * vector < a.columns) out[vector] = Normed(mine[i], shared.factor, weights[i]);
  }
}

struct NormTilesShared {
  float tile[2][kNormTile];
  float factor;
};

// Any row, by tiles: all threads bring the next one while the first warp adds.
__global__ void __launch_bounds__(kNormThreads) RmsNormTilesKernel(RmsNormArguments a) {
  JUPITER_GPU_SHARED(NormTilesShared, shared);
  const float* x = Row(a.x, BlockIndex());
  float sum = 0;
  int buffer = 0;
  for (int first = 0; first < a.columns; first += kNormTile, buffer ^= 1) {
    const int count = Least(kNormTile, a.columns - first);
    float* tile = shared.tile[buffer];
    for (int i = ThreadIndex(); i < count; i += kNormThreads) tile[i] = x[first + i];
    __syncthreads();
    if (WarpIndex() == 0) sum = AddSquares(tile, count, sum);
  }
  if (WarpIndex() == 0) {
    const float factor = NormFactor(a, sum);
    if (LaneIndex() == 0) shared.factor = factor;
  }
  __syncthreads();
  float* out = Row(a.out, BlockIndex());
  for (int i = ThreadIndex(); i < a.columns; i += kNormThreads) {
    out[i] = __fmul_rn(__fmul_rn(x[i], shared.factor), a.weight[i]);
  }
}

inline void RmsNorm(const RmsNormArguments& a, GpuStream stream) {
  if (a.rows == 0) return;
  const bool fits = a.columns % 4 == 0 && a.columns <= kNormColumns && HasVectors(a.x) &&
                    HasVectors(a.out) && HasVectors(GpuRows<const float>{a.weight, 0});
  if (fits) {
    Launch(RmsNormRowKernel, a.rows, kNormThreads, sizeof(NormRowShared), stream, a);
  } else {
    Launch(RmsNormTilesKernel, a.rows, kNormThreads, sizeof(NormTilesShared), stream, a);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE
