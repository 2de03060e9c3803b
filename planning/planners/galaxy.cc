#include "planning/galaxy.h"

#include "planning/planners/planners.h"

namespace jupiter {
namespace {

// Columns are cut where every weight type can be: at blocks of 32, of 256 for K types.
int GrainOf(const ModelShape& shape) {
  int grain = 1;
  for (const LayerTypes& types : shape.layers) {
    grain = std::max(grain, BlockColumns(types.w_down));
  }
  return grain;
}

bool IsMlp(const OpRecord& op, const ModelConfig& config) {
  return op.kind == OpKind::kSwiGlu ||
         (op.kind == OpKind::kLinear && (op.inner == config.ffn || op.outer == config.ffn));
}

}  // namespace

PlannedRun PlanGalaxyShares(const Predictor& predictor) {
  const PlanningTask& task = predictor.task();
  const ModelConfig& config = task.shape.config;
  GalaxyProblem problem;
  problem.heads = config.kv_heads;
  problem.columns = config.ffn;
  problem.grain = GrainOf(task.shape);
  const RowBlock block{task.prompt_tokens, 0};
  for (int device = 0; device < task.cluster.size(); ++device) {
    double attention = 0;
    double mlp = 0;
    for (const OpRecord& op : LayerOps(task.shape, 0, block)) {
      (IsMlp(op, config) ? mlp : attention) += predictor.timer(device).Op(op);
    }
    problem.attention_seconds.push_back(attention);
    problem.mlp_seconds.push_back(mlp);
  }
  const StageProblem memory = StageMemoryOf(task, task.prompt_tokens);
  for (int layer = 0; layer < config.layers; ++layer) {
    const LayerTypes& types = task.shape.layers[static_cast<std::size_t>(layer)];
    const std::int64_t mlp = StoredBytes(types.w_gate, config.ffn, config.hidden) +
                             StoredBytes(types.w_up, config.ffn, config.hidden) +
                             StoredBytes(types.w_down, config.hidden, config.ffn);
    problem.mlp_bytes += mlp;
    problem.attention_bytes += memory.layer_bytes[static_cast<std::size_t>(layer)] - mlp;
  }
  for (std::size_t device = 0; device < memory.fixed_bytes.size(); ++device) {
    // The table and the head stay on the source, which samples; a tied head is the table.
    const std::int64_t source =
        device == 0 ? memory.embed_bytes + memory.head_bytes - memory.shared_bytes : 0;
    problem.fixed_bytes.push_back(memory.fixed_bytes[device] + source);
  }
  problem.budget = memory.budget;
  problem.names = memory.names;
  PlannedRun run;
  run.shares = PlanGalaxy(problem);
  run.feasible = run.shares->feasible;
  run.obstacle = run.shares->obstacle;
  run.reason = run.shares->reason;
  run.note =
      "shares only; no time is predicted, since that takes the tensor-parallel strategy with its "
      "overlapped rings, which is not there yet";
  return run;
}

}  // namespace jupiter
