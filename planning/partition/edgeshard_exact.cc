#include <bit>
#include <limits>

#include "kernels/base/check.h"
#include "planning/partition/edgeshard_searches.h"
#include "planning/partition/search.h"

namespace jupiter {
namespace {

// A set of devices, one bit each.
using Set = std::uint32_t;

Set Only(int device) { return Set{1} << device; }
bool IsIn(Set set, int device) { return (set & Only(device)) != 0; }

struct SearchState {
  double seconds = kNever;
  std::int16_t begin = 0;      // of the last stage
  std::int16_t previous = -1;  // device of the stage before
};

// Where a stage may begin: the best plan for the layers before it, with the transfer.
struct Arrival {
  double seconds = kNever;
  int previous = -1;
};

class SubsetSearch {
 public:
  SubsetSearch(const StageTable& stages, EdgeShardObjective objective);
  EdgeShardPlan Best(EdgeShardDevices devices, const std::vector<double>& last) const;

 private:
  const SearchState& At(Set set, int device, int layers) const {
    return states_[Place(set, device, layers)];
  }
  std::size_t Place(Set set, int device, int layers) const {
    // Every set has the source, bit 0.
    return ((set >> 1) * static_cast<std::size_t>(stages_.devices()) +
            static_cast<std::size_t>(device)) *
               static_cast<std::size_t>(stages_.layers() + 1) +
           static_cast<std::size_t>(layers);
  }
  Set Sets() const { return Only(stages_.devices()); }
  Arrival ArrivalAt(Set others, int device, int begin) const;
  void AddStages(Set set, int device, int begin, const Arrival& arrival);
  EdgeShardPlan Trace(Set set, int device) const;

  const StageTable& stages_;
  const EdgeShardObjective objective_;
  std::vector<SearchState> states_;  // [set / 2][device][layers]
};

SubsetSearch::SubsetSearch(const StageTable& stages, EdgeShardObjective objective)
    : stages_(stages), objective_(objective), states_(Place(Only(stages.devices()), 0, 0)) {
  AddStages(Only(0), 0, 0, {0.0, -1});
  for (Set set = 3; set < Sets(); set += 2) {
    for (int device = 1; device < stages.devices(); ++device) {
      if (!IsIn(set, device)) continue;
      for (int begin = 1; begin < stages.layers(); ++begin) {
        AddStages(set, device, begin, ArrivalAt(set & ~Only(device), device, begin));
      }
    }
  }
}

Arrival SubsetSearch::ArrivalAt(Set others, int device, int begin) const {
  Arrival best;
  for (int previous = 0; previous < stages_.devices(); ++previous) {
    if (!IsIn(others, previous)) continue;
    const double seconds =
        Extend(objective_, At(others, previous, begin).seconds, stages_.Send(previous, device));
    if (seconds < best.seconds) best = {seconds, previous};
  }
  return best;
}

void SubsetSearch::AddStages(Set set, int device, int begin, const Arrival& arrival) {
  if (arrival.seconds == kNever) return;
  for (int end = begin + 1; end <= stages_.layers(); ++end) {
    if (!stages_.Fits(device, begin, end)) return;
    const double seconds = Extend(objective_, arrival.seconds, stages_.Seconds(device, begin, end));
    SearchState& state = states_[Place(set, device, end)];
    if (seconds >= state.seconds) continue;
    state = {seconds, static_cast<std::int16_t>(begin),
             static_cast<std::int16_t>(arrival.previous)};
  }
}

EdgeShardPlan SubsetSearch::Trace(Set set, int device) const {
  EdgeShardPlan plan;
  plan.feasible = true;
  int end = stages_.layers();
  while (device >= 0) {
    const SearchState& state = At(set, device, end);
    plan.order.push_back(device);
    plan.layers.push_back(end - state.begin);
    set &= ~Only(device);
    end = state.begin;
    device = state.previous;
  }
  std::reverse(plan.order.begin(), plan.order.end());
  std::reverse(plan.layers.begin(), plan.layers.end());
  return plan;
}

EdgeShardPlan SubsetSearch::Best(EdgeShardDevices devices, const std::vector<double>& last) const {
  double least = kNever;
  Set best_set = 0;
  int best_device = 0;
  const Set first = devices == EdgeShardDevices::kAll ? Sets() - 1 : Only(0);
  for (Set set = first; set < Sets(); set += 2) {
    for (int device = 0; device < stages_.devices(); ++device) {
      if (!IsIn(set, device)) continue;
      const double seconds = Extend(objective_, At(set, device, stages_.layers()).seconds,
                                    last[static_cast<std::size_t>(device)]);
      if (seconds == kNever || seconds > least) continue;
      if (seconds == least && std::popcount(set) >= std::popcount(best_set)) continue;
      least = seconds;
      best_set = set;
      best_device = device;
    }
  }
  if (best_set == 0) return {};
  EdgeShardPlan plan = Trace(best_set, best_device);
  plan.seconds = least;
  return plan;
}

}  // namespace

EdgeShardPlan ExactEdgeShard(const StageTable& stages, EdgeShardObjective objective,
                             EdgeShardDevices devices, const std::vector<double>& last) {
  JUPITER_CHECK(stages.source() == 0 && stages.devices() <= kMostExactDevices);
  JUPITER_CHECK(stages.layers() <= std::numeric_limits<std::int16_t>::max());
  return SubsetSearch(stages, objective).Best(devices, last);
}

}  // namespace jupiter
