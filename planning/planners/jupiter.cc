// Jupiter's planning: layers so that the slowest stage is fastest (layer_partition), then slices of
// the prompt for those stages (sequence_partition).
//
// The paper leaves the profile point of the first programme open: how long a layer takes depends on
// the length of the slices that the second one finds. So the first runs for a few lengths, the
// second for each of its answers, and the pair with the least predicted end-to-end time is taken,
// TTFT first where that is equal.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "planning/layer_partition.h"
#include "planning/planners/planners.h"
#include "planning/sequence_partition.h"

namespace jupiter {
namespace {

// Slices are cut at multiples of it: 512 units hold the programme to a fraction of a second.
int UnitOf(int prompt_tokens) { return std::max(1, (prompt_tokens + 511) / 512); }

LayerPartition PartitionFor(const Predictor& predictor, const RowBlock& block) {
  const PlanningTask& task = predictor.task();
  const int devices = task.cluster.size();
  const MemoryTerms memory = MemoryTermsOf(task, static_cast<int>(block.rows));
  LayerPartitionProblem problem;
  for (int device = 0; device < devices; ++device) {
    const ModelTimer& timer = predictor.timer(device);
    std::vector<double>& seconds = problem.layer_seconds.emplace_back();
    for (int layer = 0; layer < task.shape.config.layers; ++layer) {
      seconds.push_back(timer.Layer(layer, block));
    }
    problem.embed_seconds.push_back(timer.Embed(block.rows));
    // Only the last slice of a prompt passes the head, for one row.
    problem.head_seconds.push_back(block.rows == 1 ? timer.Head(1) : 0);
  }
  // Slices leave while the next ones are computed.
  const auto count = static_cast<std::size_t>(devices);
  problem.send_seconds.assign(count, std::vector<double>(count, 0));
  problem.layer_bytes = memory.layer_bytes;
  problem.embed_bytes = memory.embed_bytes;
  problem.head_bytes = memory.head_bytes;
  problem.fixed_bytes = memory.fixed_bytes;
  problem.budget = memory.budget;
  if (task.any_order) return PartitionLayersInBestOrder(problem);
  std::vector<int> order;
  for (int device = 0; device < devices; ++device) order.push_back(device);
  return PartitionLayers(problem, order);
}

// Rows of the points at which layers are timed: slices of a prompt cut into 1, 2 and 4 times as
// many as there are devices, and a decode step.
std::vector<std::int64_t> ProfilePoints(const PlanningTask& task) {
  std::vector<std::int64_t> points;
  for (int times : {1, 2, 4}) {
    const int rows = task.prompt_tokens / (times * task.cluster.size());
    points.push_back(
        std::clamp(rows, std::min(task.min_slice, task.prompt_tokens), task.prompt_tokens));
  }
  if (task.tokens > 1) points.push_back(1);
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

}  // namespace

std::vector<int> PlanSlices(const Predictor& predictor, const Plan& plan) {
  const PlanningTask& task = predictor.task();
  const PipelineCosts costs = predictor.CostsOf(plan);
  SequenceProblem problem;
  problem.tokens = task.prompt_tokens;
  problem.least = std::min(task.min_slice, task.prompt_tokens);
  problem.unit = UnitOf(task.prompt_tokens);
  problem.stages = static_cast<int>(costs.stages());
  problem.seconds = [&](int length, int offset) { return costs.Slowest({length, offset}); };
  return BestSlicing(problem,
                     [&](const std::vector<int>& slices) { return PredictTtft(costs, slices); });
}

PlannedRun PlanJupiter(const Predictor& predictor) {
  const PlanningTask& task = predictor.task();
  PlannedRun best;
  for (std::int64_t rows : ProfilePoints(task)) {
    const LayerPartition partition = PartitionFor(predictor, {rows, task.prompt_tokens / 2});
    if (!partition.feasible) {
      if (!best.prediction) best.reason = partition.reason;
      continue;
    }
    const RankLayers split = ByRank(partition.order, partition.layers, task.cluster.size());
    Plan plan = PipelinePlan(task, "jupiter", split.layers, split.order);
    plan.slices.kind = SlicePolicy::Kind::kLengths;
    plan.slices.lengths = PlanSlices(predictor, plan);
    PlannedRun run = Judge(predictor, std::move(plan));
    run.note = rows == 1 ? "layers timed for a decode step"
                         : fmt::format("layers timed for slices of {} tokens", rows);
    const auto key = [](const PlannedRun& r) {
      return std::pair(r.prediction->e2el, r.prediction->ttft);
    };
    const bool better = !best.prediction || (run.feasible && !best.feasible) ||
                        (run.feasible == best.feasible && key(run) < key(best));
    if (better) best = std::move(run);
  }
  return best;
}

}  // namespace jupiter
