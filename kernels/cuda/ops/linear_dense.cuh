// Products with dense weights, in the order of the `cpu` device: chains of at most 512 columns,
// added as their parts say.
//
// A warp takes 32 features, a lane each, and all rows of the block with each load of a weight; the
// next loads are on their way while it computes. Few rows: a block takes 32 features and its warps
// the parts in turn, so that many loads are in flight; bound by memory. Many rows: a warp takes all
// parts, and the warps of a block read the same columns of x at about the same time; bound by f32
// arithmetic.
#pragma once

#include "kernels/cuda/ops/linear_quant.cuh"
#include "kernels/cuda/ops/linear_sums.cuh"

namespace JUPITER_GPU_NAMESPACE {

// Of a block whose warps take parts: more rows take more registers.
template <int kRows>
constexpr int kPartWarps = kRows >= 8 ? 8 : 16;
constexpr int kGroupWarps = 8;      // of a block whose warps take groups of 32 features
constexpr int kDenseRows = 16;      // of a block at most
constexpr int kManyDenseRows = 33;  // from here on a warp takes all parts

// Vectors of weights that a lane reads ahead.
template <int kRows>
constexpr int kDenseAhead = kRows < 4    ? 5
                            : kRows < 16 ? 4
                                         : 2;

template <class Dense>
struct DenseChain {
  const DenseVector<Dense>* weights = nullptr;  // this lane's; kWarp apart
  const float* x = nullptr;                     // the block's first row
  int x_stride = 0;                             // floats between rows
  int rows = 0;                                 // of the block that there are
};

// Adds columns [begin, end) of a vector that starts at column `first`.
template <class Dense, int kRows>
__device__ __forceinline__ void AddSomeColumns(const DenseChain<Dense>& chain,
                                               const DenseVector<Dense>& w, int first, int begin,
                                               int end, float (&sums)[kRows]) {
#pragma unroll
  for (int k = 0; k < DenseVector<Dense>::kColumns; ++k) {
    if (first + k < begin || first + k >= end) continue;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float* x = chain.x + Least(r, chain.rows - 1) * chain.x_stride + first;
      sums[r] = __fmaf_rn(x[k], Dense::Value(w.values[k]), sums[r]);
    }
  }
}

// Adds all columns of the vector that starts at column `first`.
template <class Dense, int kRows>
__device__ __forceinline__ void AddVector(const DenseChain<Dense>& chain,
                                          const DenseVector<Dense>& w, int first,
                                          float (&sums)[kRows]) {
  constexpr int kColumns = DenseVector<Dense>::kColumns;
  float weights[kColumns];
#pragma unroll
  for (int k = 0; k < kColumns; ++k) weights[k] = Dense::Value(w.values[k]);
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    const float* row = chain.x + Least(r, chain.rows - 1) * chain.x_stride + first;
#pragma unroll
    for (int k = 0; k < kColumns; k += 4) {
      const float4 x = __ldg(reinterpret_cast<const float4*>(row + k));
      sums[r] = __fmaf_rn(x.x, weights[k], sums[r]);
      sums[r] = __fmaf_rn(x.y, weights[k + 1], sums[r]);
      sums[r] = __fmaf_rn(x.z, weights[k + 2], sums[r]);
      sums[r] = __fmaf_rn(x.w, weights[k + 3], sums[r]);
    }
  }
}

// Vectors [first, last), whole ones.
template <class Dense, int kRows>
__device__ __forceinline__ void AddVectors(const DenseChain<Dense>& chain, int first, int last,
                                           float (&sums)[kRows]) {
  constexpr int kAhead = kDenseAhead<kRows>;
  DenseVector<Dense> next[kAhead] = {};
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (first + i < last) next[i] = ReadVector(chain.weights + (first + i) * kWarp);
  }
#pragma unroll 1
  for (int v = first; v < last; v += kAhead) {
    DenseVector<Dense> now[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      now[i] = next[i];
      if (v + kAhead + i < last) next[i] = ReadVector(chain.weights + (v + kAhead + i) * kWarp);
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (v + i < last) {
        AddVector(chain, now[i], (v + i) * DenseVector<Dense>::kColumns, sums);
      }
    }
  }
}

// sums[r] = fma chain over columns [begin, end) of row r and this lane's feature. A part may begin
// and end within a vector.
template <class Dense, int kRows>
__device__ __forceinline__ void ChainOf(const DenseChain<Dense>& chain, int begin, int end,
                                        float (&sums)[kRows]) {
  constexpr int kColumns = DenseVector<Dense>::kColumns;
#pragma unroll
  for (int r = 0; r < kRows; ++r) sums[r] = 0;
  const int first = (begin + kColumns - 1) / kColumns, last = end / kColumns;
  if (begin < first * kColumns) {
    const int from = (first - 1) * kColumns;
    AddSomeColumns(chain, ReadVector(chain.weights + (first - 1) * kWarp), from, begin, end, sums);
  }
  AddVectors(chain, first, last, sums);
  if (last >= first && last * kColumns < end) {
    AddSomeColumns(chain, ReadVector(chain.weights + last * kWarp), last * kColumns, begin, end,
                   sums);
  }
}

template <class Dense, int kRows>
__device__ __forceinline__ DenseChain<Dense> ChainAt(const LinearArguments& a, int group,
                                                     int first_row) {
  return {DenseVectors<Dense>(a.weight, group) + LaneIndex(),
          reinterpret_cast<const float*>(Row(a.x, first_row)),
          static_cast<int>(a.x.stride) / static_cast<int>(sizeof(float)),
          Least(kRows, a.rows - first_row)};
}

template <int kRows>
struct PartsShared {
  WaitingSums waiting[kRows];
  float parts[2][kRows][kPartWarps<kRows>][kWarp];
};

template <class Dense, int kRows>
__global__ void __launch_bounds__(kPartWarps<kRows>* kWarp, 1)
    LinearPartsKernel(LinearArguments a) {
  JUPITER_GPU_SHARED(PartsShared<kRows>, shared);
  constexpr int kWarps = kPartWarps<kRows>, kOwn = (kRows + kWarps - 1) / kWarps;
  const int warp = WarpIndex(), lane = LaneIndex();
  const int first_row = static_cast<int>(blockIdx.y) * kRows;
  const auto chain = ChainAt<Dense, kRows>(a, BlockIndex(), first_row);
  // Of the rows warp, warp + kWarps, ..., which this warp adds up.
  float totals[kOwn] = {};
  PartPlace places[kOwn];
  int buffer = 0;
  for (int first = 0; first < a.part_count; first += kWarps, buffer ^= 1) {
    if (const int part = first + warp; part < a.part_count) {
      float sums[kRows];
      ChainOf(chain, part == 0 ? 0 : a.parts[part - 1].end, a.parts[part].end, sums);
#pragma unroll
      for (int r = 0; r < kRows; ++r) shared.parts[buffer][r][warp][lane] = sums[r];
    }
    __syncthreads();
    const int count = Least(kWarps, a.part_count - first);
#pragma unroll
    for (int k = 0; k < kOwn; ++k) {
      const int r = warp + k * kWarps;
      for (int i = 0; r < chain.rows && i < count; ++i) {
        totals[k] = EndPart(a, shared.parts[buffer][r][i][lane], shared.waiting[r], places[k]);
      }
    }
  }
  const int feature = kWarp * BlockIndex() + lane;
#pragma unroll
  for (int k = 0; k < kOwn; ++k) {
    const int r = warp + k * kWarps;
    if (r < chain.rows && feature < a.weight.rows) WriteSum(a, first_row + r, feature, totals[k]);
  }
}

// A block of LinearGroupsKernel: kGroupWarps warps of kWarpGroups * 32 features x kDenseRows rows.
// The rows' columns go through shared memory, where all warps read them, kTileColumns at a time.
constexpr int kWarpGroups = 2;
constexpr int kTileColumns = 16;
constexpr int kGroupThreads = kGroupWarps * kWarp;

struct GroupsShared {
  // 4 more places: a column's rows begin at 16 bytes, and fewer columns lie in one bank.
  float x[2][kTileColumns][kDenseRows + 4];
};

__device__ __forceinline__ void WriteTile(const LinearArguments& a, int first_row, int begin,
                                          float (&tile)[kTileColumns][kDenseRows + 4]) {
#pragma unroll
  for (int i = ThreadIndex(); i < kTileColumns * kDenseRows; i += kGroupThreads) {
    const int row = i / kTileColumns, column = i % kTileColumns;
    // Rows beyond the last one repeat it: their outputs are not written.
    const auto* x = reinterpret_cast<const float*>(Row(a.x, Least(first_row + row, a.rows - 1)));
    if (begin + column < a.weight.columns) tile[column][row] = x[begin + column];
  }
}

// A lane's sums of the rows, for each of its features.
struct GroupSums {
  float of[kWarpGroups][kDenseRows];
};

// Adds one column of the rows.
__device__ __forceinline__ void AddColumn(const float (&x)[kDenseRows + 4],
                                          const float (&weights)[kWarpGroups], GroupSums& sums) {
#pragma unroll
  for (int r = 0; r < kDenseRows; r += 4) {
    const float4 rows = *reinterpret_cast<const float4*>(x + r);
#pragma unroll
    for (int g = 0; g < kWarpGroups; ++g) {
      sums.of[g][r] = __fmaf_rn(rows.x, weights[g], sums.of[g][r]);
      sums.of[g][r + 1] = __fmaf_rn(rows.y, weights[g], sums.of[g][r + 1]);
      sums.of[g][r + 2] = __fmaf_rn(rows.z, weights[g], sums.of[g][r + 2]);
      sums.of[g][r + 3] = __fmaf_rn(rows.w, weights[g], sums.of[g][r + 3]);
    }
  }
}

// A lane's vectors of a tile's columns.
template <class Dense>
struct TileWeights {
  static constexpr int kColumns = DenseVector<Dense>::kColumns;
  static constexpr int kVectors = kTileColumns / kColumns;
  DenseVector<Dense> of[kWarpGroups][kVectors];
};

template <class Dense>
__device__ __forceinline__ void ReadTile(const GpuMatrix& w, int first_group, int begin,
                                         TileWeights<Dense>& tile) {
  constexpr int kColumns = TileWeights<Dense>::kColumns;
#pragma unroll
  for (int v = 0; v < TileWeights<Dense>::kVectors; ++v) {
    const int vector = begin / kColumns + v;
    if (vector * kColumns >= w.columns) continue;
#pragma unroll
    for (int g = 0; g < kWarpGroups; ++g) {
      // Groups beyond the last one repeat it.
      const int group = Least(first_group + g, (w.rows - 1) / kWarp);
      tile.of[g][v] = ReadVector(DenseVectors<Dense>(w, group) + vector * kWarp + LaneIndex());
    }
  }
}

// Adds `count` columns of a tile.
template <class Dense>
__device__ __forceinline__ void AddTile(const TileWeights<Dense>& tile, int count,
                                        const float (&x)[kTileColumns][kDenseRows + 4],
                                        GroupSums& sums) {
  constexpr int kColumns = TileWeights<Dense>::kColumns;
#pragma unroll
  for (int i = 0; i < kTileColumns; ++i) {
    if (i >= count) return;
    float weights[kWarpGroups];
#pragma unroll
    for (int g = 0; g < kWarpGroups; ++g) {
      weights[g] = Dense::Value(tile.of[g][i / kColumns].values[i % kColumns]);
    }
    AddColumn(x[i], weights, sums);
  }
}

// Ends a chain: the first one is the total, the others are added to it.
__device__ __forceinline__ void EndChain(bool first, GroupSums& sums, GroupSums& totals) {
#pragma unroll
  for (int g = 0; g < kWarpGroups; ++g) {
#pragma unroll
    for (int r = 0; r < kDenseRows; ++r) {
      totals.of[g][r] = first ? sums.of[g][r] : __fadd_rn(totals.of[g][r], sums.of[g][r]);
      sums.of[g][r] = 0;
    }
  }
}

