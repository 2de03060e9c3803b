// Tensor views as Eigen matrices.
#pragma once

#include <Eigen/Core>

#include "kernels/base/tensor.h"

namespace jupiter {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstRow = Eigen::Map<const Eigen::Array<float, 1, Eigen::Dynamic>>;
using Row = Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>>;

inline ConstRow RowOf(const ConstTensorView& x, std::int64_t i) {
  return {x.Row<float>(i), x.columns};
}
inline Row RowOf(const TensorView& x, std::int64_t i) { return {x.Row<float>(i), x.columns}; }

// [rows, columns] of an f32 or act8 (multiplied out) matrix.
Matrix ReadMatrix(const ConstTensorView& x);

// Row `i` of an f32 or f16 matrix.
Eigen::RowVectorXf ReadKvRow(const ConstTensorView& x, std::int64_t i);

}  // namespace jupiter
