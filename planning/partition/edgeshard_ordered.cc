// Pipelines that take devices in a given order. A device that was left is never needed again, so
// nothing must be remembered of it: exact in that order, in O(|D| L (|D| + L)).
#include <numeric>

#include "kernels/base/check.h"
#include "planning/partition/edgeshard_searches.h"
#include "planning/partition/search.h"

namespace jupiter {
namespace {

class OrderedSearch {
 public:
  OrderedSearch(const StageTable& stages, EdgeShardObjective objective, EdgeShardDevices devices,
                const std::vector<int>& order)
      : stages_(stages),
        objective_(objective),
        devices_(devices),
        order_(order),
        states_(order.size(), std::vector<State>(Index(stages.layers()) + 1)) {}
  EdgeShardPlan Run(const std::vector<double>& last);

 private:
  // The best pipeline whose last stage ends before some layer, on some position.
  struct State {
    double seconds = kNever;
    int begin = 0;      // of the last stage
    int previous = -1;  // position of the stage before
  };
  void AddStages(int position, int begin, double arrival, int previous);
  void AddPosition(int position);
  EdgeShardPlan Trace(int position) const;

  const StageTable& stages_;
  const EdgeShardObjective objective_;
  const EdgeShardDevices devices_;
  const std::vector<int>& order_;
  std::vector<std::vector<State>> states_;  // [position][layers]
};

void OrderedSearch::AddStages(int position, int begin, double arrival, int previous) {
  const int device = order_[Index(position)];
  for (int end = begin + 1; end <= stages_.layers(); ++end) {
    if (!stages_.Fits(device, begin, end)) return;
    const double seconds = Extend(objective_, arrival, stages_.Seconds(device, begin, end));
    State& state = states_[Index(position)][Index(end)];
    if (seconds < state.seconds) state = {seconds, begin, previous};
  }
}

void OrderedSearch::AddPosition(int position) {
  for (int begin = 1; begin < stages_.layers(); ++begin) {
    double arrival = kNever;
    int previous = -1;
    const int nearest = devices_ == EdgeShardDevices::kAll ? position - 1 : 0;
    for (int before = nearest; before < position; ++before) {
      const double seconds = Extend(objective_, states_[Index(before)][Index(begin)].seconds,
                                    stages_.Send(order_[Index(before)], order_[Index(position)]));
      if (seconds >= arrival) continue;
      arrival = seconds;
      previous = before;
    }
    if (previous >= 0) AddStages(position, begin, arrival, previous);
  }
}

EdgeShardPlan OrderedSearch::Trace(int position) const {
  EdgeShardPlan plan;
  plan.feasible = true;
  for (int end = stages_.layers(); position >= 0;) {
    const State& state = states_[Index(position)][Index(end)];
    plan.order.insert(plan.order.begin(), order_[Index(position)]);
    plan.layers.insert(plan.layers.begin(), end - state.begin);
    end = state.begin;
    position = state.previous;
  }
  return plan;
}

EdgeShardPlan OrderedSearch::Run(const std::vector<double>& last) {
  AddStages(0, 0, 0.0, -1);
  double least = kNever;
  int best = -1;
  for (int position = 0; position < stages_.devices(); ++position) {
    if (position > 0) AddPosition(position);
    if (devices_ == EdgeShardDevices::kAll && position + 1 < stages_.devices()) continue;
    const double seconds = Extend(objective_, states_[Index(position)].back().seconds,
                                  last[Index(order_[Index(position)])]);
    if (seconds >= least) continue;
    least = seconds;
    best = position;
  }
  if (best < 0) return {};
  EdgeShardPlan plan = Trace(best);
  plan.seconds = least;
  return plan;
}

}  // namespace

EdgeShardPlan OrderedEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                               EdgeShardDevices devices, const std::vector<double>& last) {
  JUPITER_CHECK(stages.source() == 0);
  std::vector<int> order(Index(stages.devices()));
  std::iota(order.begin(), order.end(), 0);
  EdgeShardPlan plan = OrderedSearch(stages, objective, devices, order).Run(last);
  if (plan.feasible) return plan;
  std::stable_sort(order.begin() + 1, order.end(),
                   [&](int a, int b) { return stages.Room(a) > stages.Room(b); });
  return OrderedSearch(stages, objective, devices, order).Run(last);
}

}  // namespace jupiter
