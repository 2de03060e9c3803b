// `local`: the whole model on rank 0; the other ranks hold nothing. The reference of every
// comparison, and the row that tells whether distributing pays at all.
//
// Steps: embed, all layers, head. Bytes per token on the wire: 0.
#include "parallel/strategies/strategies.h"
#include "planning/slices.h"

namespace jupiter {

StrategyEntry LocalStrategy() {
  const auto adapt = [](Plan& plan, int model_layers) {
    plan.layers.assign(plan.layers.size(), 0);
    plan.layers[Strategy::kSource] = model_layers;
    plan.order.clear();
    plan.slices = LocalSlices();
  };
  return {"local", "the whole model on rank 0", adapt, Pipeline::PlanMemory, Pipeline::Build};
}

}  // namespace jupiter
