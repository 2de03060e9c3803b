// From a cluster file to what a session executes.
#pragma once

#include <optional>
#include <string>

#include "bench/flags.h"
#include "model/loaders/checkpoint.h"
#include "parallel/session.h"
#include "planning/planners.h"

namespace jupiter {

// The cluster of a file that rank 0 reads; the same on all ranks. Throws UserError on all of them,
// also when the cluster has another number of devices than there are ranks.
Cluster ShareCluster(Transport& transport, const std::string& path);

// The task that a session's options describe. References outlive it.
PlanningTask TaskFor(const ModelShape& shape, const Cluster& cluster,
                     const SessionOptions& options);

// Makes the options those of the plan: layers, order, slices and types.
void Follow(SessionOptions& options, const Plan& plan);

// What --cluster and --plan name; the same on all ranks.
struct GivenPlanning {
  std::optional<Cluster> cluster;
  std::optional<Plan> plan;
};
// Rank 0 reads the files. Collective; throws UserError on all ranks.
GivenPlanning ReadPlanning(Transport& transport, const EngineFlags& flags);
// The strategy to run: the one that was asked for (empty: none), else that of the given plan, else
// jupiter. Throws UserError when the plan is for another one than was asked for.
std::string StrategyFor(const GivenPlanning& given, const std::string& asked);
// Makes the options follow the given plan, if it is for their strategy, or the plan that their
// strategy's planner makes for the given cluster. Throws UserError when nothing fits.
void ApplyPlanning(const GivenPlanning& given, const Checkpoint& checkpoint,
                   SessionOptions& options);

}  // namespace jupiter
