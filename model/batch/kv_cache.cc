#include "model/batch/kv_cache.h"

#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

KvCache::KvCache(Device& device, const KvShape& shape, std::int32_t capacity,
                 std::shared_ptr<const KvCache> parent)
    : parent_(std::move(parent)), capacity_(capacity) {
  if (parent_ != nullptr) parent_position_ = parent_->position();
  for (int layer = 0; layer < shape.layers; ++layer) {
    tensors_.push_back(device.Allocate(shape.dtype, capacity, shape.width));
    tensors_.push_back(device.Allocate(shape.dtype, capacity, shape.width));
    segments_.push_back({tensors_[tensors_.size() - 2].view(), tensors_.back().view()});
  }
}

std::int64_t KvCache::Bytes(const KvShape& shape, std::int64_t capacity) {
  return 2 * shape.layers * capacity * RowBytes(shape.dtype, shape.width);
}

std::int32_t KvCache::End() const {
  if (pending_.empty()) return length_;
  return pending_.back().first + static_cast<std::int32_t>(pending_.back().paths.size());
}

void KvCache::Reserve(std::int32_t first, std::int64_t rows) const {
  JUPITER_CHECK(first + rows <= capacity_, "{} + {} rows of {}", first, rows, capacity_);
}

std::int32_t KvCache::Append(std::int32_t rows) {
  pending_.clear();
  Reserve(length_, rows);
  return std::exchange(length_, length_ + rows);
}

std::int32_t KvCache::AppendProvisional(std::span<const std::int32_t> parents,
                                        std::int32_t follows) {
  std::vector<std::int32_t> base;
  if (follows < 0) {
    pending_.clear();
  } else {
    base = PathTo(follows);
  }
  Pending item;
  item.first = End();
  Reserve(item.first, std::ssize(parents));
  for (std::size_t row = 0; row < parents.size(); ++row) {
    const std::int32_t parent = parents[row];
    item.paths.push_back(parent < 0 ? base : item.paths[static_cast<std::size_t>(parent)]);
    item.paths.back().push_back(item.first + static_cast<std::int32_t>(row));
  }
  pending_.push_back(std::move(item));
  return pending_.back().first;
}

const std::vector<std::int32_t>& KvCache::PathTo(std::int32_t row) const {
  JUPITER_CHECK(!pending_.empty() && row >= 0 && row < std::ssize(pending_.back().paths),
                "row {} of a provisional item", row);
  return pending_.back().paths[static_cast<std::size_t>(row)];
}

void KvCache::Move(Device& device, std::span<const std::int32_t> from,
                   std::span<const std::int32_t> to) {
  if (from.empty()) return;
  for (const KvSegment& segment : segments_) device.KvMove(segment, from, to);
}

std::int32_t KvCache::Settle(std::int32_t last) {
  std::int32_t rows = 0;
  while (rows <= last) {
    JUPITER_CHECK(!pending_.empty(), "row {} of {} provisional ones", last, rows);
    rows += static_cast<std::int32_t>(pending_.front().paths.size());
    pending_.pop_front();
  }
  return rows;
}

void KvCache::Accept(Device& device, std::span<const std::int32_t> accept) {
  if (accept.empty()) return;
  // Slots of the rows that stay, and where they move: only towards the front.
  std::vector<std::int32_t> from;
  std::vector<std::int32_t> to;
  const auto keep = [&](std::int32_t slot, std::int32_t target) {
    if (slot == target) return;
    from.push_back(slot);
    to.push_back(target);
  };
  const std::int32_t first = length_;
  const std::int32_t behind = first + Settle(accept.back());
  for (std::int32_t row : accept) keep(first + row, length_++);
  const std::int32_t up = behind - length_;
  for (Pending& item : pending_) {
    for (std::int32_t row = 0; row < std::ssize(item.paths); ++row) {
      keep(item.first + row, item.first + row - up);
    }
    item.first -= up;
    for (std::vector<std::int32_t>& path : item.paths) {
      // The part of the path that lay in settled items is context now.
      std::erase_if(path, [&](std::int32_t slot) { return slot < behind; });
      for (std::int32_t& slot : path) slot -= up;
    }
  }
  Move(device, from, to);
}

}  // namespace jupiter
