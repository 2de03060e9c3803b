#include "parallel/session/streaming.h"

#include "kernels/base/check.h"
#include "planning/cost/memory_model.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

// A host that is filled to the last byte would have nothing left for what the plan cannot count. A
// limit counts as it is.
bool HasRoom(std::int64_t need, const MemoryBudget& budget) {
  return budget.limited ? need <= budget.bytes : FitOf(need, budget.bytes) == Fit::kFits;
}

}  // namespace

int LayersThatStay(const StrategyEntry& strategy, StrategyInputs inputs, std::int64_t buffers,
                   const MemoryBudget& budget) {
  for (int layers = inputs.checkpoint.config().layers; layers > 0; --layers) {
    inputs.resident_layers = layers;
    if (HasRoom(strategy.plan_memory(inputs).total() + buffers, budget)) return layers;
  }
  return 0;
}

std::string ShowStreaming(const StageMemory& stage, int model_layers) {
  if (stage.streamed_layers == 0) return fmt::format("all {} layers resident", model_layers);
  return fmt::format("{} of {} layers resident, {} streamed, {:.1f} MiB read per pass",
                     model_layers - stage.streamed_layers, model_layers, stage.streamed_layers,
                     Mebibytes(stage.pass_bytes));
}

}  // namespace jupiter
