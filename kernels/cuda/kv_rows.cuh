// KV rows: appended in their type, and moved.
#pragma once

#include "kernels/cuda/elementwise.cuh"

namespace JUPITER_GPU_NAMESPACE {

// Whether a later row has the same slot: that one counts, as if rows were written in order.
__device__ __forceinline__ bool IsOverwritten(const KvAppendArguments& a, int row) {
  for (int later = row + 1; later < a.rows; ++later) {
    if (a.slots[later] == a.slots[row]) return true;
  }
  return false;
}

__global__ void KvAppendKernel(KvAppendArguments a) {
  const int i = GridThread();
  if (i >= a.columns || IsOverwritten(a, RowIndex())) return;
  std::uint8_t* out = Row(a.to.rows, a.slots[RowIndex()]);
  const float x = Row(a.x, RowIndex())[i];
  if (a.to.f16) {
    reinterpret_cast<std::uint16_t*>(out)[i] = ToHalf(x);
  } else {
    reinterpret_cast<float*>(out)[i] = x;
  }
}

inline void KvAppend(const KvAppendArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.columns == 0) return;
  Launch(KvAppendKernel, ElementGrid(a.rows, a.columns), kElementThreads, 0, stream, a);
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
