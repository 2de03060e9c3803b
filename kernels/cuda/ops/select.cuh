// Reductions over a row of logits: the largest element, and the terms of LogSumExp.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kSelectThreads = 1024;

struct Candidate {
  float value;  // minus infinity for NaN
  int index;
};

__device__ __forceinline__ Candidate Better(const Candidate& a, const Candidate& b) {
  if (a.value != b.value) return a.value > b.value ? a : b;
  return a.index < b.index ? a : b;
}

__device__ __forceinline__ Candidate BestOfWarp(Candidate best) {
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) {
    const Candidate other{__shfl_xor_sync(kAllLanes, best.value, bits),
                          __shfl_xor_sync(kAllLanes, best.index, bits)};
    best = Better(best, other);
  }
  return best;
}

struct ArgMaxShared {
  Candidate best[kSelectThreads / kWarp];  // as many as a warp has lanes
};

__device__ __forceinline__ Candidate CandidateOf(float x, int index) {
  return {x == x ? x : -Infinity(), index};
}

// The best of the whole vectors of a row that are this thread's.
__device__ __forceinline__ Candidate BestOfVectors(const float* x, int columns, Candidate best) {
  const auto* vectors = reinterpret_cast<const float4*>(x);
#pragma unroll 8
  for (int i = ThreadIndex(); i < columns / 4; i += kSelectThreads) {
    const float4 four = vectors[i];
    best = Better(best, CandidateOf(four.x, 4 * i));
    best = Better(best, CandidateOf(four.y, 4 * i + 1));
    best = Better(best, CandidateOf(four.z, 4 * i + 2));
    best = Better(best, CandidateOf(four.w, 4 * i + 3));
  }
  return best;
}

// A block per row.
__global__ void __launch_bounds__(kSelectThreads) ArgMaxKernel(ArgMaxArguments a, bool vectors) {
  JUPITER_GPU_SHARED(ArgMaxShared, shared);
  const float* x = Row(a.x, BlockIndex());
  Candidate best{-Infinity(), a.columns};
  if (vectors) best = BestOfVectors(x, a.columns, best);
  const int done = vectors ? a.columns / 4 * 4 : 0;
  for (int i = done + ThreadIndex(); i < a.columns; i += kSelectThreads) {
    best = Better(best, CandidateOf(x[i], i));
  }
  best = BestOfWarp(best);
  if (LaneIndex() == 0) shared.best[WarpIndex()] = best;
  __syncthreads();
  if (WarpIndex() > 0) return;
  best = BestOfWarp(shared.best[LaneIndex()]);
  if (LaneIndex() == 0) a.ids[BlockIndex()] = best.index;
}

inline void ArgMax(const ArgMaxArguments& a, GpuStream stream) {
  if (a.rows == 0) return;
  Launch(ArgMaxKernel, a.rows, kSelectThreads, sizeof(ArgMaxShared), stream, a, HasVectors(a.x));
}

// What is taken away before exp: minus infinity would make NaN of itself.
__device__ __forceinline__ float ReferenceOf(float maximum) {
  return maximum == -Infinity() ? 0.0f : maximum;
}

// A warp per run of kLogSumRun columns; both halves of it compute the 16 lanes.
__global__ void LogSumOfRunKernel(LogSumArguments a) {
  const int row = static_cast<int>(blockIdx.y), begin = BlockIndex() * kLogSumRun;
  const int count = Least(kLogSumRun, a.columns - begin);
  const float* x = Row(a.x, row) + begin;
  float maximum = -Infinity();
  for (int i = LaneIndex(); i < count; i += kWarp) maximum = Larger(maximum, x[i]);
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) {
    maximum = Larger(maximum, __shfl_xor_sync(kAllLanes, maximum, bits));
  }
  const float top = ReferenceOf(maximum);
  float sum = 0;
  for (int i = LaneIndex() % 16; i < count; i += 16) {
    sum = __fadd_rn(sum, Exp(__fsub_rn(x[i], top)));
  }
  sum = TreeOfHalfWarp(sum);
  if (LaneIndex() == 0)
    a.of_runs[row * static_cast<int>(gridDim.x) + BlockIndex()] = {maximum, sum};
}

__device__ __forceinline__ GpuLogSum Combine(const GpuLogSum& a, const GpuLogSum& b) {
  const float maximum = Larger(a.maximum, b.maximum), top = ReferenceOf(maximum);
  return {maximum, __fadd_rn(__fmul_rn(a.sum, Exp(__fsub_rn(a.maximum, top))),
                             __fmul_rn(b.sum, Exp(__fsub_rn(b.maximum, top))))};
}

// A thread per row.
__global__ void LogSumOfRowKernel(LogSumArguments a, int runs) {
  const int row = GridThread();
  if (row >= a.rows) return;
  const GpuLogSum* of_runs = a.of_runs + row * runs;
  GpuLogSum sum = of_runs[0];
  for (int run = 1; run < runs; ++run) sum = Combine(sum, of_runs[run]);
  a.of_rows[row] = sum;
}

inline void LogSum(const LogSumArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  const auto rows = static_cast<unsigned>(a.rows);
  const int runs = (a.columns + kLogSumRun - 1) / kLogSumRun;
  Launch(LogSumOfRunKernel, dim3(static_cast<unsigned>(runs), rows), kWarp, 0, stream, a);
  Launch(LogSumOfRowKernel, (rows + kWarp - 1) / kWarp, kWarp, 0, stream, a, runs);
}

}  // namespace JUPITER_GPU_NAMESPACE
