// A time that no schedule of a plan's batches gets below.
#pragma once

#include "planning/bounds/cell_bound.h"
#include "planning/plan/plan.h"
#include "planning/replay/simulator.h"

namespace jupiter {

struct StrategyBound {
  double device = 0;  // the busiest one computes and handles messages
  double link = 0;    // the busiest one, in one direction
  // Messages find every link free. Of a pipeline with several requests side by side, which need
  // not wait for each other on a device either, from where their set begins: the slowest request's
  // last row of the prompt, then its steps, through all stages and back.
  double chain = 0;
  double seconds() const;
};

// Of a record that was replayed with activities, until its last token. `testbed` is what it was
// replayed on, with the factors of messages; of `inputs` the exchanges do not count.
StrategyBound StrategyBoundOf(const BoundInputs& inputs, const Plan& plan, const RunRecord& record,
                              const Testbed& testbed, const Replay& replay);

}  // namespace jupiter
