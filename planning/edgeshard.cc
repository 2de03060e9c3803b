#include "planning/edgeshard.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/edgeshard_programmes.h"
#include "planning/layer_shortfall.h"
#include "planning/units.h"

namespace jupiter {
namespace {

// Seconds until the source has the token id, [last stage's device].
std::vector<double> ReturnSeconds(const EdgeShardProblem& problem) {
  JUPITER_CHECK(problem.return_seconds.size() == problem.budget.size());
  std::vector<double> seconds = problem.return_seconds;
  for (double s : seconds) JUPITER_CHECK(s >= 0, "{}", s);
  seconds[0] = 0;
  return seconds;
}

// Why no device can have this layer, or nothing. The source can have it only with all before.
std::string WhyNowhere(const StageTable& stages, int layer) {
  int best = 0;
  std::int64_t lack = stages.Bytes(0, 0, layer + 1) - stages.Budget(0);
  for (int device = 1; device < stages.devices() && layer > 0; ++device) {
    const std::int64_t bytes = stages.Bytes(device, layer, layer + 1) - stages.Budget(device);
    if (bytes >= lack) continue;
    lack = bytes;
    best = device;
  }
  if (lack <= 0) return "";
  return fmt::format("layer {}{}{} fits nowhere: in the best case {} is {} short", layer,
                     layer == 0 ? " with the embedding on the source" : "",
                     layer + 1 == stages.layers() ? " with the head" : "", stages.Label(best),
                     FormatBytes(lack));
}

void ExplainRefusal(const StageTable& stages, EdgeShardPlan& plan) {
  plan.obstacle = Obstacle::kMemory;
  for (int layer = 0; layer < stages.layers(); ++layer) {
    const std::string why = WhyNowhere(stages, layer);
    if (why.empty()) continue;
    plan.reason = fmt::format("{}; {}", why, kMemoryHelp);
    return;
  }
  if (ShortInAll(stages) > 0) {
    plan.reason = fmt::format("{}; {}", DescribeInAll(stages), kMemoryHelp);
    return;
  }
  const bool exact = plan.search == EdgeShardSearch::kExact;
  plan.obstacle = exact ? Obstacle::kCannotCut : Obstacle::kNotFound;
  plan.reason = fmt::format(
      "{}, {}; {}", DescribeInAll(stages),
      exact ? "as no split puts whole layers in their budgets"
            : "and neither the paper's heuristic nor any pipeline in the order of the devices, or "
              "of their memory, puts whole layers in their budgets",
      kMemoryHelp);
}

EdgeShardPlan Search(const StageTable& stages, EdgeShardObjective objective,
                     const std::vector<double>& last) {
  if (stages.devices() <= kMostExactDevices) return ExactEdgeShard(stages, objective, last);
  EdgeShardPlan plan = HeuristicEdgeShard(stages, objective, last);
  plan.search = EdgeShardSearch::kHeuristic;
  if (plan.feasible) return plan;
  plan = OrderedEdgeShard(stages, objective, last);
  plan.search = EdgeShardSearch::kOrdered;
  return plan;
}

EdgeShardPlan MakePlan(const EdgeShardProblem& problem, EdgeShardObjective objective) {
  const StageTable stages(problem, 0);
  std::vector<double> last = ReturnSeconds(problem);
  // The id's way back delays the next token but holds up no stage.
  if (objective == EdgeShardObjective::kThroughput) std::fill(last.begin(), last.end(), 0.0);
  EdgeShardPlan plan = Search(stages, objective, last);
  if (!plan.feasible) ExplainRefusal(stages, plan);
  return plan;
}

}  // namespace

EdgeShardPlan PlanEdgeShardLatency(const EdgeShardProblem& problem) {
  return MakePlan(problem, EdgeShardObjective::kLatency);
}

EdgeShardPlan PlanEdgeShardThroughput(const EdgeShardProblem& problem) {
  return MakePlan(problem, EdgeShardObjective::kThroughput);
}

}  // namespace jupiter
