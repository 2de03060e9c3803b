#include "planning/planners/pipeline_tree.h"

#include <utility>

#include "kernels/base/check.h"
#include "planning/planners/common.h"

namespace jupiter {

TreePlan PlanTree(const Predictor& predictor, const Plan& plan, const DraftAcceptance& acceptance,
                  std::vector<NamedTree> others) {
  JUPITER_CHECK(!IsShared(plan), "{} is no pipeline", plan.strategy);
  const DraftHeads& drafts = predictor.task().drafts;
  const DraftAcceptance used = FirstHeads(acceptance, drafts.heads);
  const PipelineCosts costs = predictor.CostsOf(plan);
  return PlanTree({used, [&](int rows) { return predictor.Verification(costs, rows); },
                   predictor.Step(costs, 1), drafts.tree_rows - 1, std::move(others)});
}

TreePlan PlanTree(const Predictor& predictor, const PlannedRun& run,
                  const DraftAcceptance& acceptance, std::vector<NamedTree> others) {
  if (!run.device) return PlanTree(predictor, run.plan, acceptance, std::move(others));
  const Cluster alone = Alone(predictor.task().cluster, *run.device);
  Plan plan = run.plan;
  plan.layers = {ModelLayers(plan)};
  return PlanTree(Predictor(OnCluster(predictor.task(), alone)), plan, acceptance,
                  std::move(others));
}

}  // namespace jupiter
