// The head's half of decoding: from logits to what is accepted.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "kernels/device.h"
#include "parallel/decoding/drafter.h"
#include "parallel/decoding/judge.h"
#include "parallel/decoding/step_result.h"

namespace jupiter {

class Head {
 public:
  // `drafter` may be null. References outlive it.
  Head(Device& device, TargetJudge& judge, HeadDrafter* drafter)
      : device_(device), judge_(judge), drafter_(drafter) {}

  // Every item goes on from a row that was not accepted: the batch yields nothing.
  bool Drops(const Batch& batch) const;
  // For the batch's items that need logits [head rows, vocab], in order. `rows` [head rows,
  // hidden]: what the logits were made from. Neither has rows when the batch is dropped. Throws
  // SequenceError when an item's logits, or those of its drafts, are not finite; nothing can be
  // taken after that.
  std::vector<StepResult> Take(const Batch& batch, ConstTensorView logits, ConstTensorView rows);

 private:
  // What is needed to judge an item that goes on from the last one.
  struct Sequence {
    std::int64_t tokens = 0;      // of the answer so far
    std::int32_t last_row = -1;   // the row that was accepted last, of the last item; -1: none
    std::int32_t last_token = 0;  // the target's after it
  };

  std::vector<StepResult> TakeDropped(const Batch& batch);
  StepResult TakeItem(const JudgedItem& judged, Sequence& sequence);
  // The tree of an item that goes on from the last one, after a root that is known.
  StepResult TakeFollowing(const JudgedItem& judged, Sequence& sequence);
  Candidates Propose(const StepResult& result, ConstTensorView rows) const;

  Device& device_;
  TargetJudge& judge_;
  HeadDrafter* drafter_;
  std::map<std::int32_t, Sequence> sequences_;
  std::vector<float> host_;  // logits
};

}  // namespace jupiter
