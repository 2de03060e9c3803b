#include "bench/generate/kv_meter.h"

#include "kernels/base/check.h"

namespace jupiter {

void KvMeter::Take(const Batch& batch) {
  for (const SequenceOpening& opening : batch.open) {
    Sequence sequence{opening.capacity, 0, 0};
    if (opening.parent >= 0) {
      const auto parent = open_.find(opening.parent);
      JUPITER_CHECK(parent != open_.end(), "parent {} is not open", opening.parent);
      sequence.behind = parent->second.behind + parent->second.capacity;
      ++parent->second.children;
    }
    open_[opening.sequence] = sequence;
  }
  const KvUse now = Now();
  if (now.total() > peak_.total()) peak_ = now;
  for (std::int32_t sequence : batch.close) open_.erase(sequence);
}

KvUse KvMeter::Now() const {
  KvUse use;
  for (const auto& [id, sequence] : open_) {
    const bool shared = sequence.children > 0;
    (shared ? use.shared : use.tails) += sequence.capacity;
    if (!shared) use.copied += sequence.behind + sequence.capacity;
  }
  return use;
}

}  // namespace jupiter
