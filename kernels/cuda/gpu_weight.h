// Weights in the layout of packed_formats.cuh.
#pragma once

#include <memory>
#include <string_view>

#include "kernels/cuda/ops/ops.h"
#include "kernels/device.h"

namespace jupiter {

// Bytes of the two regions.
struct GpuWeightSize {
  std::int64_t weights = 0;
  std::int64_t scales = 0;
  std::int64_t total() const { return weights + scales; }
};
GpuWeightSize GpuWeightSizeOf(DType dtype, std::int64_t rows, std::int64_t columns);

class GpuWeight : public Weight {
 public:
  // `memory`: GpuWeightSizeOf(...).total() bytes of the device.
  GpuWeight(DType dtype, std::int64_t rows, std::int64_t columns,
            std::shared_ptr<std::byte> memory);

  std::int64_t bytes() const override { return size_.total(); }
  std::byte* data() const { return memory_.get(); }
  GpuMatrix matrix() const;

 private:
  GpuWeightSize size_;
  std::shared_ptr<std::byte> memory_;
};

// Packs columns [column_begin, column_end) of host rows into host memory of as many bytes as the
// weight has. Throws UserError, naming the tensor, for values that are not finite.
void PackGpuWeight(std::string_view tensor_name, const ConstTensorView& host,
                   std::int64_t column_begin, std::int64_t column_end, std::byte* out);

}  // namespace jupiter
