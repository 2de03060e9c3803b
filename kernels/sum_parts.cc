#include "kernels/sum_parts.h"

#include <algorithm>
#include <bit>

#include "kernels/leaves.h"

namespace jupiter {

// Before a leaf at most one sum waits for each bit of its number, then one for its chains.
static_assert(std::bit_width(static_cast<unsigned>(kMaxLeaves - 1)) + 1 == kMostWaitingSums);

std::vector<SumPart> PartsOf(DType dtype, std::int64_t columns,
                             std::span<const std::int64_t> leaf_ends) {
  if (leaf_ends.empty()) leaf_ends = {&columns, 1};
  const auto leaves = static_cast<int>(leaf_ends.size());
  std::vector<SumPart> parts;
  std::int64_t begin = 0;
  for (int leaf = 0; leaf < leaves; ++leaf) {
    const std::int64_t end = leaf_ends[static_cast<std::size_t>(leaf)];
    const std::int64_t step = IsQuantised(dtype) ? end - begin : kChainColumns;
    // The sum of a leaf's first chain waits; each later chain's is added to it.
    for (std::int64_t at = begin; at < end; at += step) {
      parts.push_back({std::min(end, at + step), at == begin ? 0 : 1});
    }
    parts.back().additions += ReadyAdditions(leaf, leaves);
    begin = end;
  }
  return parts;
}

}  // namespace jupiter
