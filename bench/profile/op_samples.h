// Collects what a device's ops took, for medians.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "kernels/base/op_call.h"
#include "planning/testbed/device_profile.h"

namespace jupiter {

// Positions per row that an op attends to; 0 for ops without context.
double ContextPerRow(const OpCall& op);

// Samples of ops of equal kind, types, widths, rows and context belong together, whichever weights
// of the model they ran on.
class OpSamples : public OpObserver {
 public:
  void OnOp(const OpCall& call, double start) override;

  // Seconds of the ops since the last Keep or Drop.
  double PendingSeconds() const;
  // Makes samples of them.
  void Keep();
  // Forgets them: they were a warm-up.
  void Drop() { pending_.clear(); }

  // One call per shape, rows and context, in that order, with the median of its samples. Ops
  // without rows are left out.
  std::vector<OpCall> Medians() const;

 private:
  using Key = std::tuple<OpKind, DType, DType, std::int64_t, std::int64_t, std::int64_t,
                         std::int64_t>;  // ..., inner, outer, rows, context
  struct Group {
    OpCall first;
    std::vector<double> seconds;
  };
  std::vector<OpCall> pending_;
  std::map<Key, Group> groups_;
};

// The tables of a profile, a point per median. What takes no time that the clock can see counts as
// the least that a profile may hold.
std::vector<MeasuredOp> ToTables(const std::vector<OpCall>& medians);

}  // namespace jupiter
