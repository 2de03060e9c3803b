// Softmax attention over paths of KV slots, in the order of the `cpu` device.
//
// Positions of a path are cut into runs of kAttentionRun, which other blocks take:
// - scores: of each position, and the maximum of each half run (attention_scores.cuh).
// - values: the path's maximum, exp, the run's sum of weights and its chains of values; for tiles
//   of rows that share their slots of a run (attention_values.cuh), and for single rows
//   (attention_row.cuh). Where a single row's path is short, one block does all that follows for
//   some columns (attention_whole.cuh).
// - finish: sums and chains of the runs added in ascending order, times 1 / sum.
// So the work of one row spreads over the card, and the result does not depend on how.
#pragma once

#include "kernels/cuda/ops/attention_row.cuh"
#include "kernels/cuda/ops/attention_scores.cuh"
#include "kernels/cuda/ops/attention_values.cuh"
#include "kernels/cuda/ops/attention_whole.cuh"

namespace JUPITER_GPU_NAMESPACE {

// Blocks: x the row, y the query head; a thread per element.
__global__ void __launch_bounds__(kMostHeadDim) AttentionFinishKernel(AttentionArguments a) {
  const int row = BlockIndex(), head = static_cast<int>(blockIdx.y), i = ThreadIndex();
  if (i >= a.head_dim) return;
  const AttentionParts parts = PartsOf(a, row, head);
  const auto runs = static_cast<int>(AttentionRuns(a.paths[row].length));
  const auto stride = static_cast<int>(PaddedHeadDim(a.head_dim));
  float sum = parts.sums[0], value = parts.values[i];
#pragma unroll 4
  for (int run = 1; run < runs; ++run) {
    sum = __fadd_rn(sum, parts.sums[run]);
    value = __fadd_rn(value, parts.values[run * stride + i]);
  }
  Row(a.out, row)[head * a.head_dim + i] = __fmul_rn(value, __fdiv_rn(1.0f, sum));
}

inline void AttentionFinish(const AttentionArguments& a, GpuStream stream) {
  Launch(AttentionFinishKernel, dim3(static_cast<unsigned>(a.rows), static_cast<unsigned>(a.heads)),
         (a.head_dim + kWarp - 1) / kWarp * kWarp, 0, stream, a);
}

template <class Kv>
void AttentionOf(const AttentionArguments& a, GpuStream stream) {
  const std::int64_t runs = AttentionRuns(a.longest);
  AttentionScores<Kv>(a, stream);
  if (FitsWhole(a)) return AttentionWhole<Kv>(a, stream);
  if (a.tile_rows > 0) AttentionValues<Kv>(a, stream);
  if (a.first_apart < runs) AttentionRows<Kv>(a, stream);
  AttentionFinish(a, stream);
}

inline void Attention(const AttentionArguments& a, GpuStream stream) {
  if (a.rows == 0) return;
  const bool aligned = a.head_dim * (a.f16 ? 2 : 4) % 16 == 0;
  if (!aligned) return AttentionOf<KvAny>(a, stream);
  if (a.f16) return AttentionOf<KvF16>(a, stream);
  AttentionOf<KvF32>(a, stream);
}

}  // namespace JUPITER_GPU_NAMESPACE
