// The record of a run: each rank's sequence of ops, sends, receives and marks, in program order.
//
// A record needs no wall clock to be replayed: control flow never depends on time, so the sequence
// is the run. Measured durations are kept beside it. See planning/record/record.h for the file.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/clock.h"
#include "kernels/base/op_call.h"
#include "planning/record/record.h"

namespace jupiter {

// Collects the events of this rank. Not thread-safe: ops, sends and receives come from the one
// thread that computes.
class Recorder : public OpObserver {
 public:
  // Times count from here. Without `timed` they are left out: for the recording device, where only
  // the order matters and equal runs give equal records.
  explicit Recorder(int rank, bool timed = true) : timed_(timed), origin_(Now()) {
    record_.rank = rank;
  }
  void OnOp(const OpCall& op, double start) override;
  // `start` on the monotonic clock, as for OnOp. `seconds` of a receive is the time spent waiting.
  void OnSend(SendEvent event);
  void OnReceive(ReceiveEvent event);
  void Mark(MarkKind kind, std::int64_t index, double start, std::vector<SequenceStep> steps = {});
  const RankRecord& record() const { return record_; }
  RankRecord Take();

 private:
  double Since(double start) const;
  double Length(double seconds) const;
  template <typename TransferEvent>
  TransferEvent Timed(TransferEvent event) const;

  RankRecord record_;
  bool timed_;
  double origin_;  // seconds, base/clock.h
};

}  // namespace jupiter
