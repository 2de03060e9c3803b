// Scores of attention: tree(16 lanes of fma(q, k, lane)) * scale, and the maximum of every
// kScorePositions.
//
// A block takes kScorePositions positions of one tile of rows and one query head, or of one row. A
// warp keeps the keys of 32 positions in registers, whatever the number of rows: a thread has the
// elements of 4 positions whose index is its quarter modulo 4, that is 4 of the 16 lanes. The first
// two levels of the tree lie within a thread, the last two between the four threads of a position.
// Per multiplication a thread reads a quarter of a float from shared memory.
#pragma once

#include "kernels/cuda/ops/attention_parts.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kQuarters = 4;    // threads of a position
constexpr int kGroups = 8;      // of positions, in a warp
constexpr int kScoreRows = 16;  // whose queries are in shared memory at once
constexpr int kSlabChunks = 2;  // chunks of 16 elements that are staged at once
constexpr int kSlabElements = 32;

template <int chunks>
struct ScoresShape {
  static constexpr int kChunks = chunks;
  static constexpr int kElements = 16 * chunks;
  static constexpr int kEach = chunks > 8 ? 2 : 4;  // positions of a thread
  static constexpr int kOfWarp = kGroups * kEach;   // positions of a warp
  static constexpr int kWarps = kScorePositions / kOfWarp;
  static constexpr int kThreads = kWarps * kWarp;
  // Registers leave room for as many blocks.
  static constexpr int kResident = chunks > 8 ? 1 : chunks > 6 ? 2 : chunks > 4 ? 3 : 4;
};

// Elements 16 chunk + 4 j + quarter are component j of a vector.
template <class Shape>
struct WarpOfKeys {
  HeadAddress heads[Shape::kOfWarp];
  // The third vector keeps threads of a warp on different banks.
  float4 stage[Shape::kOfWarp][kQuarters][kSlabChunks + 1];
};

template <class Shape>
struct ScoresShared {
  WarpOfKeys<Shape> keys[Shape::kWarps];
  float4 q[kScoreRows][kQuarters * Shape::kChunks];  // [chunk][quarter]
  float scores[kScoreRows][kScorePositions + 4];
};

template <class Shape>
using KeysOfThread = float[Shape::kEach][4 * Shape::kChunks];  // [chunk][j]

__device__ __forceinline__ int QuarterOfLane() { return LaneIndex() % kQuarters; }
__device__ __forceinline__ int GroupOfLane() { return LaneIndex() / kQuarters; }

// Puts piece number `piece` of a slab of keys where the threads of its position read it.
template <class Kv, class Shape>
__device__ __forceinline__ void StageKeys(const uint4& piece, int number,
                                          WarpOfKeys<Shape>& shared) {
  constexpr int kPerRow = kSlabElements / Kv::kElements, kPerChunk = kPerRow / kSlabChunks;
  const int place = number % kPerRow, first_j = place % kPerChunk * (Kv::kElements / 4);
  float4(*quarters)[kSlabChunks + 1] = shared.stage[number / kPerRow];
#pragma unroll
  for (int quarter = 0; quarter < kQuarters; ++quarter) {
    float* j = reinterpret_cast<float*>(&quarters[quarter][place / kPerChunk]) + first_j;
    if constexpr (Kv::kElements == 8) {
      *reinterpret_cast<float2*>(j) = {Kv::Value(piece, quarter), Kv::Value(piece, 4 + quarter)};
    } else {
      *j = Kv::Value(piece, quarter);
    }
  }
}

template <class Shape>
__device__ __forceinline__ void TakeKeys(const WarpOfKeys<Shape>& shared, int slab,
                                         KeysOfThread<Shape>& keys) {
#pragma unroll
  for (int i = 0; i < Shape::kEach; ++i) {
#pragma unroll
    for (int chunk = 0; chunk < kSlabChunks; ++chunk) {
      ReadVector<4>(reinterpret_cast<const float*>(
                        &shared.stage[kGroups * i + GroupOfLane()][QuarterOfLane()][chunk]),
                    keys[i] + 4 * (kSlabChunks * slab + chunk));
    }
  }
}

