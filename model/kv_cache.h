// Keys and values of one sequence in the layers of one stage.
//
// Rows lie in logical order: committed rows in slots [0, length), provisional rows behind them. A
// cache with a parent continues the parent's rows; attention sees the parent's segment first. A
// parent takes no further rows while it has continuations.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/device.h"

namespace jupiter {

struct KvShape {
  int layers = 0;
  std::int64_t width = 0;  // kv_heads * head_dim held here
  DType dtype = DType::kF32;
};

class KvCache {
 public:
  KvCache(Device& device, const KvShape& shape, std::int32_t capacity,
          std::shared_ptr<const KvCache> parent);

  // Bytes a cache of this capacity takes.
  static std::int64_t Bytes(const KvShape& shape, std::int64_t capacity);

  // Rows of this cache that are context, without the parent's.
  std::int32_t length() const { return length_; }
  // Logical position of the next row: the parent's positions come first.
  std::int32_t position() const { return parent_position_ + length_; }
  std::int32_t capacity() const { return capacity_; }
  const std::shared_ptr<const KvCache>& parent() const { return parent_; }

  // Takes slots for `rows` new rows, and returns the first. They become context at once unless
  // provisional. Rows that were provisional before and never accepted are overwritten.
  std::int32_t Append(std::int32_t rows, bool provisional);
  // Rows `accept` (in path order) of the last provisional append become context; the others are
  // dropped.
  void Accept(Device& device, std::span<const std::int32_t> accept);

  // Own rows of a layer (counted from the stage's first).
  const KvSegment& segment(int layer) const { return segments_[static_cast<std::size_t>(layer)]; }

 private:
  std::vector<Tensor> tensors_;      // per layer: keys, values [capacity, width]
  std::vector<KvSegment> segments_;  // per layer
  std::shared_ptr<const KvCache> parent_;
  std::int32_t parent_position_ = 0;
  std::int32_t capacity_ = 0;
  std::int32_t length_ = 0;
  std::int32_t provisional_ = 0;  // rows behind length_ that wait for Accept
};

}  // namespace jupiter
