// Tensors of the device as its kernels take them, and rows of host tensors that lie back to back.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/tensor.h"
#include "kernels/cuda/ops/ops.h"

namespace jupiter {

inline GpuRows<const float> Floats(const ConstTensorView& x) {
  return {reinterpret_cast<const float*>(x.data), x.row_bytes};
}

inline GpuRows<float> Floats(const TensorView& x) {
  return {reinterpret_cast<float*>(x.data), x.row_bytes};
}

inline GpuRows<const std::uint8_t> Bytes(const ConstTensorView& x) {
  return {reinterpret_cast<const std::uint8_t*>(x.data), x.row_bytes};
}

inline GpuRows<std::uint8_t> Bytes(const TensorView& x) {
  return {reinterpret_cast<std::uint8_t*>(x.data), x.row_bytes};
}

inline GpuKvRows KvRowsOf(const TensorView& x) { return {Bytes(x), x.dtype == DType::kF16}; }

inline int Int(std::int64_t n) { return static_cast<int>(n); }

inline GpuMessageType MessageTypeOf(DType dtype) {
  if (dtype == DType::kF32) return GpuMessageType::kF32;
  if (dtype == DType::kF16) return GpuMessageType::kF16;
  JUPITER_CHECK(dtype == DType::kQ8_0, "a message of {}", Name(dtype));
  return GpuMessageType::kQ8_0;
}

// Rows of a host tensor from or to rows that lie back to back.
inline void GatherRows(const ConstTensorView& host, std::byte* out) {
  const auto bytes = static_cast<std::size_t>(RowBytes(host.dtype, host.columns));
  for (std::int64_t i = 0; i < host.rows; ++i, out += bytes) {
    std::memcpy(out, host.Row<std::byte>(i), bytes);
  }
}

inline void ScatterRows(const std::byte* rows, const TensorView& host) {
  const auto bytes = static_cast<std::size_t>(RowBytes(host.dtype, host.columns));
  for (std::int64_t i = 0; i < host.rows; ++i, rows += bytes) {
    std::memcpy(host.Row<std::byte>(i), rows, bytes);
  }
}

}  // namespace jupiter