// Brings the keys of a warp's positions into its registers, several slabs in flight at once.
template <class Kv, class Shape>
__device__ __forceinline__ void ReadKeys(const AttentionArguments& a, WarpOfKeys<Shape>& shared,
                                         KeysOfThread<Shape>& keys) {
  constexpr int kPerRow = kSlabElements / Kv::kElements;
  constexpr int kPieces = Shape::kOfWarp * kPerRow / kWarp;  // of a lane and slab
  constexpr int kSlabs = Shape::kChunks / kSlabChunks;
  constexpr int kInFlight = Kv::kElements == 8 ? 4 : 2;
#pragma unroll
  for (int first = 0; first < kSlabs; first += kInFlight) {
    uint4 pieces[kInFlight][kPieces];
#pragma unroll
    for (int slab = first; slab < first + kInFlight && slab < kSlabs; ++slab) {
#pragma unroll
      for (int i = 0; i < kPieces; ++i) {
        const int number = kWarp * i + LaneIndex();
        pieces[slab - first][i] =
            ReadPiece<Kv>(a, shared.heads[number / kPerRow],
                          kSlabElements * slab + number % kPerRow * Kv::kElements);
      }
    }
#pragma unroll
    for (int slab = first; slab < first + kInFlight && slab < kSlabs; ++slab) {
      __syncwarp();  // the slab before was taken
#pragma unroll
      for (int i = 0; i < kPieces; ++i) {
        StageKeys<Kv>(pieces[slab - first][i], kWarp * i + LaneIndex(), shared);
      }
      __syncwarp();
      TakeKeys(shared, slab, keys);
    }
  }
}

// The queries of rows [first, first + count), zeros beyond the head.
template <class Shape>
__device__ __forceinline__ void ReadQueries(const AttentionArguments& a, int first, int count,
                                            int head, ScoresShared<Shape>& shared) {
  for (int i = ThreadIndex(); i < count * Shape::kElements; i += Shape::kThreads) {
    const int row = i / Shape::kElements, element = i % Shape::kElements;
    float4& vector = shared.q[row][element / 16 * kQuarters + element % kQuarters];
    reinterpret_cast<float*>(&vector)[element % 16 / 4] =
        element < a.head_dim ? QueryOf(a, first + row, head)[element] : 0.0f;
  }
}

// Exchanges halves of `sums` with the lane whose number differs in `bit`, and adds them up: the
// lane keeps the second half where its own bit is set.
template <int kept>
__device__ __forceinline__ void AddHalves(const float (&sums)[2 * kept], int bit,
                                          float (&out)[kept]) {
  const bool second = (LaneIndex() & bit) != 0;
#pragma unroll
  for (int i = 0; i < kept; ++i) {
    const float mine = second ? sums[kept + i] : sums[i];
    const float others = second ? sums[i] : sums[kept + i];
    out[i] = __fadd_rn(mine, __shfl_xor_sync(kAllLanes, others, bit));
  }
}

// The last two levels of the tree: each lane gets the sum of one of its group's positions.
__device__ __forceinline__ float SumOfQuarters(const float (&sums)[4]) {
  float two[2], one[1];
  AddHalves<2>(sums, 2, two);
  AddHalves<1>(two, 1, one);
  return one[0];
}

__device__ __forceinline__ float SumOfQuarters(const float (&sums)[2]) {
  float one[1];
  AddHalves<1>(sums, 2, one);
  return __fadd_rn(one[0], __shfl_xor_sync(kAllLanes, one[0], 1));
}

