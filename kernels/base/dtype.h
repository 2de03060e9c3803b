// Element types of weights, activations, KV rows and messages.
//
// The block formats q8_0, q4_0, q4_K, q6_K are those of GGUF files (block layouts as in the ggml
// specification). Devices repack them at load; kAct8 is the activation format they multiply with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jupiter {

enum class DType : std::uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ8_0,  // 32 columns: f16 scale, 32 int8
  kQ4_0,  // 32 columns: f16 scale, 32 nibbles minus 8 (columns 0-15 low, 16-31 high nibbles)
  kQ4_K,  // 256 columns: f16 scale, f16 minimum, 8 x (6-bit scale, 6-bit minimum), 256 nibbles
  kQ6_K,  // 256 columns: 256 x 6 bits, 16 int8 scales, f16 scale
  kAct8,  // 32 columns: 32 int8; per row: all int8, then f32 scales, then int32 block sums
};

// "f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K", "act8".
std::string_view Name(DType dtype);
// The inverse, or nothing.
std::optional<DType> ParseDType(std::string_view name);

// Columns that share one block (1 for dense types). A matrix of the type has whole blocks per row.
int BlockColumns(DType dtype);
// A share of a matrix's columns begins and ends at multiples of this: 32 for quantised types, whose
// blocks of 256 have scales of their own per 32 columns; 1 for dense ones.
int CutColumns(DType dtype);
// Bytes of one block as stored in files and messages (kAct8: including scale and sum).
int BlockBytes(DType dtype);
// True for q8_0, q4_0, q4_K, q6_K: products take kAct8 activations.
bool IsQuantised(DType dtype);

// Bytes of a row of `columns` elements. CHECKs that they are whole blocks.
std::int64_t RowBytes(DType dtype, std::int64_t columns);
// Bytes of `rows` x `columns` elements as files hold them. Where columns are cut inside blocks,
// each block counts in proportion; the sum is rounded up.
std::int64_t MatrixBytes(DType dtype, std::int64_t rows, std::int64_t columns);

}  // namespace jupiter
