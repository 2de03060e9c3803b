#include "planning/planners/pipeline_tree.h"

#include <utility>

#include "kernels/base/check.h"

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

}  // namespace jupiter
