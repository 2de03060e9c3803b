// Weights and values of attention for tiles of rows: exp(score - maximum), a run's sum of weights
// (16 lanes, the tree), and its chain of fma per element of the head.
//
// A block takes a run of kAttentionRun positions, a tile of rows that share its slots, and some
// columns of one head. By turns it brings some positions into shared memory, values as f32 and the
// weights of all rows, and multiplies: a thread keeps the chains of several rows and columns.
#pragma once

#include "kernels/cuda/ops/attention_parts.cuh"

namespace JUPITER_GPU_NAMESPACE {

template <class Kv_, int tile, int columns>
struct ValuesShape {
  using Kv = Kv_;
  static constexpr int kTile = tile;
  static constexpr int kColumns = columns;
  static constexpr int kThreads = 128;
  static constexpr int kRows = tile == kLargeTile ? 8 : 4;  // of a thread
  static constexpr int kColumnGroups = kThreads / (tile / kRows);
  static constexpr int kEach = columns / kColumnGroups;  // columns of a thread
  static constexpr int kPositions = 8 * Kv::kElements;   // in shared memory at once
  static constexpr int kHalfWarps = kThreads / 16;
  static constexpr int kWeightRows = tile / kHalfWarps;  // whose weights a thread computes
  static constexpr int kVector = kEach < 4 ? kEach : 4;
  static constexpr int kWeightVector = kWeightRows < 4 ? kWeightRows : 4;
  static constexpr int kPieces = kPositions * columns / Kv::kElements / kThreads;  // of a thread
  static constexpr int kResident = 3;  // blocks of a multiprocessor
  // Whether the next values are on their way during the products. Large tiles have no registers for
  // that, and other blocks to go on with.
  static constexpr bool kAhead = tile == kSmallTile;
};

template <class Shape>
struct ValuesShared {
  float4 values[Shape::kPositions][Shape::kColumns / 4];
  // Padded, so that neighbours in a column lie on different banks.
  alignas(16) float weights[Shape::kPositions][Shape::kTile + 4];
  HeadAddress heads[kAttentionRun];
  int counts[Shape::kTile];  // positions of the run on each row's path; of no row: all
  float maximums[Shape::kTile];
};

struct ValuesPlace {
  int run, first, rows, head, column;
  GpuTile tile;
};

template <class Shape>
__device__ __forceinline__ ValuesPlace PlaceOfValues(const AttentionArguments& a) {
  const int slices = (a.head_dim + Shape::kColumns - 1) / Shape::kColumns;
  const int index = static_cast<int>(blockIdx.y), first = index * Shape::kTile;
  return {BlockIndex() / slices,
          first,
          Least(Shape::kTile, a.rows - first),
          static_cast<int>(blockIdx.z),
          BlockIndex() % slices * Shape::kColumns,
          a.tiles[index]};
}

__device__ __forceinline__ float MaximumOfPath(const AttentionArguments& a, int row, int head) {
  const float* maximums = PartsOf(a, row, head).maximums;
  const int count = (a.paths[row].length + kScorePositions - 1) / kScorePositions;
  float largest = maximums[0];
#pragma unroll 4
  for (int i = 1; i < count; ++i) largest = Larger(largest, maximums[i]);
  return largest;
}

template <class Shape>
__device__ __forceinline__ void FindRows(const AttentionArguments& a, const ValuesPlace& place,
                                         ValuesShared<Shape>& shared) {
  const int begin = place.run * kAttentionRun;
  const GpuPath path = a.paths[place.first + place.tile.longest];
  for (int i = ThreadIndex(); i < kAttentionRun; i += Shape::kThreads) {
    shared.heads[i] = HeadAt<&GpuKvSegment::values>(a, path, begin + i, place.head);
  }
  const int i = ThreadIndex(), row = place.first + i;
  if (i >= Shape::kTile) return;
  const bool exists = i < place.rows;
  shared.counts[i] = exists ? PositionsFrom(a, row, begin, kAttentionRun) : kAttentionRun;
  shared.maximums[i] = exists ? MaximumOfPath(a, row, place.head) : 0.0f;
}

template <class Shape>
using ValuePieces = uint4[Shape::kPieces];

// Where piece number i of this thread belongs.
template <class Shape>
struct PiecePlace {
  int position, column;
};

template <class Shape>
__device__ __forceinline__ PiecePlace<Shape> PlaceOfPiece(int i) {
  constexpr int kPerRow = Shape::kColumns / Shape::Kv::kElements;
  const int number = Shape::kThreads * i + ThreadIndex();
  return {number / kPerRow, number % kPerRow * Shape::Kv::kElements};
}

template <class Shape>
__device__ __forceinline__ void ReadValues(const AttentionArguments& a, const ValuesPlace& place,
                                           int first, const ValuesShared<Shape>& shared,
                                           ValuePieces<Shape>& pieces) {
#pragma unroll
  for (int i = 0; i < Shape::kPieces; ++i) {
    const PiecePlace<Shape> at = PlaceOfPiece<Shape>(i);
    pieces[i] = ReadPiece<typename Shape::Kv>(a, shared.heads[first + at.position],
                                              place.column + at.column);
  }
}

template <class Shape>
__device__ __forceinline__ void StageValues(const ValuePieces<Shape>& pieces,
                                            ValuesShared<Shape>& shared) {
  using Kv = typename Shape::Kv;
#pragma unroll
  for (int i = 0; i < Shape::kPieces; ++i) {
    const PiecePlace<Shape> at = PlaceOfPiece<Shape>(i);
#pragma unroll
    for (int j = 0; j < Kv::kElements; j += 4) {
      shared.values[at.position][(at.column + j) / 4] = {
          Kv::Value(pieces[i], j), Kv::Value(pieces[i], j + 1), Kv::Value(pieces[i], j + 2),
          Kv::Value(pieces[i], j + 3)};
    }
  }
}

// The weights of positions [first, first + kPositions) of the run. A thread is one lane of the sums
// of its rows, and adds its weights to them; those beyond a path are 0, which changes no sum.
template <class Shape>
__device__ __forceinline__ void ComputeWeights(const AttentionArguments& a,
                                               const ValuesPlace& place, int first,
                                               ValuesShared<Shape>& shared,
                                               float (&sums)[Shape::kWeightRows]) {
  const int lane = ThreadIndex() % 16, first_row = ThreadIndex() / 16 * Shape::kWeightRows;
  const std::int64_t row_stride = a.heads * GpuAttentionScratch(a.longest, a.head_dim);
  const float* scores = PartsOf(a, place.first + first_row, place.head).scores +
                        place.run * kAttentionRun + first + lane;
#pragma unroll 1
  for (int position = lane; position < Shape::kPositions; position += 16, scores += 16) {
    float weights[Shape::kWeightRows];
#pragma unroll
    for (int i = 0; i < Shape::kWeightRows; ++i) {
      const int row = first_row + i;
      const bool exists = row < place.rows && first + position < shared.counts[row];
      weights[i] = exists ? scores[i * row_stride] : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < Shape::kWeightRows; ++i) {
      const int row = first_row + i;
      const bool exists = row < place.rows && first + position < shared.counts[row];
      weights[i] = exists ? Exp(__fsub_rn(weights[i], shared.maximums[row])) : 0.0f;
      sums[i] = __fadd_rn(sums[i], weights[i]);
    }
#pragma unroll
    for (int i = 0; i < Shape::kWeightRows; i += Shape::kWeightVector) {
      WriteVector<Shape::kWeightVector>(weights + i, shared.weights[position] + first_row + i);
    }
  }
}

// Which chains a thread keeps.
template <class Shape>
struct ChainPlace {
  int row;           // the first of kRows
  int group;         // of columns
  int common, most;  // positions of the run that all its rows have, and that any has
  __device__ __forceinline__ int Column(int i) const {
    return Shape::kEach == 8 ? i / 4 * 4 * Shape::kColumnGroups + 4 * group + i % 4
                             : Shape::kEach * group + i;
  }
};

template <class Shape>
__device__ __forceinline__ ChainPlace<Shape> PlaceOfChains(const ValuesPlace& place,
                                                           const ValuesShared<Shape>& shared) {
  const int row = ThreadIndex() / Shape::kColumnGroups * Shape::kRows;
  int common = kAttentionRun, most = 0;
#pragma unroll
  for (int i = 0; i < Shape::kRows; ++i) {
    const int count = shared.counts[row + i];
    common = Least(common, count);
    if (row + i < place.rows && count > most) most = count;
  }
  return {row, ThreadIndex() % Shape::kColumnGroups, Least(common, most), most};
}

template <class Shape>
using Chains = float[Shape::kRows][Shape::kEach];

template <class Shape>
__device__ __forceinline__ void ReadOperands(const ChainPlace<Shape>& at, int position,
                                             const ValuesShared<Shape>& shared,
                                             float (&weights)[Shape::kRows],
                                             float (&values)[Shape::kEach]) {
#pragma unroll
  for (int i = 0; i < Shape::kRows; i += 4) {
    ReadVector<4>(shared.weights[position] + at.row + i, weights + i);
  }
  const auto* row = reinterpret_cast<const float*>(shared.values[position]);
#pragma unroll
  for (int i = 0; i < Shape::kEach; i += Shape::kVector) {
    ReadVector<Shape::kVector>(row + at.Column(i), values + i);
  }
}

// Adds positions [first, first + kPositions) of the run to the chains.
template <class Shape>
__device__ __forceinline__ void AddValues(const ChainPlace<Shape>& at, int first,
                                          const ValuesShared<Shape>& shared,
                                          Chains<Shape>& chains) {
  float weights[Shape::kRows], values[Shape::kEach];
  const int common = Least(at.common - first, Shape::kPositions);
  const int most = Least(at.most - first, Shape::kPositions);
  int position = 0;
#pragma unroll 2
  for (; position < common; ++position) {
    ReadOperands(at, position, shared, weights, values);
#pragma unroll
    for (int i = 0; i < Shape::kRows; ++i) {
#pragma unroll
      for (int j = 0; j < Shape::kEach; ++j) {
        chains[i][j] = __fmaf_rn(weights[i], values[j], chains[i][j]);
      }
    }
  }
  // Some rows have ended: what they do not see may be infinite.
#pragma unroll 1
  for (; position < most; ++position) {
    ReadOperands(at, position, shared, weights, values);
#pragma unroll
    for (int i = 0; i < Shape::kRows; ++i) {
      const bool exists = first + position < shared.counts[at.row + i];
#pragma unroll
      for (int j = 0; j < Shape::kEach; ++j) {
        const float sum = __fmaf_rn(weights[i], values[j], chains[i][j]);
        chains[i][j] = exists ? sum : chains[i][j];
      }
    }
  }
}

template <class Shape>
__device__ __forceinline__ void WriteChains(const AttentionArguments& a, const ValuesPlace& place,
                                            const ChainPlace<Shape>& at,
                                            const ValuesShared<Shape>& shared,
                                            const Chains<Shape>& chains) {
#pragma unroll
  for (int i = 0; i < Shape::kRows; ++i) {
    const int row = at.row + i;
    if (row >= place.rows || shared.counts[row] == 0) continue;
    float* values = PartsOf(a, place.first + row, place.head).values +
                    place.run * PaddedHeadDim(a.head_dim) + place.column;
#pragma unroll
    for (int j = 0; j < Shape::kEach; j += Shape::kVector) {
      const int column = at.Column(j);
      if (place.column + column >= a.head_dim) continue;
      WriteVector<Shape::kVector>(chains[i] + j, values + column);
    }
  }
}

template <class Shape>
__device__ __forceinline__ void WriteSums(const AttentionArguments& a, const ValuesPlace& place,
                                          const ValuesShared<Shape>& shared,
                                          const float (&sums)[Shape::kWeightRows]) {
#pragma unroll
  for (int i = 0; i < Shape::kWeightRows; ++i) {
    const int row = ThreadIndex() / 16 * Shape::kWeightRows + i;
    const float sum = TreeOfHalfWarp(sums[i]);
    const bool writes = ThreadIndex() % 16 == 0 && row < place.rows && shared.counts[row] > 0;
    if (writes) PartsOf(a, place.first + row, place.head).sums[place.run] = sum;
  }
}

// Blocks: x the run and the columns, y the tile, z the query head.
template <class Shape>
__global__ void __launch_bounds__(Shape::kThreads, Shape::kResident)
    AttentionValuesKernel(AttentionArguments a) {
  JUPITER_GPU_SHARED(ValuesShared<Shape>, shared);
  const ValuesPlace place = PlaceOfValues<Shape>(a);
  const int begin = place.run * kAttentionRun;
  if (begin >= place.tile.length || !IsShared(place.tile, place.run)) return;  // the whole block
  const int count = Least(kAttentionRun, place.tile.length - begin);
  FindRows<Shape>(a, place, shared);
  __syncthreads();
  const ChainPlace<Shape> at = PlaceOfChains<Shape>(place, shared);
  ValuePieces<Shape> pieces;
  Chains<Shape> chains = {};
  float sums[Shape::kWeightRows] = {};
  if (Shape::kAhead) ReadValues<Shape>(a, place, 0, shared, pieces);
  for (int first = 0; first < count;) {
    if (!Shape::kAhead) ReadValues<Shape>(a, place, first, shared, pieces);
    StageValues<Shape>(pieces, shared);
    ComputeWeights<Shape>(a, place, first, shared, sums);
    __syncthreads();
    const int next = first + Shape::kPositions;
    if (Shape::kAhead && next < count) ReadValues<Shape>(a, place, next, shared, pieces);
    AddValues<Shape>(at, first, shared, chains);
    first = next;
    if (first < count) __syncthreads();
  }
  if (place.column == 0) WriteSums<Shape>(a, place, shared, sums);
  WriteChains<Shape>(a, place, at, shared, chains);
}

template <class Shape>
void LaunchAttentionValues(const AttentionArguments& a, GpuStream stream) {
  const int slices = (a.head_dim + Shape::kColumns - 1) / Shape::kColumns;
  const dim3 grid(static_cast<unsigned>(AttentionRuns(a.longest) * slices),
                  static_cast<unsigned>((a.rows + Shape::kTile - 1) / Shape::kTile),
                  static_cast<unsigned>(a.heads));
  Launch(AttentionValuesKernel<Shape>, grid, Shape::kThreads, sizeof(ValuesShared<Shape>), stream,
         a);
}

template <class Kv, int tile>
void AttentionValuesOfTiles(const AttentionArguments& a, GpuStream stream) {
  if constexpr (!std::is_same_v<Kv, KvAny>) {
    if (a.head_dim <= 64) return LaunchAttentionValues<ValuesShape<Kv, tile, 64>>(a, stream);
  }
  LaunchAttentionValues<ValuesShape<Kv, tile, 128>>(a, stream);
}

template <class Kv>
void AttentionValues(const AttentionArguments& a, GpuStream stream) {
  if (a.tile_rows == kLargeTile) return AttentionValuesOfTiles<Kv, kLargeTile>(a, stream);
  AttentionValuesOfTiles<Kv, kSmallTile>(a, stream);
}

}  // namespace JUPITER_GPU_NAMESPACE
