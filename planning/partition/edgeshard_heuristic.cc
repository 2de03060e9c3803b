#include <utility>

#include "kernels/base/check.h"
#include "planning/partition/edgeshard_searches.h"
#include "planning/partition/search.h"

namespace jupiter {
namespace {

// The one plan that a state remembers.
struct Path {
  double closed = kNever;   // stages before the last one, and the transfers between
  std::vector<int> order;   // devices
  std::vector<int> begins;  // first layer of each stage
};

// Where a path's layers come from when one more is placed on a device: it stays there, or comes
// from another one.
struct PathStep {
  double seconds = kNever;  // with the layer
  double closed = 0;
  int previous = -1;
};

class PathSearch {
 public:
  PathSearch(const StageTable& stages, EdgeShardObjective objective)
      : stages_(stages), objective_(objective), paths_(Index(stages.devices())) {}
  EdgeShardPlan Run(const std::vector<double>& last);

 private:
  void AddLayer(int layer);
  PathStep BestStep(int device, int layer) const;
  PathStep StepFrom(int previous, int device, int layer) const;
  EdgeShardPlan PlanOf(const Path& path) const;

  const StageTable& stages_;
  const EdgeShardObjective objective_;
  std::vector<Path> paths_;  // [device of the last layer]
};

PathStep PathSearch::StepFrom(int previous, int device, int layer) const {
  const Path& path = paths_[Index(previous)];
  if (path.order.empty()) return {};
  const bool stays = previous == device;
  const bool was_left =
      !stays && std::find(path.order.begin(), path.order.end(), device) != path.order.end();
  const int begin = stays ? path.begins.back() : layer;
  if (was_left || !stages_.Fits(device, begin, layer + 1)) return {};
  PathStep step{0, path.closed, previous};
  if (!stays) {
    const double stage = stages_.Seconds(previous, path.begins.back(), layer);
    step.closed =
        Extend(objective_, Extend(objective_, path.closed, stage), stages_.Send(previous, device));
  }
  step.seconds = Extend(objective_, step.closed, stages_.Seconds(device, begin, layer + 1));
  return step;
}

// Staying wins ties, then the device of the lowest number.
PathStep PathSearch::BestStep(int device, int layer) const {
  PathStep best = StepFrom(device, device, layer);
  for (int previous = 0; previous < stages_.devices(); ++previous) {
    const PathStep step = StepFrom(previous, device, layer);
    if (step.seconds < best.seconds) best = step;
  }
  return best;
}

void PathSearch::AddLayer(int layer) {
  std::vector<Path> longer(paths_.size());
  for (int device = 0; device < stages_.devices(); ++device) {
    const PathStep step = BestStep(device, layer);
    if (step.previous < 0) continue;
    Path path = paths_[Index(step.previous)];
    path.closed = step.closed;
    if (step.previous != device) {
      path.order.push_back(device);
      path.begins.push_back(layer);
    }
    longer[Index(device)] = std::move(path);
  }
  paths_ = std::move(longer);
}

EdgeShardPlan PathSearch::PlanOf(const Path& path) const {
  EdgeShardPlan plan;
  plan.feasible = true;
  plan.order = path.order;
  for (std::size_t i = 0; i < path.begins.size(); ++i) {
    const int end = i + 1 < path.begins.size() ? path.begins[i + 1] : stages_.layers();
    plan.layers.push_back(end - path.begins[i]);
  }
  return plan;
}

EdgeShardPlan PathSearch::Run(const std::vector<double>& last) {
  if (!stages_.Fits(0, 0, 1)) return {};
  paths_[0] = {0.0, {0}, {0}};
  for (int layer = 1; layer < stages_.layers(); ++layer) AddLayer(layer);
  EdgeShardPlan best;
  best.seconds = kNever;
  for (const Path& path : paths_) {
    if (path.order.empty()) continue;
    const int device = path.order.back();
    const double stage = stages_.Seconds(device, path.begins.back(), stages_.layers());
    const double seconds =
        Extend(objective_, Extend(objective_, path.closed, stage), last[Index(device)]);
    if (seconds >= best.seconds) continue;
    best = PlanOf(path);
    best.seconds = seconds;
  }
  return best.feasible ? best : EdgeShardPlan{};
}

}  // namespace

EdgeShardPlan HeuristicEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                                 const std::vector<double>& last) {
  JUPITER_CHECK(stages.source() == 0);
  return PathSearch(stages, objective).Run(last);
}

}  // namespace jupiter
