#include "kernels/eigen/maps.h"

#include <cstring>

#include "kernels/base/half.h"

namespace jupiter {

Matrix ReadMatrix(const ConstTensorView& x) {
  Matrix matrix(x.rows, x.columns);
  for (std::int64_t i = 0; i < x.rows; ++i) {
    if (x.dtype == DType::kF32) {
      matrix.row(i) = RowOf(x, i).matrix();
      continue;
    }
    const auto* q = x.Row<std::int8_t>(i);
    const auto* scales = reinterpret_cast<const float*>(q + x.columns);
    for (std::int64_t k = 0; k < x.columns; ++k) {
      matrix(i, k) = scales[k / 32] * static_cast<float>(q[k]);
    }
  }
  return matrix;
}

Eigen::RowVectorXf ReadKvRow(const ConstTensorView& x, std::int64_t i) {
  if (x.dtype == DType::kF32) return RowOf(x, i).matrix();
  Eigen::RowVectorXf row(x.columns);
  for (std::int64_t k = 0; k < x.columns; ++k) row[k] = ToFloat(x.Row<Half>(i)[k]);
  return row;
}

}  // namespace jupiter
