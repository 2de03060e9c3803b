// Which runs of columns a product sums, and how their sums are added.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/base/dtype.h"
#include "kernels/cpu/kernel_table.h"

namespace jupiter::cpu {

// Columns of one chain of fma of a dense product; later sums are added to it.
inline constexpr std::int64_t kChainColumns = 512;

// The parts of a product of `columns` columns with leaves that end at `leaf_ends` (empty: one
// leaf): for dense weights the chains of each leaf, for quantised ones the leaves.
std::vector<SumPart> PartsOf(DType dtype, std::int64_t columns,
                             std::span<const std::int64_t> leaf_ends);

}  // namespace jupiter::cpu
