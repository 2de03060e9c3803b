#include <algorithm>

#include "kernels/base/check.h"
#include "planning/plan/strategy_traits.h"
#include "planning/planners/common.h"

namespace jupiter {

namespace {

const std::vector<PlannerEntry>& BuiltIn() {
  static const std::vector<PlannerEntry> entries = {
      {"local", "the whole model on the fastest device that can hold it", "local", PlanLocal},
      {"equal", "as many layers for every device, equal slices", "jupiter", PlanEqual},
      {"proportional", "layers in proportion to speed, equal slices", "jupiter", PlanProportional},
      {"jupiter", "Jupiter's two dynamic programs: layers by the slowest stage, then slices",
       "jupiter", PlanJupiter, /*orders_devices=*/true},
      {"edgeshard-latency", "EdgeShard's latency program over subsets of the devices", "edgeshard",
       PlanEdgeShardByLatency},
      {"edgeshard-throughput", "EdgeShard's throughput program", "edgeshard",
       PlanEdgeShardByThroughput},
      {"edgeshard-all", "EdgeShard's latency program with at least one layer on every device",
       "edgeshard", PlanEdgeShardOnAllDevices},
      {"sequence", "every device the whole model and as many rows of the prompt", "sequence",
       PlanEvenRows},
      {"megatron", "every device as many heads and columns of each layer", "megatron",
       PlanEvenHeads},
      {"detransformer", "as megatron", "detransformer", PlanEvenHeads},
      {"galaxy", "Galaxy's shares of heads and columns, by speed and memory", "galaxy",
       PlanGalaxyShares},
  };
  return entries;
}

// CHECKs that it is there.
const PlannerEntry& FindBuiltIn(const std::string& name) {
  const auto found = std::find_if(BuiltIn().begin(), BuiltIn().end(),
                                  [&](const PlannerEntry& entry) { return entry.name == name; });
  JUPITER_CHECK(found != BuiltIn().end(), "no planner {}", name);
  return *found;
}

}  // namespace

std::vector<PlannerEntry> Planners() {
  std::vector<PlannerEntry> entries = BuiltIn();
  for (const StrategyTraits* traits : AllTraits()) {
    const bool has_one = std::any_of(BuiltIn().begin(), BuiltIn().end(), [&](const auto& entry) {
      return entry.strategy == traits->name;
    });
    if (has_one || traits->planner.empty()) continue;
    const PlannerEntry& planner = FindBuiltIn(traits->planner);
    entries.push_back(
        {traits->name, traits->summary, traits->name, planner.plan_for, planner.orders_devices});
  }
  return entries;
}

PlannerEntry FindPlanner(std::string_view name) {
  std::string known;
  for (const PlannerEntry& entry : Planners()) {
    if (entry.name == name) return entry;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
  }
  FailUser("unknown planner '{}'; known are: {}", name, known);
}

}  // namespace jupiter
