#include "kernels/base/tensor.h"

#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

ConstTensorView ConstTensorView::Rows(std::int64_t begin, std::int64_t count) const {
  JUPITER_CHECK(begin >= 0 && count >= 0 && begin + count <= rows, "rows {}+{} of {}", begin, count,
                rows);
  return {data == nullptr ? nullptr : data + begin * row_bytes, dtype, count, columns, row_bytes};
}

TensorView TensorView::Rows(std::int64_t begin, std::int64_t count) const {
  JUPITER_CHECK(begin >= 0 && count >= 0 && begin + count <= rows, "rows {}+{} of {}", begin, count,
                rows);
  return {data == nullptr ? nullptr : data + begin * row_bytes, dtype, count, columns, row_bytes};
}

ConstTensorView HostView(const float* data, std::int64_t rows, std::int64_t columns) {
  return {reinterpret_cast<const std::byte*>(data), DType::kF32, rows, columns,
          RowBytes(DType::kF32, columns)};
}

TensorView HostView(float* data, std::int64_t rows, std::int64_t columns) {
  return {reinterpret_cast<std::byte*>(data), DType::kF32, rows, columns,
          RowBytes(DType::kF32, columns)};
}

Tensor::Tensor(std::shared_ptr<std::byte> data, DType dtype, std::int64_t rows,
               std::int64_t columns, std::int64_t row_bytes)
    : data_(std::move(data)),
      dtype_(dtype),
      rows_(rows),
      columns_(columns),
      row_bytes_(row_bytes) {}

void CheckShard(std::string_view name, DType dtype, std::int64_t rows, std::int64_t columns,
                const Shard& shard) {
  if (shard.row_begin < 0 || shard.row_end > rows || shard.row_begin > shard.row_end ||
      shard.column_begin < 0 || shard.column_end > columns ||
      shard.column_begin > shard.column_end) {
    FailUser("{}: the share rows {}-{}, columns {}-{} leaves the tensor of {} x {}", name,
             shard.row_begin, shard.row_end, shard.column_begin, shard.column_end, rows, columns);
  }
  const int unit = CutColumns(dtype);
  if (shard.column_begin % unit != 0 || shard.column_end % unit != 0) {
    FailUser(
        "{}: {} columns can be cut only at multiples of {}, not at {}-{}; choose other shares "
        "or another weight type",
        name, Name(dtype), unit, shard.column_begin, shard.column_end);
  }
}

}  // namespace jupiter
