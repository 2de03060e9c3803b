#include "parallel/collectives/split.h"

#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

Split::Split(bool rows, std::vector<std::int64_t> sizes) : rows_(rows), sizes_(std::move(sizes)) {
  offsets_.push_back(0);
  for (std::int64_t size : sizes_) {
    JUPITER_CHECK(size >= 0, "chunk of {}", size);
    offsets_.push_back(offsets_.back() + size);
  }
}

Split Split::OfRows(std::vector<std::int64_t> sizes) { return {true, std::move(sizes)}; }

Split Split::OfColumns(std::vector<std::int64_t> sizes) { return {false, std::move(sizes)}; }

std::vector<std::int64_t> Split::Even(std::int64_t total, int ranks, std::int64_t unit) {
  JUPITER_CHECK(total % unit == 0 && ranks > 0, "{} in units of {} for {} ranks", total, unit,
                ranks);
  const std::int64_t units = total / unit;
  std::vector<std::int64_t> sizes;
  for (int rank = 0; rank < ranks; ++rank) {
    sizes.push_back((units / ranks + (rank < units % ranks ? 1 : 0)) * unit);
  }
  return sizes;
}

TensorView Split::Chunk(TensorView x, int rank) const {
  JUPITER_CHECK(rank >= 0 && rank < ranks(), "chunk {} of {}", rank, ranks());
  JUPITER_CHECK((rows_ ? x.rows : x.columns) == offsets_.back(), "{} x {} split into {} {}", x.rows,
                x.columns, offsets_.back(), rows_ ? "rows" : "columns");
  const std::int64_t offset = offsets_[static_cast<std::size_t>(rank)];
  if (rows_) return x.Rows(offset, size(rank));
  TensorView chunk = x;
  if (chunk.data != nullptr) chunk.data += RowBytes(x.dtype, offset);
  chunk.columns = size(rank);
  return chunk;
}

}  // namespace jupiter
