// One maker per planner, for the registry.
#pragma once

#include "planning/planners.h"

namespace jupiter {

PlannedRun PlanLocal(const Predictor& predictor);
PlannedRun PlanEqual(const Predictor& predictor);
PlannedRun PlanProportional(const Predictor& predictor);
PlannedRun PlanJupiter(const Predictor& predictor);
PlannedRun PlanEdgeShardByLatency(const Predictor& predictor);
PlannedRun PlanEdgeShardByThroughput(const Predictor& predictor);
PlannedRun PlanGalaxyShares(const Predictor& predictor);

// The task's plan for these layers by rank, not yet predicted.
Plan PipelinePlan(const PlanningTask& task, std::string strategy, std::vector<int> layers,
                  std::vector<int> order);
// A run that cannot be: the reason.
PlannedRun Infeasible(std::string reason);

// Bytes that devices may use, and that stages need beside layers: what the partitions take.
struct MemoryTerms {
  std::vector<std::int64_t> layer_bytes;  // [layer]: weights and KV
  std::int64_t embed_bytes = 0;
  std::int64_t head_bytes = 0;
  std::vector<std::int64_t> fixed_bytes;  // [device]
  std::vector<std::int64_t> budget;       // [device]
};
MemoryTerms MemoryTermsOf(const PlanningTask& task, int largest_slice);

// layers[order[i]] = counts[i], and the devices without layers behind the others.
struct RankLayers {
  std::vector<int> layers;  // by rank
  std::vector<int> order;   // empty when it is 0, 1, 2, ...
};
RankLayers ByRank(const std::vector<int>& order, const std::vector<int>& counts, int devices);

}  // namespace jupiter
