// Which items in flight have become stale, counted at a stage that they pass in order.
#pragma once

#include <cstdint>
#include <map>

#include "model/batch/batch.h"

namespace jupiter {

class StaleItems {
 public:
  // The guess after this item of the sequence (from 0, among those that need the head) was wrong:
  // what goes on from it is stale.
  void Cancel(std::int32_t sequence, std::int32_t item);
  // Counts the batch's items, in the order in which they pass. True when all of them are stale.
  bool Pass(const Batch& batch);

 private:
  struct Sequence {
    std::int32_t items = 0;       // that passed
    std::int32_t chain = 0;       // the last of them that went on from no other
    std::int32_t cancelled = -1;  // the last one that was cancelled
  };
  bool PassItem(const BatchItem& item);

  std::map<std::int32_t, Sequence> sequences_;
};

}  // namespace jupiter
