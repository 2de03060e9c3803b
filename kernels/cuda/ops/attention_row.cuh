// Weights and values of attention for one row by itself: after a long context, or where rows do not
// share their slots.
//
// A block takes a run of kAttentionRun positions and kRowColumns columns of one head. What counts
// is loads in flight: all of the block's values are on their way at once.
#pragma once

#include "kernels/cuda/ops/attention_parts.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kRowThreads = kAttentionRun;  // one per position
constexpr int kRowColumns = 64;

template <class Kv>
struct RowShared {
  uint4 values[kAttentionRun][kRowColumns / Kv::kElements];
  alignas(16) float weights[kAttentionRun];
  HeadAddress heads[kAttentionRun];
};

struct RowPlace {
  int run, column, row, head;
};

// Blocks: x the run, from first_apart on, and the columns; y the row; z the query head.
__device__ __forceinline__ RowPlace PlaceOfRow(const AttentionArguments& a) {
  const int slices = (a.head_dim + kRowColumns - 1) / kRowColumns;
  return {a.first_apart + BlockIndex() / slices, BlockIndex() % slices * kRowColumns,
          static_cast<int>(blockIdx.y), static_cast<int>(blockIdx.z)};
}

// The largest of a path's maximums, for all lanes of a warp.
__device__ __forceinline__ float MaximumForWarp(const AttentionParts& parts, int length) {
  float largest = -Infinity();
  for (int i = LaneIndex(); i * kScorePositions < length; i += kWarp) {
    largest = Larger(largest, parts.maximums[i]);
  }
  return LargestOfWarp(largest);
}

// Values of all positions, and the weight of this thread's, into shared memory.
template <class Kv>
__device__ __forceinline__ void ReadRun(const AttentionArguments& a, const RowPlace& place,
                                        int count, const AttentionParts& parts,
                                        RowShared<Kv>& shared) {
  constexpr int kPerRow = kRowColumns / Kv::kElements;  // pieces; as many as a thread reads
  uint4 pieces[kPerRow];
#pragma unroll
  for (int i = 0; i < kPerRow; ++i) {
    const int number = kRowThreads * i + ThreadIndex();
    pieces[i] = ReadPiece<Kv>(a, shared.heads[number / kPerRow],
                              place.column + number % kPerRow * Kv::kElements);
  }
  const float largest = MaximumForWarp(parts, a.paths[place.row].length);
  const int mine = ThreadIndex();
  const float score = mine < count ? parts.scores[place.run * kAttentionRun + mine] : 0.0f;
  shared.weights[mine] = mine < count ? Exp(__fsub_rn(score, largest)) : 0.0f;
#pragma unroll
  for (int i = 0; i < kPerRow; ++i) {
    const int number = kRowThreads * i + ThreadIndex();
    shared.values[number / kPerRow][number % kPerRow] = pieces[i];
  }
}

// Of one column of a position, in shared memory as it was in device memory.
template <class Kv>
__device__ __forceinline__ float ValueAt(const uint4* values, int column) {
  if constexpr (Kv::kElements == 8) {
    return FromHalf(reinterpret_cast<const std::uint16_t*>(values)[column]);
  }
  return reinterpret_cast<const float*>(values)[column];
}

// The chain of one column over `count` positions of `pieces` vectors each.
template <class Kv, int pieces>
__device__ __forceinline__ float ChainOf(const uint4* values, const float* weights, int count,
                                         int column) {
  float sum = 0;
  int position = 0;
#pragma unroll 8
  for (; position + 4 <= count; position += 4, values += 4 * pieces) {
    const float4 four = *reinterpret_cast<const float4*>(weights + position);
    sum = __fmaf_rn(four.x, ValueAt<Kv>(values, column), sum);
    sum = __fmaf_rn(four.y, ValueAt<Kv>(values + pieces, column), sum);
    sum = __fmaf_rn(four.z, ValueAt<Kv>(values + 2 * pieces, column), sum);
    sum = __fmaf_rn(four.w, ValueAt<Kv>(values + 3 * pieces, column), sum);
  }
  for (; position < count; ++position, values += pieces) {
    sum = __fmaf_rn(weights[position], ValueAt<Kv>(values, column), sum);
  }
  return sum;
}

// A run's sum of weights, for all lanes of half a warp.
__device__ __forceinline__ float SumOfWeights(const float* weights) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kAttentionRun; i += 16) {
    sum = __fadd_rn(sum, weights[i + LaneIndex() % 16]);  // zeros beyond the path
  }
  return TreeOfHalfWarp(sum);
}

template <class Kv>
__global__ void __launch_bounds__(kRowThreads, 2) AttentionRowKernel(AttentionArguments a) {
  JUPITER_GPU_SHARED(RowShared<Kv>, shared);
  const RowPlace place = PlaceOfRow(a);
  const GpuPath path = a.paths[place.row];
  const int begin = place.run * kAttentionRun;
  if (begin >= path.length) return;  // the whole block
  if (a.tile_rows > 0 && IsShared(a.tiles[place.row / a.tile_rows], place.run)) return;
  const int count = Least(kAttentionRun, path.length - begin);
  const AttentionParts parts = PartsOf(a, place.row, place.head);
  shared.heads[ThreadIndex()] =
      HeadAt<&GpuKvSegment::values>(a, path, begin + ThreadIndex(), place.head);
  __syncthreads();
  ReadRun<Kv>(a, place, count, parts, shared);
  __syncthreads();
  if (WarpIndex() == kRowThreads / kWarp - 1 && place.column == 0) {
    const float sum = SumOfWeights(shared.weights);
    if (LaneIndex() == 0) parts.sums[place.run] = sum;
  }
  const int mine = ThreadIndex(), column = place.column + mine;
  if (mine >= kRowColumns || column >= a.head_dim) return;
  constexpr int kPieces = kRowColumns / Kv::kElements;
  parts.values[place.run * PaddedHeadDim(a.head_dim) + column] =
      ChainOf<Kv, kPieces>(shared.values[0], shared.weights, count, mine);
}

template <class Kv>
void AttentionRows(const AttentionArguments& a, GpuStream stream) {
  const int runs = static_cast<int>(AttentionRuns(a.longest)) - a.first_apart;
  const int slices = (a.head_dim + kRowColumns - 1) / kRowColumns;
  const dim3 grid(static_cast<unsigned>(runs * slices), static_cast<unsigned>(a.rows),
                  static_cast<unsigned>(a.heads));
  Launch(AttentionRowKernel<Kv>, grid, kRowThreads, sizeof(RowShared<Kv>), stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
