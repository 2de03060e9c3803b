#include "kernels/eigen/eigen_device.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/base/half.h"
#include "kernels/block_formats.h"
#include "kernels/eigen/maps.h"
#include "kernels/leaves.h"
#include "kernels/row_select.h"

namespace jupiter {
namespace {

class EigenWeight : public Weight {
 public:
  EigenWeight(DType dtype, Matrix matrix)
      : Weight(dtype, matrix.rows(), matrix.cols()), matrix_(std::move(matrix)) {}
  std::int64_t bytes() const override {
    return matrix_.size() * static_cast<std::int64_t>(sizeof(float));
  }
  const Matrix& matrix() const { return matrix_; }

 private:
  Matrix matrix_;
};

const Matrix& MatrixOf(const Weight& weight) {
  return static_cast<const EigenWeight&>(weight).matrix();
}

// x * weight^T, each leaf's columns on their own and then their tree.
Matrix SumOfLeaves(const Matrix& x, const Matrix& weight, std::span<const std::int64_t> ends) {
  if (ends.empty()) return x * weight.transpose();
  std::vector<Matrix> sums;
  std::int64_t begin = 0;
  for (std::int64_t end : ends) {
    sums.emplace_back(x.middleCols(begin, end - begin) *
                      weight.middleCols(begin, end - begin).transpose());
    begin = end;
  }
  for (const LeafAddition& addition : LeafTree(static_cast<int>(ends.size()))) {
    sums[static_cast<std::size_t>(addition.left)] += sums[static_cast<std::size_t>(addition.right)];
  }
  return sums.front();
}

// Scale and 32 integers of a block. Blocks that are not finite get a NaN scale, those too small for
// a normal scale count as zero.
float QuantiseBlock(const float* x, std::int8_t* q) {
  std::fill(q, q + 32, std::int8_t{0});
  float largest = 0;
  for (int i = 0; i < 32; ++i) {
    if (!std::isfinite(x[i])) return std::numeric_limits<float>::quiet_NaN();
    largest = std::max(largest, std::abs(x[i]));
  }
  const float scale = largest / 127;
  if (scale < std::numeric_limits<float>::min()) return 0;
  const float inverse = 1 / scale;
  for (int i = 0; i < 32; ++i) q[i] = static_cast<std::int8_t>(std::nearbyint(x[i] * inverse));
  return scale;
}

}  // namespace

std::string EigenDevice::Describe() const { return "eigen, 1 thread"; }

std::int64_t EigenDevice::WeightBytes(DType, std::int64_t rows, std::int64_t columns) const {
  return RowBytes(DType::kF32, columns) * rows;
}

std::unique_ptr<Weight> EigenDevice::DoLoad(std::string_view tensor_name,
                                            const ConstTensorView& host, std::int64_t column_begin,
                                            std::int64_t column_end) {
  Matrix matrix(host.rows, column_end - column_begin);
  for (std::int64_t row = 0; row < host.rows; ++row) {
    CheckFiniteRow(tensor_name, host, row, column_begin, column_end);
    ReadRow(host.dtype, host.Row<std::byte>(row), column_begin, column_end,
            matrix.data() + row * matrix.cols());
  }
  return std::make_unique<EigenWeight>(host.dtype, std::move(matrix));
}

void EigenDevice::DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) {
  for (std::int64_t i = 0; i < out.rows; ++i) RowOf(out, i) = MatrixOf(table).row(ids[i]).array();
}

void EigenDevice::DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon,
                            TensorView out) {
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const ConstRow row = RowOf(x, i);
    RowOf(out, i) = row / std::sqrt(row.square().mean() + epsilon) * RowOf(weight, 0);
  }
}

void EigenDevice::DoQuantise(ConstTensorView x, TensorView out) {
  const std::int64_t blocks = x.columns / 32;
  for (std::int64_t i = 0; i < x.rows; ++i) {
    auto* q = out.Row<std::int8_t>(i);
    auto* scales = reinterpret_cast<float*>(q + x.columns);
    auto* sums = reinterpret_cast<std::int32_t*>(scales + blocks);
    for (std::int64_t block = 0; block < blocks; ++block) {
      std::int8_t* first = q + 32 * block;
      scales[block] = QuantiseBlock(x.Row<float>(i) + 32 * block, first);
      sums[block] = 0;
      for (int j = 0; j < 32; ++j) sums[block] += first[j];
    }
  }
}

void EigenDevice::DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                           const LinearOptions& options) {
  const Matrix product = SumOfLeaves(ReadMatrix(x), MatrixOf(weight), options.leaf_ends);
  for (std::int64_t i = 0; i < out.rows; ++i) {
    Eigen::Array<float, 1, Eigen::Dynamic> row = product.row(i).array();
    if (options.bias != nullptr) row += RowOf(ConstTensorView(options.bias->view()), 0);
    if (options.accumulate) row += RowOf(out, i);
    RowOf(out, i) = row;
  }
}

