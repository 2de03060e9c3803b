// A time that no schedule of a plan's batches gets below, where devices and links keep their rates.
#pragma once

#include "planning/bounds/cell_bound.h"
#include "planning/plan/plan.h"
#include "planning/replay/simulator.h"

namespace jupiter {

struct StrategyBound {
  double device = 0;  // the busiest one computes and handles messages
  double link = 0;    // the busiest one, in one direction
  // What depends on each other, with every link free. Of one request, and where ranks share layers,
  // all of it, in the order of the ranks. Of several requests in a pipeline, which need not wait
  // for each other: the slowest one's last row of the prompt and then its steps, each through all
  // stages and back.
  double chain = 0;
  double seconds() const;
};

// Of a record that was replayed with activities, until its last token. `testbed` is what it was
// replayed on, with the factors of messages; of `inputs` the exchanges do not count.
StrategyBound StrategyBoundOf(const BoundInputs& inputs, const Plan& plan, const RunRecord& record,
                              const Testbed& testbed, const Replay& replay);

}  // namespace jupiter
