// Jupiter (INFOCOM 2025, arXiv 2504.08242), intra-sequence pipeline: stages as EdgeShard's, but the
// prompt passes them in slices, so that all stages compute at once.
//
// Prefill: the source cuts the prompt; slice i of a stage attends to the KV rows of slices before
// it in the same layers, and its hidden rows leave while slice i+1 is computed. Payload per
// boundary: prompt * hidden * wire bytes, in as many messages as slices. With k slices on n equal
// stages the prefill takes (k+n-1)/(k*n) of one device's time. Decode: as EdgeShard, for rows of a
// draft tree as for one row.
#include "parallel/strategies/strategies.h"

namespace jupiter {

StrategyEntry JupiterStrategy() {
  const auto adapt = [](Plan& plan, const AdaptInputs&) { plan.shares = {}; };
  return {.traits = {.name = "jupiter",
                     .summary = "layers split over ranks, the prompt passes in slices",
                     .cuts_layers = true,
                     .takes_slices = true,
                     .planner = "jupiter"},
          .adapt = adapt,
          .plan_memory = Pipeline::PlanMemory,
          .build = Pipeline::Build};
}

}  // namespace jupiter
