// Plans as a reader of a terminal wants them, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "planning/planners.h"

namespace jupiter {

// A line per planner.
std::string ShowPlans(const std::vector<PlannedRun>& runs, const Cluster& cluster);
// One plan: devices with layers or shares and memory, slices; of a pipeline also traffic and the
// timeline of the prefill.
std::string ShowPlan(const PlannedRun& run, const Cluster& cluster);
// What to know of all of them, a line each: what times and memory leave out. Empty when there is no
// plan.
std::string ShowNotes(const std::vector<PlannedRun>& runs);
// An array with an entry per planner.
std::string ToJson(const std::vector<PlannedRun>& runs, const Cluster& cluster);

}  // namespace jupiter
