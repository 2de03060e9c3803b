// Why a pipeline plan takes as long as predicted, for a reader at a terminal.
#pragma once

#include <functional>
#include <string>

#include "planning/planners/planners.h"

namespace jupiter {

// What Explain (bench/report/explanation.h) says of the plan's record by formula; then what one
// device less, planned anew, and other slices of the prompt would take. The run has a prediction.
std::string ExplainPlan(const PlanningTask& task, const PlannedRun& run,
                        const std::function<PlannedRun(const Predictor&)>& plan_anew);

}  // namespace jupiter
