// Kernels with one mistake each, and the right ones beside them.
#pragma once

#include "kernels/cuda/ops/gpu.h"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kThreads = 64;

struct Tile {
  int value[kThreads];
};

struct Out {
  int* values;  // [blocks, kThreads]
};

inline __device__ int Mine() { return static_cast<int>(threadIdx.x); }

// Adds up the threads' numbers plus 1, twice, so that every thread's result needs both barriers.
__global__ void SumOfBlock(Out out) {
  JUPITER_GPU_SHARED(Tile, tile);
  tile.value[Mine()] = Mine() + 1;
  __syncthreads();
  int sum = 0;
  for (int i = 0; i < kThreads; ++i) sum += tile.value[i];
  __syncthreads();
  tile.value[Mine()] = sum;
  __syncthreads();
  out.values[Mine()] = tile.value[kThreads - 1 - Mine()];
}

// Neighbours of a warp exchange through shared memory.
__global__ void SwapOfWarp(Out out) {
  JUPITER_GPU_SHARED(Tile, tile);
  tile.value[Mine()] = Mine();
  __syncwarp();
  out.values[Mine()] = tile.value[Mine() ^ 1];
}

__global__ void ButterflyOfWarp(Out out) {
  int sum = Mine() % 32;
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, bits);
  out.values[Mine()] = sum;
}

__global__ void HalfABarrier(Out out) {
  if (Mine() < 32) __syncthreads();
  out.values[Mine()] = 1;
}

__global__ void TwoBarriers(Out out) {
  if (Mine() < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out.values[Mine()] = 1;
}

__global__ void WholeMaskOfHalfAWarp(Out out) {
  int value = Mine();
  if (Mine() % 2 == 1) value = __shfl_xor_sync(0xffffffffu, value, 2);
  out.values[Mine()] = value;
}

__global__ void MaskWithoutTheSource(Out out) {
  int value = Mine();
  if (Mine() % 2 == 1) value = __shfl_xor_sync(0xaaaaaaaau, value, 1);
  out.values[Mine()] = value;
}

__global__ void BlocksWriteOneElement(Out out) {
  out.values[Mine()] = static_cast<int>(blockIdx.x);
}

__global__ void BlockReadsAnothers(Out out) {
  int* mine = out.values + static_cast<int>(blockIdx.x) * kThreads;
  mine[Mine()] = blockIdx.x == 0 ? 5 : out.values[Mine()];
}

__global__ void BeyondSharedMemory(Out out) {
  JUPITER_GPU_SHARED(Tile, tile);
  tile.value[Mine() + 1] = Mine();
  __syncthreads();
  out.values[Mine()] = tile.value[Mine() + 1];
}

__global__ void BeyondDeviceMemory(Out out) {
  out.values[static_cast<int>(gridDim.x) * kThreads + Mine()] = 1;
}

__global__ void UnwrittenSharedMemory(Out out) {
  JUPITER_GPU_SHARED(Tile, tile);
  const float value = 0 * __int_as_float(tile.value[Mine()]);
  out.values[Mine()] = value == 0 ? 0 : 1;
}

__global__ void MisalignedVector(Out out) {
  const int4 four = *reinterpret_cast<const int4*>(out.values + 1);
  out.values[Mine()] = four.x;
}

}  // namespace JUPITER_GPU_NAMESPACE
