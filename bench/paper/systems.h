// The systems of the paper's comparison: a strategy each, under one of its plans.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planning/planners/planners.h"
#include "planning/replay/testbed_profile.h"

namespace jupiter {

// Systems that reports speak of by name.
inline constexpr const char* kLocalSystem = "local";
inline constexpr const char* kMegatronSystem = "megatron";
inline constexpr const char* kGalaxySystem = "galaxy";
inline constexpr const char* kEdgeShardSystem = "edgeshard";
inline constexpr const char* kEdgeShardOwnPlanSystem = "edgeshard-latency";
inline constexpr const char* kJupiterSystem = "jupiter";

// What a profile may know of the plan of a system's published runs.
enum class PublishedPlan : std::uint8_t { kNothing, kLayers, kShares };

struct PaperSystem {
  std::string_view name;      // "edgeshard-latency"
  std::string_view strategy;  // "edgeshard"
  std::string_view planner;
  std::string_view column;     // "EdgeShard, own plan": in tables
  std::string_view published;  // name in published/table.csv; empty: not there
  PublishedPlan published_plan = PublishedPlan::kNothing;
};

// In the order of tables.
const std::vector<PaperSystem>& PaperSystems();
std::vector<std::string> KnownSystems();
// CHECKs that it is known.
const PaperSystem& FindSystem(std::string_view name);

// The system's plan: the one that the profile takes the published runs of `env` to have used, where
// it has one, else its planner's.
PlannedRun PlanSystem(const PaperSystem& system, const Predictor& predictor,
                      const TestbedProfile& profile, const std::string& env);

}  // namespace jupiter
