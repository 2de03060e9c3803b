// KV rows: appended in their type, and moved.
#pragma once

#include "kernels/cuda/ops/elementwise.cuh"

namespace JUPITER_GPU_NAMESPACE {

__device__ __forceinline__ void WriteKv(const GpuKvRows& to, int slot, int column, float x) {
  std::uint8_t* out = Row(to.rows, slot);
  if (to.f16) {
    reinterpret_cast<std::uint16_t*>(out)[column] = ToHalf(x);
  } else {
    reinterpret_cast<float*>(out)[column] = x;
  }
}

// A thread per element of keys and of values.
__global__ void KvAppendKernel(KvAppendArguments a) {
  const int i = GridThread(), slot = a.slots[RowIndex()];
  if (i >= a.columns || slot < 0) return;
  WriteKv(a.to_keys, slot, i, Row(a.keys, RowIndex())[i]);
  WriteKv(a.to_values, slot, i, Row(a.values, RowIndex())[i]);
}

// Four elements of either, of rows that are read and written by so many.
__device__ __forceinline__ void WriteFourKv(const GpuKvRows& to, int slot, int i,
                                            const float4& four) {
  std::uint8_t* out = Row(to.rows, slot);
  if (to.f16) {
    const unsigned low = ToHalf(four.x) | static_cast<unsigned>(ToHalf(four.y)) << 16;
    const unsigned high = ToHalf(four.z) | static_cast<unsigned>(ToHalf(four.w)) << 16;
    reinterpret_cast<uint2*>(out)[i] = {low, high};
  } else {
    reinterpret_cast<float4*>(out)[i] = four;
  }
}

__global__ void KvAppendFoursKernel(KvAppendArguments a) {
  const int i = GridThread(), slot = a.slots[RowIndex()];
  if (4 * i >= a.columns || slot < 0) return;
  const float4 key = reinterpret_cast<const float4*>(Row(a.keys, RowIndex()))[i];
  const float4 value = reinterpret_cast<const float4*>(Row(a.values, RowIndex()))[i];
  WriteFourKv(a.to_keys, slot, i, key);
  WriteFourKv(a.to_values, slot, i, value);
}

inline void KvAppend(const KvAppendArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  const bool fours = a.columns % 4 == 0 && HasVectors(a.keys) && HasVectors(a.values) &&
                     HasVectors(a.to_keys.rows) && HasVectors(a.to_values.rows);
  if (fours) {
    Launch(KvAppendFoursKernel, ElementGrid(a.rows, a.columns / 4), kElementThreads, 0, stream, a);
  } else {
    Launch(KvAppendKernel, ElementGrid(a.rows, a.columns), kElementThreads, 0, stream, a);
  }
}

// From slots to scratch, or back; by two bytes, the size of the smallest element.
struct CopySlotsArguments {
  GpuRows<const std::uint8_t> from;
  GpuRows<std::uint8_t> to;
  const std::int32_t* from_slots;  // null: row i
  const std::int32_t* to_slots;
  int row_bytes;
};

__global__ void CopySlotsKernel(CopySlotsArguments a) {
  const int i = GridThread(), row = RowIndex();
  if (2 * i >= a.row_bytes) return;
  const int from = a.from_slots == nullptr ? row : a.from_slots[row];
  const int to = a.to_slots == nullptr ? row : a.to_slots[row];
  reinterpret_cast<std::uint16_t*>(Row(a.to, to))[i] =
      reinterpret_cast<const std::uint16_t*>(Row(a.from, from))[i];
}

inline void MoveRows(const MoveRowsArguments& a, GpuStream stream) {
  if (a.count == 0) return;
  const dim3 grid = ElementGrid(a.count, (a.row_bytes + 1) / 2);
  const GpuRows<const std::uint8_t> rows{a.rows.data, a.rows.stride};
  const GpuRows<const std::uint8_t> scratch{a.scratch.data, a.scratch.stride};
  Launch(CopySlotsKernel, grid, kElementThreads, 0, stream,
         CopySlotsArguments{rows, a.scratch, a.from, nullptr, a.row_bytes});
  Launch(CopySlotsKernel, grid, kElementThreads, 0, stream,
         CopySlotsArguments{scratch, a.rows, nullptr, a.to, a.row_bytes});
}

}  // namespace JUPITER_GPU_NAMESPACE
