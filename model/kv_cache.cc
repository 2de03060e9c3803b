#include "model/kv_cache.h"

#include <numeric>
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

std::int32_t KvCache::Append(std::int32_t rows, bool provisional) {
  JUPITER_CHECK(length_ + rows <= capacity_, "{} + {} rows of {}", length_, rows, capacity_);
  const std::int32_t first = length_;
  if (provisional) {
    provisional_ = rows;
  } else {
    length_ += rows;
    provisional_ = 0;
  }
  return first;
}

void KvCache::Accept(Device& device, std::span<const std::int32_t> accept) {
  std::vector<std::int32_t> from;
  std::vector<std::int32_t> to;
  for (std::size_t i = 0; i < accept.size(); ++i) {
    JUPITER_CHECK(accept[i] >= 0 && accept[i] < provisional_, "row {} of {}", accept[i],
                  provisional_);
    const auto target = static_cast<std::int32_t>(i);
    if (accept[i] == target) continue;
    from.push_back(length_ + accept[i]);
    to.push_back(length_ + target);
  }
  if (!from.empty()) {
    for (const KvSegment& segment : segments_) device.KvMove(segment, from, to);
  }
  length_ += static_cast<std::int32_t>(accept.size());
  provisional_ = 0;
}

}  // namespace jupiter
