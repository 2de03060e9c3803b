// Which KV rows each query row attends to, in logical order.
//
// Masks never exist: a row names the runs of slots on its path (a causal prefix, the ancestors in a
// draft tree, a shared prefix then a tail), and attention reduces over exactly these, in this
// order. So where a slot lies never changes a bit of the result, only the logical path does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/base/tensor.h"

namespace jupiter {

// KV rows of one layer in device memory: keys and values are each [slots, kv_heads * head_dim],
// f32 or f16.
struct KvSegment {
  TensorView keys;
  TensorView values;
};

// `count` consecutive slots of one segment, starting at `begin`.
struct KvRun {
  std::int32_t segment = 0;
  std::int32_t begin = 0;
  std::int32_t count = 0;
};

// The paths of all rows of one attention call.
class AttentionPaths {
 public:
  // Begins the path of the next query row.
  void StartRow() { row_begin_.push_back(static_cast<std::int32_t>(runs_.size())); }
  // Appends slots to the path of the current row; a run that continues the last one is merged.
  void Append(KvRun run);

  // The paths of rows [begin, end).
  AttentionPaths Rows(std::int64_t begin, std::int64_t end) const;

  std::int64_t rows() const { return static_cast<std::int64_t>(row_begin_.size()); }
  std::span<const KvRun> Row(std::int64_t row) const;
  // Logical positions on the path of a row.
  std::int64_t Length(std::int64_t row) const;
  // Sum of Length over all rows.
  std::int64_t TotalLength() const;

 private:
  std::vector<KvRun> runs_;
  std::vector<std::int32_t> row_begin_;  // [rows]
};

}  // namespace jupiter
