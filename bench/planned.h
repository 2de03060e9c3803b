// From a cluster file to what a session executes.
#pragma once

#include <string>

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

// Makes the options those of the plan: layers, order and slices.
void Follow(SessionOptions& options, const Plan& plan);

}  // namespace jupiter
