// What a run tells its record of requests: whose prompt or step a batch is, and whose step gave
// which tokens.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/batch/batch.h"
#include "parallel/transport/recorder.h"

namespace jupiter {

// At any rank: all of them take the batches of a run in the same order, so they number steps alike.
class StepMarks {
 public:
  // `recorder` may be null; then nothing is told.
  explicit StepMarks(Recorder* recorder) : recorder_(recorder) {}

  // The rank takes the batch up. Returns whose steps it has, by item.
  std::vector<SequenceStep> TakeUp(const Batch& batch);
  // At the source: a set of requests begins, or has ended.
  void Start(double now);
  void End(double now);
  // At the source: a step has given so many tokens.
  void Tokens(SequenceStep step, std::int64_t count, double now);

 private:
  Recorder* recorder_;
  std::map<std::int32_t, std::int64_t> steps_;  // of a sequence so far
  std::int64_t tokens_ = 0;                     // of all answers
};

}  // namespace jupiter
