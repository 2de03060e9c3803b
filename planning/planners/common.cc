#include <algorithm>
#include <numeric>

#include "planning/planners/common.h"

namespace jupiter {

namespace {

constexpr const char* kNoPrediction =
    "no time is predicted: jupiter_bench --emulate measures it by replay";

}  // namespace

Plan PipelinePlan(const PlanningTask& task, std::string strategy, std::vector<int> layers,
                  std::vector<int> order) {
  Plan plan;
  plan.strategy = std::move(strategy);
  plan.layers = std::move(layers);
  plan.order = std::move(order);
  plan.slices.least = task.min_slice;
  plan.wire = task.wire;
  plan.residual = task.residual;
  plan.kv = task.shape.kv;
  return plan;
}

Plan SharedPlan(const PlanningTask& task, std::string strategy, Shares shares) {
  const std::vector<int> all(static_cast<std::size_t>(task.cluster.size()),
                             task.shape.config.layers);
  Plan plan = PipelinePlan(task, std::move(strategy), all, {});
  plan.shares = std::move(shares);
  return plan;
}

PlannedRun Assess(const Predictor& predictor, Plan plan) {
  PlannedRun run;
  if (IsShared(plan)) {
    run.check = predictor.Check(plan);
    run.note = kNoPrediction;
  } else {
    run.prediction = predictor.Predict(plan);
    run.check = *run.prediction;
  }
  run.feasible = run.check->feasible;
  run.obstacle = run.check->obstacle;
  run.reason = run.check->reason;
  run.plan = std::move(plan);
  return run;
}

PlannedRun Infeasible(Obstacle obstacle, std::string reason) {
  PlannedRun run;
  run.obstacle = obstacle;
  run.reason = std::move(reason);
  return run;
}

StageProblem StageMemoryOf(const PlanningTask& task, int largest_slice) {
  const RequestShape request = task.Request(largest_slice);
  StageProblem problem;
  for (int layer = 0; layer < task.shape.config.layers; ++layer) {
    problem.layer_bytes.push_back(LayerBytes(task.shape, layer) +
                                  KvBytes(task.shape, request.held_positions()));
  }
  problem.embed_bytes = EmbeddingBytes(task.shape);
  problem.head_bytes = HeadBytes(task.shape) + HeadActivationBytes(task.shape) +
                       DraftWeightBytes(task.shape, task.drafts) +
                       DraftActivationBytes(task.shape, task.drafts);
  problem.shared_bytes = SharedHeadBytes(task.shape);
  problem.memory_help = MemoryHelp(task.shape);
  const FixedBytes fixed = FixedBytesOf(task.shape, task.wire, request);
  for (const ClusterDevice& device : task.cluster.devices) {
    problem.fixed_bytes.push_back(fixed.activations + fixed.buffers);
    problem.budget.push_back(static_cast<std::int64_t>(device.profile.usable_memory.value));
    problem.names.push_back(device.name);
  }
  return problem;
}

double StepHeadSeconds(const Predictor& predictor, int device) {
  const DraftHeads& drafts = predictor.task().drafts;
  const ModelTimer& timer = predictor.timer(device);
  return timer.Head(StepRows(drafts)) + timer.Drafts(drafts);
}

RankLayers ByRank(const std::vector<int>& order, const std::vector<int>& counts, int devices) {
  RankLayers result;
  result.layers.assign(static_cast<std::size_t>(devices), 0);
  result.order = order;
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.layers[static_cast<std::size_t>(order[i])] = counts[i];
  }
  for (int device = 0; device < devices; ++device) {
    if (std::find(order.begin(), order.end(), device) == order.end()) {
      result.order.push_back(device);
    }
  }
  std::vector<int> natural(result.order.size());
  std::iota(natural.begin(), natural.end(), 0);
  if (result.order == natural) result.order.clear();
  return result;
}

}  // namespace jupiter
