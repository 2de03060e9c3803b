#include "planning/edgeshard.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/edgeshard_programmes.h"
#include "planning/layer_shortfall.h"
#include "planning/stage_table.h"

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
  return fmt::format("layer {}{}{} fits nowhere: in the best case device {} is {} bytes short",
                     layer, layer == 0 ? " with the embedding on the source" : "",
                     layer + 1 == stages.layers() ? " with the head" : "", best, lack);
}

std::string WhyNothingFits(const StageTable& stages) {
  constexpr const char* kHelp = "smaller weights, a shorter context or another device would help";
  for (int layer = 0; layer < stages.layers(); ++layer) {
    const std::string why = WhyNowhere(stages, layer);
    if (!why.empty()) return fmt::format("{}; {}", why, kHelp);
  }
  const std::int64_t all = ShortInAll(stages);
  if (all > 0) return fmt::format("all devices together are {} bytes short; {}", all, kHelp);
  return fmt::format(
      "all devices together have {} bytes to spare, but {} puts whole layers in their budgets; {}",
      -all, stages.devices() > kMostExactDevices ? "the heuristic found no split that" : "no split",
      kHelp);
}

EdgeShardPlan MakePlan(const EdgeShardProblem& problem, EdgeShardObjective objective) {
  const StageTable stages(problem, 0);
  std::vector<double> last = ReturnSeconds(problem);
  // The id's way back delays the next token but holds up no stage.
  if (objective == EdgeShardObjective::kThroughput) std::fill(last.begin(), last.end(), 0.0);
  const bool exact = stages.devices() <= kMostExactDevices;
  EdgeShardPlan plan =
      exact ? ExactEdgeShard(stages, objective, last) : HeuristicEdgeShard(stages, objective, last);
  plan.exact = exact;
  if (!plan.feasible) plan.reason = WhyNothingFits(stages);
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
