#include "parallel/decoding/stale_items.h"

namespace jupiter {

void StaleItems::Cancel(std::int32_t sequence, std::int32_t item) {
  const auto found = sequences_.find(sequence);
  if (found != sequences_.end()) found->second.cancelled = item;
}

bool StaleItems::Pass(const Batch& batch) {
  for (const SequenceOpening& opening : batch.open) sequences_[opening.sequence] = {};
  bool all = !batch.items.empty();
  for (const BatchItem& item : batch.items) all &= PassItem(item);
  for (std::int32_t sequence : batch.close) sequences_.erase(sequence);
  return all;
}

bool StaleItems::PassItem(const BatchItem& item) {
  if (item.head_rows.empty()) return false;
  Sequence& sequence = sequences_[item.sequence];
  if (item.follows < 0) sequence.chain = sequence.items;
  ++sequence.items;
  return item.follows >= 0 && sequence.cancelled >= sequence.chain;
}

}  // namespace jupiter
