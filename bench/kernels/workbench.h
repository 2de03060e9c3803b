// The device that is measured, and operands for its ops.
//
// Operands that an op of a model would find in memory come from memory here, too: there are several
// of each, twice what the last cache holds, and ops take turns with them (CopiesBeyondCache). Those
// that an op of a model would find in a cache are one and the same each time.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/device.h"

namespace jupiter {

// Tensors of one shape, filled with random numbers.
class Operands {
 public:
  // `tensor` [copies * rows, columns]
  Operands(Tensor tensor, std::int64_t rows) : tensor_(std::move(tensor)), rows_(rows) {}
  TensorView at(std::int64_t copy) const { return tensor_.Rows(copy * rows_, rows_); }

 private:
  Tensor tensor_;
  std::int64_t rows_;
};

using WeightCopies = std::vector<std::unique_ptr<Weight>>;

class Workbench {
 public:
  Workbench(Device& device, std::int64_t cache_bytes)
      : device_(device), cache_bytes_(cache_bytes) {}

  Device& device() const { return device_; }
  // How many operands to take turns with, when a call moves so many bytes of them.
  int Copies(std::int64_t bytes) const;

  // Numbers of [-1, 1). Throws UserError when the memory has no room for them.
  std::shared_ptr<Operands> Rows(std::int64_t rows, std::int64_t columns, int copies);
  // As above for act8, the activations of quantised weights.
  std::shared_ptr<Operands> Act8Rows(std::int64_t rows, std::int64_t columns, int copies);
  // One matrix, loaded several times. The last shape is kept: cases of the same come in a row.
  std::shared_ptr<const WeightCopies> Weights(DType dtype, std::int64_t rows, std::int64_t columns);
  // Throws UserError unless so many bytes are available.
  void CheckRoom(std::int64_t bytes) const;

 private:
  struct WeightKey {
    DType dtype = DType::kF32;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool operator==(const WeightKey&) const = default;
  };
  void Fill(TensorView rows) const;

  Device& device_;
  std::int64_t cache_bytes_;
  WeightKey key_;
  std::shared_ptr<const WeightCopies> weights_;
};

}  // namespace jupiter