void EigenDevice::DoRope(TensorView x, std::span<const std::int32_t> positions,
                         ConstTensorView table, RopeStyle style) {
  const std::int64_t half = table.columns / 2;
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const ConstRow angles = RowOf(table, positions[i]);
    Row row = RowOf(x, i);
    for (std::int64_t pair = 0; pair < x.columns / 2; ++pair) {
      const std::int64_t head = pair / half * table.columns, j = pair % half;
      float& a = row[head + (style == RopeStyle::kHalf ? j : 2 * j)];
      float& b = row[head + (style == RopeStyle::kHalf ? j + half : 2 * j + 1)];
      const float turned = a * angles[j] - b * angles[half + j];
      b = a * angles[half + j] + b * angles[j];
      a = turned;
    }
  }
}

void EigenDevice::DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                             std::span<const std::int32_t> slots) {
  for (std::int64_t i = 0; i < keys.rows; ++i) {
    DoExport(keys.Rows(i, 1), segment.keys.Rows(slots[i], 1));
    DoExport(values.Rows(i, 1), segment.values.Rows(slots[i], 1));
  }
}

void EigenDevice::DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                              const AttentionPaths& paths, const AttentionShape& shape,
                              TensorView out) {
  const int dim = shape.head_dim, group = shape.heads / shape.kv_heads;
  for (std::int64_t i = 0; i < q.rows; ++i) {
    const std::int64_t length = paths.Length(i);
    Matrix keys(length, shape.kv_heads * dim), values(length, shape.kv_heads * dim);
    std::int64_t position = 0;
    for (const KvRun& run : paths.Row(i)) {
      for (std::int32_t slot = run.begin; slot < run.begin + run.count; ++slot, ++position) {
        keys.row(position) = ReadKvRow(segments[run.segment].keys, slot);
        values.row(position) = ReadKvRow(segments[run.segment].values, slot);
      }
    }
    for (int head = 0; head < shape.heads; ++head) {
      const int kv_column = head / group * dim;
      const auto query = RowOf(q, i).segment(head * dim, dim).matrix();
      Eigen::ArrayXf scores =
          (keys.middleCols(kv_column, dim) * query.transpose()).array() * shape.scale;
      scores = (scores - scores.maxCoeff()).exp();
      scores /= scores.sum();
      RowOf(out, i).segment(head * dim, dim) =
          (scores.matrix().transpose() * values.middleCols(kv_column, dim)).array();
    }
  }
}

void EigenDevice::DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) {
  for (std::int64_t i = 0; i < gate.rows; ++i) {
    for (std::int64_t k = 0; k < gate.columns; ++k) {
      const float g = gate.Row<float>(i)[k];
      out.Row<float>(i)[k] = g / (1 + std::exp(-g)) * up.Row<float>(i)[k];
    }
  }
}

void EigenDevice::DoAdd(ConstTensorView x, TensorView y) {
  for (std::int64_t i = 0; i < x.rows; ++i) RowOf(y, i) += RowOf(x, i);
}

void EigenDevice::DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) {
  for (std::int64_t i = 0; i < x.rows; ++i) ids[i] = ArgMaxRow(x.Row<float>(i), x.columns);
}

void EigenDevice::DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
                         std::span<float> values) {
  for (std::int64_t i = 0; i < x.rows; ++i) {
    TopKRow(x.Row<float>(i), x.columns, k, ids.data() + i * k, values.data() + i * k);
  }
}

void EigenDevice::DoLogSumExp(ConstTensorView x, std::span<float> out) {
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const ConstRow row = RowOf(x, i);
    const float highest = row.maxCoeff();
    const float top = std::isinf(highest) && highest < 0 ? 0 : highest;
    out[i] = top + std::log((row - top).exp().sum());
  }
}

void EigenDevice::DoExport(ConstTensorView x, TensorView host) {
  if (host.dtype == DType::kF32) return DoCopy(x, host);
  JUPITER_CHECK(host.dtype == DType::kF16 || host.dtype == DType::kQ8_0, "export to {}",
                Name(host.dtype));
  for (std::int64_t i = 0; i < x.rows; ++i) {
    if (host.dtype == DType::kF16) {
      for (std::int64_t k = 0; k < x.columns; ++k)
        host.Row<Half>(i)[k] = ToHalf(x.Row<float>(i)[k]);
      continue;
    }
    for (std::int64_t block = 0; block < x.columns / 32; ++block) {
      std::int8_t q[32];
      const Half scale = ToHalf(QuantiseBlock(x.Row<float>(i) + 32 * block, q));
      std::memcpy(host.Row<std::byte>(i) + 34 * block, &scale, 2);
      std::memcpy(host.Row<std::byte>(i) + 34 * block + 2, q, 32);
    }
  }
}

void EigenDevice::DoImport(ConstTensorView host, TensorView out) {
  for (std::int64_t i = 0; i < out.rows; ++i) {
    ReadRow(host.dtype, host.Row<std::byte>(i), 0, out.columns, out.Row<float>(i));
  }
}

}  // namespace jupiter
