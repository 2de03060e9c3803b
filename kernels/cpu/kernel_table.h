// The kernels of one instruction set as plain functions over plain data.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/half.h"
#include "kernels/sum_parts.h"

namespace jupiter::cpu {

// Rows [row_begin, row_end) of x times groups [group_begin, group_end) of a packed weight (see
// packed_weight.h).
struct LinearTile {
  const std::byte* x = nullptr;  // f32 or act8 rows
  std::int64_t x_row_bytes = 0;
  std::int64_t row_begin = 0;
  std::int64_t row_end = 0;
  const std::byte* weights = nullptr;
  const std::byte* scales = nullptr;  // of quantised weights
  std::int64_t columns = 0;           // of x and of the weight
  const SumPart* parts = nullptr;     // [part_count], of the columns; see kernels/sum_parts.h
  std::int64_t part_count = 0;
  std::int64_t features = 0;  // rows of the weight, columns of out
  std::int64_t group_begin = 0;
  std::int64_t group_end = 0;
  std::byte* out = nullptr;  // f32 rows
  std::int64_t out_row_bytes = 0;
  const float* bias = nullptr;  // [features] or null
  bool accumulate = false;
  const std::byte* next = nullptr;  // weights of a later tile: fetched towards the cache meanwhile
  std::int64_t next_bytes = 0;
};

// `count` consecutive logical positions of one KV head.
struct KvSpan {
  const std::byte* keys = nullptr;  // [head_dim] of the first position
  const std::byte* values = nullptr;
  std::int64_t key_row_bytes = 0;
  std::int64_t value_row_bytes = 0;
  std::int64_t count = 0;
};

// One query row and one KV head.
struct AttentionTask {
  const float* q = nullptr;  // [heads, head_dim]: the query heads that read this KV head
  float* out = nullptr;      // the same shape
  int heads = 0;
  int head_dim = 0;
  float scale = 0;
  const KvSpan* spans = nullptr;  // in logical order
  std::int64_t span_count = 0;
  std::int64_t length = 0;   // positions of all spans
  float* scratch = nullptr;  // AttentionScratch(...) floats, aligned to 64 bytes
};

// Maximum of some numbers, and sum of exp(x - maximum). A maximum of -infinity counts as 0 in the
// difference, so that numbers that are all -infinity sum to 0.
struct SoftmaxTerms {
  float maximum = 0;
  float sum = 0;
};

constexpr std::int64_t RoundUp16(std::int64_t n) { return (n + 15) / 16 * 16; }

// Scores of every head, and the query rows padded to whole vectors.
constexpr std::int64_t AttentionScratch(int heads, int head_dim, std::int64_t length) {
  return heads * (RoundUp16(length) + RoundUp16(head_dim));
}

struct KernelTable {
  const char* name = nullptr;
  int linear_rows = 0;  // rows of the widest register tile

  void (*linear_f32)(const LinearTile&) = nullptr;
  void (*linear_f16)(const LinearTile&) = nullptr;
  void (*linear_bf16)(const LinearTile&) = nullptr;
  void (*linear_q8_0)(const LinearTile&) = nullptr;
  void (*linear_q4_0)(const LinearTile&) = nullptr;
  void (*linear_q4_k)(const LinearTile&) = nullptr;
  void (*linear_q6_k)(const LinearTile&) = nullptr;

  void (*attention_f32)(const AttentionTask&) = nullptr;
  void (*attention_f16)(const AttentionTask&) = nullptr;

  void (*rms_norm)(const float* x, const float* weight, std::int64_t n, float epsilon,
                   float* out) = nullptr;
  // n is a multiple of 32; q [n], scales [n / 32], sums [n / 32].
  void (*quantise)(const float* x, std::int64_t n, std::int8_t* q, float* scales,
                   std::int32_t* sums) = nullptr;
  void (*swiglu)(const float* gate, const float* up, std::int64_t n, float* out) = nullptr;
  SoftmaxTerms (*softmax_terms)(const float* x, std::int64_t n) = nullptr;
  void (*to_half)(const float* x, std::int64_t n, Half* out) = nullptr;
  void (*from_half)(const Half* x, std::int64_t n, float* out) = nullptr;

  // For benchmarks, see peak_kernels.h. Both return how many operations they did.
  std::int64_t (*peak_fma)(const float* operands, std::int64_t rounds, float* sink) = nullptr;
  std::int64_t (*peak_dot)(const std::uint8_t* weights, const std::int8_t* x, std::int64_t rounds,
                           std::int32_t* sink) = nullptr;
};

}  // namespace jupiter::cpu
