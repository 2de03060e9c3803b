// The record that a pipeline plan would give, by formula, without running it. Where Predictor is
// exact (see predict.h) a replay of it takes what that predicts, and can be explained.
#pragma once

#include <vector>

#include "planning/cost/predict.h"
#include "planning/record/record.h"

namespace jupiter {

// Ops, messages and marks of one request in these slices, then plain decoding steps; ranks without
// layers have none. Batches are not marked. CHECKs that the plan is a pipeline.
RunRecord FormulaRecord(const PlanningTask& task, const Plan& plan, const std::vector<int>& slices);

}  // namespace jupiter
