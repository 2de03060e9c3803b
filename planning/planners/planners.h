// All planners by name: each makes a plan for a task, predicts what it will take, or says why
// nothing fits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/cost/predict.h"
#include "planning/drafts/tree_planner.h"

namespace jupiter {

struct PlannedRun {
  std::string planner;
  std::string note;  // what to know about how it was made; may be empty
  bool feasible = false;
  Obstacle obstacle = Obstacle::kNone;  // when not
  std::string reason;                   // when not
  Plan plan;
  // `local`: the device of the cluster that has the model. Check and prediction are those of this
  // device alone, as rank 0 of 1; plans have `local` on rank 0 whichever it is.
  std::optional<int> device;
  std::optional<PlanCheck> check;        // whenever there is a plan
  std::optional<Prediction> prediction;  // of pipelines, whenever there is a plan
  std::optional<TreePlan> trees;         // where a draft tree was planned for it
};

struct PlannerEntry {
  std::string_view name;
  std::string_view summary;   // one line for --help
  std::string_view strategy;  // that it was made for
  // A plan that the strategy `strategy` executes: one that cuts what this planner cuts.
  PlannedRun (*plan_for)(const Predictor& predictor, const std::string& strategy);
  bool orders_devices = false;  // as PlanningTask::any_order lets it

  PlannedRun make(const Predictor& predictor) const {
    return plan_for(predictor, std::string(strategy));
  }
};

// In the order of reports: those of this room, then of each registered strategy that has none of
// its own name here, under that, the planner that its traits name.
std::vector<PlannerEntry> Planners();
// Throws UserError that lists the known names.
PlannerEntry FindPlanner(std::string_view name);

// A run of the plan: whether it fits, and what a pipeline is predicted to take.
PlannedRun Assess(const Predictor& predictor, Plan plan);

// The whole model on one device of a cluster, which sends nothing, under `strategy`, which has it
// on rank 0.
struct SingleDevice {
  int device = 0;         // of the cluster
  Plan plan;              // `local` for all ranks of the cluster, the model on rank 0
  Prediction prediction;  // of the device, as rank 0 of a cluster of it alone
};
// The prompt whole, or in slices that bound the activations (planning/plan/slices.h): what is
// predicted to take less time, among those for which there is memory.
SingleDevice OnSingleDevice(const Predictor& predictor, const std::string& strategy, int device);
// The device that takes least end-to-end time among those that can hold everything; of equals the
// first. When none can, the one that lacks least, and prediction.reason says so.
SingleDevice FastestSingleDevice(const Predictor& predictor, const std::string& strategy);

// Jupiter's second dynamic program alone: slices of the task's prompt under the layers of a plan.
std::vector<int> PlanSlices(const Predictor& predictor, const Plan& plan);

}  // namespace jupiter
