// The whole model on one device: every device of the cluster is tried alone.
#include <fmt/format.h>

#include <utility>

#include "planning/plan/slices.h"
#include "planning/planners/common.h"

namespace jupiter {
namespace {

Plan LocalPlan(const PlanningTask& task, const std::string& strategy, SlicePolicy slices) {
  std::vector<int> layers(static_cast<std::size_t>(task.cluster.size()), 0);
  layers.front() = task.shape.config.layers;
  Plan plan = PipelinePlan(task, strategy, std::move(layers), {});
  plan.slices = std::move(slices);
  return plan;
}

std::int64_t ShortBytes(const SingleDevice& single) {
  const DeviceMemory& memory = single.prediction.memory.front();
  return memory.need.total() - memory.budget;
}

// The one that has the model; of two that have it the faster one, else the one that lacks less.
bool IsBetterDevice(const SingleDevice& single, const SingleDevice& best) {
  if (single.prediction.feasible != best.prediction.feasible) return single.prediction.feasible;
  if (single.prediction.feasible) return single.prediction.e2el < best.prediction.e2el;
  return ShortBytes(single) < ShortBytes(best);
}

}  // namespace

Cluster Alone(const Cluster& cluster, int device) {
  Cluster alone;
  alone.name = cluster.name;
  alone.devices = {cluster.devices[static_cast<std::size_t>(device)]};
  alone.links = {{Link{}}};
  return alone;
}

SingleDevice OnSingleDevice(const Predictor& predictor, const std::string& strategy, int device) {
  const Cluster alone = Alone(predictor.task().cluster, device);
  const PlanningTask task = OnCluster(predictor.task(), alone);
  const Predictor predictor_alone(task);
  const auto take = [&](const SlicePolicy& slices) {
    return SingleDevice{device, LocalPlan(predictor.task(), strategy, slices),
                        predictor_alone.Predict(LocalPlan(task, strategy, slices))};
  };
  SingleDevice sliced = take(LocalSlices());
  SingleDevice whole = take(ChunksOf(task.prompt_tokens));
  return IsBetterDevice(whole, sliced) ? whole : sliced;
}

SingleDevice FastestSingleDevice(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  SingleDevice best = OnSingleDevice(predictor, strategy, 0);
  for (int device = 1; device < task.cluster.size(); ++device) {
    SingleDevice single = OnSingleDevice(predictor, strategy, device);
    if (IsBetterDevice(single, best)) best = std::move(single);
  }
  if (best.prediction.feasible) return best;
  const std::string& name = task.cluster.devices[static_cast<std::size_t>(best.device)].name;
  best.prediction.reason =
      fmt::format("no device holds the model alone; the one that lacks least: {}",
                  Shortage(fmt::format("{} (rank {})", name, best.device),
                           best.prediction.memory.front(), task.shape));
  return best;
}

PlannedRun PlanLocal(const Predictor& predictor, const std::string& strategy) {
  SingleDevice single = FastestSingleDevice(predictor, strategy);
  PlannedRun run;
  run.device = single.device;
  run.feasible = single.prediction.feasible;
  run.obstacle = single.prediction.obstacle;
  run.reason = single.prediction.reason;
  run.plan = std::move(single.plan);
  run.check = single.prediction;
  run.prediction = std::move(single.prediction);
  return run;
}

}  // namespace jupiter
