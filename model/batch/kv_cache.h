// Keys and values of one sequence in the layers of one stage.
//
// Rows lie in logical order: committed rows in slots [0, length), after them the rows of
// provisional items, the oldest first, in the order of their batches. An item may go on from a row
// of the one before it, so that several trees of one sequence are in flight at once. A cache with a
// parent continues the parent's rows; attention sees the parent's segment first. A parent takes no
// further rows while it has continuations.
#pragma once

#include <cstdint>
#include <deque>
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
  // Logical position of the first row after the context: the parent's positions come first.
  std::int32_t position() const { return parent_position_ + length_; }
  std::int32_t capacity() const { return capacity_; }
  const std::shared_ptr<const KvCache>& parent() const { return parent_; }

  // Takes slots for `rows` new rows that become context at once, and returns the first. Drops all
  // provisional rows.
  std::int32_t Append(std::int32_t rows);
  // Takes slots for the rows of a provisional item, and returns the first. `parents` as in
  // BatchItem, one per row. `follows` below 0 drops all provisional rows before; otherwise the item
  // goes on from that row of the newest provisional item. CHECKs that there is one.
  std::int32_t AppendProvisional(std::span<const std::int32_t> parents, std::int32_t follows);
  // Slots of the provisional rows from the context to row `row` of the newest provisional item,
  // that row included.
  const std::vector<std::int32_t>& PathTo(std::int32_t row) const;
  // Provisional rows `accept` (in path order, counted from the first row of the oldest item) become
  // context. Settles the items up to the one with the last of these rows; their other rows are
  // dropped. Later items stay and move up; those that go on from the path's last row can be used.
  void Accept(Device& device, std::span<const std::int32_t> accept);

  // Own rows of a layer (counted from the stage's first).
  const KvSegment& segment(int layer) const { return segments_[static_cast<std::size_t>(layer)]; }

 private:
  // A provisional item that is not settled.
  struct Pending {
    std::int32_t first = 0;                        // slot of its first row
    std::vector<std::vector<std::int32_t>> paths;  // [rows]: slots from the context to the row
  };
  std::int32_t End() const;  // the slot after the last row
  // Takes the oldest items away, up to the one with provisional row `last`; returns their rows.
  std::int32_t Settle(std::int32_t last);
  void Reserve(std::int32_t first, std::int64_t rows) const;
  void Move(Device& device, std::span<const std::int32_t> from, std::span<const std::int32_t> to);

  std::vector<Tensor> tensors_;      // per layer: keys, values [capacity, width]
  std::vector<KvSegment> segments_;  // per layer
  std::shared_ptr<const KvCache> parent_;
  std::int32_t parent_position_ = 0;
  std::int32_t capacity_ = 0;
  std::int32_t length_ = 0;
  std::deque<Pending> pending_;  // the oldest first
};

}  // namespace jupiter
