#include "planning/partition/edgeshard.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "kernels/base/check.h"
#include "planning/partition/edgeshard_searches.h"
#include "planning/partition/layer_shortfall.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr const char* kFewerDevicesHelp =
    "leave devices out of the cluster, or let edgeshard-latency choose";

// Seconds until the source has the token id, [last stage's device].
std::vector<double> ReturnSeconds(const EdgeShardProblem& problem) {
  JUPITER_CHECK(problem.return_seconds.size() == problem.budget.size());
  std::vector<double> seconds = problem.return_seconds;
  for (double s : seconds) JUPITER_CHECK(s >= 0, "{}", s);
  seconds[0] = 0;
  return seconds;
}

// Why no device can have this layer, or nothing. The source can have it only with all layers before
// it.
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

// The bytes that a device lacks for the smallest piece of the model with a layer; not positive when
// it lacks none. The source's piece is the first layer with the embedding.
std::int64_t ShortOfOneLayer(const StageTable& stages, int device) {
  std::int64_t least = stages.Bytes(device, 0, 1);
  for (int layer = 1; layer < stages.layers() && device != stages.source(); ++layer) {
    least = std::min(least, stages.Bytes(device, layer, layer + 1));
  }
  return least - stages.Budget(device);
}

// Whether there is no plan because the devices cannot have a layer each; writes the reason into the
// plan.
bool ExplainIdleDevice(const StageTable& stages, EdgeShardPlan& plan) {
  if (stages.layers() < stages.devices()) {
    plan.obstacle = Obstacle::kCannotCut;
    plan.reason = fmt::format("{} layers for {} devices, each of which is to have one; {}",
                              stages.layers(), stages.devices(), kFewerDevicesHelp);
    return true;
  }
  for (int device = 0; device < stages.devices(); ++device) {
    const std::int64_t bytes = ShortOfOneLayer(stages, device);
    if (bytes <= 0) continue;
    plan.obstacle = Obstacle::kMemory;
    plan.reason = fmt::format("every device is to have a layer, {} is {} short of one; {}",
                              stages.Label(device), FormatBytes(bytes), kFewerDevicesHelp);
    return true;
  }
  return false;
}

std::string_view WhyNoSplit(EdgeShardDevices devices, EdgeShardSearch search) {
  const bool exact = search == EdgeShardSearch::kExact;
  if (devices == EdgeShardDevices::kAll) {
    return exact ? "as no split that gives every device a layer keeps to the budgets"
                 : "and no pipeline in the order of the devices, or of their memory, that gives "
                   "every device a layer keeps to the budgets";
  }
  return exact ? "as no split puts whole layers in their budgets"
               : "and neither the paper's heuristic nor any pipeline in the order of the devices, "
                 "or of their memory, puts whole layers in their budgets";
}

void ExplainNoPipeline(const StageTable& stages, EdgeShardDevices devices, EdgeShardPlan& plan) {
  if (devices == EdgeShardDevices::kAll && ExplainIdleDevice(stages, plan)) return;
  plan.obstacle = Obstacle::kMemory;
  for (int layer = 0; layer < stages.layers(); ++layer) {
    const std::string why = WhyNowhere(stages, layer);
    if (why.empty()) continue;
    plan.reason = fmt::format("{}; {}", why, stages.MemoryHelp());
    return;
  }
  if (ShortInAll(stages) > 0) {
    plan.reason = fmt::format("{}; {}", DescribeInAll(stages), stages.MemoryHelp());
    return;
  }
  plan.obstacle = plan.exact() ? Obstacle::kCannotCut : Obstacle::kNotFound;
  plan.reason = fmt::format("{}, {}; {}", DescribeInAll(stages), WhyNoSplit(devices, plan.search),
                            stages.MemoryHelp());
}

EdgeShardPlan SearchDevices(const StageTable& stages, EdgeShardObjective objective,
                            EdgeShardDevices devices, const std::vector<double>& last) {
  if (stages.devices() <= kMostExactDevices) {
    return ExactEdgeShard(stages, objective, devices, last);
  }
  EdgeShardPlan plan;
  if (devices == EdgeShardDevices::kAny) plan = HeuristicEdgeShard(stages, objective, last);
  plan.search = EdgeShardSearch::kHeuristic;
  if (plan.feasible) return plan;
  plan = OrderedEdgeShard(stages, objective, devices, last);
  plan.search = EdgeShardSearch::kOrdered;
  return plan;
}

EdgeShardPlan PlanByObjective(const EdgeShardProblem& problem, EdgeShardObjective objective,
                              EdgeShardDevices devices) {
  const StageTable stages(problem, 0);
  std::vector<double> last = ReturnSeconds(problem);
  // The way of the id back delays the next token but blocks no stage.
  if (objective == EdgeShardObjective::kThroughput) std::fill(last.begin(), last.end(), 0.0);
  EdgeShardPlan plan = SearchDevices(stages, objective, devices, last);
  if (!plan.feasible) ExplainNoPipeline(stages, devices, plan);
  return plan;
}

}  // namespace

EdgeShardPlan PlanEdgeShardLatency(const EdgeShardProblem& problem) {
  return PlanByObjective(problem, EdgeShardObjective::kLatency, EdgeShardDevices::kAny);
}

EdgeShardPlan PlanEdgeShardThroughput(const EdgeShardProblem& problem) {
  return PlanByObjective(problem, EdgeShardObjective::kThroughput, EdgeShardDevices::kAny);
}

EdgeShardPlan PlanEdgeShardOnAll(const EdgeShardProblem& problem) {
  return PlanByObjective(problem, EdgeShardObjective::kLatency, EdgeShardDevices::kAll);
}

}  // namespace jupiter
