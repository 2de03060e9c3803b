// Rows of a packed table, in f32. A warp per row and 32 columns at a time; bound by memory.
#pragma once

#include "kernels/cuda/ops/packed_formats.cuh"

namespace JUPITER_GPU_NAMESPACE {

__global__ void EmbedKernel(EmbedArguments a) {
  const int id = a.ids[BlockIndex()];
  float* out = Row(a.out, BlockIndex());
  for (int k = ThreadIndex(); k < a.table.columns; k += static_cast<int>(blockDim.x)) {
    out[k] = Element(a.table, id, k);
  }
}

inline void Embed(const EmbedArguments& a, GpuStream stream) {
  if (a.rows > 0) Launch(EmbedKernel, a.rows, 128, 0, stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
