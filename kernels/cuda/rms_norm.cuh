// RmsNorm: a block per row. 16 lanes of the first warp add up the squares, each its columns
// (column mod 16) in ascending order, while all threads bring the next tile of the row.
#pragma once

#include "kernels/cuda/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kNormThreads = 256;
constexpr int kNormTile = 1024;  // columns, a multiple of 16

struct NormShared {
  float tile[2][kNormTile];
  float factor;
};

__global__ void __launch_bounds__(kNormThreads) RmsNormKernel(RmsNormArguments a) {
  JUPITER_GPU_SHARED(NormShared, shared);
  const float* x = Row(a.x, BlockIndex());
  float sum = 0;
  int buffer = 0;
  for (int first = 0; first < a.columns; first += kNormTile, buffer ^= 1) {
    const int count = Least(kNormTile, a.columns - first);
    float* tile = shared.tile[buffer];
    for (int i = ThreadIndex(); i < count; i += kNormThreads) tile[i] = x[first + i];
    __syncthreads();
    if (WarpIndex() > 0) continue;
    for (int i = LaneIndex() % 16; i < count; i += 16) sum = __fmaf_rn(tile[i], tile[i], sum);
  }
  if (WarpIndex() == 0) {
    const float mean = __fdiv_rn(TreeOfHalfWarp(sum), __int2float_rn(a.columns));
    const float factor = __fdiv_rn(1.0f, __fsqrt_rn(__fadd_rn(mean, a.epsilon)));
    if (LaneIndex() == 0) shared.factor = factor;
  }
  __syncthreads();
  float* out = Row(a.out, BlockIndex());
  for (int i = ThreadIndex(); i < a.columns; i += kNormThreads) {
    out[i] = __fmul_rn(__fmul_rn(x[i], shared.factor), a.weight[i]);
  }
}

inline void RmsNorm(const RmsNormArguments& a, GpuStream stream) {
  if (a.rows > 0) Launch(RmsNormKernel, a.rows, kNormThreads, sizeof(NormShared), stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
