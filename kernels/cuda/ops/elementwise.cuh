// Ops on single elements and pairs, a thread each: SwiGlu, Add, Rope. Bound by memory.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kElementThreads = 256;

// Blocks along a row, rows along y.
inline dim3 ElementGrid(int rows, int per_row) {
  return dim3(static_cast<unsigned>((per_row + kElementThreads - 1) / kElementThreads),
              static_cast<unsigned>(rows));
}

__device__ __forceinline__ int RowIndex() { return static_cast<int>(blockIdx.y); }

// (gate / (1 + exp(0 - gate))) * up
__global__ void SwiGluKernel(SwiGluArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  const float gate = Row(a.gate, RowIndex())[i], up = Row(a.up, RowIndex())[i];
  const float divisor = __fadd_rn(1.0f, Exp(__fsub_rn(0.0f, gate)));
  Row(a.out, RowIndex())[i] = __fmul_rn(__fdiv_rn(gate, divisor), up);
}

inline void SwiGlu(const SwiGluArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  Launch(SwiGluKernel, ElementGrid(a.rows, a.columns), kElementThreads, 0, stream, a);
}

__global__ void AddKernel(AddArguments a) {
  const int i = GridThread();
  if (i >= a.columns) return;
  float* y = Row(a.y, RowIndex());
  y[i] = __fadd_rn(y[i], Row(a.x, RowIndex())[i]);
}

inline void Add(const AddArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  Launch(AddKernel, ElementGrid(a.rows, a.columns), kElementThreads, 0, stream, a);
}

// A thread per pair; the table holds the cosines of half a head, then the sines.
__global__ void RopeKernel(RopeArguments a) {
  const int pair = GridThread();
  if (pair >= a.columns / 2) return;
  const int half = a.head_dim / 2, head = pair / half, i = pair % half;
  float* x = Row(a.x, RowIndex()) + head * a.head_dim + (a.half ? i : 2 * i);
  float* partner = x + (a.half ? half : 1);
  const float* table = Row(a.table, a.positions[RowIndex()]);
  const float cos = table[i], sin = table[half + i], first = *x, second = *partner;
  *x = __fsub_rn(__fmul_rn(first, cos), __fmul_rn(second, sin));
  *partner = __fadd_rn(__fmul_rn(first, sin), __fmul_rn(second, cos));
}

inline void Rope(const RopeArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  Launch(RopeKernel, ElementGrid(a.rows, a.columns / 2), kElementThreads, 0, stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
