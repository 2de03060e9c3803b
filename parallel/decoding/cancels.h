// Word of trees that became stale while they were under way (see RequestState), from the head to
// the stages between it and the source, which drop them: the cancellation of PipeInfer (Butler et
// al. 2024, arXiv 2407.11798). The source hears of it with the verdicts.
//
// When word comes depends on time, and so does what a stage computes for nothing; tokens, bits and
// the order of messages do not. Records are made without it: they have the uncancelled cost.
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

  // What became of the batch's items that need the head.
  void Tell(const Batch& batch, const std::vector<StepResult>& results);
  // No word follows.
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

  // Takes the word that is here; true when nothing is needed of the batch any more.
  bool Drops(const Batch& batch);
  // Waits for what was still under way when no batch follows.
  void End();

 private:
  void Take(const Message& message);

  Transport& transport_;
  int head_;
  StaleItems stale_;
  bool ended_ = false;  // no word follows
};

}  // namespace jupiter
