// Jupiter's planning: layers so that the slowest stage is fastest (layer_partition), then slices of
// the prompt for those stages (sequence_partition).
//
// The paper leaves one thing open: how long a layer takes, and how much memory a stage needs for
// its activations, depends on the length of the slices, which only the second dynamic program
// finds. So the first runs for a few lengths, the second for each of its answers, and the pair with
// the least predicted end-to-end time is taken, TTFT first where that is equal.
//
// The two agree on memory: layers are placed for slices of the profiled length (or, where nothing
// fits then, of the least length to which the prompt can be cut), and slices are no longer than
// what those layers leave room for. So there is a plan whenever there is one for the least length.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "planning/cost/expected_bytes.h"
#include "planning/partition/best_slicing.h"
#include "planning/partition/layer_partition.h"
#include "planning/partition/sequence_partition.h"
#include "planning/planners/common.h"

namespace jupiter {
namespace {

// Slices are cut at multiples of it: with 512 units the dynamic program takes a fraction of a
// second.
int UnitOf(int prompt_tokens) { return std::max(1, (prompt_tokens + 511) / 512); }

// Where layers are timed: a slice of the prompt at its middle, or a decode step at its end.
struct ProfilePoint {
  RowBlock block;
  bool is_step = false;
};

// Rows of the longest slice when the prompt is cut into as many as are allowed.
int LeastLargestSlice(const PlanningTask& task) {
  const int count = std::max(1, task.prompt_tokens / task.min_slice);
  return (task.prompt_tokens + count - 1) / count;
}

// What the simulator charges the devices at both ends of a message, without its time on the wire:
// slices leave while the next ones are computed.
void AddTransfers(const Predictor& predictor, const ProfilePoint& point,
                  LayerPartitionProblem& problem) {
  const PlanningTask& task = predictor.task();
  const std::int64_t rows = point.block.rows;
  const auto bytes = static_cast<double>(
      HiddenMessage(rows, task.shape.config.hidden, task.wire, false, point.is_step ? rows : 0)
          .total());
  const auto devices = static_cast<std::size_t>(task.cluster.size());
  problem.send_seconds.assign(devices, std::vector<double>(devices, 0));
  problem.receive_seconds = problem.send_seconds;
  for (std::size_t from = 0; from < devices; ++from) {
    for (std::size_t to = 0; to < devices; ++to) {
      if (from == to) continue;
      const double host = task.cluster.links[from][to].HostSeconds(bytes);
      problem.send_seconds[from][to] =
          host + predictor.timer(static_cast<int>(from)).Export(task.wire, rows);
      problem.receive_seconds[from][to] =
          host + predictor.timer(static_cast<int>(to)).Import(task.wire, rows);
    }
  }
}

LayerPartition PartitionFor(const Predictor& predictor, const ProfilePoint& point,
                            int largest_slice) {
  const PlanningTask& task = predictor.task();
  const int devices = task.cluster.size();
  LayerPartitionProblem problem;
  static_cast<StageProblem&>(problem) = StageMemoryOf(task, largest_slice);
  std::vector<int> order;
  for (int device = 0; device < devices; ++device) {
    order.push_back(device);
    const ModelTimer& timer = predictor.timer(device);
    std::vector<double>& seconds = problem.layer_seconds.emplace_back();
    for (int layer = 0; layer < task.shape.config.layers; ++layer) {
      seconds.push_back(timer.Layer(layer, point.block));
    }
    problem.embed_seconds.push_back(timer.Embed(point.block.rows));
    // Only the last slice of a prompt passes the head, for one row.
    problem.head_seconds.push_back(point.is_step ? StepHeadSeconds(predictor, device) : 0);
  }
  AddTransfers(predictor, point, problem);
  return task.any_order ? PartitionLayersInBestOrder(problem) : PartitionLayers(problem, order);
}

// Layers for slices of the point's length, else for the shortest ones.
LayerPartition PartitionAt(const Predictor& predictor, const ProfilePoint& point) {
  const int least = LeastLargestSlice(predictor.task());
  const int slice = point.is_step ? least : std::max(least, static_cast<int>(point.block.rows));
  LayerPartition partition = PartitionFor(predictor, point, slice);
  if (partition.feasible || slice == least) return partition;
  return PartitionFor(predictor, point, least);
}

// Slices of a prompt cut into 1, 2 and 4 times as many as there are devices, and a decode step.
std::vector<ProfilePoint> ProfilePoints(const PlanningTask& task) {
  std::vector<ProfilePoint> points;
  std::int64_t last = 0;
  for (int times : {1, 2, 4}) {
    const std::int64_t rows =
        std::clamp(task.prompt_tokens / (times * task.cluster.size()),
                   std::min(task.min_slice, task.prompt_tokens), task.prompt_tokens);
    if (rows == last) continue;
    points.push_back({{rows, task.prompt_tokens / 2}, false});
    last = rows;
  }
  if (task.tokens > 1) {
    points.push_back({{StepRows(task.drafts), task.prompt_tokens + task.tokens / 2}, true});
  }
  return points;
}

// The longest slice for which the plan's stages have memory; nothing when they have none for even
// the shortest ones.
std::optional<int> LongestSlice(const PlanningTask& task, const Plan& plan) {
  const auto fits = [&](int slice) {
    const RequestShape request = task.Request(slice);
    for (int rank = 0; rank < task.cluster.size(); ++rank) {
      const DeviceProfile& profile = task.cluster.devices[static_cast<std::size_t>(rank)].profile;
      const auto budget = static_cast<std::int64_t>(profile.usable_memory.value);
      if (NeedOf(task.shape, plan, request, rank).total() > budget) return false;
    }
    return true;
  };
  int low = LeastLargestSlice(task);
  if (!fits(low)) return std::nullopt;
  int high = task.prompt_tokens + 1;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

std::string TimingNote(const PlanningTask& task, const ProfilePoint& point) {
  if (!point.is_step) return fmt::format("layers timed for slices of {} tokens", point.block.rows);
  return task.drafts.any()
             ? fmt::format("layers timed for a verification step of {} rows", task.drafts.tree_rows)
             : "layers timed for a decode step";
}

// How runs are compared: by end-to-end time with the answer's tokens one by one, then by TTFT.
std::pair<double, double> ComparisonKey(const PlanningTask& task, const Prediction& prediction) {
  // Tokens per verification step are unknown; they are the same for all plans.
  const double decode = task.drafts.any() ? (task.tokens - 1) * prediction.verification
                                          : prediction.e2el - prediction.ttft;
  return {prediction.ttft + decode, prediction.ttft};
}

bool IsBetterRun(const PlanningTask& task, const PlannedRun& run, const PlannedRun& best) {
  if (!best.prediction) return true;
  if (run.feasible != best.feasible) return run.feasible;
  return ComparisonKey(task, *run.prediction) < ComparisonKey(task, *best.prediction);
}

}  // namespace

std::vector<int> PlanSlices(const Predictor& predictor, const Plan& plan) {
  const PlanningTask& task = predictor.task();
  const PipelineCosts costs = predictor.CostsOf(plan);
  SequenceProblem problem;
  problem.tokens = task.prompt_tokens;
  problem.least = std::min(task.min_slice, task.prompt_tokens);
  // Where nothing fits, the slices that lack least: what is said of the plan is what it takes.
  problem.most = LongestSlice(task, plan).value_or(LeastLargestSlice(task));
  problem.unit = UnitOf(task.prompt_tokens);
  problem.stages = static_cast<int>(costs.stages());
  problem.seconds = [&](int length, int offset) { return costs.Slowest({length, offset}); };
  return BestSlicing(problem,
                     [&](const std::vector<int>& slices) { return PredictTtft(costs, slices); });
}

PlannedRun PlanJupiter(const Predictor& predictor, const std::string& strategy) {
  const PlanningTask& task = predictor.task();
  PlannedRun best;
  for (const ProfilePoint& point : ProfilePoints(task)) {
    const LayerPartition partition = PartitionAt(predictor, point);
    if (!partition.feasible) {
      if (!best.prediction) best = Infeasible(partition.obstacle, partition.reason);
      continue;
    }
    const RankLayers split = ByRank(partition.order, partition.layers, task.cluster.size());
    Plan plan = PipelinePlan(task, strategy, split.layers, split.order);
    plan.slices.kind = SlicePolicy::Kind::kLengths;
    plan.slices.lengths = PlanSlices(predictor, plan);
    PlannedRun run = Assess(predictor, std::move(plan));
    run.note = TimingNote(task, point);
    if (IsBetterRun(task, run, best)) best = std::move(run);
  }
  return best;
}

}  // namespace jupiter
