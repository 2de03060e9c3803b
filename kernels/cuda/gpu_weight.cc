#include "kernels/cuda/gpu_weight.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/half.h"
#include "kernels/block_formats.h"

namespace jupiter {
namespace {

constexpr std::int64_t kLanes = 32;   // rows of a group
constexpr std::int64_t kVector = 16;  // bytes of a lane's load

// Of a quantised type, per group's lane and block of 32 columns.
struct LaneBytes {
  std::int64_t vectors;
  std::int64_t scale;
};

LaneBytes LaneBytesOf(DType dtype) {
  switch (dtype) {
    case DType::kQ8_0: return {2, 2};
    case DType::kQ4_0: return {1, 2};
    case DType::kQ4_K: return {1, 8};
    case DType::kQ6_K: return {2, 8};
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kAct8: break;
  }
  JUPITER_FAIL("{} is no quantised weight type", Name(dtype));
}

GpuWeightType TypeOf(DType dtype) {
  switch (dtype) {
    case DType::kF32: return GpuWeightType::kF32;
    case DType::kF16: return GpuWeightType::kF16;
    case DType::kBF16: return GpuWeightType::kBF16;
    case DType::kQ8_0: return GpuWeightType::kQ8_0;
    case DType::kQ4_0: return GpuWeightType::kQ4_0;
    case DType::kQ4_K: return GpuWeightType::kQ4_K;
    case DType::kQ6_K: return GpuWeightType::kQ6_K;
    case DType::kAct8: break;
  }
  JUPITER_FAIL("{} is no weight type", Name(dtype));
}

// Columns of a dense vector.
std::int64_t VectorColumns(DType dtype) { return kVector / BlockBytes(dtype); }

std::int64_t DenseVectors(DType dtype, std::int64_t columns) {
  return (columns + VectorColumns(dtype) - 1) / VectorColumns(dtype);
}

bool HasNibbles(DType dtype) { return dtype == DType::kQ4_0 || dtype == DType::kQ4_K; }

// Nibbles are stored unsigned.
int OffsetOf(DType dtype) { return dtype == DType::kQ4_0 ? 8 : 0; }

void PackDenseRow(const ConstTensorView& host, std::int64_t row, std::int64_t column_begin,
                  std::int64_t columns, std::byte* out) {
  const std::int64_t bytes = BlockBytes(host.dtype), per_vector = VectorColumns(host.dtype);
  const std::int64_t vectors = DenseVectors(host.dtype, columns);
  const std::byte* from = host.Row<std::byte>(row) + column_begin * bytes;
  std::byte* lane = out + (row / kLanes * vectors * kLanes + row % kLanes) * kVector;
  for (std::int64_t v = 0; v < vectors; ++v) {
    const std::int64_t count = std::min(per_vector, columns - v * per_vector);
    std::memcpy(lane + v * kLanes * kVector, from + v * kVector,
                static_cast<std::size_t>(count * bytes));
  }
}

void PackIntegers(DType dtype, const WeightBlock& block, std::byte* lane) {
  if (!HasNibbles(dtype)) {
    std::memcpy(lane, block.q, kVector);
    std::memcpy(lane + kLanes * kVector, block.q + kVector, kVector);
    return;
  }
  for (int i = 0; i < kVector; ++i) {
    const int low = block.q[i] + OffsetOf(dtype), high = block.q[kVector + i] + OffsetOf(dtype);
    lane[i] = static_cast<std::byte>(low | high << 4);
  }
}

void PackScale(DType dtype, const WeightBlock& block, std::byte* out) {
  if (LaneBytesOf(dtype).scale == 2) {
    const Half half = ToHalf(block.scales[0]);  // exact: it was read from f16
    std::memcpy(out, &half, sizeof half);
    return;
  }
  const float two[2] = {block.scales[0], dtype == DType::kQ4_K ? block.minimum : block.scales[1]};
  std::memcpy(out, two, sizeof two);
}

void PackQuantRow(const ConstTensorView& host, std::int64_t row, std::int64_t column_begin,
                  std::int64_t columns, std::byte* weights, std::byte* scales) {
  const LaneBytes of_lane = LaneBytesOf(host.dtype);
  const std::int64_t blocks = columns / 32, group = row / kLanes, lane = row % kLanes;
  for (std::int64_t b = 0; b < blocks; ++b) {
    const WeightBlock block =
        ReadBlock(host.dtype, host.Row<std::byte>(row), column_begin / 32 + b);
    const std::int64_t at = group * blocks + b;
    PackIntegers(host.dtype, block, weights + (at * of_lane.vectors * kLanes + lane) * kVector);
    PackScale(host.dtype, block, scales + (at * kLanes + lane) * of_lane.scale);
  }
}

}  // namespace

GpuWeightSize GpuWeightSizeOf(DType dtype, std::int64_t rows, std::int64_t columns) {
  const std::int64_t groups = (rows + kLanes - 1) / kLanes;
  if (!IsQuantised(dtype)) return {groups * DenseVectors(dtype, columns) * kLanes * kVector, 0};
  const LaneBytes of_lane = LaneBytesOf(dtype);
  const std::int64_t lanes = groups * (columns / 32) * kLanes;
  return {lanes * of_lane.vectors * kVector, lanes * of_lane.scale};
}

GpuWeight::GpuWeight(DType dtype, std::int64_t rows, std::int64_t columns,
                     std::shared_ptr<std::byte> memory)
    : Weight(dtype, rows, columns),
      size_(GpuWeightSizeOf(dtype, rows, columns)),
      memory_(std::move(memory)) {}

GpuMatrix GpuWeight::matrix() const {
  const auto* weights = reinterpret_cast<const std::uint8_t*>(memory_.get());
  return {TypeOf(dtype()), weights, weights + size_.weights, static_cast<int>(rows()),
          static_cast<int>(columns())};
}

void PackGpuWeight(std::string_view tensor_name, const ConstTensorView& host,
                   std::int64_t column_begin, std::int64_t column_end, std::byte* out) {
  const std::int64_t columns = column_end - column_begin;
  const GpuWeightSize size = GpuWeightSizeOf(host.dtype, host.rows, columns);
  std::memset(out, 0, static_cast<std::size_t>(size.total()));
  for (std::int64_t row = 0; row < host.rows; ++row) {
    CheckFiniteRow(tensor_name, host, row, column_begin, column_end);
    if (IsQuantised(host.dtype)) {
      PackQuantRow(host, row, column_begin, columns, out, out + size.weights);
    } else {
      PackDenseRow(host, row, column_begin, columns, out);
    }
  }
}

}  // namespace jupiter
