// Weights in the layout that the CPU kernels stream.
//
// Groups of 16 rows (output features) are interleaved; the last group is padded with zero rows.
//   dense      [group][column][16], element type as in the file
//   quantised  integers [group][block of 32 columns], then scales [group][block], forms in
//              quant_formats.h
#pragma once

#include <memory>
#include <string_view>

#include "kernels/cpu/thread_pool.h"
#include "kernels/device.h"

namespace jupiter::cpu {

// Bytes of the two regions.
struct PackedSize {
  std::int64_t weights = 0;
  std::int64_t scales = 0;
  std::int64_t total() const { return weights + scales; }
};
PackedSize PackedSizeOf(DType dtype, std::int64_t rows, std::int64_t columns);

class PackedWeight : public Weight {
 public:
  // Packs columns [column_begin, column_end). Throws UserError, naming the tensor and the first bad
  // row, for values that are not finite.
  PackedWeight(std::string_view tensor_name, const ConstTensorView& host, std::int64_t column_begin,
               std::int64_t column_end, ThreadPool& pool);

  std::int64_t bytes() const override { return size_.total(); }
  std::int64_t groups() const { return (rows() + 15) / 16; }
  const std::byte* weights() const { return data_.get(); }
  std::int64_t weight_bytes() const { return size_.weights; }  // without the scales
  const std::byte* scales() const { return data_.get() + size_.weights; }
  // Row `row` in f32: [columns].
  void Unpack(std::int64_t row, float* out) const;

 private:
  PackedSize size_;
  std::shared_ptr<std::byte> data_;
};

}  // namespace jupiter::cpu
