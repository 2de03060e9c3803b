// Reads the block formats of GGUF files (layouts as in the ggml specification), see dtype.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/dtype.h"
#include "kernels/base/tensor.h"

namespace jupiter {

// 32 consecutive columns of a quantised row: w[i] = scales[i / 16] * q[i] - minimum. The products
// that make up the scales of K types are exact in f32.
struct WeightBlock {
  std::int8_t q[32];
  float scales[2];  // equal except for q6_K
  float minimum;    // 0 except for q4_K
};

// Columns [32 * index, 32 * index + 32) of a row of q8_0, q4_0, q4_K or q6_K blocks.
WeightBlock ReadBlock(DType dtype, const std::byte* row, std::int64_t index);

// Element of a dense row (f32, f16, bf16).
float ReadDense(DType dtype, const std::byte* row, std::int64_t column);

// Columns [begin, end) of a row of any weight type in f32; begin and end are multiples of 32 for
// quantised types.
void ReadRow(DType dtype, const std::byte* row, std::int64_t begin, std::int64_t end, float* out);

// Throws UserError when a dense weight, or a scale or minimum, of the columns is not finite.
void CheckFiniteRow(std::string_view tensor_name, const ConstTensorView& host, std::int64_t row,
                    std::int64_t begin, std::int64_t end);

}  // namespace jupiter
