// Galaxy's planner: from a task to the numbers of its partition, and from the answer to a plan.
#include "planning/partition/galaxy.h"

#include <algorithm>

#include "planning/planners/common.h"

namespace jupiter {
namespace {

bool IsMlp(const OpCall& op, const ModelConfig& config) {
  return op.kind == OpKind::kSwiGlu ||
         (op.kind == OpKind::kLinear && (op.inner == config.ffn || op.outer == config.ffn));
}

// Seconds of each block of a layer, whole, for all rows of the prompt.
void FillTimes(const Predictor& predictor, GalaxyProblem& problem) {
  const PlanningTask& task = predictor.task();
  const RowBlock block{task.prompt_tokens, 0};
  for (int device = 0; device < task.cluster.size(); ++device) {
    double attention = 0;
    double mlp = 0;
    for (const OpCall& op : LayerOps(task.shape, 0, block)) {
      (IsMlp(op, task.shape.config) ? mlp : attention) += predictor.timer(device).Op(op);
    }
    problem.attention_seconds.push_back(attention);
    problem.mlp_seconds.push_back(mlp);
  }
}

// Of a share of all layers: weights, keys and values, and its part of the workspace.
std::int64_t ShareBytes(const PlanningTask& task, const RequestShape& request,
                        const ShareWidths& widths) {
  const ModelShape& shape = task.shape;
  std::int64_t bytes = FixedBytesOf(shape, task.wire, request, widths).activations -
                       FixedBytesOf(shape, task.wire, request, {}).activations;
  for (int layer = 0; layer < shape.config.layers; ++layer) {
    bytes += AttentionBytes(shape, layer, widths) + MlpBytes(shape, layer, widths) +
             2 * request.held_positions() * RowBytes(shape.kv, widths.keys);
  }
  return bytes;
}

// What a device needs whatever its share is: the needs of a rank without one.
std::int64_t FixedNeed(const PlanningTask& task, const std::string& strategy,
                       const RequestShape& request, int device) {
  Plan plan = SharedPlan(task, strategy, {});
  plan.shares.heads.assign(plan.layers.size(), 0);
  plan.shares.columns = plan.shares.heads;
  return NeedOf(task.shape, plan, request, device).total();
}

// Bytes of all, made up of `units` of `unit`, as if the last one, which may be smaller, were whole.
std::int64_t InWholeUnits(std::int64_t bytes, int units, int unit, int total) {
  return (bytes * units * unit + total - 1) / total;
}

GalaxyProblem GalaxyProblemOf(const Predictor& predictor, const std::string& strategy,
                              const ShareUnits& units) {
  const PlanningTask& task = predictor.task();
  const ModelConfig& config = task.shape.config;
  const RequestShape request = task.Request(task.prompt_tokens);
  GalaxyProblem problem;
  problem.heads = (config.kv_heads + units.heads - 1) / units.heads;
  problem.columns = config.ffn;
  problem.grain = units.columns;
  FillTimes(predictor, problem);
  const ShareWidths whole = WholeWidths(config);
  problem.attention_bytes = InWholeUnits(ShareBytes(task, request, {whole.queries, whole.keys, 0}),
                                         problem.heads, units.heads, config.kv_heads);
  problem.mlp_bytes = ShareBytes(task, request, {0, 0, whole.columns});
  problem.memory_help = MemoryHelp(task.shape);
  for (int device = 0; device < task.cluster.size(); ++device) {
    const ClusterDevice& described = task.cluster.devices[static_cast<std::size_t>(device)];
    problem.fixed_bytes.push_back(FixedNeed(task, strategy, request, device));
    problem.budget.push_back(static_cast<std::int64_t>(described.profile.usable_memory.value));
    problem.names.push_back(described.name);
  }
  return problem;
}

// Units in heads. The last unit may lack some; the last device with any has that unit.
std::vector<int> HeadsOf(const std::vector<int>& units, int unit, int total) {
  std::vector<int> heads;
  for (int count : units) {
    heads.push_back(std::min(total, count * unit));
    total -= heads.back();
  }
  return heads;
}

}  // namespace

PlannedRun PlanGalaxyShares(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  const ShareUnits units = UnitsOf(task.shape);
  const GalaxyShares found = PlanGalaxy(GalaxyProblemOf(predictor, strategy, units));
  if (!found.feasible) return Infeasible(found.obstacle, found.reason);
  Shares shares;
  shares.heads = HeadsOf(found.heads, units.heads, task.shape.config.kv_heads);
  shares.columns = found.columns;
  return Assess(predictor, SharedPlan(task, strategy, std::move(shares)));
}

}  // namespace jupiter
