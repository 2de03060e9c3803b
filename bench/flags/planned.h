// From a cluster file to what a session executes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flags/flags.h"
#include "model/checkpoint/checkpoint.h"
#include "parallel/session/session.h"
#include "planning/plan/plan_file.h"
#include "planning/planners/planners.h"

namespace jupiter {

// The cluster of a file or shipped name (FindCluster) that rank 0 reads; the same on all ranks.
// Throws UserError on all of them, also when the cluster has another number of devices than there
// are ranks.
Cluster ShareCluster(Transport& transport, const std::string& name_or_path);

// The task that a session's options describe, for a model with these draft heads. References
// outlive it.
PlanningTask TaskFor(const ModelShape& shape, const Cluster& cluster, const SessionOptions& options,
                     const DraftHeads& drafts = {});

// Makes the options those of the plan: layers or shares, order, slices and types.
void Follow(SessionOptions& options, const Plan& plan);

// What the planner of the options' strategy makes; slices and shares that the user names are the
// user's.
PlannedRun PlanOf(const Predictor& predictor, const SessionOptions& options);
// A planner's run with the plan made one that its strategy executes, as a session does it.
PlannedRun Adapted(const Predictor& predictor, PlannedRun run);

// What --cluster and --plan name; the same on all ranks.
struct GivenPlanning {
  std::optional<Cluster> cluster;
  std::optional<PlanFile> plan;
  std::string plan_path;

  bool PlansFor(std::string_view strategy) const { return plan && plan->plan.strategy == strategy; }
};
// Rank 0 reads the files. Collective; throws UserError on all ranks, also when flags ask for other
// types than the plan has.
GivenPlanning ReadPlanning(Transport& transport, const EngineFlags& flags);
// Of several strategies, a plan is for one: throws UserError when it is not among them, and says on
// stderr of rank 0 what the others do.
void NotePlan(const Transport& transport, const GivenPlanning& given,
              const std::vector<std::string>& strategies, std::string_view others_do);
// The strategy to run: the one that was asked for (empty: none), else that of the given plan, else
// jupiter. Throws UserError when the plan is for another one than was asked for.
std::string StrategyFor(const GivenPlanning& given, const std::string& asked);
// Makes the options those of the given plan. Throws UserError when it is for another model or
// prompt.
void FollowGiven(const GivenPlanning& given, const ModelConfig& config, SessionOptions& options);
// Makes the options follow the given plan, if it is for their strategy, or the plan that their
// strategy's planner makes for the given cluster. Throws UserError when nothing fits.
void ApplyPlanning(const GivenPlanning& given, const Checkpoint& checkpoint,
                   SessionOptions& options);

// A planner plans the slices of the longest prompt; shorter ones take as many of them as they need.
// Where --plan or flags name lengths, those are for one prompt, and stay.
void CutShorterPrompts(SessionOptions& options, const GivenPlanning& given);

}  // namespace jupiter
