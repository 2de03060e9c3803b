// f32 rows to act8 rows: a warp per block of 32 columns, a lane per column.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kQuantiseThreads = 128;

struct QuantisedValue {
  int q;
  float scale;  // of the block; the same in all lanes
};

// The largest magnitude is found on the bits, whose order is that of the numbers with NaN above
// infinity. See kernels/cpu/row_kernels.h.
__device__ __forceinline__ QuantisedValue QuantiseLane(float x) {
  unsigned largest = __float_as_uint(x) & 0x7fffffffu;
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) {
    const unsigned other = __shfl_xor_sync(kAllLanes, largest, bits);
    largest = other > largest ? other : largest;
  }
  const bool finite = largest < 0x7f800000u;
  const float scale =
      finite ? __fdiv_rn(__uint_as_float(largest), 127.0f) : __uint_as_float(0x7fc00000u);
  if (!(scale >= 0x1p-126f)) return {0, finite ? 0.0f : scale};
  const float scaled = __fmul_rn(x, __fdiv_rn(1.0f, scale));
  // To nearest, ties to even.
  const float shifter = 12582912.0f;
  return {static_cast<int>(__fsub_rn(__fadd_rn(scaled, shifter), shifter)), scale};
}

__global__ void __launch_bounds__(kQuantiseThreads) QuantiseKernel(QuantiseArguments a) {
  const int row = static_cast<int>(blockIdx.y);
  const int block = BlockIndex() * (kQuantiseThreads / kWarp) + WarpIndex();
  if (32 * block >= a.columns) return;  // the whole warp
  const QuantisedValue value = QuantiseLane(Row(a.x, row)[32 * block + LaneIndex()]);
  int sum = value.q;
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(kAllLanes, sum, bits);
  std::uint8_t* out = Row(a.out, row);
  reinterpret_cast<std::int8_t*>(out)[32 * block + LaneIndex()] = static_cast<std::int8_t>(value.q);
  if (LaneIndex() > 0) return;
  reinterpret_cast<float*>(out + a.columns)[block] = value.scale;
  reinterpret_cast<std::int32_t*>(out + a.columns + a.columns / 8)[block] = sum;
}

inline void Quantise(const QuantiseArguments& a, GpuStream stream) {
  constexpr int kColumns = 32 * (kQuantiseThreads / kWarp);
  const auto blocks = static_cast<unsigned>((a.columns + kColumns - 1) / kColumns);
  if (a.rows > 0 && blocks > 0) {
    Launch(QuantiseKernel, dim3(blocks, static_cast<unsigned>(a.rows)), kQuantiseThreads, 0, stream,
           a);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE
