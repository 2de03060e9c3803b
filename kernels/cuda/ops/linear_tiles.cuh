// Products of many act8 rows with quantised weights by int8 matrix instructions, in the order of
// the `cpu` device. Compute capability 8.0 and later.
//
// Per block of 32 columns a matrix instruction gives the exact integer dots of 16 features x 8
// rows; each joins its sum, which stays in a register, by one fma with the product of both scales.
// The integer sum starts from the bits of 1.5 * 2^23, so that it is a float as it stands, and one
// subtraction makes the number of it (dots are below 2^22 in magnitude). So each instruction of
// 8192 operations takes 12 of float arithmetic, and the latter set the pace.
//
// Weights and rows come through shared memory: asynchronous copies fill stages of four blocks of
// columns, some stages ahead of the computation, so that few warps keep the memory busy.
#pragma once

#include "kernels/cuda/ops/linear_sums.cuh"
#include "kernels/cuda/ops/packed_formats.cuh"

namespace JUPITER_GPU_NAMESPACE {

// What a block of threads takes: kAcross warps side by side over the features and kDown over the
// rows, a warp 16 * kTiles features x 8 * kGroups rows; kStages stages in shared memory.
template <int across, int down, int tiles, int groups, int stages>
struct TileShape {
  static constexpr int kAcross = across, kDown = down, kTiles = tiles, kGroups = groups;
  static constexpr int kStages = stages;
  static constexpr int kThreads = kWarp * kAcross * kDown;
  static constexpr int kFeatures = 16 * kTiles * kAcross;
  static constexpr int kPacked = kFeatures / kWarp;  // groups of 32 features
  static constexpr int kRows = 8 * kGroups * kDown;
};
// Few rows: what counts is how much is on its way. Many: how often a stage is used.
using FewRows = TileShape<2, 2, 1, 1, 12>;
using SomeRows = TileShape<2, 4, 1, 2, 6>;
using ManyRows = TileShape<2, 4, 2, 4, 3>;
constexpr int kTileResident = 2;  // blocks of a multiprocessor

constexpr int kStageBlocks = 4;  // blocks of 32 columns
// Bytes between rows of x: 8 rows of 4 words each lie in different banks.
constexpr int kStageRow = 32 * kStageBlocks + 16;

constexpr int kShifterBits = 0x4b400000;  // 1.5 * 2^23 as a float
constexpr float kShifter = 12582912.0f;

template <class Format, class Shape>
struct TileStage {
  // Sums of a block's integers are needed where weights have an offset or a minimum.
  static constexpr int kSumBlocks = Format::kNeedsSums ? kStageBlocks : 1;
  static constexpr int kRowPlaces = Shape::kRows + 8;  // rows of 4 blocks lie in different banks
  uint4 weights[Shape::kPacked][kStageBlocks][Format::kVectors][kWarp];
  alignas(16) typename Format::Scale scales[Shape::kPacked][kStageBlocks][kWarp];
  alignas(16) std::uint8_t x[Shape::kRows][kStageRow];
  alignas(16) float x_scales[kStageBlocks][kRowPlaces];
  alignas(16) int x_sums[kSumBlocks][kRowPlaces];
};

template <class Format, class Shape>
struct TileShared {
  TileStage<Format, Shape> stages[Shape::kStages];
};

// Copies `count` times 16 bytes by all threads of the block.
__device__ __forceinline__ void CopyVectors(void* to, const std::uint8_t* from, int count) {
  for (int i = ThreadIndex(); i < count; i += static_cast<int>(blockDim.x)) {
    Copy16Async(static_cast<uint4*>(to) + i, from + std::int64_t{16} * i);
  }
}

template <class Format, class Shape>
__device__ __forceinline__ void CopyWeights(const LinearArguments& a, int first_block, int count,
                                            TileStage<Format, Shape>& stage) {
  using Scale = typename Format::Scale;
  const int blocks = a.weight.columns / 32, groups = (a.weight.rows + kWarp - 1) / kWarp;
#pragma unroll
  for (int i = 0; i < Shape::kPacked; ++i) {
    // Groups beyond the last one repeat it: their outputs are not written.
    const int group = Least(BlockIndex() * Shape::kPacked + i, groups - 1);
    const std::int64_t lane = (std::int64_t{group} * blocks + first_block) * kWarp;
    CopyVectors(stage.weights[i], a.weight.weights + lane * Format::kVectors * 16,
                count * Format::kVectors * kWarp);
    CopyVectors(stage.scales[i], a.weight.scales + lane * static_cast<int>(sizeof(Scale)),
                count * kWarp * static_cast<int>(sizeof(Scale)) / 16);
  }
}

// Rows beyond the last one repeat it, likewise.
__device__ __forceinline__ const std::uint8_t* TileRow(const LinearArguments& a, int row) {
  return Row(a.x, Least(row, a.rows - 1));
}

template <class Format, class Shape>
__device__ __forceinline__ void CopyRows(const LinearArguments& a, int first_block, int count,
                                         TileStage<Format, Shape>& stage) {
  const int first_row = static_cast<int>(blockIdx.y) * Shape::kRows, columns = a.weight.columns;
  for (int i = ThreadIndex(); i < Shape::kRows * kStageBlocks * 2; i += Shape::kThreads) {
    const int row = i / (2 * kStageBlocks), half = i % (2 * kStageBlocks);
    if (half < 2 * count) {
      Copy16Async(stage.x[row] + 16 * half,
                  TileRow(a, first_row + row) + 32 * first_block + 16 * half);
    }
  }
  for (int i = ThreadIndex(); i < Shape::kRows * kStageBlocks; i += Shape::kThreads) {
    const int row = i / kStageBlocks, block = i % kStageBlocks;
    if (block >= count) continue;
    const std::uint8_t* scale = TileRow(a, first_row + row) + columns + 4 * (first_block + block);
    Copy4Async(&stage.x_scales[block][row], scale);
    if (Format::kNeedsSums) Copy4Async(&stage.x_sums[block][row], scale + columns / 8);
  }
}

// Starts the copies of a stage, a group of its own; an empty one past the end of the columns.
template <class Format, class Shape>
__device__ __forceinline__ void StartStage(const LinearArguments& a, int index,
                                           TileShared<Format, Shape>& shared) {
  const int first = index * kStageBlocks;
  const int count = Least(kStageBlocks, a.weight.columns / 32 - first);
  if (count > 0) {
    TileStage<Format, Shape>& stage = shared.stages[index % Shape::kStages];
    CopyWeights(a, first, count, stage);
    CopyRows(a, first, count, stage);
  }
  CommitCopies();
}

// Where a lane stands in the operands of a matrix instruction, see MmaS8.
struct FragmentPlace {
  int group, place;  // lane / 4, lane % 4
};

__device__ __forceinline__ FragmentPlace PlaceInFragment() {
  return {LaneIndex() / 4, LaneIndex() % 4};
}

// A lane's words of the weights of a block: features group and group + 8, columns of both halves.
struct WeightFragment {
  unsigned words[4];
};

// `vectors`: of the 32 features that hold the 16 from `first_feature` on.
template <class Format>
__device__ __forceinline__ WeightFragment ReadFragment(
    const uint4 (&vectors)[Format::kVectors][kWarp], int first_feature, const FragmentPlace& at) {
  const auto* low = reinterpret_cast<const unsigned*>(vectors) + 4 * (first_feature + at.group);
  const unsigned* high = low + 4 * 8;
  if (Format::kVectors == 1) {  // nibbles: columns i and 16 + i
    constexpr unsigned kMask = 0x0f0f0f0fu;
    const unsigned a = low[at.place], b = high[at.place];
    return {{a & kMask, b & kMask, a >> 4 & kMask, b >> 4 & kMask}};
  }
  constexpr int kSecondVector = 4 * kWarp;
  return {{low[at.place], high[at.place], low[kSecondVector + at.place],
           high[kSecondVector + at.place]}};
}

// sums[i] = fma(dot, w_scale * x_scale, sums[i]) for the 4 outputs of a lane: features group,
// group, group + 8, group + 8, and rows 2 place, 2 place + 1 in turn.
__device__ __forceinline__ void AddDots(const int (&dots)[4], const float (&w_scales)[2],
                                        const float (&x_scales)[2], float (&sums)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float dot = __fsub_rn(__int_as_float(dots[i]), kShifter);
    sums[i] = __fmaf_rn(dot, __fmul_rn(w_scales[i / 2], x_scales[i % 2]), sums[i]);
  }
}

// A row's values of a block that a lane's four outputs need: of rows 2 place and 2 place + 1.
struct TileRows {
  unsigned q[2];
  float scales[2];
  int sums[2];
};

// The exact dots, plus the shifter. Integers of the weights are stored with an offset.
template <int offset>
__device__ __forceinline__ void TileDots(const WeightFragment& w, const TileRows& x,
                                         int (&dots)[4]) {
  int start[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) start[i] = kShifterBits - offset * x.sums[i % 2];
  MmaS8(dots, w.words, x.q, start);
}

// Per format: adds a block of 32 columns to a lane's sums of 16 features x 8 rows.
template <class Format>
struct TileBlock;

// One f16 scale for a feature, integers stored with an offset.
template <class Format, int offset>
struct OneScaleBlock {
  float scales[2];
  __device__ __forceinline__ OneScaleBlock(typename Format::Scale low, typename Format::Scale high)
      : scales{FromHalf(low), FromHalf(high)} {}
  __device__ __forceinline__ void Add(const WeightFragment& w, const TileRows& x,
                                      float (&sums)[4]) const {
    int dots[4];
    TileDots<offset>(w, x, dots);
    AddDots(dots, scales, x.scales, sums);
  }
};

template <>
struct TileBlock<Q8_0> : OneScaleBlock<Q8_0, 0> {
  using OneScaleBlock::OneScaleBlock;
};
template <>
struct TileBlock<Q4_0> : OneScaleBlock<Q4_0, Q4_0::kOffset> {
  using OneScaleBlock::OneScaleBlock;
};

template <>
struct TileBlock<Q4_K> {
  float scales[2], minimums[2];
  __device__ __forceinline__ TileBlock(TwoScales low, TwoScales high)
      : scales{low.first, high.first}, minimums{low.second, high.second} {}
  __device__ __forceinline__ void Add(const WeightFragment& w, const TileRows& x,
                                      float (&sums)[4]) const {
    int dots[4];
    TileDots<0>(w, x, dots);
    AddDots(dots, scales, x.scales, sums);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float x_sum = __fmul_rn(x.scales[i % 2], __int2float_rn(x.sums[i % 2]));
      sums[i] = __fmaf_rn(minimums[i / 2], -x_sum, sums[i]);
    }
  }
};

// Two instructions, each with the other half of the columns left out.
template <>
struct TileBlock<Q6_K> {
  float first[2], second[2];
  __device__ __forceinline__ TileBlock(TwoScales low, TwoScales high)
      : first{low.first, high.first}, second{low.second, high.second} {}
  __device__ __forceinline__ void Add(const WeightFragment& w, const TileRows& x,
                                      float (&sums)[4]) const {
    int dots[4];
    TileDots<0>({{w.words[0], w.words[1], 0, 0}}, x, dots);
    AddDots(dots, first, x.scales, sums);
    TileDots<0>({{0, 0, w.words[2], w.words[3]}}, x, dots);
    AddDots(dots, second, x.scales, sums);
  }
};

template <class Format, class Shape>
__device__ __forceinline__ TileRows ReadRows(const TileStage<Format, Shape>& stage, int block,
                                             int first_row, const FragmentPlace& at) {
  const auto* q = reinterpret_cast<const unsigned*>(stage.x[first_row + at.group] + 32 * block);
  const int row = first_row + 2 * at.place;
  TileRows x{{q[at.place], q[4 + at.place]},
             {stage.x_scales[block][row], stage.x_scales[block][row + 1]},
             {}};
  if (Format::kNeedsSums) {
    x.sums[0] = stage.x_sums[block][row];
    x.sums[1] = stage.x_sums[block][row + 1];
  }
  return x;
}

// A lane's sums: features group, group, group + 8, group + 8 of each tile of 16, rows 2 place and
// 2 place + 1 of each group of 8 in turn.
template <class Shape>
struct TileSums {
  float of[Shape::kGroups][Shape::kTiles][4];
};

// Adds a block of 32 columns. `first_feature` and `first_row` of the warp, within the block's.
template <class Format, class Shape>
__device__ __forceinline__ void AddBlock(const TileStage<Format, Shape>& stage, int block,
                                         int first_feature, int first_row, TileSums<Shape>& sums) {
  const FragmentPlace at = PlaceInFragment();
  TileRows x[Shape::kGroups];
#pragma unroll
  for (int group = 0; group < Shape::kGroups; ++group) {
    x[group] = ReadRows(stage, block, first_row + 8 * group, at);
  }
#pragma unroll
  for (int tile = 0; tile < Shape::kTiles; ++tile) {
    const int feature = first_feature + 16 * tile, packed = feature / kWarp, lane = feature % kWarp;
    const auto* scales = stage.scales[packed][block] + lane + at.group;
    const WeightFragment w = ReadFragment<Format>(stage.weights[packed][block], lane, at);
    const TileBlock<Format> of_block(scales[0], scales[8]);
#pragma unroll
    for (int group = 0; group < Shape::kGroups; ++group) {
      of_block.Add(w, x[group], sums.of[group][tile]);
    }
  }
}

template <class Shape>
__device__ __forceinline__ void WriteSums(const LinearArguments& a, int first_feature,
                                          int first_row, const TileSums<Shape>& sums) {
  const FragmentPlace at = PlaceInFragment();
#pragma unroll
  for (int group = 0; group < Shape::kGroups; ++group) {
#pragma unroll
    for (int tile = 0; tile < Shape::kTiles; ++tile) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int row = first_row + 8 * group + 2 * at.place + i % 2;
        const int feature = first_feature + 16 * tile + at.group + 8 * (i / 2);
        if (row < a.rows && feature < a.weight.rows) {
          WriteSum(a, row, feature, sums.of[group][tile][i]);
        }
      }
    }
  }
}

template <class Format, class Shape>
__global__ void __launch_bounds__(Shape::kThreads, kTileResident)
    LinearTilesKernel(LinearArguments a) {
  using Shared = TileShared<Format, Shape>;
  JUPITER_GPU_SHARED(Shared, shared);
  const int first_feature = WarpIndex() % Shape::kAcross * 16 * Shape::kTiles;
  const int first_row = WarpIndex() / Shape::kAcross * 8 * Shape::kGroups;
  const int blocks = a.weight.columns / 32, stages = (blocks + kStageBlocks - 1) / kStageBlocks;
  TileSums<Shape> sums = {};
  for (int i = 0; i < Shape::kStages - 1; ++i) StartStage(a, i, shared);
  for (int i = 0; i < stages; ++i) {
    WaitCopies<Shape::kStages - 2>();
    __syncthreads();
    // Into the place of the stage before, which all warps have left.
    StartStage(a, i + Shape::kStages - 1, shared);
    const auto& stage = shared.stages[i % Shape::kStages];
    const int count = Least(kStageBlocks, blocks - i * kStageBlocks);
#pragma unroll 2
    for (int block = 0; block < count; ++block) {
      AddBlock(stage, block, first_feature, first_row, sums);
    }
  }
  WriteSums(a, BlockIndex() * Shape::kFeatures + first_feature,
            static_cast<int>(blockIdx.y) * Shape::kRows + first_row, sums);
}

template <class Format, class Shape>
void LaunchTiles(const LinearArguments& a, GpuStream stream) {
  const dim3 grid(static_cast<unsigned>((a.weight.rows + Shape::kFeatures - 1) / Shape::kFeatures),
                  static_cast<unsigned>((a.rows + Shape::kRows - 1) / Shape::kRows));
  Launch(LinearTilesKernel<Format, Shape>, grid, Shape::kThreads, sizeof(TileShared<Format, Shape>),
         stream, a);
}

// One leaf only: the sums of several would not fit into registers.
template <class Format>
void LinearTiles(const LinearArguments& a, GpuStream stream) {
  if (a.rows <= FewRows::kRows) return LaunchTiles<Format, FewRows>(a, stream);
  if (a.rows <= 2 * SomeRows::kRows) return LaunchTiles<Format, SomeRows>(a, stream);
  LaunchTiles<Format, ManyRows>(a, stream);
}

}  // namespace JUPITER_GPU_NAMESPACE
