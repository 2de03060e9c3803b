// `local`: the whole model on rank 0; the other ranks hold nothing. The reference of every
// comparison, and the row that tells whether distributing pays at all.
//
// Steps: embed, all layers, head. Bytes per token on the wire: 0. With --stream, layers without a
// place in memory are read from the checkpoint for every batch: that is what one device can do with
// a model larger than its memory.
#include "parallel/strategies/strategies.h"
#include "parallel/strategies/sums_reference.h"
#include "planning/plan/slices.h"

namespace jupiter {

StrategyEntry LocalStrategy() {
  const auto adapt = [](Plan& plan, const AdaptInputs& inputs) {
    plan.layers.assign(plan.layers.size(), 0);
    plan.layers[Strategy::kSource] = inputs.shape.config.layers;
    plan.order.clear();
    if (!plan.reference_of.empty()) return;
    // A planner's chunks stay; flags for slices are for pipelines.
    if (plan.slices.kind != SlicePolicy::Kind::kChunks) plan.slices = LocalSlices();
    plan.shares = {};
  };
  // As the reference of a strategy with sums of its own, the source alone computes them.
  const auto sums = [](const StrategyInputs& inputs) {
    return !inputs.plan.reference_of.empty() && inputs.transport.rank() == Strategy::kSource;
  };
  const auto memory = [sums](const StrategyInputs& inputs) {
    return sums(inputs) ? SumsReferenceMemory(inputs) : Pipeline::PlanMemory(inputs);
  };
  const auto build = [sums](const StrategyInputs& inputs) {
    return sums(inputs) ? BuildSumsReference(inputs) : Pipeline::Build(inputs);
  };
  return {.traits = {.name = "local",
                     .summary = "the whole model on rank 0",
                     .one_process = true,
                     .streams = true,
                     .planner = "local"},
          .adapt = adapt,
          .plan_memory = memory,
          .build = build};
}

}  // namespace jupiter
