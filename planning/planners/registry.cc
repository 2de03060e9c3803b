#include "kernels/base/check.h"
#include "planning/planners/common.h"

namespace jupiter {

const std::vector<PlannerEntry>& Planners() {
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

const PlannerEntry& FindPlanner(std::string_view name) {
  std::string known;
  for (const PlannerEntry& entry : Planners()) {
    if (entry.name == name) return entry;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
  }
  FailUser("unknown planner '{}'; known are: {}", name, known);
}

}  // namespace jupiter
