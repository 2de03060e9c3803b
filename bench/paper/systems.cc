#include "bench/paper/systems.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// What the profile knows about the published runs.
const ProfilePlan* FindPlan(const TestbedProfile& profile, const std::string& env,
                            const ModelConfig& config) {
  const std::string model = ProfileModel(config.name);
  for (const ProfilePlan& plan : profile.plans) {
    if (plan.env == env && plan.model == model) return &plan;
  }
  return nullptr;
}

void CheckPublished(const ProfilePlan& published, const Plan& plan, const PlanningTask& task) {
  try {
    if (IsShared(plan)) {
      CheckShares(plan.shares, task.shape, task.cluster.size());
    } else {
      CheckLayers(plan.layers, task.shape.config.layers, task.cluster.size());
    }
  } catch (const UserError& error) {
    FailUser("{}: the plan of {} in env {} cannot be: {}", published.where, published.model,
             published.env, error.what());
  }
}

// The planner's plan with the layers or shares of the published runs in place of its own.
PlannedRun TakePublished(const PaperSystem& system, const Predictor& predictor,
                         const ProfilePlan& published) {
  const bool shares = system.published_plan == PublishedPlan::kShares;
  PlannedRun run =
      FindPlanner(shares ? "megatron" : "equal").plan_for(predictor, std::string(system.strategy));
  Plan plan = run.plan;
  if (shares) {
    plan.shares.heads = published.galaxy_heads;
    plan.shares.columns = published.galaxy_columns;
  } else {
    plan.layers = published.edgeshard_layers;
    plan.order.clear();
    plan.slices = {};
  }
  CheckPublished(published, plan, predictor.task());
  run = Assess(predictor, std::move(plan));
  run.note = "as the published runs are taken to be";
  return run;
}

}  // namespace

const std::vector<PaperSystem>& PaperSystems() {
  static const std::vector<PaperSystem> systems = {
      {kLocalSystem, "local", "local", "best single", ""},
      {"sequence", "sequence", "sequence", "SP", "SP"},
      {kMegatronSystem, "megatron", "megatron", "M-LM", "M-LM"},
      {"detransformer", "detransformer", "detransformer", "DT", "DT"},
      {kGalaxySystem, "galaxy", "galaxy", "Galaxy", "Galaxy", PublishedPlan::kShares},
      {kEdgeShardSystem, "edgeshard", "edgeshard-all", "EdgeShard", "EdgeShard",
       PublishedPlan::kLayers},
      {kEdgeShardOwnPlanSystem, "edgeshard", "edgeshard-latency", "EdgeShard, own plan", ""},
      {kJupiterSystem, "jupiter", "jupiter", "Jupiter", ""},
  };
  return systems;
}

std::vector<std::string> KnownSystems() {
  std::vector<std::string> names;
  for (const PaperSystem& system : PaperSystems()) names.emplace_back(system.name);
  return names;
}

const PaperSystem& FindSystem(std::string_view name) {
  const auto& systems = PaperSystems();
  const auto found = std::find_if(systems.begin(), systems.end(),
                                  [&](const PaperSystem& system) { return system.name == name; });
  JUPITER_CHECK(found != systems.end(), "system {}", name);
  return *found;
}

PlannedRun PlanSystem(const PaperSystem& system, const Predictor& predictor,
                      const TestbedProfile& profile, const std::string& env) {
  const bool taken = system.published_plan != PublishedPlan::kNothing;
  const ProfilePlan* published =
      taken ? FindPlan(profile, env, predictor.task().shape.config) : nullptr;
  if (published != nullptr) return TakePublished(system, predictor, *published);
  return FindPlanner(system.planner).make(predictor);
}

}  // namespace jupiter
