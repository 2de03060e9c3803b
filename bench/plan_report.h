// Plans as a reader of a terminal wants them, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "planning/planners.h"

namespace jupiter {

// A line per planner.
std::string ShowPlans(const std::vector<PlannedRun>& runs);
// One plan: devices with layers, memory and traffic, slices, and the timeline of the prefill.
std::string ShowPlan(const PlannedRun& run, const Cluster& cluster);
// An array with an entry per planner.
std::string ToJson(const std::vector<PlannedRun>& runs, const Cluster& cluster);

}  // namespace jupiter
