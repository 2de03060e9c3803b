// Softmax attention over paths of KV slots, in the order of the `cpu` device.
//
// Positions of a path are cut into runs of kAttentionRun, which other blocks take:
//   scores   a thread per position: 16 lanes over the head's elements in registers, the tree
//   weights  the maximum over the whole path, exp, the run's sum of weights (16 lanes, the tree),
//            and its chain of fma per element of the head
//   finish   sums and chains of the runs added in ascending order, times 1 / sum
// So the work of one row spreads over the card, and the result does not depend on how.
#pragma once

#include "kernels/cuda/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

constexpr int kAttentionThreads = 256;
static_assert(kAttentionThreads == kAttentionRun && kAttentionThreads >= kMostHeadDim, "");

// What one query row and head has in scratch.
struct AttentionParts {
  float* scores;  // [runs * kAttentionRun]
  float* values;  // [runs, head_dim]
  float* sums;    // [runs]
};

// Blocks: x the run, y the row, z the query head.
struct AttentionPlace {
  int run, row, head;
};

__device__ __forceinline__ AttentionPlace PlaceOfBlock() {
  return {static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y), static_cast<int>(blockIdx.z)};
}

__device__ __forceinline__ AttentionParts PartsOf(const AttentionArguments& a, int row, int head) {
  const std::int64_t runs = AttentionRuns(a.longest);
  float* scratch =
      a.scratch + (std::int64_t{row} * a.heads + head) * GpuAttentionScratch(a.longest, a.head_dim);
  float* values = scratch + runs * kAttentionRun;
  return {scratch, values, values + runs * a.head_dim};
}

__device__ __forceinline__ const float* QueryOf(const AttentionArguments& a, int row, int head) {
  return Row(a.q, row) + head * a.head_dim;
}

// Where the KV head of a query head begins in a KV row.
__device__ __forceinline__ int KvOffset(const AttentionArguments& a, int head) {
  return head / (a.heads / a.kv_heads) * a.head_dim;
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

__device__ __forceinline__ float KvElement(const GpuKvRows& rows, int slot, int column) {
  const std::uint8_t* row = Row(rows.rows, slot);
  return rows.f16 ? FromHalf(reinterpret_cast<const std::uint16_t*>(row)[column])
                  : reinterpret_cast<const float*>(row)[column];
}

struct ScoresShared {
  float q[kMostHeadDim];
};

__global__ void __launch_bounds__(kAttentionThreads) AttentionScoresKernel(AttentionArguments a) {
  JUPITER_GPU_SHARED(ScoresShared, shared);
  const AttentionPlace place = PlaceOfBlock();
  const GpuPath path = a.paths[place.row];
  if (place.run * kAttentionRun >= path.length) return;  // the whole block
  if (ThreadIndex() < a.head_dim) {
    shared.q[ThreadIndex()] = QueryOf(a, place.row, place.head)[ThreadIndex()];
  }
  __syncthreads();
  const int position = place.run * kAttentionRun + ThreadIndex();
  if (position >= path.length) return;
  const GpuRun run = RunAt(a, path, position);
  const int slot = run.begin + position - run.first, offset = KvOffset(a, place.head);
  const GpuKvRows& keys = a.segments[run.segment].keys;
  float lanes[16] = {};
  for (int chunk = 0; chunk < a.head_dim; chunk += 16) {
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      if (chunk + i < a.head_dim) {
        lanes[i] =
            __fmaf_rn(shared.q[chunk + i], KvElement(keys, slot, offset + chunk + i), lanes[i]);
      }
    }
  }
  PartsOf(a, place.row, place.head).scores[position] = __fmul_rn(Tree(lanes), a.scale);
}

struct WeightsShared {
  float maximums[kAttentionThreads / kWarp];
  float weights[kAttentionRun];
};

