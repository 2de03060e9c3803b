#include "bench/plan/plan_explanation.h"

#include <fmt/format.h>

#include <vector>

#include "bench/report/explanation.h"
#include "planning/cost/formula_record.h"
#include "planning/plan/strategy_traits.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

using PlanAnew = std::function<PlannedRun(const Predictor&)>;

constexpr int kSlices[] = {1, 2, 4, 8, 16};

Cluster Without(Cluster cluster, int device) {
  cluster.devices.erase(cluster.devices.begin() + device);
  cluster.links.erase(cluster.links.begin() + device);
  for (std::vector<Link>& from : cluster.links) from.erase(from.begin() + device);
  return cluster;
}

PhaseSeconds PhasesOf(const Prediction& prediction) {
  return {prediction.ttft, prediction.e2el - prediction.ttft};
}

// `then` is null where nothing fits.
std::string Line(const std::string& change, const Prediction& now, const Prediction* then) {
  if (then == nullptr) return fmt::format("  {} does not fit\n", change);
  return ShowChange(change, PhasesOf(now), PhasesOf(*then));
}

std::string OneDeviceLess(const PlanningTask& task, const PlannedRun& run,
                          const PlanAnew& plan_anew) {
  std::string text;
  // Rank 0 has the prompt.
  for (int device = 1; device < task.cluster.size(); ++device) {
    const Cluster fewer = Without(task.cluster, device);
    const PlannedRun anew = plan_anew(Predictor(OnCluster(task, fewer)));
    const std::string& name = task.cluster.devices[static_cast<std::size_t>(device)].name;
    text += Line("without " + name, *run.prediction, anew.feasible ? &*anew.prediction : nullptr);
  }
  return text;
}

std::string OtherSlices(const PlanningTask& task, const PlannedRun& run) {
  const Predictor predictor(task);
  std::string text;
  for (int count : kSlices) {
    if (count > task.prompt_tokens) break;
    Plan plan = run.plan;
    plan.slices.kind = SlicePolicy::Kind::kLengths;
    plan.slices.lengths.clear();
    for (int i = 0; i < count; ++i) {
      plan.slices.lengths.push_back(task.prompt_tokens * (i + 1) / count -
                                    task.prompt_tokens * i / count);
    }
    const Prediction other = predictor.Predict(plan);
    text += Line(count == 1 ? "the prompt whole" : fmt::format("{} equal slices", count),
                 *run.prediction, other.feasible ? &other : nullptr);
  }
  return text;
}

}  // namespace

std::string ExplainPlan(const PlanningTask& task, const PlannedRun& run,
                        const PlanAnew& plan_anew) {
  Testbed testbed = TestbedOf(task.cluster);
  std::vector<std::string> names = DeviceNames(task.cluster);
  if (run.device) {
    PutSourceOn(*run.device, testbed);
    names.front() = names[static_cast<std::size_t>(*run.device)];
  }
  std::string text = fmt::format("{}, explained\n", run.planner);
  text += Explain(FormulaRecord(task, run.plan, run.prediction->slices), testbed, names);
  if (task.cluster.size() == 1) return text;
  text += PhaseHeader("one change, planned anew");
  text += OneDeviceLess(task, run, plan_anew);
  if (!FindTraits(run.plan.strategy).takes_slices) return text;
  return text + "the same layers, predicted for\n" + OtherSlices(task, run);
}

}  // namespace jupiter
