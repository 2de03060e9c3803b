// A strategy of one's own: jupiter with as many slices as there are stages, whatever they take.
//
// With k slices on n equal stages a prefill takes (k+n-1)/(k*n) of one device's time, so with k = n
// about twice the ideal 1/n; more slices would be closer to it, and cost more messages.
#include "parallel/strategies/pipeline.h"

namespace jupiter {
namespace {

StrategyEntry SlicePerStage() {
  const auto adapt = [](Plan& plan, const AdaptInputs&) {
    plan.shares = {};
    plan.slices = {.kind = SlicePolicy::Kind::kCount,
                   .count = static_cast<int>(PipelineRanks(plan).size())};
  };
  return {.traits = {.name = "slice-per-stage",
                     .summary = "layers split over ranks, the prompt in a slice per stage",
                     .cuts_layers = true,
                     .own_slices = true,
                     .planner = "equal"},
          .adapt = adapt,
          .plan_memory = Pipeline::PlanMemory,
          .build = Pipeline::Build};
}

// Registered before main, in every program that has this file.
const bool registered = [] {
  AddStrategy(SlicePerStage());
  return true;
}();

}  // namespace
}  // namespace jupiter
