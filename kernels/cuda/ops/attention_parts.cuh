// What the kernels of attention share: where things lie in scratch, and how KV rows are read.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

// What one query row and head has in scratch.
struct AttentionParts {
  float* scores;    // [runs * kAttentionRun]
  float* values;    // [runs, PaddedHeadDim]
  float* maximums;  // [runs * 2], of kScorePositions each
  float* sums;      // [runs]
};
constexpr int kScorePositions = kAttentionRun / 2;  // of a block of scores

__device__ __forceinline__ AttentionParts PartsOf(const AttentionArguments& a, int row, int head) {
  const std::int64_t runs = AttentionRuns(a.longest);
  float* scores =
      a.scratch + (std::int64_t{row} * a.heads + head) * GpuAttentionScratch(a.longest, a.head_dim);
  float* values = scores + runs * kAttentionRun;
  float* maximums = values + runs * PaddedHeadDim(a.head_dim);
  return {scores, values, maximums, maximums + 2 * runs};
}

__device__ __forceinline__ const float* QueryOf(const AttentionArguments& a, int row, int head) {
  return Row(a.q, row) + head * a.head_dim;
}

// The positions of a row's path from `begin` on, at most `most`.
__device__ __forceinline__ int PositionsFrom(const AttentionArguments& a, int row, int begin,
                                             int most) {
  const int left = Least(most, a.paths[row].length - begin);
  return left > 0 ? left : 0;
}

// The run of slots that holds a position of a path: the last one that begins no later.
__device__ __forceinline__ GpuRun RunAt(const AttentionArguments& a, const GpuPath& path,
                                        int position) {
  const GpuRun* runs = a.runs + path.run_begin;
  int low = 0, high = path.run_count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (runs[middle].first <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return runs[low];
}

// Where a query head's elements of a position begin, among keys or values; null beyond the path.
using HeadAddress = const std::uint8_t*;
template <GpuKvRows GpuKvSegment::*rows>
__device__ __forceinline__ HeadAddress HeadAt(const AttentionArguments& a, const GpuPath& path,
                                              int position, int head) {
  if (position >= path.length) return nullptr;
  const GpuRun run = RunAt(a, path, position);
  const int column = head / (a.heads / a.kv_heads) * a.head_dim;
  const GpuRows<std::uint8_t> of_segment =
      run.segment < kSegmentsInArguments
          ? (a.first_segments[run.segment].*rows).rows
          : (a.other_segments[run.segment - kSegmentsInArguments].*rows).rows;
  return Row(of_segment, run.begin + position - run.first) + column * (a.f16 ? 2 : 4);
}

// Word i of a piece, where i is known to the compiler.
__device__ __forceinline__ unsigned WordOf(const uint4& piece, int i) {
  return i == 0 ? piece.x : i == 1 ? piece.y : i == 2 ? piece.z : piece.w;
}

// Kinds of KV rows, which nobody writes meanwhile: what a piece of 16 bytes holds. Heads begin at
// multiples of 16 bytes.
struct KvF16 {
  static constexpr int kElements = 8;
  static __device__ __forceinline__ uint4 Read(const AttentionArguments&, HeadAddress head,
                                               int column) {
    return __ldg(reinterpret_cast<const uint4*>(head + 2 * column));
  }
  static __device__ __forceinline__ float Value(const uint4& piece, int i) {
    return FromHalf(static_cast<std::uint16_t>(WordOf(piece, i / 2) >> 16 * (i % 2)));
  }
};

struct KvF32 {
  static constexpr int kElements = 4;
  static __device__ __forceinline__ uint4 Read(const AttentionArguments&, HeadAddress head,
                                               int column) {
    return __ldg(reinterpret_cast<const uint4*>(head + 4 * column));
  }
  static __device__ __forceinline__ float Value(const uint4& piece, int i) {
    return __uint_as_float(WordOf(piece, i));
  }
};

// Heads that begin anywhere, of either type: read one by one, as f32.
struct KvAny : KvF32 {
  static __device__ __forceinline__ unsigned Bits(const AttentionArguments& a, HeadAddress head,
                                                  int column) {
    if (column >= a.head_dim) return 0;
    if (!a.f16) return __ldg(reinterpret_cast<const unsigned*>(head) + column);
    return __float_as_uint(FromHalf(__ldg(reinterpret_cast<const std::uint16_t*>(head) + column)));
  }
  static __device__ __forceinline__ uint4 Read(const AttentionArguments& a, HeadAddress head,
                                               int column) {
    return {Bits(a, head, column), Bits(a, head, column + 1), Bits(a, head, column + 2),
            Bits(a, head, column + 3)};
  }
};

// The elements of a head from `column` on; zeros beyond the head or the path.
template <class Kv>
__device__ __forceinline__ uint4 ReadPiece(const AttentionArguments& a, HeadAddress head,
                                           int column) {
  if (head == nullptr || column >= a.head_dim) return {0, 0, 0, 0};
  return Kv::Read(a, head, column);
}

// 2 or 4 floats at once, from or to memory that is aligned for it.
template <int n>
__device__ __forceinline__ void ReadVector(const float* from, float* to) {
  if constexpr (n == 2) {
    const float2 two = *reinterpret_cast<const float2*>(from);
    to[0] = two.x;
    to[1] = two.y;
  } else {
    const float4 four = *reinterpret_cast<const float4*>(from);
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
  }
}

template <int n>
__device__ __forceinline__ void WriteVector(const float* from, float* to) {
  if constexpr (n == 2) {
    *reinterpret_cast<float2*>(to) = {from[0], from[1]};
  } else {
    *reinterpret_cast<float4*>(to) = {from[0], from[1], from[2], from[3]};
  }
}

__device__ __forceinline__ float LargestOfWarp(float largest) {
#pragma unroll
  for (int bits = kWarp / 2; bits > 0; bits /= 2) {
    largest = Larger(largest, __shfl_xor_sync(kAllLanes, largest, bits));
  }
  return largest;
}

}  // namespace JUPITER_GPU_NAMESPACE
