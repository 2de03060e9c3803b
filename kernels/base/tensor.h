// Row-major matrices: the owner, the views, and the share of a matrix that one rank holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "kernels/base/dtype.h"

namespace jupiter {

// A view of `rows` x `columns` elements in host or device memory; rows are `row_bytes` apart. Only
// devices look at `data`. `data` may be null on a device that computes nothing.
struct ConstTensorView {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_bytes = 0;

  ConstTensorView Rows(std::int64_t begin, std::int64_t count) const;
  template <typename T>
  const T* Row(std::int64_t row) const {
    return reinterpret_cast<const T*>(data + row * row_bytes);
  }
};

struct TensorView {
  std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_bytes = 0;

  operator ConstTensorView() const { return {data, dtype, rows, columns, row_bytes}; }
  TensorView Rows(std::int64_t begin, std::int64_t count) const;
  template <typename T>
  T* Row(std::int64_t row) const {
    return reinterpret_cast<T*>(data + row * row_bytes);
  }
};

// A dense host matrix seen as a tensor, rows back to back.
ConstTensorView HostView(const float* data, std::int64_t rows, std::int64_t columns);
TensorView HostView(float* data, std::int64_t rows, std::int64_t columns);

// Owns memory of some device; moved, never copied.
class Tensor {
 public:
  Tensor() = default;
  Tensor(std::shared_ptr<std::byte> data, DType dtype, std::int64_t rows, std::int64_t columns,
         std::int64_t row_bytes);
  Tensor(Tensor&&) = default;
  Tensor& operator=(Tensor&&) = default;

  // [rows, columns]
  TensorView view() const { return {data_.get(), dtype_, rows_, columns_, row_bytes_}; }
  TensorView Rows(std::int64_t begin, std::int64_t count) const {
    return view().Rows(begin, count);
  }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t bytes() const { return rows_ * row_bytes_; }

 private:
  std::shared_ptr<std::byte> data_;
  DType dtype_ = DType::kF32;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::int64_t row_bytes_ = 0;
};

// The part of a matrix that one rank holds: rows [row_begin, row_end), columns [column_begin,
// column_end). For a weight, rows are output features and columns input features.
struct Shard {
  std::int64_t row_begin = 0;
  std::int64_t row_end = 0;
  std::int64_t column_begin = 0;
  std::int64_t column_end = 0;

  static Shard Whole(std::int64_t rows, std::int64_t columns) { return {0, rows, 0, columns}; }
  std::int64_t rows() const { return row_end - row_begin; }
  std::int64_t columns() const { return column_end - column_begin; }
};

// Throws UserError when the shard leaves the matrix or cuts columns that share a scale, see
// CutColumns. `name` is the tensor's, for the message.
void CheckShard(std::string_view name, DType dtype, std::int64_t rows, std::int64_t columns,
                const Shard& shard);

}  // namespace jupiter
