// All planners by name: each makes a plan for a task, predicts what it will take, or says why
// nothing fits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/predict.h"
#include "planning/tree_planner.h"

namespace jupiter {

struct PlannedRun {
  std::string planner;
  std::string note;  // what to know about how it was made; may be empty
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;  // when not
  std::string reason;                   // when not
  Plan plan;
  std::optional<PlanCheck> check;        // whenever there is a plan
  std::optional<Prediction> prediction;  // of pipelines, whenever there is a plan
  std::optional<TreePlan> trees;         // where a draft tree was planned for it
};

struct PlannerEntry {
  std::string_view name;
  std::string_view summary;  // one line for --help
  PlannedRun (*make)(const Predictor& predictor);
};

// In the order of reports.
const std::vector<PlannerEntry>& Planners();
// Throws UserError that lists the known names.
const PlannerEntry& FindPlanner(std::string_view name);

// The planner that a strategy's paper has; nothing for strategies without layers to split.
std::string_view PlannerOf(std::string_view strategy);

// A plan, whether it fits, and what a pipeline is predicted to take.
PlannedRun Judge(const Predictor& predictor, Plan plan);

// Jupiter's second programme alone: slices of the task's prompt under the layers of a plan.
std::vector<int> PlanSlices(const Predictor& predictor, const Plan& plan);

}  // namespace jupiter