// One leaf. Blocks: x the rows, so that those of the same weights run together, y the features.
template <class Dense>
__global__ void __launch_bounds__(kGroupThreads, 1) LinearGroupsKernel(LinearArguments a) {
  JUPITER_GPU_SHARED(GroupsShared, shared);
  const int columns = a.weight.columns, first_row = BlockIndex() * kDenseRows;
  const int warp = static_cast<int>(blockIdx.y) * kGroupWarps + WarpIndex();
  GroupSums sums = {}, totals = {};
  TileWeights<Dense> next = {};
  ReadTile(a.weight, warp * kWarpGroups, 0, next);
  WriteTile(a, first_row, 0, shared.x[0]);
  int buffer = 0;
  for (int begin = 0; begin < columns; begin += kTileColumns, buffer ^= 1) {
    __syncthreads();
    const TileWeights<Dense> tile = next;
    const int end = Least(begin + kTileColumns, columns);
    ReadTile(a.weight, warp * kWarpGroups, end, next);
    WriteTile(a, first_row, end, shared.x[buffer ^ 1]);
    AddTile(tile, end - begin, shared.x[buffer], sums);
    if (end == columns || end % kDenseChain == 0) EndChain(begin < kDenseChain, sums, totals);
  }
#pragma unroll
  for (int g = 0; g < kWarpGroups; ++g) {
    const int feature = kWarp * (warp * kWarpGroups + g) + LaneIndex();
#pragma unroll
    for (int r = 0; r < kDenseRows; ++r) {
      if (first_row + r < a.rows && feature < a.weight.rows) {
        WriteSum(a, first_row + r, feature, totals.of[g][r]);
      }
    }
  }
}

template <class Dense, int kRows>
void LaunchLinearParts(const LinearArguments& a, GpuStream stream) {
  const dim3 grid(static_cast<unsigned>((a.weight.rows + kWarp - 1) / kWarp),
                  static_cast<unsigned>((a.rows + kRows - 1) / kRows));
  Launch(LinearPartsKernel<Dense, kRows>, grid, kPartWarps<kRows> * kWarp,
         sizeof(PartsShared<kRows>), stream, a);
}

template <class Dense>
void LaunchLinearGroups(const LinearArguments& a, GpuStream stream) {
  constexpr int kFeatures = kGroupThreads * kWarpGroups;
  const dim3 grid(static_cast<unsigned>((a.rows + kDenseRows - 1) / kDenseRows),
                  static_cast<unsigned>((a.weight.rows + kFeatures - 1) / kFeatures));
  Launch(LinearGroupsKernel<Dense>, grid, kGroupThreads, sizeof(GroupsShared), stream, a);
}

template <class Dense>
void LinearDense(const LinearArguments& a, GpuStream stream) {
  if (a.rows == 1) return LaunchLinearParts<Dense, 1>(a, stream);
  if (a.rows == 2) return LaunchLinearParts<Dense, 2>(a, stream);
  if (a.rows <= 4) return LaunchLinearParts<Dense, 4>(a, stream);
  if (a.rows <= 8) return LaunchLinearParts<Dense, 8>(a, stream);
  if (a.one_leaf && a.rows >= kManyDenseRows) return LaunchLinearGroups<Dense>(a, stream);
  LaunchLinearParts<Dense, kDenseRows>(a, stream);
}

inline void Linear(const LinearArguments& a, GpuStream stream) {
  if (a.rows == 0 || a.weight.rows == 0) return;
  switch (a.weight.type) {
    case GpuWeightType::kF32: return LinearDense<F32>(a, stream);
    case GpuWeightType::kF16: return LinearDense<F16>(a, stream);
    case GpuWeightType::kBF16: return LinearDense<BF16>(a, stream);
    case GpuWeightType::kQ8_0: return LinearQuant<Q8_0>(a, stream);
    case GpuWeightType::kQ4_0: return LinearQuant<Q4_0>(a, stream);
    case GpuWeightType::kQ4_K: return LinearQuant<Q4_K>(a, stream);
    case GpuWeightType::kQ6_K: return LinearQuant<Q6_K>(a, stream);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE
