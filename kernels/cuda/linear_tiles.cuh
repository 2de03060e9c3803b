// Products of many act8 rows with quantised weights by int8 matrix instructions, in the order of
// the `cpu` device. Compute capability 8.0 and later.
//
// A warp takes 16 features x 32 rows. Per block of 32 columns a matrix instruction gives the exact
// integer dots of 16 x 8 outputs; each joins its sum, which stays in a register, by one fma with
// the product of both scales. The integer sum starts from the bits of 1.5 * 2^23, so that it is a
// float as it stands, and one subtraction makes the number of it (dots are below 2^22 in
// magnitude). Per 128 products of a lane 12 float operations: a quarter of the matrix peak at best.
#pragma once

#include "kernels/cuda/linear_sums.cuh"
#include "kernels/cuda/packed_formats.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kTileThreads = 128;
constexpr int kTileWarps = kTileThreads / kWarp;
constexpr int kTileResident = 4;   // blocks of a multiprocessor: 128 registers for a thread
constexpr int kTileFeatures = 16;  // of a warp
constexpr int kTileRows = 32;      // of a block, in groups of 8
constexpr int kRowGroups = kTileRows / 8;

constexpr int kShifterBits = 0x4b400000;  // 1.5 * 2^23 as a float
constexpr float kShifter = 12582912.0f;

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

// `lanes`: [vectors][32] of 16 bytes, of the group of 32 features and the block.
template <class Format>
__device__ __forceinline__ WeightFragment ReadFragment(const std::uint8_t* lanes, int first_feature,
                                                       const FragmentPlace& at) {
  const auto* low = reinterpret_cast<const unsigned*>(lanes) + 4 * (first_feature + at.group);
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

// What the dots of a block start from: the shifter, and what takes the offset of the integers away.
template <int offset>
__device__ __forceinline__ void StartDots(const int (&x_sums)[2], int (&dots)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) dots[i] = kShifterBits - offset * x_sums[i % 2];
}

// The scales of a lane's two features.
template <class Format>
struct TwoFeatures {
  typename Format::Scale scales[2];
};

// Per format: adds a block of 32 columns to the sums of one group of 8 rows.
template <class Format>
struct TileBlock;

// One f16 scale for a feature, integers stored with an offset.
template <class Format, int offset>
struct OneScaleBlock {
  static __device__ __forceinline__ void Add(const WeightFragment& w, const TwoFeatures<Format>& f,
                                             const unsigned (&x)[2], const float (&x_scales)[2],
                                             const int (&x_sums)[2], float (&sums)[4]) {
    int dots[4];
    StartDots<offset>(x_sums, dots);
    MmaS8(dots, w.words, x);
    const float scales[2] = {FromHalf(f.scales[0]), FromHalf(f.scales[1])};
    AddDots(dots, scales, x_scales, sums);
  }
};

template <>
struct TileBlock<Q8_0> : OneScaleBlock<Q8_0, 0> {};
template <>
struct TileBlock<Q4_0> : OneScaleBlock<Q4_0, Q4_0::kOffset> {};

template <>
struct TileBlock<Q4_K> {
  static __device__ __forceinline__ void Add(const WeightFragment& w, const TwoFeatures<Q4_K>& f,
                                             const unsigned (&x)[2], const float (&x_scales)[2],
                                             const int (&x_sums)[2], float (&sums)[4]) {
    int dots[4];
    StartDots<0>(x_sums, dots);
    MmaS8(dots, w.words, x);
    const float scales[2] = {f.scales[0].first, f.scales[1].first};
    AddDots(dots, scales, x_scales, sums);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float x_sum = __fmul_rn(x_scales[i % 2], __int2float_rn(x_sums[i % 2]));
      sums[i] = __fmaf_rn(f.scales[i / 2].second, -x_sum, sums[i]);
    }
  }
};

// Two instructions, each with the other half of the columns left out.
template <>
struct TileBlock<Q6_K> {
  static __device__ __forceinline__ void Add(const WeightFragment& w, const TwoFeatures<Q6_K>& f,
                                             const unsigned (&x)[2], const float (&x_scales)[2],
                                             const int (&x_sums)[2], float (&sums)[4]) {
    int dots[4];
    StartDots<0>(x_sums, dots);
    MmaS8(dots, {w.words[0], w.words[1], 0, 0}, x);
    const float first[2] = {f.scales[0].first, f.scales[1].first};
    AddDots(dots, first, x_scales, sums);
    StartDots<0>(x_sums, dots);
    MmaS8(dots, {0, 0, w.words[2], w.words[3]}, x);
    const float second[2] = {f.scales[0].second, f.scales[1].second};
    AddDots(dots, second, x_scales, sums);
  }
};

// Rows beyond the last one repeat it: their outputs are not written.
__device__ __forceinline__ const std::uint8_t* TileRow(const LinearArguments& a, int row) {
  return Row(a.x, Least(row, a.rows - 1));
}

template <class Format>
__global__ void __launch_bounds__(kTileThreads, kTileResident)
    LinearTilesKernel(LinearArguments a) {
  const FragmentPlace at = PlaceInFragment();
  const int columns = a.weight.columns, blocks = columns / 32;
  const int first_feature = (BlockIndex() * kTileWarps + WarpIndex()) * kTileFeatures;
  const int first_row = static_cast<int>(blockIdx.y) * kTileRows;
  if (first_feature >= a.weight.rows) return;  // the whole warp
  const int in_group = first_feature % kWarp;  // 0 or 16
  const std::int64_t first_block = std::int64_t{first_feature / kWarp} * blocks;
  const auto* scales = reinterpret_cast<const typename Format::Scale*>(a.weight.scales) + in_group;
  float sums[kRowGroups][4] = {};
  for (int block = 0; block < blocks; ++block) {
    const std::int64_t place = (first_block + block) * kWarp;
    const std::uint8_t* lanes = a.weight.weights + place * Format::kVectors * 16;
    const WeightFragment w = ReadFragment<Format>(lanes, in_group, at);
    const TwoFeatures<Format> f{{scales[place + at.group], scales[place + at.group + 8]}};
#pragma unroll
    for (int group = 0; group < kRowGroups; ++group) {
      const int row = first_row + 8 * group;
      const auto* q = reinterpret_cast<const unsigned*>(TileRow(a, row + at.group) + 32 * block);
      const unsigned x[2] = {q[at.place], q[4 + at.place]};
      float x_scales[2];
      int x_sums[2];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const std::uint8_t* of_row = TileRow(a, row + 2 * at.place + i) + columns;
        x_scales[i] = reinterpret_cast<const float*>(of_row)[block];
        x_sums[i] = reinterpret_cast<const int*>(of_row + columns / 8)[block];
      }
      TileBlock<Format>::Add(w, f, x, x_scales, x_sums, sums[group]);
    }
  }
#pragma unroll
  for (int group = 0; group < kRowGroups; ++group) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = first_row + 8 * group + 2 * at.place + i % 2;
      const int feature = first_feature + at.group + 8 * (i / 2);
      if (row < a.rows && feature < a.weight.rows) WriteSum(a, row, feature, sums[group][i]);
    }
  }
}

// One leaf only: the sums of several would not fit into registers.
template <class Format>
void LinearTiles(const LinearArguments& a, GpuStream stream) {
  constexpr int kFeatures = kTileFeatures * kTileWarps;
  const dim3 grid(static_cast<unsigned>((a.weight.rows + kFeatures - 1) / kFeatures),
                  static_cast<unsigned>((a.rows + kTileRows - 1) / kTileRows));
  Launch(LinearTilesKernel<Format>, grid, kTileThreads, 0, stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
