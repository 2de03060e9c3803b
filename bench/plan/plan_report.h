// Plans for a reader at a terminal, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "planning/planners/planners.h"

namespace jupiter {

// Types of a model's weights: "q4_0 (embedding f16, head q6_K)"; of the layers' matrices, all that
// there are.
std::string ShowWeights(const ModelShape& shape);
// A line per planner.
std::string ShowPlans(const std::vector<PlannedRun>& runs, const Cluster& cluster);
// The plans one by one: devices with layers or shares and memory, slices; of pipelines also traffic
// and the timeline of the prefill. The first table of a kind has the columns' names.
std::string ShowEachPlan(const std::vector<PlannedRun>& runs, const Cluster& cluster);
// Notes for all of them, a line each: what times and memory leave out. Empty when there is no plan.
std::string ShowNotes(const std::vector<PlannedRun>& runs);
// An array with an entry per planner; `shape` is the model.
std::string ToJson(const std::vector<PlannedRun>& runs, const Cluster& cluster,
                   const ModelShape& shape);

}  // namespace jupiter
