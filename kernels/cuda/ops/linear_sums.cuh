// How the sums of a product end: parts are added as kernels/sum_parts.h says, then bias and the
// value before.
#pragma once

#include "kernels/cuda/ops/order.cuh"

namespace JUPITER_GPU_NAMESPACE {

// The sums of parts that wait, of one row and 32 features: see kernels/sum_parts.h.
struct WaitingSums {
  float sums[kMostWaitingOnGpu][kWarp];
};

// Where one lane is among the parts of the columns.
struct PartPlace {
  int part = 0;
  int waiting = 0;
};

// Ends a part whose own sum is `sum`: adds what waits for it, and lets the result wait unless it is
// the last part. Returns what the next part's sum begins with, or the result.
__device__ __forceinline__ float EndPart(const LinearArguments& a, float sum, WaitingSums& waiting,
                                         PartPlace& place) {
  const int additions = a.parts[place.part].additions;
#pragma unroll 1
  for (int i = 0; i < additions; ++i) {
    sum = __fadd_rn(waiting.sums[--place.waiting][LaneIndex()], sum);
  }
  if (++place.part == a.part_count) return sum;
  waiting.sums[place.waiting++][LaneIndex()] = sum;
  return 0;
}

// Adds the bias, and the value before if asked, to a finished sum.
__device__ __forceinline__ void WriteSum(const LinearArguments& a, int row, int feature,
                                         float sum) {
  float* out = Row(a.out, row) + feature;
  if (a.bias != nullptr) sum = __fadd_rn(sum, a.bias[feature]);
  *out = a.accumulate ? __fadd_rn(*out, sum) : sum;
}

}  // namespace JUPITER_GPU_NAMESPACE
