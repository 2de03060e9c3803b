// One maker per planner, for the registry.
#pragma once

#include "planning/partition/stage_table.h"
#include "planning/planners/planners.h"

namespace jupiter {

PlannedRun PlanLocal(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEqual(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanProportional(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanJupiter(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEdgeShardByLatency(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEdgeShardByThroughput(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEdgeShardOnAllDevices(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEvenRows(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanEvenHeads(const Predictor& predictor, const std::string& strategy);
PlannedRun PlanGalaxyShares(const Predictor& predictor, const std::string& strategy);

// The task's plan for these layers by rank, not yet predicted.
Plan PipelinePlan(const PlanningTask& task, std::string strategy, std::vector<int> layers,
                  std::vector<int> order);
// The same for ranks that compute these shares of all layers, the prompt in one slice.
Plan SharedPlan(const PlanningTask& task, std::string strategy, Shares shares);
// A run that is not possible, and why.
PlannedRun Infeasible(Obstacle obstacle, std::string reason);

// Bytes and names of a stage problem for the task; its times are left empty. Activations and
// buffers are those of batches of up to `largest_slice` rows of the prompt.
StageProblem StageMemoryOf(const PlanningTask& task, int largest_slice);
// Of a decode step (a verification step when the task has draft heads) on the last stage's device:
// output matrix and draft heads.
double StepHeadSeconds(const Predictor& predictor, int device);

// One device of a cluster, as a cluster of its own.
Cluster Alone(const Cluster& cluster, int device);

// layers[order[i]] = counts[i], and the devices without layers after the others.
struct RankLayers {
  std::vector<int> layers;  // by rank
  std::vector<int> order;   // empty when it is 0, 1, 2, ...
};
RankLayers ByRank(const std::vector<int>& order, const std::vector<int>& counts, int devices);

}  // namespace jupiter
