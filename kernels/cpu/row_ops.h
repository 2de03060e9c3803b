// Ops without sums or with sums that need no vectors: plain loops that compilers vectorise, each
// operation rounded once, so the same bits everywhere.
#pragma once

#include "kernels/base/half.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/device.h"

namespace jupiter::cpu {

// One row of heads: (a, b) becomes (a cos - b sin, a sin + b cos). cos and sin: [head_dim / 2].
void RopeRow(float* x, std::int64_t columns, const float* table, std::int64_t head_dim,
             RopeStyle style);

void AddRow(const float* x, float* y, std::int64_t n);

// f32 to GGUF q8_0 blocks and back. A block's scale is that of Quantise, rounded to f16.
void WriteQ8_0Row(const float* x, std::int64_t n, const KernelTable& kernels, std::byte* out);
void ReadQ8_0Row(const std::byte* blocks, std::int64_t n, float* out);

}  // namespace jupiter::cpu
