// `local`: the whole model on rank 0; the other ranks hold nothing. The reference of every
// comparison, and the row that tells whether distributing pays at all.
//
// Steps: embed, all layers, head. Bytes per token on the wire: 0.
#include "parallel/strategies/strategies.h"

namespace jupiter {

StrategyEntry LocalStrategy() {
  // Chunks bound the activations of a long prompt; they change no bit of the result.
  constexpr int kChunk = 128;
  const auto adapt = [](Plan& plan, int model_layers) {
    plan.layers.assign(plan.layers.size(), 0);
    plan.layers[Strategy::kSource] = model_layers;
    plan.order.clear();
    plan.slices = {.kind = SlicePolicy::Kind::kChunks, .count = kChunk, .lengths = {}};
  };
  return {"local", "the whole model on rank 0", adapt, Pipeline::PlanMemory, Pipeline::Build};
}

}  // namespace jupiter
