// Weights and values of attention for one row by itself whose path is short enough for one block:
// results as they are, with no parts left to add.
//
// A block takes all positions and 32 bytes of each, which are on their way at once. Then a few
// threads keep the chains, one for each run of kAttentionRun positions and column.
#pragma once

#include "kernels/cuda/ops/attention_row.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kWholePositions = 2048;
constexpr int kWholeRuns = kWholePositions / kAttentionRun;
constexpr int kWholeThreads = 256;
constexpr int kWholePieces = 2;  // vectors of a position

template <class Kv>
struct WholeShared {
  static constexpr int kColumns = kWholePieces * Kv::kElements;
  uint4 values[kWholePositions][kWholePieces];
  alignas(16) float weights[kWholePositions];
  HeadAddress heads[kWholePositions];
  float chains[kWholeRuns][kColumns];
  float sums[kWholeRuns];
};
static_assert(kWholeRuns * WholeShared<KvF16>::kColumns <= kWholeThreads / 2, "");

// The block's values, and the weights of all positions, into shared memory.
template <class Kv>
__device__ __forceinline__ void ReadWhole(const AttentionArguments& a, int column, int length,
                                          const AttentionParts& parts, WholeShared<Kv>& shared) {
  constexpr int kPositions = kWholeThreads / kWholePieces;  // of which each thread reads a piece
  constexpr int kMost = kWholePositions / kPositions;
  const int position = ThreadIndex() / kWholePieces, piece = ThreadIndex() % kWholePieces;
  uint4 pieces[kMost];
#pragma unroll
  for (int i = 0; i < kMost; ++i) {
    if (kPositions * i >= length) continue;
    pieces[i] =
        ReadPiece<Kv>(a, shared.heads[kPositions * i + position], column + piece * Kv::kElements);
  }
  const float largest = MaximumForWarp(parts, length);
  const int all = static_cast<int>(AttentionRuns(length)) * kAttentionRun;
  for (int i = ThreadIndex(); i < all; i += kWholeThreads) {
    shared.weights[i] = i < length ? Exp(__fsub_rn(parts.scores[i], largest)) : 0.0f;
  }
#pragma unroll
  for (int i = 0; i < kMost; ++i) {
    if (kPositions * i >= length) continue;
    shared.values[kPositions * i + position][piece] = pieces[i];
  }
}

// Chains by the first half of the block, sums of weights by the second.
template <class Kv>
__device__ __forceinline__ void ReduceRuns(int length, WholeShared<Kv>& shared) {
  constexpr int kColumns = WholeShared<Kv>::kColumns, kHalf = kWholeThreads / 2;
  const auto runs = static_cast<int>(AttentionRuns(length));
  if (ThreadIndex() < kHalf) {
    const int run = ThreadIndex() / kColumns, column = ThreadIndex() % kColumns;
    if (run >= runs) return;
    const int begin = run * kAttentionRun, count = Least(kAttentionRun, length - begin);
    shared.chains[run][column] =
        ChainOf<Kv, kWholePieces>(shared.values[begin], shared.weights + begin, count, column);
  } else {
    // All lanes of a warp, though its second run may not be there.
    const int run = (ThreadIndex() - kHalf) / 16;
    const float sum = SumOfWeights(shared.weights + Least(run, runs - 1) * kAttentionRun);
    if (ThreadIndex() % 16 == 0 && run < runs) shared.sums[run] = sum;
  }
}

// Blocks: x the columns, y the row, z the query head.
template <class Kv>
__global__ void __launch_bounds__(kWholeThreads, 2) AttentionWholeKernel(AttentionArguments a) {
  JUPITER_GPU_SHARED(WholeShared<Kv>, shared);
  const int column = BlockIndex() * WholeShared<Kv>::kColumns;
  const int row = static_cast<int>(blockIdx.y), head = static_cast<int>(blockIdx.z);
  const GpuPath path = a.paths[row];
  const auto runs = static_cast<int>(AttentionRuns(path.length));
  for (int i = ThreadIndex(); i < runs * kAttentionRun; i += kWholeThreads) {
    shared.heads[i] = HeadAt<&GpuKvSegment::values>(a, path, i, head);
  }
  __syncthreads();
  ReadWhole<Kv>(a, column, path.length, PartsOf(a, row, head), shared);
  __syncthreads();
  ReduceRuns<Kv>(path.length, shared);
  __syncthreads();
  const int mine = ThreadIndex();
  if (mine >= WholeShared<Kv>::kColumns || column + mine >= a.head_dim) return;
  float sum = shared.sums[0], value = shared.chains[0][mine];
  for (int run = 1; run < runs; ++run) {
    sum = __fadd_rn(sum, shared.sums[run]);
    value = __fadd_rn(value, shared.chains[run][mine]);
  }
  Row(a.out, row)[head * a.head_dim + column + mine] = __fmul_rn(value, __fdiv_rn(1.0f, sum));
}

inline bool FitsWhole(const AttentionArguments& a) {
  return a.tile_rows == 0 && a.longest <= kWholePositions;
}

template <class Kv>
void AttentionWhole(const AttentionArguments& a, GpuStream stream) {
  constexpr int kColumns = WholeShared<Kv>::kColumns;
  const dim3 grid(static_cast<unsigned>((a.head_dim + kColumns - 1) / kColumns),
                  static_cast<unsigned>(a.rows), static_cast<unsigned>(a.heads));
  Launch(AttentionWholeKernel<Kv>, grid, kWholeThreads, sizeof(WholeShared<Kv>), stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
