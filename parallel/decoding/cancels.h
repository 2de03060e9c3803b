// Cancellation (PipeInfer: Butler et al. 2024, arXiv 2407.11798): the head tells the stages between
// it and the source which draft trees in flight are stale (see RequestState), and they drop them.
// The source learns it from the verdicts.
//
// When a cancellation arrives depends on time, and so does what a stage computes for nothing;
// tokens, bits and the order of messages do not. Recorded runs send none: records have the cost
// without cancellation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "parallel/decoding/stale_items.h"
#include "parallel/decoding/step_result.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// At the head.
class CancelSender {
 public:
  // To these ranks; to nobody when there are none.
  CancelSender(Transport& transport, std::vector<int> ranks)
      : transport_(transport), ranks_(std::move(ranks)) {}

  // The results of the batch's items that need the head.
  void Tell(const Batch& batch, const std::vector<StepResult>& results);
  // No cancellation follows.
  void End();

 private:
  void Send(std::int32_t sequence, std::int32_t item);

  Transport& transport_;
  std::vector<int> ranks_;
  std::map<std::int32_t, std::int32_t> items_;  // judged, by sequence
};

// At a stage before the head, which takes batches in order.
class CancelReceiver {
 public:
  CancelReceiver(Transport& transport, int head) : transport_(transport), head_(head) {}

  // Takes the cancellations that are here; true when nobody needs anything of the batch any more.
  bool Drops(const Batch& batch);
  // Waits for the cancellations still in flight when no batch follows.
  void End();

 private:
  void Take(const Message& message);

  Transport& transport_;
  int head_;
  StaleItems stale_;
  bool ended_ = false;  // no cancellation follows
};

}  // namespace jupiter
