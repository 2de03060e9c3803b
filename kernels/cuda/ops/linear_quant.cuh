// Products of a few act8 rows with quantised weights, in the order of the `cpu` device.
//
// A block takes 32 features, a lane each. Most of its warps are producers: in rounds they compute
// the terms of different blocks of 32 columns (exact integer dots, scales multiplied) into shared
// memory, and load what the next round needs before, so that the memory never waits. One more warp
// per row adds the terms of the round before in ascending order, one fma each. Sums of leaves wait
// in shared memory until the tree adds them. Bound by memory: 0.56 (q4_0) to 1.06 (q8_0) bytes per
// weight.
#pragma once

#include "kernels/cuda/ops/linear_sums.cuh"
#include "kernels/cuda/ops/linear_tiles.cuh"
#include "kernels/cuda/ops/packed_formats.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kProducers = 16;  // warps

template <class Format, int kRows>
struct QuantShape {
  // Blocks of 32 columns that a producer takes in a round: so many that its loads keep the memory
  // busy, and that the terms of two rounds fit into 48 KB.
  static constexpr int kLoads =
      Format::kVectors > Format::kTerms ? Format::kVectors : Format::kTerms;
  static constexpr int kPerWarp = kLoads * kRows < 4 ? 4 / (kLoads * kRows) : 1;
  static constexpr int kRound = kProducers * kPerWarp;
  static constexpr int kThreads = kWarp * (kProducers + kRows);
};

template <class Format, int kRows>
struct QuantShared {
  WaitingSums waiting[kRows];
  Term terms[2][kRows][QuantShape<Format, kRows>::kRound][Format::kTerms][kWarp];
};

// A producer's blocks of one round.
template <class Format, int kRows>
struct QuantBlocks {
  static constexpr int kCount = QuantShape<Format, kRows>::kPerWarp;
  PackedBlock<Format> packed[kCount];
};

// The blocks first + warp, first + warp + kProducers, ... as far as there are any.
template <class Format, int kRows>
__device__ __forceinline__ void ReadRound(const LinearArguments& a, int first,
                                          QuantBlocks<Format, kRows>& blocks) {
#pragma unroll
  for (int i = 0; i < QuantBlocks<Format, kRows>::kCount; ++i) {
    const int block = first + WarpIndex() + i * kProducers;
    if (32 * block < a.weight.columns) {
      blocks.packed[i] = ReadPacked<Format>(a.weight, BlockIndex(), block, LaneIndex());
    }
  }
}

template <class Format, int kRows>
__device__ __forceinline__ void WriteRound(const LinearArguments& a, int first, int first_row,
                                           const QuantBlocks<Format, kRows>& blocks,
                                           QuantShared<Format, kRows>& shared, int buffer) {
#pragma unroll
  for (int i = 0; i < QuantBlocks<Format, kRows>::kCount; ++i) {
    const int place = WarpIndex() + i * kProducers, block = first + place;
    if (32 * block >= a.weight.columns) break;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      // Rows beyond the last one repeat it; nobody adds them up.
      const std::uint8_t* row = Row(a.x, Least(first_row + r, a.rows - 1));
      Term terms[Format::kTerms];
      Format::Terms(blocks.packed[i].vectors, blocks.packed[i].scale,
                    ReadAct8(row, a.weight.columns, block), terms);
#pragma unroll
      for (int t = 0; t < Format::kTerms; ++t) {
        shared.terms[buffer][r][place][t][LaneIndex()] = terms[t];
      }
    }
  }
}

// Adds a round's terms, of the blocks from `first` on, to the sum of row `r` of the block's.
template <class Format, int kRows>
__device__ __forceinline__ float AddRound(const LinearArguments& a, int first, int r, float sum,
                                          QuantShared<Format, kRows>& shared, int buffer,
                                          PartPlace& place) {
  const int count = Least(QuantShape<Format, kRows>::kRound, a.weight.columns / 32 - first);
  for (int i = 0; i < count;) {
    const int end = a.parts[place.part].end / 32 - first, stop = Least(count, end);
#pragma unroll 8
    for (; i < stop; ++i) {
#pragma unroll
      for (int t = 0; t < Format::kTerms; ++t) {
        const Term term = shared.terms[buffer][r][i][t][LaneIndex()];
        sum = __fmaf_rn(term.a, term.b, sum);
      }
    }
    if (i == end) sum = EndPart(a, sum, shared.waiting[r], place);
  }
  return sum;
}

template <class Format, int kRows>
__global__ void __launch_bounds__(QuantShape<Format, kRows>::kThreads, 1)
    LinearQuantKernel(LinearArguments a) {
  using Shared = QuantShared<Format, kRows>;
  JUPITER_GPU_SHARED(Shared, shared);
  constexpr int kRound = QuantShape<Format, kRows>::kRound;
  const int blocks = a.weight.columns / 32, first_row = static_cast<int>(blockIdx.y) * kRows;
  const bool produces = WarpIndex() < kProducers;
  const int r = WarpIndex() - kProducers;  // of those that add
  QuantBlocks<Format, kRows> next = {};
  if (produces) ReadRound(a, 0, next);
  float sum = 0;
  PartPlace place;
  int buffer = 0;
  for (int first = 0; first < blocks + kRound; first += kRound, buffer ^= 1) {
    if (produces && first < blocks) {
      const QuantBlocks<Format, kRows> blocks_now = next;
      ReadRound(a, first + kRound, next);
      WriteRound(a, first, first_row, blocks_now, shared, buffer);
    } else if (!produces && first > 0) {
      sum = AddRound(a, first - kRound, r, sum, shared, buffer ^ 1, place);
    }
    __syncthreads();
  }
  const int feature = kWarp * BlockIndex() + LaneIndex();
  if (!produces && first_row + r < a.rows && feature < a.weight.rows) {
    WriteSum(a, first_row + r, feature, sum);
  }
}

template <class Format, int kRows>
void LaunchLinearQuant(const LinearArguments& a, GpuStream stream) {
  const dim3 grid(static_cast<unsigned>((a.weight.rows + kWarp - 1) / kWarp),
                  static_cast<unsigned>((a.rows + kRows - 1) / kRows));
  Launch(LinearQuantKernel<Format, kRows>, grid, QuantShape<Format, kRows>::kThreads,
         sizeof(QuantShared<Format, kRows>), stream, a);
}

template <class Format>
void LinearQuant(const LinearArguments& a, GpuStream stream) {
  if (a.rows == 1) return LaunchLinearQuant<Format, 1>(a, stream);
  if (a.rows == 2) return LaunchLinearQuant<Format, 2>(a, stream);
  if (a.matrix_units && a.part_count == 1) return LinearTiles<Format>(a, stream);
  LaunchLinearQuant<Format, 4 / Format::kTerms>(a, stream);
}

}  // namespace JUPITER_GPU_NAMESPACE
