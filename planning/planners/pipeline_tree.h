// The draft tree for a pipeline plan: the tree planner with the times of its devices and links.
#pragma once

#include <vector>

#include "planning/cost/predict.h"
#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/tree_planner.h"
#include "planning/plan/plan.h"
#include "planning/planners/planners.h"

namespace jupiter {

// Seconds of a step as Predictor::Verification counts them, of trees up to the rows that the task's
// draft heads have memory for; heads beyond the task's are left out, and `others` rated, too. The
// parents of a tree's rows in messages (4 bytes a row, where a row of hidden values has thousands)
// are not counted. CHECKs that the plan is a pipeline, and that task and acceptance have a head.
TreePlan PlanTree(const Predictor& predictor, const Plan& plan, const DraftAcceptance& acceptance,
                  std::vector<NamedTree> others = {});
// The same for a planner's run, on the devices that its prediction is for: `local` may be on any.
TreePlan PlanTree(const Predictor& predictor, const PlannedRun& run,
                  const DraftAcceptance& acceptance, std::vector<NamedTree> others = {});

}  // namespace jupiter
