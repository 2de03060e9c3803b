// Splits that need little knowledge: for comparison with the planners.
#include <algorithm>

#include "planning/plan/layer_split.h"
#include "planning/plan/strategy_traits.h"
#include "planning/planners/common.h"

namespace jupiter {
namespace {

PlannedRun PipelineWithEqualSlices(const Predictor& predictor, const std::string& strategy,
                                   std::vector<int> layers) {
  Plan plan = PipelinePlan(predictor.task(), strategy, std::move(layers), {});
  if (FindTraits(strategy).takes_slices) plan.slices.kind = SlicePolicy::Kind::kAuto;
  return Assess(predictor, std::move(plan));
}

}  // namespace

PlannedRun PlanEqual(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  return PipelineWithEqualSlices(predictor, strategy,
                                 EqualLayers(task.shape.config.layers, task.cluster.size()));
}

PlannedRun PlanProportional(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  std::vector<double> speeds;
  const RowBlock block{std::min(task.prompt_tokens, task.min_slice), task.prompt_tokens / 2};
  for (int device = 0; device < task.cluster.size(); ++device) {
    speeds.push_back(1 / predictor.timer(device).Layer(0, block));
  }
  return PipelineWithEqualSlices(predictor, strategy,
                                 ProportionalLayers(task.shape.config.layers, speeds));
}

}  // namespace jupiter
