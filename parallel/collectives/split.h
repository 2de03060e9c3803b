// How a matrix is cut into one chunk per rank.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/tensor.h"

namespace jupiter {

// Chunks of rows or of columns, side by side in the order of ranks. Chunks may differ and may be
// empty. For a wire dtype with blocks, column chunks are whole blocks.
class Split {
 public:
  // sizes[r] rows for rank r. Throws nothing; CHECKs that no size is negative.
  static Split OfRows(std::vector<std::int64_t> sizes);
  static Split OfColumns(std::vector<std::int64_t> sizes);
  // As even as whole multiples of `unit` allow; the first ranks take what is left over.
  static std::vector<std::int64_t> Even(std::int64_t total, int ranks, std::int64_t unit = 1);

  int ranks() const { return static_cast<int>(sizes_.size()); }
  std::int64_t size(int rank) const { return sizes_[static_cast<std::size_t>(rank)]; }
  // The chunk of `rank` in x, which is [sum of sizes, any] or [any, sum of sizes].
  TensorView Chunk(TensorView x, int rank) const;

 private:
  Split(bool rows, std::vector<std::int64_t> sizes);
  bool rows_;
  std::vector<std::int64_t> sizes_;    // [ranks]
  std::vector<std::int64_t> offsets_;  // [ranks + 1]
};

}  // namespace jupiter