// The largest of `count` scores, for all threads.
__device__ __forceinline__ float LargestScore(const float* scores, int count,
                                              WeightsShared& shared) {
  float largest = -Infinity();
  for (int i = ThreadIndex(); i < count; i += kAttentionThreads) {
    largest = Larger(largest, scores[i]);
  }
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) {
    largest = Larger(largest, __shfl_xor_sync(kAllLanes, largest, bits));
  }
  if (LaneIndex() == 0) shared.maximums[WarpIndex()] = largest;
  __syncthreads();
  for (int i = 0; i < kAttentionThreads / kWarp; ++i) {
    largest = Larger(largest, shared.maximums[i]);
  }
  return largest;
}

// One element of the head: the chain over positions [begin, begin + count) of the path.
__device__ __forceinline__ float ChainOfValues(const AttentionArguments& a, const GpuPath& path,
                                               int begin, int count, int column,
                                               const float* weights) {
  float sum = 0;
  for (int i = 0; i < count;) {
    const GpuRun run = RunAt(a, path, begin + i);
    const GpuKvRows& values = a.segments[run.segment].values;
    const int slot = run.begin + begin + i - run.first;
    const int length = Least(count - i, run.first + run.count - begin - i);
    for (int j = 0; j < length; ++j) {
      sum = __fmaf_rn(weights[i + j], KvElement(values, slot + j, column), sum);
    }
    i += length;
  }
  return sum;
}

__global__ void __launch_bounds__(kAttentionThreads) AttentionWeightsKernel(AttentionArguments a) {
  JUPITER_GPU_SHARED(WeightsShared, shared);
  const AttentionPlace place = PlaceOfBlock();
  const GpuPath path = a.paths[place.row];
  const int begin = place.run * kAttentionRun;
  if (begin >= path.length) return;  // the whole block
  const int count = Least(kAttentionRun, path.length - begin);
  const AttentionParts parts = PartsOf(a, place.row, place.head);
  const float largest = LargestScore(parts.scores, path.length, shared);
  shared.weights[ThreadIndex()] =
      ThreadIndex() < count ? Exp(__fsub_rn(parts.scores[begin + ThreadIndex()], largest)) : 0.0f;
  __syncthreads();
  if (WarpIndex() == 0) {
    float sum = 0;
    for (int i = LaneIndex() % 16; i < count; i += 16) sum = __fadd_rn(sum, shared.weights[i]);
    sum = TreeOfHalfWarp(sum);
    if (LaneIndex() == 0) parts.sums[place.run] = sum;
  }
  if (ThreadIndex() < a.head_dim) {
    parts.values[place.run * a.head_dim + ThreadIndex()] = ChainOfValues(
        a, path, begin, count, KvOffset(a, place.head) + ThreadIndex(), shared.weights);
  }
}

// Blocks: x the row, y the query head.
__global__ void __launch_bounds__(kAttentionThreads) AttentionFinishKernel(AttentionArguments a) {
  const int row = BlockIndex(), head = static_cast<int>(blockIdx.y);
  if (ThreadIndex() >= a.head_dim) return;
  const AttentionParts parts = PartsOf(a, row, head);
  const auto runs = static_cast<int>(AttentionRuns(a.paths[row].length));
  float sum = parts.sums[0], value = parts.values[ThreadIndex()];
  for (int run = 1; run < runs; ++run) {
    sum = __fadd_rn(sum, parts.sums[run]);
    value = __fadd_rn(value, parts.values[run * a.head_dim + ThreadIndex()]);
  }
  Row(a.out, row)[head * a.head_dim + ThreadIndex()] = __fmul_rn(value, __fdiv_rn(1.0f, sum));
}

inline void Attention(const AttentionArguments& a, GpuStream stream) {
  if (a.rows == 0) return;
  const auto rows = static_cast<unsigned>(a.rows), heads = static_cast<unsigned>(a.heads);
  const dim3 grid(static_cast<unsigned>(AttentionRuns(a.longest)), rows, heads);
  Launch(AttentionScoresKernel, grid, kAttentionThreads, sizeof(ScoresShared), stream, a);
  Launch(AttentionWeightsKernel, grid, kAttentionThreads, sizeof(WeightsShared), stream, a);
  Launch(AttentionFinishKernel, dim3(rows, heads), kAttentionThreads, 0, stream, a);
}

}  // namespace JUPITER_GPU_NAMESPACE
