// Strategies without a planner of their own: their papers cut evenly.
#include "planning/planners/common.h"

namespace jupiter {

PlannedRun PlanEvenRows(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  Shares shares;
  shares.rows.assign(static_cast<std::size_t>(task.cluster.size()), 1);
  return Assess(predictor, SharedPlan(task, strategy, std::move(shares)));
}

// Even where whole heads and blocks of columns allow.
PlannedRun PlanEvenHeads(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  const std::vector<double> even(static_cast<std::size_t>(task.cluster.size()), 1.0);
  const ShareUnits units = UnitsOf(task.shape);
  Shares shares;
  shares.heads = SplitByWeight(task.shape.config.kv_heads, units.heads, even);
  shares.columns = SplitByWeight(task.shape.config.ffn, units.columns, even);
  return Assess(predictor, SharedPlan(task, strategy, std::move(shares)));
}

}  // namespace jupiter