// The score of one query with one of the thread's positions.
template <class Shape>
__device__ __forceinline__ float ScoreOf(const float4* q, const KeysOfThread<Shape>& keys) {
  float lanes[Shape::kEach][4] = {};
#pragma unroll
  for (int chunk = 0; chunk < Shape::kChunks; ++chunk) {
    const float4 four = q[kQuarters * chunk + QuarterOfLane()];
#pragma unroll
    for (int i = 0; i < Shape::kEach; ++i) {
      lanes[i][0] = __fmaf_rn(four.x, keys[i][4 * chunk + 0], lanes[i][0]);
      lanes[i][1] = __fmaf_rn(four.y, keys[i][4 * chunk + 1], lanes[i][1]);
      lanes[i][2] = __fmaf_rn(four.z, keys[i][4 * chunk + 2], lanes[i][2]);
      lanes[i][3] = __fmaf_rn(four.w, keys[i][4 * chunk + 3], lanes[i][3]);
    }
  }
  float sums[Shape::kEach];
#pragma unroll
  for (int i = 0; i < Shape::kEach; ++i) {
    sums[i] = __fadd_rn(__fadd_rn(lanes[i][0], lanes[i][2]), __fadd_rn(lanes[i][1], lanes[i][3]));
  }
  return SumOfQuarters(sums);
}

// All scores of `count` rows, into shared memory.
template <class Shape>
__device__ __forceinline__ void ComputeScores(const AttentionArguments& a, int count,
                                              const KeysOfThread<Shape>& keys,
                                              ScoresShared<Shape>& shared) {
  // Which of the group's positions SumOfQuarters gives; of two lanes with the same, one writes it.
  const bool writes = Shape::kEach == 4 || QuarterOfLane() % 2 == 0;
  const int which = Shape::kEach == 4 ? QuarterOfLane() : QuarterOfLane() / 2;
  const int position = WarpIndex() * Shape::kOfWarp + kGroups * which + GroupOfLane();
#pragma unroll 1
  for (int row = 0; row < count; ++row) {
    const float score = ScoreOf<Shape>(shared.q[row], keys);
    if (writes) shared.scores[row][position] = __fmul_rn(score, a.scale);
  }
}

// Scores of rows [first, first + count) and their maximums to scratch, a warp per row. Scores
// beyond a row's path are written too, and never read.
template <class Shape>
__device__ __forceinline__ void WriteScores(const AttentionArguments& a, int first, int count,
                                            int head, int block,
                                            const ScoresShared<Shape>& shared) {
  const int begin = block * kScorePositions, mine = 4 * LaneIndex();
  for (int i = WarpIndex(); i < count; i += Shape::kWarps) {
    const int positions = PositionsFrom(a, first + i, begin, kScorePositions);
    if (positions == 0) continue;  // the whole warp
    const AttentionParts parts = PartsOf(a, first + i, head);
    const float4 four = *reinterpret_cast<const float4*>(shared.scores[i] + mine);
    *reinterpret_cast<float4*>(parts.scores + begin + mine) = four;
    float largest = -Infinity();
    if (mine + 0 < positions) largest = Larger(largest, four.x);
    if (mine + 1 < positions) largest = Larger(largest, four.y);
    if (mine + 2 < positions) largest = Larger(largest, four.z);
    if (mine + 3 < positions) largest = Larger(largest, four.w);
    largest = LargestOfWarp(largest);
    if (LaneIndex() == 0) parts.maximums[block] = largest;
  }
}

// What a block computes; no rows: nothing.
struct ScoresPlace {
  int block;  // of kScorePositions
  int first;  // row
  int rows;
  int slots_of;  // the row whose path holds all their slots
};

inline int ScoreBlocks(const AttentionArguments& a) {
  return (a.longest + kScorePositions - 1) / kScorePositions;
}

__device__ __forceinline__ int TilesOf(const AttentionArguments& a) {
  return a.tile_rows == 0 ? 0 : (a.rows + a.tile_rows - 1) / a.tile_rows;
}

