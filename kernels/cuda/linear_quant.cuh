// Products of a few act8 rows with quantised weights, in the order of the `cpu` device.
//
// A block takes 32 features. Its warps compute the terms of different blocks of 32 columns (exact
// integer dots, scales multiplied) into shared memory, a lane per feature; then one warp per row
// adds a chunk of them in ascending order, one fma each, while the others compute the next chunk.
// Sums of leaves wait in shared memory until the tree adds them.
// Bound by memory for few rows: 0.56 (q4_0) to 1.06 (q8_0) bytes per weight.
#pragma once

#include "kernels/cuda/linear_sums.cuh"
#include "kernels/cuda/linear_tiles.cuh"
#include "kernels/cuda/packed_formats.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kQuantThreads = 256;
constexpr int kQuantChunk = 32;  // blocks of 32 columns
// Blocks of threads on a multiprocessor: without it the compiler spills to fit one more in.
constexpr int kQuantResident = 4;

template <class Format, int kRows>
struct QuantShared {
  WaitingSums waiting[kRows];
  Term terms[2][kRows][kQuantChunk][Format::kTerms][kWarp];
};

template <class Format, int kRows>
__device__ __forceinline__ void WriteTerms(const LinearArguments& a, int block, int first_row,
                                           int rows,
                                           Term (&terms)[kRows][kQuantChunk][Format::kTerms][kWarp],
                                           int place) {
  const int lane = LaneIndex();
  const auto packed = ReadPacked<Format>(a.weight, BlockIndex(), block, lane);
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    if (r < rows) {
      const Act8Block x = ReadAct8(Row(a.x, first_row + r), a.weight.columns, block);
      Term of_block[Format::kTerms];
      Format::Terms(packed.vectors, packed.scale, x, of_block);
#pragma unroll
      for (int t = 0; t < Format::kTerms; ++t) terms[r][place][t][lane] = of_block[t];
    }
  }
}

template <class Format, int kRows>
__global__ void __launch_bounds__(kQuantThreads, kQuantResident)
    LinearQuantKernel(LinearArguments a) {
  using Shared = QuantShared<Format, kRows>;
  JUPITER_GPU_SHARED(Shared, shared);
  constexpr int kWarps = kQuantThreads / kWarp;
  const int blocks = a.weight.columns / 32, warp = WarpIndex(), lane = LaneIndex();
  const int first_row = static_cast<int>(blockIdx.y) * kRows;
  const int rows = Least(kRows, a.rows - first_row);
  float sum = 0;
  PartPlace place;
  int buffer = 0;
  for (int chunk = 0; chunk < blocks; chunk += kQuantChunk, buffer ^= 1) {
    const int count = Least(kQuantChunk, blocks - chunk);
#pragma unroll 1
    for (int i = warp; i < count; i += kWarps) {
      WriteTerms<Format, kRows>(a, chunk + i, first_row, rows, shared.terms[buffer], i);
    }
    __syncthreads();
    if (warp >= rows) continue;
    for (int i = 0; i < count;) {
      const int end = a.parts[place.part].end / 32 - chunk;
      for (const int stop = Least(count, end); i < stop; ++i) {
#pragma unroll
        for (int t = 0; t < Format::kTerms; ++t) {
          const Term term = shared.terms[buffer][warp][i][t][lane];
          sum = __fmaf_rn(term.a, term.b, sum);
        }
      }
      if (i == end) sum = EndPart(a, sum, shared.waiting[warp], place);
    }
  }
  const int feature = kWarp * BlockIndex() + lane;
  if (warp < rows && feature < a.weight.rows) WriteSum(a, first_row + warp, feature, sum);
}

template <class Format, int kRows>
void LaunchLinearQuant(const LinearArguments& a, GpuStream stream) {
  const dim3 grid(static_cast<unsigned>((a.weight.rows + kWarp - 1) / kWarp),
                  static_cast<unsigned>((a.rows + kRows - 1) / kRows));
  Launch(LinearQuantKernel<Format, kRows>, grid, kQuantThreads, sizeof(QuantShared<Format, kRows>),
         stream, a);
}

template <class Format>
void LinearQuant(const LinearArguments& a, GpuStream stream) {
  if (a.matrix_units && a.part_count == 1 && a.rows >= kTileRows) {
    return LinearTiles<Format>(a, stream);
  }
  if (a.rows == 1) return LaunchLinearQuant<Format, 1>(a, stream);
  if (a.rows == 2) return LaunchLinearQuant<Format, 2>(a, stream);
  LaunchLinearQuant<Format, 4 / Format::kTerms>(a, stream);
}

}  // namespace JUPITER_GPU_NAMESPACE
