// EdgeShard (Zhang et al., IEEE IoT-J 2025, arXiv 2405.14371): consecutive layers on consecutive
// devices, one request at a time.
//
// Prefill: the whole prompt passes each stage once, one stage busy at a time; one message of
// prompt * hidden * wire bytes per boundary. Decode: one message of hidden * wire bytes per
// boundary and token; the last stage returns the token id to the source.
#include "parallel/strategies/strategies.h"

namespace jupiter {

StrategyEntry EdgeShardStrategy() {
  const auto adapt = [](Plan& plan, const AdaptInputs&) {
    plan.slices = SlicePolicy{};
    plan.shares = {};
  };
  return {.traits = {.name = "edgeshard",
                     .summary = "layers split over ranks, the prompt passes whole",
                     .cuts_layers = true,
                     .planner = "edgeshard-latency"},
          .adapt = adapt,
          .plan_memory = Pipeline::PlanMemory,
          .build = Pipeline::Build};
}

}  // namespace jupiter