// Blocks of all tiles come first, then those of single rows, from run first_apart on.
__device__ __forceinline__ ScoresPlace PlaceOfScores(const AttentionArguments& a, int blocks) {
  constexpr int kPerRun = kAttentionRun / kScorePositions;
  const int of_tiles = TilesOf(a) * blocks;
  if (BlockIndex() < of_tiles) {
    const int index = BlockIndex() / blocks, block = BlockIndex() % blocks;
    const GpuTile tile = a.tiles[index];
    const int first = index * a.tile_rows, rows = Least(a.tile_rows, a.rows - first);
    const bool mine = block * kScorePositions < tile.length && IsShared(tile, block / kPerRun);
    return {block, first, mine ? rows : 0, first + tile.longest};
  }
  const int apart = blocks - kPerRun * a.first_apart, index = BlockIndex() - of_tiles;
  const int row = index / apart, block = kPerRun * a.first_apart + index % apart;
  const bool shared = a.tile_rows > 0 && IsShared(a.tiles[row / a.tile_rows], block / kPerRun);
  const bool mine = !shared && block * kScorePositions < a.paths[row].length;
  return {block, row, mine ? 1 : 0, row};
}

template <class Kv, class Shape>
__global__ void __launch_bounds__(Shape::kThreads, Shape::kResident)
    AttentionScoresKernel(AttentionArguments a, int blocks) {
  JUPITER_GPU_SHARED(ScoresShared<Shape>, shared);
  const ScoresPlace place = PlaceOfScores(a, blocks);
  const int head = static_cast<int>(blockIdx.y);
  if (place.rows == 0) return;  // the whole block
  WarpOfKeys<Shape>& of_warp = shared.keys[WarpIndex()];
  if (LaneIndex() < Shape::kOfWarp) {
    const int position = place.block * kScorePositions + WarpIndex() * Shape::kOfWarp + LaneIndex();
    of_warp.heads[LaneIndex()] =
        HeadAt<&GpuKvSegment::keys>(a, a.paths[place.slots_of], position, head);
  }
  __syncwarp();
  KeysOfThread<Shape> keys;
  ReadKeys<Kv>(a, of_warp, keys);
  for (int done = 0; done < place.rows; done += kScoreRows) {
    const int first = place.first + done, count = Least(kScoreRows, place.rows - done);
    ReadQueries(a, first, count, head, shared);
    __syncthreads();
    ComputeScores<Shape>(a, count, keys, shared);
    __syncthreads();
    WriteScores(a, first, count, head, place.block, shared);
  }
}

template <class Kv, int chunks>
void LaunchAttentionScores(const AttentionArguments& a, GpuStream stream) {
  using Shape = ScoresShape<chunks>;
  const int blocks = ScoreBlocks(a),
            tiles = a.tile_rows == 0 ? 0 : (a.rows + a.tile_rows - 1) / a.tile_rows;
  const int apart = blocks - kAttentionRun / kScorePositions * a.first_apart;
  const int all = tiles * blocks + (apart > 0 ? a.rows * apart : 0);
  Launch(AttentionScoresKernel<Kv, Shape>,
         dim3(static_cast<unsigned>(all), static_cast<unsigned>(a.heads)), Shape::kThreads,
         sizeof(ScoresShared<Shape>), stream, a, blocks);
}

template <class Kv>
void AttentionScores(const AttentionArguments& a, GpuStream stream) {
  if (a.head_dim > 128) return LaunchAttentionScores<Kv, 16>(a, stream);
  // Heads that are not aligned are too rare for kernels of their own sizes.
  if (std::is_same_v<Kv, KvAny> || a.head_dim > 96) {
    return LaunchAttentionScores<Kv, 8>(a, stream);
  }
  if constexpr (!std::is_same_v<Kv, KvAny>) {
    if (a.head_dim > 64) return LaunchAttentionScores<Kv, 6>(a, stream);
    LaunchAttentionScores<Kv, 4>(a, stream);
  }
}

}  // namespace JUPITER_GPU_NAMESPACE
