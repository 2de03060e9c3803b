// Which runs of columns a product sums, and how their sums are added, see the contract in
// kernels/cpu/README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/base/dtype.h"

namespace jupiter {

// Columns that one loop of a product sums, starting from 0: from the end of the part before it to
// `end`. Then `additions` times the latest sum that waits is added on the left, and the sum waits
// for the next part; after the last part it is the result.
struct SumPart {
  std::int64_t end = 0;
  int additions = 0;
};
inline constexpr int kMostWaitingSums = 8;

// Columns of one chain of fma of a dense product; later sums are added to it.
inline constexpr std::int64_t kChainColumns = 512;

// The parts of a product of `columns` columns with leaves that end at `leaf_ends` (empty: one
// leaf): for dense weights the chains of each leaf, for quantised ones the leaves.
std::vector<SumPart> PartsOf(DType dtype, std::int64_t columns,
                             std::span<const std::int64_t> leaf_ends);

}  // namespace jupiter
