#include "parallel/decoding/step_marks.h"

#include <utility>

#include "kernels/base/clock.h"

namespace jupiter {

std::vector<SequenceStep> StepMarks::TakeUp(const Batch& batch) {
  const bool is_step = batch.phase == BatchPhase::kStep;
  std::vector<SequenceStep> steps;
  for (const BatchItem& item : batch.items) {
    std::int64_t& step = steps_[item.sequence];
    if (is_step) ++step;
    steps.push_back({item.sequence, step, std::ssize(item.tokens)});
  }
  for (std::int32_t sequence : batch.close) steps_.erase(sequence);
  if (recorder_ != nullptr) {
    recorder_->Mark(is_step ? MarkKind::kStepBatch : MarkKind::kPromptBatch, batch.rows(), Now(),
                    steps);
  }
  return steps;
}

void StepMarks::Start(double now) {
  if (recorder_ != nullptr) recorder_->Mark(MarkKind::kStart, 0, now);
}

void StepMarks::End(double now) {
  if (recorder_ != nullptr) recorder_->Mark(MarkKind::kEnd, tokens_, now);
}

void StepMarks::Tokens(SequenceStep step, std::int64_t count, double now) {
  if (count == 0) return;
  const MarkKind kind = tokens_ == 0 ? MarkKind::kFirstToken : MarkKind::kToken;
  tokens_ += count;
  step.count = count;
  if (recorder_ != nullptr) recorder_->Mark(kind, tokens_, now, {step});
}

}  // namespace jupiter
