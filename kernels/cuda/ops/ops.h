// The kernels of the `cuda` device as plain functions over plain data: each puts its work into a
// stream and returns. Compiled twice, see gpu.h. C++17, no header of CUDA.
//
// Results have the bits of the `cpu` device (kernels/cpu/README.md). All memory is the device's.
// act8 rows begin at multiples of 16 bytes. Shapes are in elements.
#pragma once

#include <cstdint>

#include "kernels/gpu_runtime.h"

#ifdef __CUDACC__
#define JUPITER_HOST_AND_DEVICE __host__ __device__
#else
#define JUPITER_HOST_AND_DEVICE
#endif

namespace jupiter {

// Rows that are `stride` bytes apart.
template <typename T>
struct GpuRows {
  T* data = nullptr;
  std::int64_t stride = 0;
};

enum class GpuWeightType : std::uint8_t { kF32, kF16, kBF16, kQ8_0, kQ4_0, kQ4_K, kQ6_K };

// A weight matrix as gpu_weight.h packs it.
struct GpuMatrix {
  GpuWeightType type = GpuWeightType::kF32;
  const std::uint8_t* weights = nullptr;  // elements, or integers
  const std::uint8_t* scales = nullptr;   // of quantised weights
  int rows = 0;                           // output features
  int columns = 0;
};

struct EmbedArguments {
  const std::int32_t* ids = nullptr;  // [rows]
  GpuMatrix table;
  GpuRows<float> out;  // [rows, table.columns]
  int rows = 0;
};

struct RmsNormArguments {
  GpuRows<const float> x;         // [rows, columns]
  const float* weight = nullptr;  // [columns]
  float epsilon = 0;
  GpuRows<float> out;
  int rows = 0;
  int columns = 0;
};

struct QuantiseArguments {
  GpuRows<const float> x;  // [rows, columns], columns a multiple of 32
  GpuRows<std::uint8_t> out;
  int rows = 0;
  int columns = 0;
};

// See kernels/sum_parts.h, whose bound on waiting sums this is.
struct GpuSumPart {
  std::int32_t end = 0;
  std::int32_t additions = 0;
};
constexpr int kMostWaitingOnGpu = 8;
constexpr int kDenseChain =
    512;  // columns of a part of one leaf of dense weights, but for the last

struct LinearArguments {
  GpuRows<const std::uint8_t> x;  // [rows, weight.columns]: f32, or act8 of quantised weights
  GpuMatrix weight;
  GpuRows<float> out;                 // [rows, weight.rows]
  const GpuSumPart* parts = nullptr;  // [part_count], of the columns
  int part_count = 0;
  bool one_leaf = false;        // then each part but the first is added to those before
  const float* bias = nullptr;  // [weight.rows] or null
  bool accumulate = false;
  bool matrix_units = false;  // whether the card multiplies int8 matrices (8.0 and later)
  int rows = 0;
};

struct RopeArguments {
  GpuRows<float> x;                         // [rows, columns]
  const std::int32_t* positions = nullptr;  // [rows]
  GpuRows<const float> table;               // [positions, head_dim]
  int rows = 0;
  int columns = 0;
  int head_dim = 0;
  bool half = false;  // RopeStyle::kHalf
};

// Keys or values, f32 or f16.
struct GpuKvRows {
  GpuRows<std::uint8_t> rows;  // [slots, columns]
  bool f16 = false;
};

struct KvAppendArguments {
  GpuRows<const float> keys, values;  // [rows, columns]
  GpuKvRows to_keys, to_values;
  const std::int32_t* slots = nullptr;  // [rows]; below 0: not written
  int rows = 0;
  int columns = 0;
};

struct SwiGluArguments {
  GpuRows<const float> gate, up;  // [rows, columns]
  GpuRows<float> out;
  int rows = 0;
  int columns = 0;
};

struct AddArguments {
  GpuRows<const float> x;  // [rows, columns]
  GpuRows<float> y;
  int rows = 0;
  int columns = 0;
};

// Between f32 rows and the rows of messages.
enum class GpuMessageType : std::uint8_t { kF32, kF16, kQ8_0 };

struct ConvertArguments {
  GpuRows<const std::uint8_t> x;  // [rows, columns]
  GpuRows<std::uint8_t> out;
  int rows = 0;
  int columns = 0;  // q8_0: a multiple of 32
};

// Copies rows from[i] to to[i] through `scratch`, so that all are read before any is written.
struct MoveRowsArguments {
  GpuRows<std::uint8_t> rows;          // of row_bytes each, a multiple of 2
  const std::int32_t* from = nullptr;  // [count]
  const std::int32_t* to = nullptr;    // [count]
  GpuRows<std::uint8_t> scratch;       // [count]
  int count = 0;
  int row_bytes = 0;
};

// Consecutive slots of a segment on a row's path, and how many positions lie before them.
struct GpuRun {
  std::int32_t segment = 0;
  std::int32_t begin = 0;
  std::int32_t count = 0;
  std::int32_t first = 0;
};

struct GpuPath {
  std::int32_t run_begin = 0;  // in the runs of all rows
  std::int32_t run_count = 0;
  std::int32_t length = 0;  // positions
};

struct GpuKvSegment {
  GpuKvRows keys, values;  // [slots, kv_heads * head_dim]
};

// Consecutive rows that one block computes, as far as their paths have the same slots.
struct GpuTile {
  std::int32_t longest = 0;  // the row with the longest path, counted from the tile's first
  std::int32_t length = 0;   // positions of that path
  std::int32_t agree = 0;    // its leading positions that all rows share, but for those that end
};

constexpr int kAttentionRun = 256;
JUPITER_HOST_AND_DEVICE constexpr std::int64_t AttentionRuns(std::int64_t length) {
  return (length + kAttentionRun - 1) / kAttentionRun;
}
// Whether the rows of a tile share their slots of a run of kAttentionRun positions.
JUPITER_HOST_AND_DEVICE constexpr bool IsShared(const GpuTile& tile, int run) {
  const int end = (run + 1) * kAttentionRun;
  return (end < tile.length ? end : tile.length) <= tile.agree;
}
// How many rows a tile has: 0 where each row is computed by itself.
constexpr int kSmallTile = 16, kLargeTile = 64;
constexpr int AttentionTileRows(std::int64_t rows) {
  return rows == 1 ? 0 : rows < kLargeTile ? kSmallTile : kLargeTile;
}

// How many floats of scratch a row and query head needs: scores, and per run of kAttentionRun
// positions 2 maximums, a part of the result and of the sum. All but sums at multiples of 4.
JUPITER_HOST_AND_DEVICE constexpr std::int64_t PaddedHeadDim(int head_dim) {
  return (head_dim + 3) / 4 * 4;
}
JUPITER_HOST_AND_DEVICE constexpr std::int64_t GpuAttentionScratch(std::int64_t length,
                                                                   int head_dim) {
  return AttentionRuns(length) * (kAttentionRun + PaddedHeadDim(head_dim) + 4);
}

constexpr int kSegmentsInArguments = 4;  // more of them are in memory

struct AttentionArguments {
  GpuRows<const float> q;  // [rows, heads * head_dim]
  GpuRows<float> out;      // likewise
  GpuKvSegment first_segments[kSegmentsInArguments];
  const GpuKvSegment* other_segments = nullptr;
  const GpuPath* paths = nullptr;  // [rows]
  const GpuRun* runs = nullptr;
  const GpuTile* tiles = nullptr;  // of tile_rows each, but for the last
  float* scratch = nullptr;        // [rows, heads, GpuAttentionScratch(longest, head_dim)]
  int rows = 0;
  int tile_rows = 0;    // 0, kSmallTile or kLargeTile
  int first_apart = 0;  // the first run of positions that some tile does not share
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;  // at most kMostHeadDim
  int longest = 0;   // positions of the longest path
  float scale = 0;
  bool f16 = false;  // keys and values
};
constexpr int kMostHeadDim = 256;

// The largest element of each row, the first one on ties; NaN counts as minus infinity.
struct ArgMaxArguments {
  GpuRows<const float> x;       // [rows, columns]
  std::int32_t* ids = nullptr;  // [rows]
  int rows = 0;
  int columns = 0;
};

// The maximum of each row, and the sum of exp(x - maximum), by runs of kLogSumRun columns.
constexpr int kLogSumRun = 1024;
struct GpuLogSum {
  float maximum = 0;
  float sum = 0;
};
struct LogSumArguments {
  GpuRows<const float> x;        // [rows, columns]
  GpuLogSum* of_runs = nullptr;  // [rows, runs]: scratch
  GpuLogSum* of_rows = nullptr;  // [rows]
  int rows = 0;
  int columns = 0;
};

// One set of kernels: a card's, or the simulated ones.
struct GpuOps {
  void (*embed)(const EmbedArguments&, GpuStream) = nullptr;
  void (*rms_norm)(const RmsNormArguments&, GpuStream) = nullptr;
  void (*quantise)(const QuantiseArguments&, GpuStream) = nullptr;
  void (*linear)(const LinearArguments&, GpuStream) = nullptr;
  void (*rope)(const RopeArguments&, GpuStream) = nullptr;
  void (*kv_append)(const KvAppendArguments&, GpuStream) = nullptr;
  void (*move_rows)(const MoveRowsArguments&, GpuStream) = nullptr;
  void (*attention)(const AttentionArguments&, GpuStream) = nullptr;
  void (*swiglu)(const SwiGluArguments&, GpuStream) = nullptr;
  void (*add)(const AddArguments&, GpuStream) = nullptr;
  void (*to_message)(const ConvertArguments&, GpuMessageType, GpuStream) = nullptr;
  void (*from_message)(const ConvertArguments&, GpuMessageType, GpuStream) = nullptr;
  void (*arg_max)(const ArgMaxArguments&, GpuStream) = nullptr;
  void (*log_sum)(const LogSumArguments&, GpuStream) = nullptr;
};

// Of builds with CUDA.
const GpuOps& CardOps();

}  // namespace jupiter
